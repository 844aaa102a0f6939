"""Runs a loaded model so that every layer's output comes out, under any intervention and from any segment on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import tree

from ...core.errors import UserError
from ...core.interventions.intervention import Intervention, switch_of
from ...core.network import FEATURE_AXES, Layer
from ..models.call_graph import Slot
from .constant_weights import small_weights_as_constants
from .keras_internals import takes_training
from .loading import LoadedModel
from .masks import (
    Mask,
    Switches,
    is_decimal,
    is_output_only,
    masked,
    recurrent_cells,
    refuse_unswitchable,
    switched_cells,
    switched_off,
)
from .scores import is_sigmoid, without_activation
from .segments import Cutter, Piece

Tensors = dict[Slot, Any]
NEVER_NEGATIVE = ("relu", "relu6")
LEAN = ""
"""What a function picks that gives the network's output alone."""


@dataclass(frozen=True)
class Boundary:
    """Where a run starts: before the layer of a number, with a batch of the tensors that are needed from there on."""

    place: int
    tensors: tuple[Any, ...]


@dataclass(frozen=True)
class Scores:
    """What a network says about its classes, and all tensors on the way.

    Attributes:
        logits: float32 (batch, classes) before softmax or sigmoid.
        outputs: float32 (batch, classes). A single unit after sigmoid has the two classes no and yes.
    """

    slots: Tensors
    logits: Any
    outputs: Any


@dataclass(frozen=True)
class Passed:
    """What one run gave.

    Attributes:
        picked: by segment, what was asked for of its layers.
        output: the network's first output.
        boundaries: the end of every segment that was run, as far as something comes after it.
    """

    picked: list[Any]
    output: Any
    boundaries: list[Boundary]


class Recorder:
    """Every layer's output of a model for a batch of inputs.

    The steps are cut into segments; each is traced once per kind of result, for any batch size, and once more for any
    intervention in it. What follows an entry inside a segment is traced when a run first begins there. The layers are
    called as Keras would call them for inference.

    Example:
        ``Recorder(load_model(path)).record(batch)["conv_1"]`` is a tensor (batch, height, width, channel).
    """

    def __init__(self, model: LoadedModel) -> None:
        self._flat = model.flat
        self._layers = model.network.layers
        self.columns = [*model.network.neuron_slices().values()]
        self.cutter = Cutter(model.flat, model.network.layers, model.keras_model.inputs)
        self._dtypes = [self.cutter.spec(Slot(number, 0))[1] for number in range(len(self._layers))]
        self.segments = self.cutter.segments()
        self._starts = [piece.start for piece in self.segments]
        self._entries = [place for piece in self.segments for place in self.cutter.entries(piece)]
        self._numbers = {layer.path: number for number, layer in enumerate(self._layers)}
        self._calls: dict[str, list[int]] = {}
        for path, number in self._numbers.items():
            self._calls.setdefault(switch_of(path), []).append(number)
        self.intact = self._switches(Intervention(), None)
        self._functions: dict[Any, Callable[..., Any]] = {}

    def switches(self, intervention: Intervention, means: np.ndarray | None = None) -> Switches:
        """An intervention ready to run.

        Args:
            means: float32 (neurons,), what replaced neurons give.

        Raises:
            UserError: code ``intervention.unsupported``.
        """
        if intervention.is_empty:
            return self.intact
        refuse_unswitchable({self._layers[k].path: self._dtypes[k] for k in self._changed(intervention)})
        return self._switches(intervention, means)

    def _switches(self, intervention: Intervention, means: np.ndarray | None) -> Switches:
        changed = {number: self._layers[number].path for number in self._changed(intervention)}
        return Switches(len(self._layers), self.columns, intervention, changed, means)

    def _changed(self, intervention: Intervention) -> list[int]:
        """The numbers of the layers that an intervention changes, found without asking hundreds of others."""
        return sorted(number for switch in intervention.layers for number in self._calls[switch])

    def notes(self, intervention: Intervention) -> list[str]:
        """What about an intervention is not as one might expect, for users."""
        return [
            f"The units of {self._layers[number].path} are switched in its output only, not inside its loop."
            for number in self._changed(intervention)
            if is_output_only(self.operation(number))
        ]

    def number_of(self, path: str) -> int:
        """The number of a layer."""
        return self._numbers[path]

    def is_never_negative(self, number: int) -> bool:
        """Whether a layer gives 0 or more by its settings, so that a mean of 0 means 0 everywhere."""
        operation = self.operation(number)
        if isinstance(operation, keras.layers.ReLU):
            return not operation.negative_slope and operation.threshold >= 0
        return self._layers[number].activation in NEVER_NEGATIVE and not isinstance(operation, keras.layers.RNN)

    def segment_of(self, number: int) -> Piece:
        """The segment that a layer is in."""
        return next(piece for piece in self.segments if number < piece.stop)

    def starts(self, number: int) -> list[int]:
        """Where segments start, up to the layer of a number."""
        return [place for place in self._starts if place <= number]

    def entries(self, number: int) -> list[int]:
        """As `starts`, with places inside segments. Each has functions of its own, so they are for single samples."""
        return [place for place in self._entries if place <= number]

    def first_column(self, place: int) -> int:
        """The first neuron after a place."""
        return self.columns[place].start if self.columns else 0

    def boundary_at(self, *inputs: Any) -> Boundary:
        """The beginning of the network."""
        return Boundary(0, tuple(inputs[slot.output] for slot in self.segments[0].needs))

    def record(
        self, *inputs: Any, paths: Sequence[str] | None = None, switches: Switches | None = None
    ) -> dict[str, Any]:
        """Outputs by layer path; of all layers where no paths are given."""
        return self.record_from(self.boundary_at(*inputs), paths, switches)

    def record_from(
        self, start: Boundary, paths: Sequence[str] | None = None, switches: Switches | None = None
    ) -> dict[str, Any]:
        """As `record`, of layers in the segments from a boundary on."""
        wanted = tuple(layer.path for layer in self._layers) if paths is None else tuple(paths)
        last = max((self.number_of(path) for path in wanted), default=0)
        passed = self.run(start, wanted, switches, self.segment_of(last).stop)
        outputs: dict[str, Any] = {}
        for picked in passed.picked:
            outputs |= picked
        return {path: outputs[path] for path in wanted}

    def activations(
        self, *inputs: Any, statistic: str = "mean", switches: Switches | None = None
    ) -> tuple[np.ndarray, np.ndarray | None]:
        """The activation of every neuron, and the network's first output.

        Args:
            statistic: one of `core.recording.STATISTICS`.

        Returns:
            float32 (batch, neurons of all layers side by side), and float32 (batch, classes) or None where the
            first output is not one number per class.
        """
        passed = self.run(self.boundary_at(*inputs), statistic, switches)
        return side_by_side(passed), class_outputs(passed)

    def run(
        self, start: Boundary, want: str | tuple[str, ...], switches: Switches | None = None, stop: int | None = None
    ) -> Passed:
        """Run the layers from a boundary on, segment by segment.

        Args:
            want: a statistic for activations, (batch, neurons) per segment; paths of layers for their outputs, a
                dictionary per segment; `LEAN` for neither.
            stop: the number of the layer before which to stop; all are run where not given.
        """
        switches = self.intact if switches is None else switches
        tensors, picked, boundaries = start.tensors, [], []
        for piece in self._pieces(start.place, self.segments[-1].stop if stop is None else stop):
            one, tensors = self._run_piece(piece, tensors, want, switches)
            picked.append(one)
            boundaries.append(Boundary(piece.stop, tensors))
        return Passed(picked, tensors[0], [one for one in boundaries if one.place < self.segments[-1].stop])

    def _pieces(self, start: int, stop: int) -> list[Piece]:
        """The segments between two places, as much of each as is between them; an empty piece where nothing is."""
        spans = [(max(piece.start, start), min(piece.stop, stop)) for piece in self.segments]
        return [self.cutter.piece(*span) for span in spans if span[0] < span[1]] or [self.cutter.piece(start, start)]

    def _function(self, piece: Piece, want: str | tuple[str, ...], switched: range) -> Callable[..., Any]:
        """The traced function of a segment, from its tensors to what is picked and the next tensors.

        Of layers that are switched in it, it takes factors, fills and where they change something too. Without them the
        same layers run a third faster.
        """
        if not isinstance(want, str):
            inside = {self._layers[number].path for number in range(piece.start, piece.stop)}
            want = tuple(path for path in want if path in inside) or LEAN
        key = (piece.start, piece.stop, want, switched.stop)
        if key not in self._functions:

            def run(*given: Any) -> Any:
                masks = self._masks(switched, *given[len(piece.needs) :]) if switched else {}
                slots = self.run_steps(piece, dict(zip(piece.needs, given, strict=False)), masks)
                return self._pick(piece, want, slots), [slots[slot] for slot in piece.gives]

            signature = [tf.TensorSpec(*self.cutter.spec(slot)) for slot in piece.needs]
            if switched:
                rows = tf.TensorSpec((1, sum(self._sizes(switched))), tf.float32)
                signature += [rows, rows, tf.TensorSpec((len(switched),), tf.bool)]
            # No jit_compile: XLA makes such graphs several times slower on a CPU. Concrete, since looking for the trace
            # that fits the arguments takes as long as several layers.
            self._functions[key] = tf.function(run, input_signature=signature).get_concrete_function()
        return self._functions[key]

    def tensors_at(self, place: int, start: Boundary, switches: Switches) -> tuple[Any, ...]:
        """The tensors that cross the place before a layer, from a boundary that is not behind it."""
        if start.place == place:
            return start.tensors
        return self.run(start, LEAN, switches, place).boundaries[-1].tensors

    def _run_piece(
        self, piece: Piece, tensors: tuple[Any, ...], want: str | tuple[str, ...], switches: Switches
    ) -> tuple[Any, tuple[Any, ...]]:
        switched = self._switched(piece, switches)
        given = (*tensors, *switches.tensors(switched.start, switched.stop)) if switched else tensors
        with explained_failures():
            picked, after = self._function(piece, want, switched)(*given)
        return picked, tuple(after)

    def _switched(self, piece: Piece, switches: Switches) -> range:
        """The layers of a piece, from its first one on, that need masks: none, up to the next entry, or all.

        Not up to the last that is changed, since every other range is traced anew.
        """
        changed = np.flatnonzero(switches.changed[piece.start : piece.stop])
        if not len(changed):
            return range(piece.start, piece.start)
        entry = next((place for place in self._entries if place > piece.start), piece.stop)
        stop = entry if piece.start + changed[-1] < entry < piece.stop else piece.stop
        return range(piece.start, stop)

    def refuse_no_classes(self) -> None:
        """Insist on an output that is one number per class.

        Raises:
            UserError: code ``output.unsupported``.
        """
        if len(self.cutter.spec(self._flat.outputs[0])[0]) != 2:
            raise UserError(
                "output.unsupported",
                "The network's output is not one number per class, so what neurons do to classes cannot be measured.",
                "Use a network that classifies.",
            )

    @property
    def output_number(self) -> int:
        """The number of the layer that gives the network's first output; -1 for an input."""
        return self._flat.outputs[0].step

    def scores(
        self, piece: Piece, tensors: Tensors, masks: Mapping[int, Mask], off: Mapping[int, Any] | None = None
    ) -> Scores:
        """Run the last piece inside a traced function, as `run_steps`, without the softmax or sigmoid at its end.

        Where that layer has a mask, or is used elsewhere too, its outputs stand for its logits. Neurons of it that are
        off are 0 in both.
        """
        last, before = self.output_number, dict(off or {})
        own = before.pop(last, None)
        is_whole = last < piece.start or last in masks
        with without_activation(None if is_whole or self._is_shared(last) else self.operation(last)) as activation:
            slots = self.run_steps(piece, tensors, masks, before)
        logits = tf.cast(slots[self._flat.outputs[0]], tf.float32)
        outputs = logits if activation is None else activation(logits)
        if own is not None and last >= piece.start:
            logits, outputs = (tf.where(own, 0.0, values) for values in (logits, outputs))
        if is_sigmoid(activation) and logits.shape[1] == 1:
            logits = tf.concat([-logits, logits], axis=1)
            outputs = tf.concat([1 - outputs, outputs], axis=1)
        return Scores(slots, logits, outputs)

    def _is_shared(self, number: int) -> bool:
        return sum(step.payload.operation is self.operation(number) for step in self._flat.steps) > 1

    def run_steps(
        self, piece: Piece, tensors: Tensors, masks: Mapping[int, Mask], off: Mapping[int, Any] | None = None
    ) -> Tensors:
        """Call the layers of a piece in a row, inside a traced function.

        Args:
            tensors: what the piece needs.
            masks: by step; steps without one stay as they are.
            off: by step, bool (batch, neurons), which are switched off besides.
        """
        off = off or {}
        numbers = range(piece.start, piece.stop)
        with small_weights_as_constants(map(self.operation, numbers)):
            for number in numbers:
                for output, value in enumerate(tree.flatten(self._call(number, tensors, masks.get(number)))):
                    tensors[Slot(number, output)] = value
                if number in masks:
                    tensors[Slot(number, 0)] = self._masked(number, tensors[Slot(number, 0)], masks[number])
                if number in off:
                    tensors[Slot(number, 0)] = switched_off(self._layers[number], tensors[Slot(number, 0)], off[number])
        return tensors

    def operation(self, number: int) -> Any:
        """The Keras layer or operation of a layer's number."""
        return self._flat.steps[number].payload.operation

    def _call(self, number: int, tensors: Tensors, mask: Mask | None) -> Any:
        step = self._flat.steps[number]
        node = step.payload
        values = {id(k): tensors[s] for k, s in zip(node.arguments.keras_tensors, step.sources, strict=True)}
        args, kwargs = node.arguments.fill_in(values)
        if takes_training(node.operation):
            kwargs = {**kwargs, "training": False}
        if mask is None or not recurrent_cells(node.operation):
            return node.operation(*args, **kwargs)
        with switched_cells(node.operation, mask):
            return node.operation(*args, **kwargs)

    def _masked(self, number: int, output: Any, mask: Mask) -> Any:
        if recurrent_cells(self.operation(number)):
            # Factors have done their work inside; steps that Keras's mask skips are not filled there.
            mask = Mask(tf.cast(mask.gain != 0, tf.float32), mask.fill, mask.changed)
        return masked(self._layers[number], output, mask)

    def _masks(self, switched: range, gain: Any, fill: Any, changed: Any) -> dict[int, Mask]:
        sizes = self._sizes(switched)
        # Split at once: a slice per layer takes as long as the small layers themselves.
        masks = map(Mask, tf.split(gain, sizes, axis=1), tf.split(fill, sizes, axis=1), tf.unstack(changed))
        return {number: mask for number, mask in zip(switched, masks, strict=True) if self._is_switchable(number)}

    def _sizes(self, numbers: range) -> list[int]:
        return [columns.stop - columns.start for columns in self.columns[numbers.start : numbers.stop]]

    def _is_switchable(self, number: int) -> bool:
        return is_decimal(self._dtypes[number]) and self._layers[number].neurons > 0

    def _pick(self, piece: Piece, want: str | tuple[str, ...], tensors: Tensors) -> Any:
        numbers = range(piece.start, piece.stop)
        if want == LEAN:
            return {}
        if not isinstance(want, str):
            return {self._layers[k].path: tensors[Slot(k, 0)] for k in numbers if self._layers[k].path in want}
        parts = [
            neuron_values(self._layers[number], tensors[Slot(number, 0)], want)
            for number in numbers
            if self._layers[number].neurons
        ]
        batch = tf.shape(tensors[piece.needs[0]])[0]
        return tf.concat(parts, axis=1) if parts else tf.zeros((batch, 0), tf.float32)


def side_by_side(passed: Passed) -> np.ndarray:
    """The activations of all segments that were run, float32 (batch, neurons)."""
    return np.concatenate([picked.numpy() for picked in passed.picked], axis=1)


def class_outputs(passed: Passed) -> np.ndarray | None:
    """The network's first output, float32 (batch, classes); None where it is not one number per class."""
    if passed.output.shape.rank != 2 or passed.output.dtype == tf.string:
        return None
    return tf.cast(passed.output, tf.float32).numpy()


@contextmanager
def explained_failures() -> Iterator[None]:
    """Say in users' words why layers cannot be traced or run.

    Raises:
        UserError: ``worker.out_of_memory``; ``model.failed``.
    """
    try:
        yield
    except tf.errors.ResourceExhaustedError as error:
        raise UserError(
            "worker.out_of_memory",
            "There was not enough memory to run the network.",
            "Show smaller pictures.",
            str(error),
        ) from error
    except tf.errors.OpError as error:
        raise _failed(str(error.message).strip().split("\n")[0], error) from error
    except (TypeError, ValueError) as error:
        # Raised while tracing; where in Keras it happened comes first, the reason last.
        raise _failed(str(error).strip().rsplit("\n", 1)[-1].strip(), error) from error


def _failed(reason: str, error: Exception) -> UserError:
    return UserError(
        "model.failed",
        f"The network could not be run: {reason[:300]}",
        "Check that the test images are what it expects, or import it without them to see its structure.",
        str(error),
    )


def neuron_values(layer: Layer, output: Any, statistic: str) -> Any:
    """A neuron's value, or a statistic of it over all positions: float32 (batch, neurons). NaN and infinity stay."""
    if output.dtype == tf.string:
        return tf.fill((tf.shape(output)[0], layer.neurons), np.float32("nan"))
    values = tf.cast(output, tf.float32)
    positions = [axis + 1 for axis, name in enumerate(layer.axes) if name not in FEATURE_AXES]
    if not positions:
        return values
    if statistic == "max":
        # TensorFlow's own maximum may lose NaN.
        has_nan = tf.reduce_any(tf.math.is_nan(values), axis=positions)
        return tf.where(has_nan, np.float32("nan"), tf.reduce_max(values, axis=positions))
    if statistic == "positive":
        values = tf.where(values < 0, 0.0, values)  # Unlike a comparison with what is above 0, this keeps NaN.
    return tf.reduce_mean(values, axis=positions)

"""Runs a model in segments that are traced once; after a change, from the last tensors that are still right."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import tensorflow as tf

from .....core.interventions.intervention import Intervention
from .....core.network import UNKNOWN
from ....common.caches import Cache
from ....models.call_graph import Slot
from ...loading import LoadedModel
from ...switches import Switches, is_decimal
from ...traced_slopes import TracedSlopes
from .. import Activations, Inputs, Recorder, Summary, nothing
from ..slopes import Question, Slopes, Variation
from .boundaries import Boundaries, Boundary
from .failures import running
from .gradients import traced_gradients, traced_slopes
from .masks import Mask, is_output_only
from .segments import Piece
from .steps import Steps, is_never_negative, neuron_values
from .tails import Tail

LEAN = ""
"""What a function picks that gives the network's output alone."""
ENTRY_BYTES = 1 << 28
"""Of tensors at the layers that were swept, kept for the next neurons: 256 MB."""
KEPT_TAILS = 8
KEPT_QUESTIONS = 8


@dataclass(frozen=True)
class Passed:
    """What one run gave.

    Attributes:
        picked: by segment, what was asked for of its layers.
        outputs: what each output of the network gives; empty where the run stopped before the end.
        boundaries: the end of every segment that was run, as far as something comes after it.
    """

    picked: list[Any]
    outputs: list[Any]
    boundaries: list[Boundary]


class FunctionalRecorder(Recorder):
    """Runs Functional and Sequential models.

    The steps are cut into segments; each is traced once per kind of result, for any batch size, and once more for any
    intervention in it. What follows an entry inside a segment is traced when a run first begins there. The layers are
    called as Keras would call them for inference.
    """

    resumes = True

    def __init__(self, model: LoadedModel) -> None:
        self.steps = Steps(model)
        self.cutter = self.steps.cutter
        ranks = [len(self.cutter.spec(slot)[0]) for slot in self.steps.outputs]
        super().__init__(model.network, self.steps.dtypes, ranks)
        self.segments = self.cutter.segments()
        self.boundaries = Boundaries()
        self._starts = [piece.start for piece in self.segments]
        self._entries = [place for piece in self.segments for place in self.cutter.entries(piece)]
        self._functions: dict[Any, Callable[..., Any]] = {}
        self._tensors: WeakKeyDictionary[Switches, dict[range, tuple[Any, ...]]] = WeakKeyDictionary()
        self._tails: Cache[Tail] = Cache(KEPT_TAILS)
        self._tail_inputs: Cache[tuple[Any, ...]] = Cache(ENTRY_BYTES)
        self._gradients: Cache[Callable[..., dict[str, Any]]] = Cache(1)
        self._slopes: Cache[TracedSlopes] = Cache(KEPT_QUESTIONS)

    def is_never_negative(self, number: int) -> bool:
        return is_never_negative(self.steps.operation(number), self.network.layers[number])

    def notes(self, intervention: Intervention) -> list[str]:
        return [
            f"The units of {self.network.layers[number].path} are switched in its output only, not inside its loop."
            for number in self.changed_layers(intervention)
            if is_output_only(self.steps.operation(number))
        ]

    def activations(
        self,
        inputs: Inputs,
        statistic: str,
        switches: Switches,
        first: int = 0,
        total: int | None = None,
        between: Callable[[], object] = nothing,
    ) -> Activations:
        start = self._start(inputs, switches, first)
        passed = self.run_from(start, statistic, switches, between=between)
        self._keep(inputs.keys, switches, start, passed.boundaries, total)
        return self._measured(start, passed)

    def rerun(
        self, inputs: Inputs, statistic: str, switches: Switches, first: int, between: Callable[[], object] = nothing
    ) -> Activations:
        places = self.entries(first)
        start = self.boundaries.find(inputs.keys, switches, places) or self._beginning(inputs)
        start = self._closer(inputs.keys, start, first, switches)
        passed = self.run_from(start, statistic, switches, between=between)
        self.boundaries.keep(inputs.keys, switches, passed.boundaries)
        return self._measured(start, passed)

    def layer_outputs(
        self, inputs: Inputs, paths: Sequence[str], switches: Switches, between: Callable[[], object] = nothing
    ) -> dict[str, np.ndarray]:
        numbers = [self.number_of(path) for path in paths]
        start = self._start(inputs, switches, min(numbers))
        stop = next(piece.stop for piece in self.segments if max(numbers) < piece.stop)
        passed = self.run_from(start, tuple(paths), switches, stop, between)
        found = {path: output for picked in passed.picked for path, output in picked.items()}
        return {path: found[path].numpy() for path in paths}

    def outputs(
        self,
        inputs: Inputs,
        switches: Switches,
        total: int | None = None,
        between: Callable[[], object] = nothing,
    ) -> tuple[np.ndarray, ...]:
        start = self._start(inputs, switches, max(len(self.network.layers) - 1, 0))
        passed = self.run_from(start, LEAN, switches, between=between)
        self._keep(inputs.keys, switches, start, passed.boundaries, total)
        return tuple(map(as_numbers, passed.outputs))

    def sweep(
        self, inputs: Inputs, path: str, neurons: np.ndarray, base: Switches, answer: int = 0
    ) -> Iterator[tuple[slice, np.ndarray, np.ndarray]]:
        tail = self._tail(self.calls_of(path), base, answer)
        return tail.variants(self._tail_input(tail, inputs, base), base, neurons)

    def gradients(
        self, inputs: Inputs, classes: np.ndarray, switches: Switches, summary: Summary, answer: int = 0
    ) -> dict[str, np.ndarray]:
        changed = [int(number) for number in np.flatnonzero(switches.changed)]
        key = (summary, answer, *changed)
        function = self._gradients.get(key)
        if function is None:
            function = traced_gradients(self.steps, changed, summary, answer)
            self._gradients.put(key, function, 1)
        tensors = self._beginning(inputs).tensors
        with running(self.network.layers):
            given = function(*tensors, classes.astype(np.int32), switches.gain, switches.fill)
        return {path: value.numpy() for path, value in given.items()}

    def slopes(
        self,
        inputs: Inputs,
        question: Question,
        chosen: np.ndarray,
        switches: Switches,
        variation: Variation | None = None,
    ) -> Slopes:
        self.refuse_no_scores(question)
        changed = [int(number) for number in np.flatnonzero(switches.changed)]
        key = (question, variation is not None, *changed)
        with running(self.network.layers):
            function = self._slopes.get(key)
            if function is None:
                axes, count = self.axes_of_output(question.output), len(self.network.inputs)
                function = traced_slopes(self.steps, changed, question, variation is not None, count, axes)
                self._slopes.put(key, function, 1)
            tensors = self._beginning(inputs).tensors
            return function(tensors, chosen, switches.gain, switches.fill, variation)

    def entries(self, number: int) -> list[int]:
        """Where a run for one sample may begin, up to the layer of a number. Each place has functions of its own."""
        return [place for place in self._entries if place <= number]

    def run_from(
        self,
        start: Boundary,
        want: str | tuple[str, ...],
        switches: Switches,
        stop: int | None = None,
        between: Callable[[], object] = nothing,
    ) -> Passed:
        """Run the layers from a boundary on, segment by segment.

        Args:
            want: a statistic for activations, (batch, neurons) per segment; paths of layers for their outputs, a
                dictionary per segment; `LEAN` for neither.
            stop: the number of the layer before which to stop; all are run where not given.
            between: is called before every segment.
        """
        tensors, picked, boundaries = start.tensors, [], []
        for piece in self._pieces(start.place, self.segments[-1].stop if stop is None else stop):
            between()
            one, tensors = self._run_piece(piece, tensors, want, switches)
            picked.append(one)
            boundaries.append(Boundary(piece.stop, tensors))
        end = self.segments[-1]
        given = dict(zip(end.gives, tensors, strict=True)) if stop in (None, end.stop) else {}
        outputs = [given[slot] for slot in self.steps.outputs if given]
        return Passed(picked, outputs, [one for one in boundaries if one.place < end.stop])

    def _start(self, inputs: Inputs, switches: Switches, first: int) -> Boundary:
        """The last boundary between segments that is known of all samples and not behind a layer."""
        places = [place for place in self._starts if place <= first]
        return self.boundaries.find(inputs.keys, switches, places) or self._beginning(inputs)

    def _beginning(self, inputs: Inputs) -> Boundary:
        values = inputs.read()
        return Boundary(0, tuple(values[slot.output] for slot in self.segments[0].needs))

    def _keep(
        self,
        keys: Sequence[Hashable],
        switches: Switches,
        start: Boundary,
        boundaries: Sequence[Boundary],
        total: int | None,
    ) -> None:
        """Keep what a run from the input gave before the first change, which the next change may leave as it is."""
        if total is None or start.place:
            return
        first = switches.first()
        before = [boundary for boundary in boundaries if first is None or boundary.place <= first]
        self.boundaries.keep_recorded(keys, switches, before, total)

    def _measured(self, start: Boundary, passed: Passed) -> Activations:
        values = np.concatenate([picked.numpy() for picked in passed.picked], axis=1)
        return Activations(start.place, values, tuple(map(as_numbers, passed.outputs)))

    def _closer(self, keys: Sequence[Hashable], start: Boundary, first: int, switches: Switches) -> Boundary:
        """From a boundary in a layer's segment, the last entry before the layer; kept for the next change."""
        entry = self.entries(first)[-1]
        segment = max(place for place in self._starts if place <= entry)
        if start.place == entry or start.place < segment:
            return start
        closer = Boundary(entry, self._tensors_at(entry, start, switches))
        self.boundaries.keep(keys, switches, [closer])
        return closer

    def _tensors_at(self, place: int, start: Boundary, switches: Switches) -> tuple[Any, ...]:
        """The tensors that cross the place before a layer, from a boundary that is not behind it."""
        if start.place == place:
            return start.tensors
        return self.run_from(start, LEAN, switches, place).boundaries[-1].tensors

    def _tail(self, calls: list[int], base: Switches, answer: int) -> Tail:
        key = (calls[0], answer, *np.flatnonzero(base.changed))
        tail = self._tails.get(key)
        if tail is None:
            tail = Tail(self.steps, calls, base, answer)
            self._tails.put(key, tail, 1)
        return tail

    def _tail_input(self, tail: Tail, inputs: Inputs, base: Switches) -> tuple[Any, ...]:
        """The tensors of one sample where a tail begins, under what is changed before."""
        key = (*inputs.keys, tail.place, base.key(tail.place))
        tensors = self._tail_inputs.get(key)
        if tensors is None:
            start = self._start(inputs, base, tail.place)
            tensors = tuple(map(tf.convert_to_tensor, self._tensors_at(tail.place, start, base)))
            self._tail_inputs.put(key, tensors, sum(tensor.dtype.size * prod(tensor.shape) for tensor in tensors))
        return tensors

    def _pieces(self, start: int, stop: int) -> list[Piece]:
        """The segments between two places, as much of each as is between them; an empty piece where nothing is."""
        spans = [(max(piece.start, start), min(piece.stop, stop)) for piece in self.segments]
        return [self.cutter.piece(*span) for span in spans if span[0] < span[1]] or [self.cutter.piece(start, start)]

    def _run_piece(
        self, piece: Piece, tensors: tuple[Any, ...], want: str | tuple[str, ...], switches: Switches
    ) -> tuple[Any, tuple[Any, ...]]:
        switched = self._switched(piece, switches)
        given = (*tensors, *self._mask_tensors(switches, switched)) if switched else tensors
        with running(self.network.layers):
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

    def _mask_tensors(self, switches: Switches, numbers: range) -> tuple[Any, ...]:
        """Factors, fills and where they change something, of some layers, made once."""
        made = self._tensors.setdefault(switches, {})
        if numbers not in made:
            columns = slice(self.columns[numbers.start].start, self.columns[numbers.stop - 1].stop)
            parts = switches.gain[:, columns], switches.fill[:, columns], switches.changed[numbers.start : numbers.stop]
            made[numbers] = tuple(map(tf.constant, parts))
        return made[numbers]

    def _function(self, piece: Piece, want: str | tuple[str, ...], switched: range) -> Callable[..., Any]:
        """The traced function of a segment, from its tensors to what is picked and the next tensors.

        Of layers that are switched in it, it takes factors, fills and where they change something too. Without them the
        same layers run a third faster.
        """
        if not isinstance(want, str):
            inside = {self.network.layers[number].path for number in range(piece.start, piece.stop)}
            want = tuple(path for path in want if path in inside) or LEAN
        key = (piece.start, piece.stop, want, switched.stop)
        if key not in self._functions:

            def run(*given: Any) -> Any:
                masks = self._masks(switched, *given[len(piece.needs) :]) if switched else {}
                slots = self.steps.run(piece, dict(zip(piece.needs, given, strict=False)), masks)
                return self._pick(piece, want, slots), [slots[slot] for slot in piece.gives]

            signature = [tf.TensorSpec(*self.cutter.spec(slot)) for slot in piece.needs]
            if switched:
                rows = tf.TensorSpec((1, sum(self._sizes(switched))), tf.float32)
                signature += [rows, rows, tf.TensorSpec((len(switched),), tf.bool)]
            # No jit_compile: XLA makes such graphs several times slower on a CPU. Concrete, since looking for the trace
            # that fits the arguments takes as long as several layers.
            self._functions[key] = tf.function(run, input_signature=signature, autograph=False).get_concrete_function()
        return self._functions[key]

    def _masks(self, switched: range, gain: Any, fill: Any, changed: Any) -> dict[int, Mask]:
        sizes = self._sizes(switched)
        # Split at once: a slice per layer takes as long as the small layers themselves.
        masks = map(Mask, tf.split(gain, sizes, axis=1), tf.split(fill, sizes, axis=1), tf.unstack(changed))
        return {number: mask for number, mask in zip(switched, masks, strict=True) if self._is_switchable(number)}

    def _sizes(self, numbers: range) -> list[int]:
        return [columns.stop - columns.start for columns in self.columns[numbers.start : numbers.stop]]

    def _is_switchable(self, number: int) -> bool:
        return is_decimal(self.dtypes[number]) and self.network.layers[number].neurons > 0

    def _pick(self, piece: Piece, want: str | tuple[str, ...], tensors: dict[Slot, Any]) -> Any:
        layers = self.network.layers
        numbers = range(piece.start, piece.stop)
        if want == LEAN:
            return {}
        if not isinstance(want, str):
            return {layers[k].path: tensors[Slot(k, 0)] for k in numbers if layers[k].path in want}
        batch = tf.shape(tensors[piece.needs[0]])[0]
        parts = [self._values(k, tensors[Slot(k, 0)], want, batch) for k in numbers if layers[k].neurons]
        return tf.concat(parts, axis=1) if parts else tf.zeros((batch, 0), tf.float32)

    def _values(self, number: int, output: Any, statistic: str, batch: Any) -> Any:
        layer = self.network.layers[number]
        if not self.cutter.is_shared(Slot(number, 0)):
            return neuron_values(layer, output, statistic)
        # Its first axis is one more axis of positions.
        sizes = tuple(size or UNKNOWN for size in output.shape)
        whole = replace(layer, output_shape=sizes, axes=("position", *layer.axes))
        return tf.tile(neuron_values(whole, output[tf.newaxis], statistic), [batch, 1])


def as_numbers(output: Any) -> np.ndarray:
    """An output of the network, float32; NaN in place of texts."""
    if output.dtype == tf.string:
        return np.full(output.shape, np.nan, np.float32)
    values: np.ndarray = tf.cast(output, tf.float32).numpy()
    return values

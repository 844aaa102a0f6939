"""Calls a model made of Python code once and describes what it did, as if its file had stated it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf
from keras import tree

from ....core.network import UNKNOWN
from ...models.call_graph import Flat, Step
from ..keras_internals import layers_inside
from ..trials import is_large, samples_meet
from .arguments import Arguments, sizes_of
from .effects import Effects
from .graphs import TracedGraph, handle_of
from .interception import Around, Interception, plainly
from .random_numbers import forget_draws

_Given = tuple[Any, Sequence[Any], Sequence[Any], list[Any], Sequence[Any]]
"""The graph, the calls, the tensors that the model was given and gave, and its weights."""

PROBED = 5
"""Samples of a first run that shows which tensors have a batch axis; not as many as there are pairs of them."""
_OPEN_SIZE = 32


@dataclass(frozen=True)
class Given:
    """A tensor that a step gives, in place of Keras's.

    Attributes:
        shape: with the batch axis first, which tensors that are the same for all samples get too.
    """

    shape: tuple[int | None, ...]
    dtype: str


@dataclass(frozen=True)
class TracedCall:
    """A step of a traced model, in place of Keras's own node.

    Attributes:
        operation: the layer, or an `interception.Operation`.
        has_batch: whether its outputs have a batch axis; else they are the same for all samples.
    """

    operation: Any
    outputs: tuple[Given, ...]
    has_batch: bool


@dataclass(frozen=True)
class TracedModel:
    """What one call of a model does.

    Attributes:
        is_alone: whether samples have to be run one by one, since the model draws random numbers, fixes the size of
            its batch, lets samples of a batch meet or is large.
        draws: paths of the steps that draw random numbers, and the class of a model that draws some between them.
        never_repeats: those of ``draws`` that draw other ones in every run.
        copies: of a sample in the batch in which it is run alone.
        is_large: whether it computes so much of a few samples that they were not tried together.
        numbers: of the steps that are a call's outputs, by the number of the call.
        states: variables that a call changes, with the values that they have in the file.
    """

    model: Any
    arguments: Arguments
    flat: Flat
    is_alone: bool
    draws: tuple[str, ...]
    never_repeats: tuple[str, ...]
    numbers: dict[int, dict[int, int]]
    folded: frozenset[str]
    states: tuple[tuple[Any, np.ndarray], ...]
    copies: int = 1
    is_large: bool = False

    @property
    def signature(self) -> list[tf.TensorSpec]:
        """Of the model's inputs."""
        return _signature(self.arguments, self.copies if self.is_alone else None)

    def part(self, tensor: Any, part: slice) -> Any:
        """Some samples of a batch, or a single one as often as the model takes it."""
        return tensor[part] if self.copies == 1 else tf.repeat(tensor[part], self.copies, axis=0)

    def own(self, values: Any) -> Any:
        """Values of a batch without those of the copies in it."""
        return values if self.copies == 1 else values[:1]

    def call(self, tensors: Sequence[Any], around: Around = plainly) -> tuple[TracedGraph, list[Any]]:
        """Call the model inside a traced function; gives what it did and what it gives.

        Raises:
            ValueError: it did something else than when it was loaded.
        """
        _, given = _call(self.model, self.arguments, tensors, around)
        graph = TracedGraph(*given, self.folded)
        if [step.path for step in graph.steps] != [step.path for step in self.flat.steps]:
            raise ValueError("The model calls other layers than when it was loaded.")
        return graph, given[3]

    def values(self, tensors: Sequence[Any], numbers: Sequence[int]) -> dict[int, list[Any]]:
        """What some steps give for a batch, all outputs of each; nothing else is run.

        Raises:
            Whatever the model raises.
        """

        def run(*given: Any) -> list[Any]:
            graph, _ = self.call(given)
            return [list(graph.steps[number].tensors) for number in numbers]

        function = tf.function(run, input_signature=self.signature, autograph=False)
        parts = []
        for part in [slice(k, k + 1) for k in range(len(tensors[0]))] if self.is_alone else [slice(None)]:
            self.begin()
            parts.append(function(*(self.part(tensor, part) for tensor in tensors)))
        joined = [
            [tf.concat([*map(self.own, one)], 0) for one in zip(*step, strict=True)]
            for step in zip(*parts, strict=True)
        ]
        return dict(zip(numbers, joined, strict=True))

    def begin(self) -> None:
        """Bring back what a call changes, so that equal samples always give the same."""
        for variable, value in self.states:
            variable.assign(value)


def discover(model: Any, arguments: Arguments, copies: int = 0) -> TracedModel:
    """Call a model and describe what it does.

    Args:
        copies: of a sample in the only batch that the model takes; 0 where it takes any.

    Raises:
        Whatever the model's own code raises.
    """
    forget_draws()
    values = {id(handle_of(variable)): variable.numpy() for variable in model.variables}
    _build(model, arguments)
    alone = copies or 1
    try:
        traced = _Trace(model, arguments, copies or None, values)
    except (TypeError, ValueError, AttributeError, tf.errors.OpError):
        traced = _Trace(model, arguments, alone, values)  # Code that asks for the size of the batch may need to know.
    sizes, too_large = traced.sizes(), traced.batch is None and traced.is_large
    if traced.batch is None and (
        too_large
        or any(step.sources and not size.has_batch for step, size in zip(traced.graph.steps, sizes, strict=True))
        or (not traced.changed and not traced.drawing() and traced.samples_meet())
    ):
        traced = _Trace(model, arguments, 1, values)  # Samples of a batch meet there, so each has to be alone.
        sizes = traced.sizes()
    given = {slot.step for slot in traced.graph.outputs}
    folded = frozenset(
        step.path
        for number, (step, size) in enumerate(zip(traced.graph.steps, sizes, strict=True))
        if step.call is None and not size.has_batch and number not in given
    )
    if folded:
        traced.fold(folded)
        sizes = traced.sizes()
    draws, never_repeats = traced.drawing(), traced.those_of(traced.effects.never_repeats)
    states = tuple((variable, values[id(variable.handle)]) for variable in traced.changed)
    flat = Flat(
        [
            Step(step.path, TracedCall(step.operation, size.outputs, size.has_batch), step.sources)
            for step, size in zip(traced.graph.steps, sizes, strict=True)
        ],
        traced.graph.outputs,
    )
    found = TracedModel(
        model,
        arguments,
        flat,
        traced.batch is not None or bool(states) or bool(draws),
        draws,
        never_repeats,
        _numbers(traced.graph),
        folded,
        states,
        alone,
        too_large,
    )
    found.begin()
    return found


def _numbers(graph: TracedGraph) -> dict[int, dict[int, int]]:
    found: dict[int, dict[int, int]] = {}
    for number, step in enumerate(graph.steps):
        if step.call is not None:
            found.setdefault(step.call.number, {})[step.output] = number
    return found


def zeros(arguments: Arguments, batch: int) -> list[Any]:
    """Samples that are 0, or empty texts."""
    shapes = [(batch, *sizes_of(spec, _OPEN_SIZE)) for spec in arguments.specs]
    return [
        tf.fill(shape, "") if spec.dtype == "string" else tf.zeros(shape, spec.dtype)
        for shape, spec in zip(shapes, arguments.specs, strict=True)
    ]


def _build(model: Any, arguments: Arguments) -> None:
    """Let layers that were never called make their weights, which they cannot inside a traced function."""
    if not all(layer.built for layer in layers_inside(model)):
        arguments.call(model, zeros(arguments, 1))


def _signature(arguments: Arguments, batch: int | None) -> list[tf.TensorSpec]:
    shapes = [tuple(None if size == UNKNOWN else size for size in spec.shape) for spec in arguments.specs]
    return [tf.TensorSpec((batch, *shape), spec.dtype) for shape, spec in zip(shapes, arguments.specs, strict=True)]


def _call(
    model: Any, arguments: Arguments, tensors: Sequence[Any], around: Around = plainly
) -> tuple[Interception, _Given]:
    """Call a model inside a traced function; gives what is known of it then, for a `TracedGraph`."""
    interception = Interception(model, around)
    given = interception.run(lambda: arguments.call(model, tensors))
    outputs = [part for part in tree.flatten(given) if isinstance(part, tf.Tensor)]
    graph = tf.compat.v1.get_default_graph()
    return interception, (graph, interception.calls, tensors, outputs, model.weights)


def _print_of(tensor: Any) -> Any:
    """A number per sample that is another one where the tensor is."""
    if tensor.dtype == tf.string or not tensor.shape.rank:
        return tf.zeros(tf.shape(tensor)[:1])
    numbers = tf.cast(tensor, tf.float32 if tensor.dtype != tf.float64 else tf.float64)
    return tf.reduce_sum(tf.abs(numbers), axis=range(1, tensor.shape.rank))


@dataclass(frozen=True)
class _Sizes:
    outputs: tuple[Given, ...]
    has_batch: bool


class _Trace:
    """A call of a model that was traced.

    Attributes:
        batch: the size of the batch; None where it is open.
        is_large: see `trials.is_large`; then it is not run.
        changed: variables that the call changes.

    Args:
        values: of variables before any call, by the identity of their handles; those that were not known are added.
    """

    def __init__(self, model: Any, arguments: Arguments, batch: int | None, values: dict[int, np.ndarray]) -> None:
        self.batch = batch
        self._model = model
        self._arguments = arguments
        self.graph: TracedGraph

        def run(*tensors: Any) -> tuple[list[Any], list[Any]]:
            interception, self._given = _call(model, arguments, tensors)
            self._drew_in_python = interception.drew_in_python
            self.graph = TracedGraph(*self._given)
            shapes = [tf.shape(step.tensors[0]) for step in self.graph.steps]
            return shapes, [_print_of(step.tensors[0]) for step in self.graph.steps]

        function = tf.function(run, input_signature=_signature(arguments, batch), autograph=False)
        self._function: Callable[..., tuple[list[Any], list[Any]]] = function.get_concrete_function()
        self.is_large = is_large(self._given[0], batch, batch or PROBED)
        self.effects = Effects(self._given[0])
        self.changed = self._changed()
        for variable in self.changed:
            values.setdefault(id(variable.handle), variable.numpy())
        self._probed = dict(zip((step.path for step in self.graph.steps), self._probe(), strict=True))

    def _probe(self) -> list[tuple[int, ...] | None]:
        """The shapes that the steps' first outputs really have, as far as that can be tried."""
        if self.is_large:
            return [None] * len(self.graph.steps)
        try:
            shapes, _ = self._function(*zeros(self._arguments, self.batch or PROBED))
        except tf.errors.OpError:
            return [None] * len(self.graph.steps)
        return [tuple(map(int, shape.numpy())) for shape in shapes]

    def samples_meet(self) -> bool:
        """Whether some step gives a sample something else when another one is beside it, for all that can be tried."""
        inputs = [(spec.shape, spec.dtype) for spec in self._arguments.specs]
        with_batch = [number for number, size in enumerate(self.sizes()) if size.has_batch]

        def prints(*given: Any) -> list[Any]:
            found = self._function(*given)[1]
            return [found[number] for number in with_batch]

        return samples_meet(prints, inputs)

    def fold(self, folded: frozenset[str]) -> None:
        """Leave some operations out."""
        self.graph = TracedGraph(*self._given, folded)

    def sizes(self) -> list[_Sizes]:
        return [self._sizes(step.tensors, self._probed.get(step.path)) for step in self.graph.steps]

    def _sizes(self, tensors: Sequence[Any], probed: tuple[int, ...] | None) -> _Sizes:
        shapes = [tuple(tensor.shape) if tensor.shape.rank is not None else () for tensor in tensors]
        if probed is None:
            has_batch = bool(shapes[0]) and shapes[0][0] in (None, self.batch)
        else:
            is_open = not shapes[0] or shapes[0][0] in (None, self.batch)
            has_batch = bool(probed) and is_open and probed[0] == (self.batch or PROBED)
            if len(probed) != len(shapes[0]) or not self._has_open_sizes:
                shapes[0] = probed
        given = [(None, *(shape[1:] if has_batch else shape)) for shape in shapes]
        return _Sizes(tuple(Given(s, t.dtype.name) for s, t in zip(given, tensors, strict=True)), has_batch)

    @property
    def _has_open_sizes(self) -> bool:
        return any(UNKNOWN in spec.shape for spec in self._arguments.specs)

    def drawing(self) -> tuple[str, ...]:
        """Paths of the steps that draw random numbers, as `TracedModel.draws`."""
        found = self.those_of(self.effects.draws)
        name = type(self._model).__name__
        return (*found, name) if self._drew_in_python and name not in found else found

    def those_of(self, is_so: Callable[[Sequence[Any]], bool]) -> tuple[str, ...]:
        """Paths of the steps of which something is so, and the model's class where it is of what is between them."""
        operations, reaching = self._given[0].get_operations(), self._reaching()
        found, covered = [], set[str]()
        for step in self.graph.steps:
            made = [step.tensors[0].op] if step.call is None else operations[step.call.start : step.call.stop]
            covered |= {operation.name for operation in made}
            if not step.output and is_so([one for one in made if one.name in reaching]):
                found.append(step.path)
        if is_so([one for name, one in reaching.items() if name not in covered]):
            found.append(type(self._model).__name__)
        return tuple(found)

    def _changed(self) -> list[Any]:
        graph = self._given[0]
        names = self.effects.changed(self._reaching().values())
        handles = {id(outside) for outside, inside in graph.captures if inside.name in names}
        return [variable for variable in graph.variables if id(variable.handle) in handles]

    def _reaching(self) -> dict[str, Any]:
        """The operations on which something depends that is shown of the model, by their names."""
        tensors = [*self._given[3], *(tensor for step in self.graph.steps for tensor in step.tensors)]
        return {operation.name: operation for operation in self.effects.reaching(tensors)}

"""Gives inputs that a network leaves open a size that the network takes, and with it every layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import prod
from typing import Any

from ...core.errors import UserError
from ...core.inputs import INPUT_KINDS, NetworkInput, decide_inputs
from ...core.inputs.sizes import InputSize, Sizes, choose_size, chosen_size, is_open, sizes_by_input
from ...core.network import UNKNOWN, Layer, Network, TensorSpec
from ...core.recording import Sample
from ...core.samples.grouping import evenly
from ...core.samples.hints import hints_of
from ...core.texts import format_sizes
from ..models.call_graph import INPUT, Slot
from ..samples.looks import open_sizes_of
from .keras_internals import symbolic_call, traced_specs
from .loading import LoadedModel, shape_of, traced_model
from .padding import ignores_padding, padding_of
from .reasons import KERAS_ERRORS, reason_of
from .true_shapes import may_be_wrong

LOOKED_AT = 1000
"""Samples whose size is looked at, spread over all of them."""
MOST_NUMBERS = 1 << 26
"""That all layers together may give for a sample of a size that nobody asked for: 256 MB."""
_STEPS = tuple(2**power for power in range(1, 10))
"""Multiples of which sizes are tried where a network refuses one: strides and poolings divide them."""
_TOO_SMALL = ("zero or negative", "Negative dimension")
"""What Keras and TensorFlow say where a layer would give nothing."""

Shapes = tuple[tuple[int, ...], ...]
"""Of all inputs of a network, without the batch axis."""


class SizeRefused(Exception):
    """A network cannot be run on inputs of some size; the message is a part of a sentence that names the layer."""


def settle_sizes(
    loaded: LoadedModel, samples: Sequence[Sample], kinds: Mapping[str, str], wanted: Mapping[str, Sizes]
) -> tuple[LoadedModel, tuple[InputSize | None, ...]]:
    """A model with a size for every input, and of those that it leaves open which one and why.

    Args:
        samples: that are to be shown to it, by which sizes are chosen.
        kinds: of inputs, that users chose.
        wanted: sizes that users chose, see `core.inputs.sizes.sizes_by_input`.

    Raises:
        UserError: code ``input.size``, where there is no such size, or the network refuses it.
    """
    stated = loaded.stated or loaded.network.inputs
    asked = sizes_by_input(stated, wanted)
    if not any(map(is_open, stated)):
        return loaded, (None,) * len(stated)
    sizes = _choose(loaded, stated, samples, kinds, asked)
    free = [size is not None and spec.name not in asked for spec, size in zip(stated, sizes, strict=True)]
    return _Search(loaded, stated, sizes, free).settle()


def with_sizes(loaded: LoadedModel, shapes: Shapes) -> LoadedModel:
    """A model whose layers have the sizes that inputs of some shapes give them; open sizes stay open.

    Raises:
        SizeRefused: it cannot be run on such inputs.
    """
    stated = loaded.stated or loaded.network.inputs
    inputs = tuple(replace(spec, shape=shape) for spec, shape in zip(stated, shapes, strict=True))
    if loaded.traced is not None:
        return replace(_traced_anew(loaded, inputs), stated=stated)
    found = _shapes_of_layers(loaded, shapes)
    layers = (replace(layer, output_shape=shape) for layer, shape in zip(loaded.network.layers, found, strict=True))
    return replace(loaded, network=replace(loaded.network, inputs=inputs, layers=tuple(layers)), stated=stated)


def as_read(loaded: LoadedModel, reads: Sequence[TensorSpec]) -> LoadedModel:
    """A model in the size that a request has for it; the model itself where that is none of its sizes.

    Args:
        reads: what the network reads; empty for any size.
    """
    stated = loaded.stated or loaded.network.inputs
    shapes = tuple(spec.shape for spec in reads)
    if not any(map(is_open, stated)) or not _are_of(stated, reads) or tuple(reads) == loaded.network.inputs:
        return loaded
    try:
        return with_sizes(loaded, shapes)
    except SizeRefused:
        return loaded


def _are_of(stated: Sequence[TensorSpec], reads: Sequence[TensorSpec]) -> bool:
    """Whether inputs are those that a network states, perhaps with sizes that it leaves open."""
    return len(stated) == len(reads) and all(
        len(one.shape) == len(other.shape)
        and all(size in (UNKNOWN, chosen) for size, chosen in zip(one.shape, other.shape, strict=True))
        for one, other in zip(stated, reads, strict=True)
    )


def _choose(
    loaded: LoadedModel,
    stated: Sequence[TensorSpec],
    samples: Sequence[Sample],
    kinds: Mapping[str, str],
    asked: Mapping[str, Sizes],
) -> list[InputSize | None]:
    """A size for every input that has an open one, whatever the network says to it."""
    names = [spec.name for spec in stated]
    fitting = [sample for sample in samples if len(sample.values) == len(stated)]
    network = replace(loaded.network, inputs=tuple(stated))
    known = {name: kind for name, kind in kinds.items() if name in names}
    decided = decide_inputs(network, hints_of(fitting, names), known)
    seen = evenly(fitting, LOOKED_AT)
    sizes: list[InputSize | None] = []
    for number, (spec, about) in enumerate(zip(stated, decided, strict=True)):
        if not is_open(spec):
            sizes.append(None)
            continue
        if spec.name in asked:
            size = chosen_size(spec.shape, asked[spec.name])
        else:
            values = [sample.values[number] for sample in seen]
            size = _choose_one(spec, about, values, ignores_padding(loaded, number))
        sizes.append(replace(size, padding=padding_of(loaded.flat, number) or 0.0))
    return sizes


def _choose_one(spec: TensorSpec, about: NetworkInput, values: Sequence[Any], is_ignored: bool) -> InputSize:
    """A size by values that samples have for an input; ``is_ignored``: what is added to them is left out."""
    found = [open_sizes_of(value, spec) for value in values]
    kind = INPUT_KINDS.find(about.kind)
    sizes = [size for size in found if size is not None and all(size)]
    return InputSize(spec.shape, *choose_size(spec.shape, sizes, kind.usual_size, is_ignored))


@dataclass(frozen=True)
class _Search:
    """The way to a size that a network takes.

    Attributes:
        sizes: that were chosen, for every input with an open one.
        free: whether an input's size may be another one than that.
        tried: models at sizes that were tried and taken.
    """

    loaded: LoadedModel
    stated: tuple[TensorSpec, ...]
    sizes: list[InputSize | None]
    free: list[bool]
    tried: dict[Shapes, LoadedModel] = field(default_factory=dict)

    def settle(self) -> tuple[LoadedModel, tuple[InputSize | None, ...]]:
        """See `settle_sizes`."""
        start = [size.chosen if size else () for size in self.sizes]
        refusal = self._refusal_of(start)
        if refusal:
            found = self._nearest(start)
            if not all(free or not size for free, size in zip(self.free, self.sizes, strict=True)):
                raise self._error(refusal, found)
            if found is None:
                return self.loaded, (None,) * len(self.stated)
            reason = f"the nearest to {_in_words(start)} that the network takes: {refusal}"
            start = found
            sizes = [size and replace(size, chosen=new, reason=reason) for size, new in self._pairs(start)]
        else:
            sizes = list(self.sizes)
        model, smaller = self._within_memory(start)
        if smaller != start:
            reason = f"the largest of which the network's layers take no more than {MOST_NUMBERS * 4 >> 20} MB"
            sizes = [size and replace(size, chosen=new, reason=reason) for size, new in self._pairs(smaller)]
        return model, tuple(sizes)

    def _pairs(self, sizes: list[Sizes]) -> list[tuple[InputSize | None, Sizes]]:
        return list(zip(self.sizes, sizes, strict=True))

    def _with(self, sizes: list[Sizes]) -> LoadedModel:
        shapes = tuple(
            replace(size, chosen=chosen).shape if size else spec.shape
            for spec, (size, chosen) in zip(self.stated, self._pairs(sizes), strict=True)
        )
        if shapes not in self.tried:
            self.tried[shapes] = with_sizes(self.loaded, shapes)
        return self.tried[shapes]

    def _refusal_of(self, sizes: list[Sizes]) -> str:
        """Why the network cannot be run on these; empty where it can."""
        try:
            self._with(sizes)
        except SizeRefused as refusal:
            return str(refusal)
        return ""

    def _nearest(self, start: list[Sizes]) -> list[Sizes] | None:
        """The nearest sizes that the network takes, larger ones first; None where none are found."""
        for direction in (_rounded_up, _divided):
            refused = start
            for step in _STEPS:
                sizes = direction(start, step)
                if sizes == refused:
                    continue
                if not self._refusal_of(sizes):
                    return self._closer(refused, sizes)
                refused = sizes
        return None

    def _closer(self, refused: list[Sizes], taken: list[Sizes]) -> list[Sizes]:
        """Between sizes that are refused and others that are taken, the last that are."""
        while True:
            middle = [
                tuple((one + other) // 2 for one, other in zip(no, yes, strict=True))
                for no, yes in zip(refused, taken, strict=True)
            ]
            if middle in (refused, taken):
                return taken
            if self._refusal_of(middle):
                refused = middle
            else:
                taken = middle

    def _within_memory(self, sizes: list[Sizes]) -> tuple[LoadedModel, list[Sizes]]:
        """The model at these sizes, or at smaller ones where it would take too much memory and nobody asked for it."""
        model = self._with(sizes)
        while all(free or not size for free, size in zip(self.free, self.sizes, strict=True)):
            if _numbers_of(model.network) <= MOST_NUMBERS:
                break
            smaller = self._nearest_below(sizes)
            if smaller is None:
                break
            sizes = smaller
            model = self._with(sizes)
        return model, sizes

    def _nearest_below(self, sizes: list[Sizes]) -> list[Sizes] | None:
        """About three quarters of some sizes, as the network takes them."""
        for step in (1, *_STEPS):
            smaller = [tuple(size * 3 // 4 // step * step for size in one) for one in sizes]
            if all(map(all, smaller)) and not self._refusal_of(smaller):
                return smaller
        return None

    def _error(self, refusal: str, found: list[Sizes] | None) -> UserError:
        sizes = [size.chosen for size in self.sizes if size]
        fix = "Choose another size."
        if found is not None:
            fix = f"Choose another size; the nearest that works is {_in_words(found)}."
        return UserError("input.size", f"The network cannot be run at the size {_in_words(sizes)}: {refusal}.", fix)


def _rounded_up(sizes: list[Sizes], step: int) -> list[Sizes]:
    return [tuple(-(-size // step) * step for size in one) for one in sizes]


def _divided(sizes: list[Sizes], by: int) -> list[Sizes]:
    return [tuple(max(size // by, 1) for size in one) for one in sizes]


def _in_words(sizes: Sequence[Sizes]) -> str:
    return " and ".join(format_sizes(one) for one in sizes if one)


def _numbers_of(network: Network) -> int:
    return sum(prod(max(size, 1) for size in layer.output_shape) for layer in network.layers)


def _shapes_of_layers(loaded: LoadedModel, shapes: Shapes) -> list[tuple[int, ...]]:
    """The shape of every step's first output, without the batch axis; nothing is computed.

    Raises:
        SizeRefused: a layer cannot take what it is given.
    """
    import keras
    import tensorflow as tf

    inputs = loaded.keras_model.inputs
    tensors: dict[Slot, Any] = {}
    for k, (tensor, shape) in enumerate(zip(inputs, shapes, strict=True)):
        sizes = (None if size == UNKNOWN else size for size in shape)
        tensors[Slot(INPUT, k)] = keras.KerasTensor((tensor.shape[0], *sizes), tensor.dtype)
    found = []
    for number, step in enumerate(loaded.flat.steps):
        given, layer = [tensors[source] for source in step.sources], loaded.network.layers[number]
        try:
            # Layers that join tensors do not always say themselves which of them they can join.
            is_traced = len(given) > 1 or may_be_wrong(step.payload)
            outputs = (traced_specs if is_traced else symbolic_call)(step.payload, given)
        except (*KERAS_ERRORS, tf.errors.OpError) as error:
            raise SizeRefused(f"{_about(layer, given)}{_problem(error, len(given))}") from error
        tensors |= {Slot(number, k): output for k, output in enumerate(outputs)}
        found.append(shape_of(outputs[0]))
        if any(size is not None and size < 1 for output in outputs for size in output.shape[1:]):
            raise SizeRefused(f"{_about(layer, given)}, which is too small for it")
    return found


def _about(layer: Layer, given: Sequence[Any]) -> str:
    sizes = " and ".join(format_sizes(shape_of(tensor)) for tensor in given)
    return f"the layer {layer.path} ({layer.class_name}) gets {sizes}"


def _problem(error: Exception, count: int) -> str:
    """What a layer that gets so many tensors says to their sizes, as the end of a sentence."""
    if count > 1:
        return ", which do not fit together"
    if any(word in str(error) for word in _TOO_SMALL):
        return ", which is too small for it"
    return f": {reason_of(error).partition('. ')[0].rstrip('.')}"


def _traced_anew(loaded: LoadedModel, inputs: tuple[TensorSpec, ...]) -> LoadedModel:
    """A model that is known by what a call of it does, called on inputs of some size."""
    import tensorflow as tf

    from .tracing.discovery import discover

    assert loaded.traced is not None
    arguments = replace(loaded.traced.arguments, specs=inputs)
    try:
        loaded.traced.begin()  # What earlier calls changed is no part of the model.
        found = discover(loaded.traced.model, arguments, loaded.traced.copies if loaded.traced.copies > 1 else 0)
    except (*KERAS_ERRORS, tf.errors.OpError) as error:
        is_small = any(word in str(error) for word in _TOO_SMALL)
        reason = "it is too small for one of its layers" if is_small else reason_of(error).rstrip(".")
        raise SizeRefused(reason) from error
    sized = replace(traced_model(found, loaded.network), remarks=loaded.remarks, reads=loaded.reads)
    for layer in sized.network.layers:
        if any(size == 0 for size in layer.output_shape):
            raise SizeRefused(f"the layer {layer.path} ({layer.class_name}) leaves nothing of it")
    return sized

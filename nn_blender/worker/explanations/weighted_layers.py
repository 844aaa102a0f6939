"""Which layer's maps can be laid over which inputs, and how they are turned."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import isqrt

import numpy as np

from ...core.errors import UserError
from ...core.explanations import Target
from ...core.network import FEATURE_AXES, Layer, Network
from ...core.outputs import NetworkOutput
from ..models.keras_names import MULTI_HEADED
from ..running.recorders import Recorder
from ..running.recorders.slopes import Question
from ..running.switches import is_decimal
from .forms import InputForm


@dataclass(frozen=True)
class WeightedLayer:
    """A layer whose maps lie over inputs.

    Attributes:
        path: of the layer.
        feature: its axis of neurons, with the batch axis.
        inputs: numbers of the inputs that its maps belong to.
        grid: height and width of the places that its steps stand for, as in Vision Transformers; None elsewhere.
        tokens: how many steps before those stand for no place.
    """

    path: str
    feature: int
    inputs: tuple[int, ...]
    grid: tuple[int, int] | None = None
    tokens: int = 0

    def turned(self, values: np.ndarray) -> np.ndarray:
        """A layer's values as (batch, positions…, channels)."""
        last = np.moveaxis(values, self.feature, -1)
        if self.grid is None:
            return last
        return last[:, self.tokens :].reshape(len(last), *self.grid, last.shape[-1])


def layers_before(network: Network, paths: Sequence[str]) -> set[str]:
    """Paths of the layers and names of the inputs from which some layers are computed, these included."""
    layers = {layer.path: layer for layer in network.layers}
    found, waiting = set(paths), list(paths)
    while waiting:
        layer = layers.get(waiting.pop())
        new = [] if layer is None else [path for path in layer.inputs if path not in found]
        found.update(new)
        waiting += new
    return found


def question_of(network: Network, outputs: Sequence[NetworkOutput], target: Target) -> Question:
    """Which score a target is.

    Args:
        outputs: how those of the network are read; empty where nobody says.
    """
    if target.layer or not target.output < len(outputs):
        return Question(target.layer, target.output)
    layer, output = network.layer_of_output(network.outputs[target.output]), outputs[target.output]
    is_single = layer is not None and layer.neurons == 1
    return Question("", target.output, output.kind == "binary" if is_single else None, output.threshold)


def scored_layer(network: Network, question: Question) -> str:
    """The path of the layer that gives a score, or the name of an input that is an output."""
    output = network.outputs[question.output]
    layer = network.layer_of_output(output)
    return question.layer or (output if layer is None else layer.path)


def candidates(
    network: Network, recorder: Recorder, forms: Sequence[InputForm], question: Question
) -> Iterator[WeightedLayer]:
    """The layers before the score whose maps lie over an input, the last one first; at the end that of the score."""
    scored = scored_layer(network, question)
    before = layers_before(network, [scored])
    layers = [layer for layer in reversed(network.layers) if layer.path in before]
    for layer in sorted(layers, key=lambda layer: layer.path == scored):
        found = as_weighted(network, recorder, forms, layer)
        if not isinstance(found, str):
            yield found


def as_weighted(network: Network, recorder: Recorder, forms: Sequence[InputForm], layer: Layer) -> WeightedLayer | str:
    """A layer whose maps lie over inputs, or why they do not, as the end of a sentence."""
    positions = [axis for axis in layer.axes if axis not in FEATURE_AXES]
    if reason := _why_unfit(recorder, layer, positions):
        return reason
    feature = 1 + next(k for k, axis in enumerate(layer.axes) if axis in FEATURE_AXES)
    before = layers_before(network, [layer.path])
    read = [form for form in forms if form.name in before]
    alike = [form for form in read if form.lies_under(len(positions))]
    if alike and "head" not in positions:
        sizes = tuple(size for axis, size in zip(layer.axes, layer.output_shape, strict=True) if axis in positions)
        # What attention or states bring in from an input of other sizes has no place in those of this one.
        own = [form for form in alike if form.position_sizes(len(sizes)) == sizes] or alike
        return WeightedLayer(layer.path, feature, tuple(form.number for form in own))
    pictures = [form for form in read if form.positions == 2]
    if pictures and positions == ["time"]:
        folded = _grid(network, layer, before) or _square_patches(layer, pictures[0])
        if folded is not None:
            return WeightedLayer(layer.path, feature, tuple(form.number for form in pictures), *folded)
    return "its positions are not those of any input that it is computed from"


def _why_unfit(recorder: Recorder, layer: Layer, positions: list[str]) -> str:
    """Why a layer has no maps at all, as the end of a sentence; empty where it has."""
    if not layer.neurons:
        return "it has no axis of channels"
    if not is_decimal(recorder.dtypes[recorder.number_of(layer.path)]):
        return "it outputs no decimal numbers"
    if not positions or (layer.class_name in MULTI_HEADED and layer.path.endswith("]")):
        return "it has no positions"
    sizes = [size for axis, size in zip(layer.axes, layer.output_shape, strict=True) if axis not in FEATURE_AXES]
    return "it has a single position" if all(size == 1 for size in sizes) else ""


def _grid(network: Network, layer: Layer, before: set[str]) -> tuple[tuple[int, int], int] | None:
    """Height and width of the map that a layer's steps were made from, and how many steps stand for none of it."""
    steps = layer.output_shape[layer.axes.index("time")]
    for other in reversed(network.layers):
        if other.path in before and other.map_shape is not None and "height" in other.axes:
            height, width = other.map_shape
            if height * width in (steps, steps - 1) and other.class_name not in MULTI_HEADED:
                return (height, width), steps - height * width
    return None


def _square_patches(layer: Layer, form: InputForm) -> tuple[tuple[int, int], int] | None:
    """As `_grid`, of a picture that a layer cuts into squares itself, so that no map of them is known."""
    steps, (height, width) = layer.output_shape[layer.axes.index("time")], form.position_sizes(2)
    for tokens in (0, 1):
        side = isqrt(height * width // max(steps - tokens, 1))
        if side > 1 and height % side == width % side == 0 and height * width == (steps - tokens) * side**2:
            return (height // side, width // side), tokens
    return None


def refused(layer: str, reason: str, known: Sequence[str]) -> UserError:
    """That a chosen layer's maps cannot be weighted.

    Args:
        reason: the end of a sentence.
        known: paths of layers whose maps can, the last one first.
    """
    named = ", ".join(known[:5])
    return UserError(
        "explanation.layer_unfit",
        f"The feature maps of the layer {layer} cannot be laid over an input: {reason}.",
        f"Choose another layer, such as {named}." if named else "Use a method that needs no layer, such as gradient.",
    )

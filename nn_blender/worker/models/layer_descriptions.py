"""Turns the flattened steps of a model, from a file or alive, into the layers of a `core.network.Network`."""

from __future__ import annotations

from dataclasses import dataclass

from ...core.network import UNKNOWN, Layer, TensorSpec
from .call_graph import INPUT, Flat, Slot
from .keras_names import MULTI_HEADED
from .layer_shapes import axis_names

Shape = tuple[int, ...]


@dataclass(frozen=True)
class LayerFacts:
    """What file and live model each know about one step.

    Attributes:
        shape: of its first output without the batch axis, None where unknown.
        data_format: ``channels_first``, ``channels_last`` or empty where the layer has no such setting.
        is_further: whether it is an output of the layer besides its first one.
    """

    class_name: str
    shape: Shape | None
    parameters: int
    activation: str
    data_format: str
    is_further: bool = False


def describe_layers(flat: Flat, facts: list[LayerFacts], inputs: tuple[TensorSpec, ...]) -> tuple[Layer, ...]:
    """One `Layer` per step; a layer without a ``data_format`` keeps the place of the channels of what it reads."""
    layers: list[Layer] = []
    for step, fact in zip(flat.steps, facts, strict=True):
        shape = (UNKNOWN,) if fact.shape is None else fact.shape
        before = [layers[s.step] for s in step.sources if s.step != INPUT]
        inherits = bool(before) and not fact.data_format and before[0].axes[:1] == ("channel",)
        first = fact.data_format == "channels_first" or (inherits and len(before[0].axes) == len(shape))
        layers.append(
            Layer(
                path=step.path,
                class_name=fact.class_name,
                output_shape=shape,
                axes=_axes(fact, len(shape), first),
                parameters=fact.parameters,
                inputs=tuple(dict.fromkeys(source_name(flat, slot, inputs) for slot in step.sources)),
                activation=fact.activation,
            )
        )
    return tuple(layers)


def _axes(fact: LayerFacts, rank: int, channels_first: bool) -> tuple[str, ...]:
    """Attention scores are a map per head: which place attends to which."""
    if fact.is_further and fact.class_name in MULTI_HEADED and rank == 3:
        return "channel", "height", "width"
    return axis_names(fact.class_name, rank, channels_first)


def source_name(flat: Flat, slot: Slot, inputs: tuple[TensorSpec, ...]) -> str:
    """Path of the layer, or name of the network input, that a tensor comes from."""
    return inputs[slot.output].name if slot.step == INPUT else flat.steps[slot.step].path


def output_names(flat: Flat, inputs: tuple[TensorSpec, ...]) -> tuple[str, ...]:
    """As `core.network.Network.outputs`."""
    return tuple(
        source_name(flat, slot, inputs) + (f"[{slot.output}]" if slot.output and slot.step != INPUT else "")
        for slot in flat.outputs
    )


def total_parameters(layers: tuple[Layer, ...]) -> int:
    """Numbers in all weights; a shared layer's count once."""
    return sum(layer.parameters for layer in layers if "#" not in layer.path.rpartition("/")[2])

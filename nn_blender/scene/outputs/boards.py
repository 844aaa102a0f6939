"""The boards of all outputs of a network, each drawn by its kind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...core.layout.layout import Layout
from ...core.maps.packing import PackedMaps
from ...core.network import Network
from ...core.outputs import NetworkOutput
from ...core.outputs.verdicts import Judged
from ...core.recording import OutputResult, Sample
from ..base.parts import Parts
from . import DRAWINGS, Given
from .board import Board


@dataclass(frozen=True)
class Told:
    """What an output gives for the samples in the scene, of which there may be fewer than of those measured.

    Attributes:
        number: of the output among those of the network.
        result: of at least the samples in the scene.
        classes: names of the output's classes, in order; may be shorter than the output.
        intact: under an intervention, float32 (samples, units), the values without it.
        maps: pictures of what a sample gives.
    """

    number: int
    output: NetworkOutput
    result: OutputResult
    judged: Judged
    classes: tuple[str, ...] = ()
    intact: np.ndarray | None = None
    maps: PackedMaps | None = None


def add_outputs(
    parts: Parts, network: Network, layout: Layout, samples: Sequence[Sample], told: Sequence[Told]
) -> None:
    """A board beside every slab that gives an output.

    Args:
        samples: those in the scene.
        told: of outputs of the network, in any order.
    """
    for one in told:
        name = network.outputs[one.number]
        place, layer = layout.outputs[name], network.layer_of_output(name)
        board = Board(parts, name if one.number else "", place, layout.layers[layer.path] if layer else place)
        drawing = DRAWINGS.find(one.output.kind)
        drawing.draw(board, _given(one, tuple(samples), is_named=len(network.outputs) > 1))
        board.drop_others()


def _given(told: Told, samples: tuple[Sample, ...], is_named: bool) -> Given:
    count, values = len(samples), told.result.values
    return Given(
        output=told.output,
        samples=samples,
        values=None if values is None else values[:count],
        summary=told.result.summary[:count],
        verdicts=told.judged.verdicts[:count],
        labels=told.judged.labels[:count],
        classes=told.classes,
        full=_largest(values, told.intact),
        intact=told.intact,
        maps=told.maps,
        is_named=is_named,
    )


def _largest(*given: np.ndarray | None) -> float:
    """The largest finite magnitude; 1 where there is none but 0."""
    magnitudes = [np.abs(values[np.isfinite(values)]) for values in given if values is not None]
    return max((float(some.max(initial=0.0)) for some in magnitudes), default=0.0) or 1.0

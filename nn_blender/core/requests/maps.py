"""Requests for pictures of feature maps."""

from __future__ import annotations

from dataclasses import dataclass

from ..maps.packing import Atlas
from ..outputs import NetworkOutput
from .base import SamplesRequest

MAXIMUM = "maximum"
"""Of maps with depth, the largest value along it is shown."""


@dataclass(frozen=True)
class SkippedLayer:
    """A layer without pictures, and why."""

    layer: str
    reason: str


@dataclass(frozen=True)
class MapsAnswer:
    """Pictures in the session folder.

    Attributes:
        atlases: of the inputs, of the outputs, then one per layer.
        composites: one-image summaries of these layers where they were wanted, see `packing.COMPOSITES`.
        notes: as in `samples.RunAnswer`.
    """

    atlases: tuple[Atlas, ...]
    composites: tuple[Atlas, ...]
    skipped_layers: tuple[SkippedLayer, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class MapsRequest(SamplesRequest[MapsAnswer]):
    """Draw feature maps.

    Attributes:
        layers: paths of layers; None for all that have maps.
        pixels: at most in an atlas.
        volume: where maps have depth, `MAXIMUM`, or the place 0 to 1 of the slice that is shown.
        composites: whether they are wanted.
        outputs: of the network, of which pictures are wanted, where their kinds have any.
        difference: whether the maps are those under the intervention minus those of the intact network, of the layers
            that it reaches; then there is no input, no output and no composite.
    """

    method = "maps"
    answer = MapsAnswer

    layers: tuple[str, ...] | None = None
    outputs: tuple[NetworkOutput, ...] = ()
    pixels: int = 4_000_000
    volume: str | float = MAXIMUM
    composites: bool = False
    difference: bool = False

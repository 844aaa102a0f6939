"""What a network gives, told on a board beside the layer that gives it; one file per kind of output."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ...core.maps.packing import PackedMaps
from ...core.outputs import NetworkOutput
from ...core.outputs.verdicts import Verdict
from ...core.recording import Sample
from ...core.registry import Registry
from .board import Board


@dataclass(frozen=True)
class Given:
    """What an output gives for the samples in the scene.

    Attributes:
        values: float32 (samples, units); None where a sample gives more than numbers in a row.
        summary: float32 (samples, 3), the lowest value, the mean and the highest.
        verdicts: one per sample.
        labels: what is right for each sample, as text; empty where that is not known.
        classes: names of the output's classes, in order; may be shorter than the output.
        full: what a bar of full length stands for.
        intact: under an intervention, the values without it.
        maps: pictures of what a sample gives.
        is_named: whether the board says which output it is of.
    """

    output: NetworkOutput
    samples: tuple[Sample, ...]
    values: np.ndarray | None
    summary: np.ndarray
    verdicts: tuple[Verdict, ...]
    labels: tuple[str, ...]
    classes: tuple[str, ...] = ()
    full: float = 1.0
    intact: np.ndarray | None = None
    maps: PackedMaps | None = None
    is_named: bool = False


@dataclass(frozen=True)
class OutputDrawing:
    """What stands on the board of an output.

    Attributes:
        name: of the `core.outputs.OutputKind`.
        draw: makes it, or brings it in line with other values.
    """

    name: str
    draw: Callable[[Board, Given], None]


DRAWINGS: Registry[OutputDrawing] = Registry(__name__)

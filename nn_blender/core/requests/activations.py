"""The request that writes what layers computed into files for other programs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ..recording import STATISTICS
from .base import SamplesRequest
from .maps import SkippedLayer


@dataclass(frozen=True)
class LayerFile:
    """A file that was written.

    Attributes:
        layer: path.
        file: its name.
        shape: of its array of activations, samples first.
        dtype: numpy's name of the type of its numbers.
    """

    layer: str
    file: str
    shape: tuple[int, ...]
    dtype: str


@dataclass(frozen=True)
class ActivationsAnswer:
    """What was written.

    Attributes:
        left_out: layers without a file.
        timings: seconds.
    """

    files: tuple[LayerFile, ...]
    left_out: tuple[SkippedLayer, ...]
    timings: dict[str, float]


@dataclass(frozen=True, kw_only=True)
class ActivationsRequest(SamplesRequest[ActivationsAnswer]):
    """Write one .npz file per layer, and an index of them, into a folder; all files appear at once.

    Attributes:
        folder: absolute; it is made where it does not exist.
        whole: whether the layers' whole outputs are written, in the layers' own types, instead of one number per
            neuron.
        statistic: one of `core.recording.STATISTICS`, of neurons with positions.
    """

    method = "activations"
    answer = ActivationsAnswer

    folder: Path
    whole: bool = False
    statistic: str = STATISTICS[0]

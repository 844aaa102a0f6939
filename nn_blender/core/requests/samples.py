"""Requests that run samples through a network, or show them as it would see them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from ..inputs import NetworkInput
from ..maps.packing import Atlas
from ..network import TensorSpec
from ..outputs import NetworkOutput
from ..recording import STATISTICS, Sample, Skipped
from .base import ArrayFile, SamplesRequest, WorkerRequest


@dataclass(frozen=True)
class OutputAnswer:
    """What `core.recording.OutputResult` holds.

    Attributes:
        values: None where a sample gives more than numbers in a row.
        summary: the lowest value, the mean and the highest.
        errors: None where nothing is known to compare with.
        table: None but for pictures of classes.
    """

    values: Annotated[str, ArrayFile("float32", "samples", "units")] | None
    summary: Annotated[str, ArrayFile("float32", "samples", "3")]
    errors: Annotated[str, ArrayFile("float32", "samples")] | None = None
    table: Annotated[str, ArrayFile("int64", "classes", "classes")] | None = None


@dataclass(frozen=True)
class RunAnswer:
    """What `core.recording.Recording` holds.

    Attributes:
        samples: those that could be read, in order.
        skipped: the others.
        activations: of all layers, side by side.
        outputs: in the order of the network's outputs.
        statistics: over all samples, for `core.recording.Statistics.from_array`.
        group_means: NaN for a group of which no sample could be read; None without groups.
        notes: what about the intervention is not as one might expect, sentences for users.
        remarks: what about the samples is not, likewise.
        timings: seconds.
    """

    samples: tuple[Sample, ...]
    skipped: tuple[Skipped, ...]
    activations: Annotated[str, ArrayFile("float32", "shown", "neurons")]
    outputs: tuple[OutputAnswer, ...]
    statistics: Annotated[str, ArrayFile("float32", "5", "neurons")]
    group_means: Annotated[str, ArrayFile("float32", "groups", "neurons")] | None
    notes: tuple[str, ...]
    remarks: tuple[str, ...]
    timings: dict[str, float]


@dataclass(frozen=True, kw_only=True)
class RunRequest(SamplesRequest[RunAnswer]):
    """Outputs and statistics of samples, and the activations of the first ones.

    Attributes:
        statistic: one of `core.recording.STATISTICS`.
        outputs: how they are read, where they are to be compared with true pictures; empty for none.
        answer_output: number of the output that a true picture without a name is of.
        shown: of how many samples, from the first on, activations are wanted; None for all.
        groups: number of the group of every sample, from 0 on, None for a sample in none; empty for no groups. Their
            number times that of the neurons should stay below `core.recording.CLASS_NUMBERS`.
    """

    method = "run"
    answer = RunAnswer

    statistic: str = STATISTICS[0]
    outputs: tuple[NetworkOutput, ...] = ()
    answer_output: int = 0
    shown: int | None = None
    groups: tuple[int | None, ...] = ()


@dataclass(frozen=True)
class PreviewAnswer:
    """Samples as the network would see them.

    Attributes:
        atlas: None where the samples do not fit into one.
        low, high: the smallest and largest value that the network would be given.
        skipped: samples that could not be read.
    """

    atlas: Atlas | None
    low: float
    high: float
    skipped: tuple[Skipped, ...]


@dataclass(frozen=True)
class PreviewRequest(WorkerRequest[PreviewAnswer]):
    """Show samples as a network would see them; needs neither TensorFlow nor the model.

    Attributes:
        samples: with their value for one input alone.
        input: how they enter the network.
        spec: the network's input.
    """

    method = "preview"
    answer = PreviewAnswer

    samples: tuple[Sample, ...]
    input: NetworkInput
    spec: TensorSpec

"""Requests about what switched neurons change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from ..inputs import NetworkInput
from ..interventions.intervention import Intervention
from ..recording import STATISTICS, Sample, Skipped
from .base import ArrayFile, ModelReference, SamplesRequest, StreamingRequest, WorkerRequest


@dataclass(frozen=True)
class ToggleAnswer:
    """What changes for one sample.

    Attributes:
        layers: paths of the layers that may differ from what the caller has; of all layers where it has nothing.
        values: the neurons of these layers side by side; one file is the fastest.
        notes, timings: as in `samples.RunAnswer`.
    """

    layers: tuple[str, ...]
    values: Annotated[str, ArrayFile("float32", "neurons")]
    notes: tuple[str, ...]
    timings: dict[str, float]


@dataclass(frozen=True, kw_only=True)
class ToggleRequest(WorkerRequest[ToggleAnswer]):
    """What an intervention changes for the sample that is shown, as fast as possible.

    Attributes:
        inputs: as in `SamplesRequest`.
        statistic: one of `core.recording.STATISTICS`.
        since: the intervention whose activations the caller has; None where it has none.
        mean_samples: over which replaced neurons have their mean; only needed where neurons are replaced.
    """

    method = "toggle"
    answer = ToggleAnswer

    model: ModelReference
    sample: Sample
    inputs: tuple[NetworkInput, ...]
    statistic: str = STATISTICS[0]
    intervention: Intervention
    since: Intervention | None = None
    mean_samples: tuple[Sample, ...] = ()


@dataclass(frozen=True)
class CompareAnswer:
    """What the output gives that is the network's answer; other attributes as in `samples.RunAnswer`.

    Attributes:
        outputs: None where it is not numbers in a row.
    """

    samples: tuple[Sample, ...]
    skipped: tuple[Skipped, ...]
    outputs: Annotated[str, ArrayFile("float32", "samples", "units")] | None
    notes: tuple[str, ...]
    timings: dict[str, float]


@dataclass(frozen=True, kw_only=True)
class CompareRequest(SamplesRequest[CompareAnswer]):
    """The answers alone, for all samples under one intervention.

    Attributes:
        answer_output: number of the output that is the network's answer.
    """

    method = "compare"
    answer = CompareAnswer

    answer_output: int = 0


@dataclass(frozen=True)
class SweepBlock:
    """What is lost without each of some neurons of a layer.

    Attributes:
        layer: its path; of a shared one all calls were switched.
        neurons: their numbers, in the order of the losses.
        samples: how many were measured.
        losses: by how much the accuracy falls, 0 to 1, NaN without labels; the mean change of the logit and of the
            output of the class that is looked at; the number of the class whose output changes most, and its mean
            change.
        notes: as in `samples.RunAnswer`.
    """

    layer: str
    neurons: tuple[int, ...]
    samples: int
    losses: Annotated[str, ArrayFile("float32", "5", "neurons")]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class SweepAnswer:
    """All that was asked for has been given in blocks.

    Attributes:
        timings: seconds.
    """

    timings: dict[str, float]


@dataclass(frozen=True, kw_only=True)
class SweepRequest(SamplesRequest[SweepAnswer], StreamingRequest[SweepAnswer, SweepBlock]):
    """What is lost without each of some neurons alone; the losses come in blocks, about one a second.

    Attributes:
        neurons: their numbers by the path of their layer, None for all of the layer; layer by layer in this order.
        answer_output: number of the output that is the network's answer.
        labels: number of the true class of every sample, None where it is not known; empty for none.
        classes: number of the class of every sample whose score is looked at, None for the one with the highest output;
            empty for the labels.
        intervention: what is changed besides.
    """

    method = "sweep"
    answer = SweepAnswer
    partial = SweepBlock

    neurons: dict[str, tuple[int, ...] | None]
    answer_output: int = 0
    labels: tuple[int | None, ...] = ()
    classes: tuple[int | None, ...] = ()

"""Requests for the reasons of one answer."""

from __future__ import annotations

from dataclasses import dataclass

from ..neurons.reasons import Reasons
from ..outputs import NetworkOutput
from ..recording import Sample
from .base import SamplesRequest, StreamingRequest


@dataclass(frozen=True)
class ReasonsAnswer:
    """All that was asked for.

    Attributes:
        timings: seconds.
    """

    reasons: Reasons
    timings: dict[str, float]


@dataclass(frozen=True, kw_only=True)
class ReasonsRequest(SamplesRequest[ReasonsAnswer], StreamingRequest[ReasonsAnswer, Reasons]):
    """Find out why a sample gets its class; what is known so far is given as it grows.

    Attributes:
        sample: the one that is explained.
        samples: among which similar ones are looked for.
        intervention: what is changed already; reasons are those of the network as it is then.
        answer_output: number of the output that is the network's answer.
        output: how its values are read.
        target: number of the class; None for the one with the highest output.
        most: neurons each way.
        most_classes: with the highest outputs.
        most_similar: samples.
        most_runs: of the network, while neurons are looked for that turn the answer.
    """

    method = "reasons"
    answer = ReasonsAnswer
    partial = Reasons

    sample: Sample
    output: NetworkOutput
    answer_output: int = 0
    target: int | None = None
    most: int = 10
    most_classes: int = 5
    most_similar: int = 8
    most_runs: int = 400

"""What is measured: every case by name. Needs no Blender."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Case:
    """Something to build, measured in a process of its own.

    Attributes:
        kind: the module of this package that measures it.
        neurons: how many in all layers together.
        samples: how many the scene holds when building, memory and file are measured.
        played_samples: how many it holds when frame steps are measured.
        limits: what a metric should stay below, in the metric's unit, on a machine of today.
        in_quick: whether a quick run has it.
    """

    name: str
    kind: str
    neurons: int
    layers: int = 1
    samples: int = 10
    played_samples: int = 10
    limits: Mapping[str, float] = field(default_factory=dict)
    in_quick: bool = False


OBJECTS = Case("objects-10000", "objects", 10_000)
QUICK_OBJECTS = Case("objects-2000", "objects", 2_000)
NETWORKS = (
    Case("synthetic-10000", "networks", 10_000, layers=10, in_quick=True),
    Case(
        "synthetic-100000",
        "networks",
        100_000,
        layers=10,
        played_samples=100,
        limits={"frame_ms": 3.0, "frame_fade_ms": 5.0},
        in_quick=True,
    ),
    Case("synthetic-1000000", "networks", 1_000_000, layers=10),
    Case(
        "deep-150000",
        "networks",
        150_000,
        layers=150,
        played_samples=100,
        limits={"frame_ms": 25.0, "frame_fade_ms": 40.0},
    ),
)
MODELS = (Case("resnet50", "models", 94_123, layers=176), Case("mobilenetv2", "models", 53_744, layers=155))
"""Measured where they are asked for by name: they need the worker's environment."""
CASES = {case.name: case for case in (OBJECTS, QUICK_OBJECTS, *NETWORKS, *MODELS)}
SCALED = tuple(case.name for case in NETWORKS if case.name.startswith("synthetic-"))
"""Cases that differ in the number of neurons alone, from which scaling exponents are computed."""


def choose_cases(names: Sequence[str], quick: bool) -> list[Case]:
    """The baseline, which every ratio needs, then the cases of those names; without names all of the run."""
    baseline = QUICK_OBJECTS if quick else OBJECTS
    of_the_run = [case for case in NETWORKS if case.in_quick or not quick]
    chosen = [CASES[name] for name in names] or of_the_run
    return [baseline, *(case for case in chosen if case != baseline)]

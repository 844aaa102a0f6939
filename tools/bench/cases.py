"""What is measured: every case by name. Needs no Blender."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

FORWARD_PASS = "bare forward pass"
PLAIN_KERAS = "plain Keras"
FULLY_OPEN = "the same fully open"
MILLION_NEURONS = "a million neurons"


@dataclass(frozen=True)
class Limit:
    """What a metric should stay below on a machine of today.

    Attributes:
        value: in the metric's unit, or as a share of a baseline of the same run.
        of: name of that baseline, as rows have it.
    """

    value: float
    of: str = ""


@dataclass(frozen=True)
class Case:
    """Something to build, measured in a process of its own.

    Attributes:
        kind: the module of this package that measures it.
        neurons: how many in all layers together.
        samples: how many the scene holds when building, memory and file are measured.
        played_samples: how many it holds when frame steps are measured.
        limits: by metric.
        in_quick: whether a quick run has it.
    """

    name: str
    kind: str
    neurons: int
    layers: int = 1
    samples: int = 10
    played_samples: int = 10
    limits: Mapping[str, Limit] = field(default_factory=dict)
    in_quick: bool = False


def objects_name(case: Case) -> str:
    """What rows call the baseline of one object per neuron."""
    return f"object per neuron ({case.neurons:,})"


def _model(name: str, neurons: int, layers: int, limits: Mapping[str, Limit] | None = None) -> Case:
    """A network of Keras's applications, with three images: one to stand on and two to fade between."""
    return Case(name, "models", neurons, layers, samples=3, played_samples=3, limits=limits or {})


def _toggles(early: float, half: float, late: float) -> dict[str, Limit]:
    shares = {"toggle_early": early, "toggle_half": half, "toggle_late": late}
    return {metric: Limit(share, FORWARD_PASS) for metric, share in shares.items()}


OBJECTS = Case("objects-10000", "objects", 10_000)
QUICK_OBJECTS = Case("objects-2000", "objects", 2_000)
MILLION = Case(
    "synthetic-1000000",
    "networks",
    1_000_000,
    layers=10,
    limits={
        "build_s": Limit(5.0),
        "frame_ms": Limit(15.0),
        "frame_fade_ms": Limit(15.0),
        "cycles_s": Limit(6.0),
        "cycles_memory_mb": Limit(1500.0),
    },
)
NETWORKS = (
    Case(
        "synthetic-10000",
        "networks",
        10_000,
        layers=10,
        limits={
            "build_s": Limit(1 / 15, objects_name(OBJECTS)),
            "frame_ms": Limit(1 / 40, objects_name(OBJECTS)),
            "memory_mb": Limit(1 / 15, objects_name(OBJECTS)),
        },
        in_quick=True,
    ),
    Case(
        "synthetic-100000",
        "networks",
        100_000,
        layers=10,
        played_samples=100,
        limits={"frame_ms": Limit(5.0), "frame_fade_ms": Limit(5.0)},
        in_quick=True,
    ),
    MILLION,
    Case(
        "deep-150000",
        "networks",
        150_000,
        layers=150,
        played_samples=100,
        limits={"frame_ms": Limit(40.0), "frame_fade_ms": Limit(40.0)},
    ),
)
MODELS = (
    Case("digits", "models", 1_386, layers=10, samples=100, played_samples=100, in_quick=True),
    _model("mobilenetv2", 53_744, 155, _toggles(4.2, 2.2, 0.6)),
    _model("resnet50", 94_123, 176, {"import_s": Limit(3.0, PLAIN_KERAS), **_toggles(3.0, 1.4, 0.5)}),
    _model("vgg16", 39_976, 22),
    _model("efficientnetb7", 767_713, 815, {"import_s": Limit(4.0, PLAIN_KERAS)}),
)
_HALF = {"frame_ms": Limit(0.5, FULLY_OPEN)}
_TWICE = {metric: Limit(2.0, MILLION_NEURONS) for metric in ("cycles_s", "cycles_memory_mb")}
CLOSED = (
    Case("closed-resnet50", "closed", 94_123, 176, samples=3, limits=_HALF),
    Case("closed-efficientnetb7", "closed", 767_713, 815, samples=3, limits=_HALF | _TWICE),
)
"""Networks of Keras's applications whose blocks are all closed."""
_SLOPES = {"explain_gradient": Limit(3.0, FORWARD_PASS), "explain_grad_cam": Limit(1.5, FORWARD_PASS)}
EXPLANATIONS = (Case("explain-resnet50", "explanations", 94_123, 176, samples=1, limits=_SLOPES),)
_ZOO = (
    *("siamese", "u_net", "sequence_to_sequence", "translator_with_attention", "gpt", "vision_transformer"),
    *("generator", "autoencoder", "frames", "moving", "residual_rows", "branches", "three_deep", "int8"),
    *("mixed_precision", "wide", "deep"),
)
ZOO_OF_CODE = ("resnet", "vae")
"""Networks that are Python code, for which Keras is given classes."""
_TWICE_KERAS = {metric: Limit(2.0, PLAIN_KERAS) for metric in ("import_maps_s", "import_cpu_s")}
ZOO = tuple(Case(f"zoo-{name}", "zoo", 0, limits=_TWICE_KERAS) for name in (*_ZOO, *ZOO_OF_CODE))
"""Networks of the tests, imported with one sample; only run where they are named, all of them by ``zoo``."""
_STEPS = {"opening_step": Limit(3.0), "film_step": Limit(3.0)}
OPENING = (Case("opening-inceptionv3", "opening", 0, 312, samples=1, limits=_STEPS),)
"""What takes long and says nothing about speed: only run where it is named."""
CASES = {
    case.name: case for case in (OBJECTS, QUICK_OBJECTS, *NETWORKS, *MODELS, *CLOSED, *EXPLANATIONS, *OPENING, *ZOO)
}
SCALED = tuple(case.name for case in NETWORKS if case.name.startswith("synthetic-"))
"""Cases that differ in the number of neurons alone, from which scaling exponents are computed."""


def choose_cases(names: Sequence[str], quick: bool) -> list[Case]:
    """The baseline, which every ratio needs, then the cases of those names; without names all of the run."""
    baseline = QUICK_OBJECTS if quick else OBJECTS
    of_the_run = [case for case in (*NETWORKS, *MODELS, *CLOSED, *EXPLANATIONS) if case.in_quick or not quick]
    chosen = [CASES[name] for name in names] or of_the_run
    return [baseline, *(case for case in chosen if case != baseline)]

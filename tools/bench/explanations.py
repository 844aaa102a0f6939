"""What explaining one image costs, beside a bare forward pass of the worker in the same process."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from .cases import FORWARD_PASS, Case
from .keras_processes import explanation_milliseconds, make_network
from .progress import say
from .rows import Measured


def measure(case: Case) -> Iterator[Measured]:
    with tempfile.TemporaryDirectory(prefix="nn_blender-bench-") as folder:
        say("making the network")
        make_network(case.name.removeprefix("explain-"), Path(folder), 1)
        say("explaining")
        times = explanation_milliseconds(Path(folder) / "model.keras", Path(folder) / "images" / "0.png")
    for name in ("gradient", "grad_cam"):
        yield Measured(f"explain_{name}", times[name], {FORWARD_PASS: times["forward"]})

"""Toggles in real architectures, measured in the worker's Python beside the bare forward pass."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from devtools.environments import WORKER, python_of

from .cases import Case
from .rows import Measured


def measure(case: Case) -> Iterator[Measured]:
    with tempfile.TemporaryDirectory(prefix="nn_blender-bench-") as folder:
        file = Path(folder) / "measured.json"
        command = [str(python_of(WORKER)), "-m", "bench.toggles", case.name, str(file)]
        subprocess.run(command, check=True, env=dict(os.environ))
        milliseconds = json.loads(file.read_text(encoding="utf-8"))
    bare = milliseconds.pop("bare")
    for metric, value in milliseconds.items():
        yield Measured(metric, value, {"bare forward pass": bare})

"""Which model is run on which samples, and by which Python, as the options of a command say it."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any

from ..actions.settings import worker_python
from ..core.errors import UserError
from ..core.inputs.preprocessing import PRESETS

WORKER_PYTHON = "NN_BLENDER_WORKER_PYTHON"
"""Environment variable that names the worker's Python where ``--python`` does not."""


def load_options(options: argparse.Namespace) -> dict[str, Any]:
    """Fields of `actions.network.loading.LoadOptions` that commands for samples have options for."""
    return {
        "file": options.file,
        "samples": tuple(place for name, place in options.samples if not name),
        "input_samples": {name: place for name, place in options.samples if name},
        "kinds": dict(options.kind),
        "sizes": dict(options.size),
        "answer": options.answer or "",
        "labels": options.labels,
        "classes": options.classes,
        "max_samples": options.max_samples,
        "choices": _input_choices(options),
        "allow_code": options.allow_code,
        "classes_code": options.classes_code,
    }


def _input_choices(options: argparse.Namespace) -> dict[str, Any]:
    """Fields of `Preprocessing` that were chosen; single ones replace those of the preset."""
    names = ("resize", "range", "mean", "std", "colour", "invert", "background", "orientation")
    chosen = {name: getattr(options, name) for name in names}
    return {**PRESETS.get(options.preset, {}), **{name: value for name, value in chosen.items() if value is not None}}


def python_of(options: argparse.Namespace) -> Path:
    python = options.python or os.environ.get(WORKER_PYTHON) or worker_python()
    if not python:
        raise UserError(
            "arguments.python",
            "TensorFlow is not set up.",
            f"Run setup-tensorflow, or name a Python that has it with --python PATH or {WORKER_PYTHON}.",
        )
    return Path(python)

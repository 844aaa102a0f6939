"""`tools/dev.py fuzz`: has mutated files read by the worker's code, in the worker's own environment."""

from __future__ import annotations

import os
import shutil

from .blender import checkout_variables, run
from .environments import WORKER, python_of
from .paths import CHECKOUT, OUT

KINDS = ("model", "array", "image", "labels")


def run_fuzz(seed: int, mutations: int, only: str | None) -> int:
    """Run a campaign; the exit code is 1 where a file was not taken well.

    Args:
        seed: the same seed makes the same files.
        mutations: how many files.
        only: one of `KINDS`; all when left out.
    """
    folder = OUT / "fuzz"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    variables = checkout_variables()
    variables["PYTHONPATH"] += os.pathsep + str(CHECKOUT / "tools")
    variables["TF_CPP_MIN_LOG_LEVEL"] = "3"
    return run([python_of(WORKER), "-m", "fuzz", str(seed), str(mutations), only or "all", folder], variables)

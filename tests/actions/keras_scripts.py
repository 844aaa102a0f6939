"""Running scripts in TensorFlow's Python, in one process that stays until the tests are over."""

from __future__ import annotations

import functools
import json
import os
import subprocess
from pathlib import Path

RUNNER = Path(__file__).with_name("keras_runner.py")


def run_script(script: Path, *arguments: Path) -> None:
    """Run a script of this folder to its end; what it raises is printed and fails the test."""
    runner = _runner()
    assert runner.stdin is not None
    assert runner.stdout is not None
    runner.stdin.write(json.dumps([str(part) for part in (script, *arguments)]) + "\n")
    runner.stdin.flush()
    if not runner.stdout.readline():
        _runner.cache_clear()
        raise AssertionError(f"{script.name} failed")


@functools.cache
def _runner() -> subprocess.Popen[str]:
    """It ends by itself when its input closes, with this process."""
    command = [os.environ["NN_BLENDER_WORKER_PYTHON"], str(RUNNER)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8")

"""Running programs in the environments: Blender's module on the checkout, with the worker's Python at hand."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from .console import say
from .environments import WORKER, Environment, python_of
from .paths import CHECKOUT, cache_folder

WORKER_PYTHON = "NN_BLENDER_WORKER_PYTHON"


def checkout_variables(user_resources: Path | None = None) -> dict[str, str]:
    """Give the environment variables under which `import nn_blender` finds the checkout.

    Args:
        user_resources: Blender's user folder; one of our own when left out, because bpy would otherwise put the
            packages of the developer's installed extensions on `sys.path`.
    """
    variables = dict(os.environ)
    variables["PYTHONPATH"] = str(CHECKOUT)
    variables["PYTHONUTF8"] = "1"
    if user_resources is not None:
        variables["BLENDER_USER_RESOURCES"] = str(user_resources)
    elif "BLENDER_USER_RESOURCES" not in variables:
        own = cache_folder() / "blender-user"
        own.mkdir(parents=True, exist_ok=True)
        variables["BLENDER_USER_RESOURCES"] = str(own)
    return variables


def with_worker(variables: dict[str, str]) -> dict[str, str]:
    """Add the worker's Python, unless the user named one."""
    if not variables.get(WORKER_PYTHON):
        variables[WORKER_PYTHON] = str(python_of(WORKER))
    return variables


KNOWN_CODES = (0, 2, 3, 130)
"""Exit codes of the command line; any other comes from a Python or a Blender that did not get that far."""


def run_cli(blender: Environment, arguments: Sequence[str]) -> int:
    """Run the command line of the extension in Blender's module and give its exit code."""
    python = python_of(blender)
    variables = with_worker(checkout_variables())
    code = run([python, "-m", "nn_blender.cli", *arguments], variables)
    if code not in KNOWN_CODES:
        say("\nIf Blender's module could not be loaded: `python3 tools/dev.py doctor` names what this machine lacks.")
    return code


def run(command: Sequence[str | Path], variables: dict[str, str], output: IO[bytes] | None = None) -> int:
    """Run a program on this terminal, or writing to a file, and give its exit code.

    Ctrl-C reaches the program too: it is given the time to end by itself, then this one ends.
    """
    errors = None if output is None else subprocess.STDOUT
    process = subprocess.Popen([str(part) for part in command], env=variables, stdout=output, stderr=errors)
    try:
        return process.wait()
    except KeyboardInterrupt:
        process.wait()
        raise

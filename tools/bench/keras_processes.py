"""Plain Keras in processes of its own, started from Blender's Python; see `architectures`."""

from __future__ import annotations

import contextlib
import json
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from devtools.environments import WORKER, python_of
from devtools.paths import CHECKOUT

DONE = "done"
MODEL, SAMPLE = "model.keras", "sample.npz"
OWN_CLASSES = CHECKOUT / "tests" / "worker" / "own_models.py"
"""The classes of networks that are Python code."""


def make_zoo_network(name: str, folder: Path) -> None:
    """Write `MODEL` and `SAMPLE` of a network of the tests into a folder."""
    subprocess.run([*_command("make", "zoo_networks"), name, str(folder)], check=True)


def run_zoo_network(name: str, folder: Path) -> None:
    """Start a Python in which Keras loads such a network and runs its sample."""
    subprocess.run([*_command("run", "zoo_networks"), name, str(folder)], stdout=subprocess.DEVNULL, check=True)


def make_network(name: str, folder: Path, images: int) -> None:
    """Write ``model.keras`` and that many images in ``images`` into a folder."""
    subprocess.run([*_command("make"), name, str(folder), str(images)], check=True)


def run_seconds(model: Path, image: Path) -> float:
    """From the start of a Python until Keras has loaded the model and run an image."""
    start = time.perf_counter()
    with subprocess.Popen([*_command("run"), str(model), str(image)], stdout=subprocess.PIPE, text=True) as process:
        _read_line(process)
        return time.perf_counter() - start


@contextlib.contextmanager
def forward_pass(model: Path, image: Path) -> Iterator[Callable[[], float]]:
    """Something that runs a traced forward pass of one image whenever it is called, and gives its milliseconds."""
    command = [*_command("forward"), str(model), str(image)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:

        def ask() -> float:
            assert process.stdin is not None, "the process was started without a pipe"
            process.stdin.write("\n")
            process.stdin.flush()
            return float(_read_line(process))

        yield ask


def explanation_milliseconds(model: Path, image: Path) -> dict[str, float]:
    """Milliseconds of a bare forward pass in the worker, ``forward``, and of explanations of it by their names."""
    command = [*_command("explain"), str(model), str(image)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    times: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return times


def _command(name: str, module: str = "architectures") -> list[str]:
    return [str(python_of(WORKER)), "-m", f"bench.{module}", name]


def _read_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None, "the process was started without a pipe"
    line = process.stdout.readline()
    if not line:
        raise subprocess.CalledProcessError(process.wait(), process.args)
    return line

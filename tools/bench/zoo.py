"""Small networks as people build them, from the file to the scene, beside plain Keras that loads and runs them.

Processor time is that of both processes of an import, of Blender's and of the worker's.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from nn_blender.actions.network.import_network import ImportOptions
from nn_blender.engine.registry import workers

from .cases import PLAIN_KERAS, ZOO_OF_CODE, Case
from .keras_processes import MODEL, OWN_CLASSES, SAMPLE, make_zoo_network, run_zoo_network
from .models import ROUNDS, timed_import
from .progress import say
from .rows import Measured


def measure(case: Case) -> Iterator[Measured]:
    name = case.name.removeprefix(f"{case.kind}-")
    with tempfile.TemporaryDirectory(prefix="nn_blender-bench-") as folder:
        say("making the network")
        make_zoo_network(name, Path(folder))
        ours, theirs = [], []
        for _ in range(ROUNDS):
            say("running plain Keras")
            theirs.append(_times_of(lambda: run_zoo_network(name, Path(folder))))
            say("importing")
            ours.append(_times_of(lambda: _import(name, Path(folder))))
    for number, metric in enumerate(("import_maps_s", "import_cpu_s")):
        least = [min(times[number] for times in of_one) for of_one in (ours, theirs)]
        yield Measured(metric, least[0], {PLAIN_KERAS: least[1]})


def _import(name: str, folder: Path) -> None:
    """With feature maps, as the command line does it."""
    code = {"allow_code": True, "classes_code": str(OWN_CLASSES)} if name in ZOO_OF_CODE else {}
    imported, _seconds = timed_import(ImportOptions(file=folder / MODEL, samples=(folder / SAMPLE,), **code))
    workers.close_all()
    assert imported.contents.recording is not None, "the sample was run"


def _times_of(run: Callable[[], object]) -> tuple[float, float]:
    """Seconds on the clock, and of processors, those of processes that were started and have ended among them."""
    start, before = time.perf_counter(), os.times()
    run()
    seconds, after = time.perf_counter() - start, os.times()
    return seconds, sum(after[:4]) - sum(before[:4])

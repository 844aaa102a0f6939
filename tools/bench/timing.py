"""How something that is repeated is timed, in Blender's Python and in the worker's. Needs neither."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

WARM_UP, FEWEST, STEPS = 3, 5, 15
BUDGET_SECONDS = 20.0


def median_milliseconds(*runs: Callable[[], float]) -> list[float]:
    """The median after warm-up of what each run returns; what takes long is repeated less often.

    Several take turns, so that all meet the same clock rate, caches and neighbours on the machine.
    """
    started = time.perf_counter()
    times: list[list[float]] = []
    while len(times) < WARM_UP + FEWEST or (
        len(times) < WARM_UP + STEPS and time.perf_counter() - started < BUDGET_SECONDS
    ):
        times.append([run() for run in runs])
    return [statistics.median(of_one) for of_one in zip(*times[WARM_UP:], strict=True)]


def milliseconds_of(run: Callable[[], object]) -> float:
    """How long one call takes."""
    start = time.perf_counter()
    run()
    return (time.perf_counter() - start) * 1e3

"""How something that is repeated is timed, in Blender's Python and in the worker's. Needs neither."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

WARM_UP, FEWEST, STEPS = 3, 5, 15
BUDGET_SECONDS = 20.0


def median_milliseconds(run: Callable[[], float]) -> float:
    """The median after warm-up of what ``run`` returns; what takes long is repeated less often."""
    started = time.perf_counter()
    times: list[float] = []
    while len(times) < WARM_UP + FEWEST or (
        len(times) < WARM_UP + STEPS and time.perf_counter() - started < BUDGET_SECONDS
    ):
        times.append(run())
    return statistics.median(times[WARM_UP:])


def milliseconds_of(run: Callable[[], object]) -> float:
    """How long one call takes."""
    start = time.perf_counter()
    run()
    return (time.perf_counter() - start) * 1e3

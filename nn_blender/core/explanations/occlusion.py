"""By how much the score falls while a part of the sample is covered: measured, not derived.

Zeiler and Fergus, "Visualizing and Understanding Convolutional Networks" (ECCV 2014), section 4.2. A window of about an
eighth of every side slides by half its length over images, series and volumes, and what it covers is 0; of tokens and
features each is replaced by itself. A position's value is the mean drop over all windows that cover it.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np

from ..quantities import MEASURED
from . import METHODS, Entering, Measured, Method

PARTS = 8
"""How many windows side by side are as long as a side."""


def explain(measured: Measured) -> Sequence[np.ndarray]:
    """The mean drop of the score over the windows that cover a position, float32 (batch, *sizes)."""
    maps = []
    for number, entering in enumerate(measured.entering()):
        windows = windows_of(entering)
        drops = measured.drops(number, windows)
        total, count = np.zeros((len(drops), *entering.sizes)), np.zeros(entering.sizes)
        for k, window in enumerate(windows):
            total[:, *window] += drops[:, k].reshape(-1, *(1,) * len(window))
            count[window] += 1
        maps.append((total / count).astype(np.float32))
    return maps


def windows_of(entering: Entering) -> list[tuple[slice, ...]]:
    """All windows over an input, a slice per axis; together they cover all of it."""
    return list(product(*(_windows_along(size, entering.is_separate) for size in entering.sizes)))


def _windows_along(size: int, is_separate: bool) -> list[slice]:
    length = 1 if is_separate else max(round(size / PARTS), 1)
    starts = [*range(0, size - length, max(length // 2, 1)), size - length]
    return [slice(start, start + length) for start in starts]


OCCLUSION = METHODS.register(
    Method(
        name="occlusion",
        label="Occlusion",
        description="By how much the score falls while a part of the sample is covered, measured exactly",
        formula="mean drop of the score over all covered windows that a place is in",
        explain=explain,
        is_signed=True,
        is_slow=True,
        provenance=MEASURED,
        is_of_entering=True,
    ),
    rank=9,
)

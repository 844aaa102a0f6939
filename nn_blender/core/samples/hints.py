"""What the samples that were found tell of the inputs they are for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ..inputs.evidence import SampleHints
from ..recording import WHOLE, Sample
from .archives import read_first
from .finding import TEXTS

LOOKED_AT = 64
"""Entries of an array that are read for it."""


MOST_CLASSES = 32
"""Different whole numbers that a true picture may hold to be taken for classes rather than for levels of grey."""


def are_masks(samples: Sequence[Sample]) -> bool:
    """Whether what is right for samples are pictures whose whole numbers are classes, or 0 and 255 for two of them.

    Raises:
        UserError: code ``samples.unreadable``.
    """
    places = [truth.value for sample in samples[:1] for truth in sample.truths if truth.value is not None]
    if not places or places[0].index is None:
        return False
    values = read_first(Path(places[0].file), places[0].member, LOOKED_AT)
    if values.dtype.kind not in "biu" or not (values.ndim == 3 or (values.ndim == 4 and values.shape[3] == 1)):
        return False
    different = set(np.unique(values).tolist())
    return different <= {0, 255} or (len(different) <= MOST_CLASSES and max(different) < MOST_CLASSES)


def hints_of(samples: Sequence[Sample], inputs: Sequence[str]) -> dict[str, SampleHints]:
    """What the first sample's file shows of each input, by the input's name; empty without samples.

    Args:
        inputs: names of the network's inputs, in their order.

    Raises:
        UserError: code ``samples.unreadable``.
    """
    if not samples:
        return {}
    hints = {}
    for name, value in zip(inputs, samples[0].values, strict=True):
        if value.index is None:
            hints[name] = SampleHints(pictures=True)
        elif Path(value.file).suffix.lower() in TEXTS:
            hints[name] = SampleHints(dtype="str")
        else:
            values = read_first(Path(value.file), value.member, LOOKED_AT)
            hints[name] = SampleHints.of_array(values[np.newaxis] if value.index == WHOLE else values)
    return hints

"""What the samples that were found tell of the inputs they are for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..inputs.evidence import SampleHints
from ..recording import Sample
from .archives import read_first

LOOKED_AT = 64
"""Entries of an array that are read for it."""


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
        else:
            hints[name] = SampleHints.of_array(read_first(Path(value.file), value.member, LOOKED_AT))
    return hints

"""Judges what range of values an input expects, by what the operations before its learned layers make of the values.

Learned layers are trained on values of few kinds: 0 to 1, -1 to 1, bytes minus their mean, or a mean of 0 with a
standard deviation of 1. Of the ranges that a picture may be given in, the one that the network's own operations turn
into such values is the one that it expects.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from .ranges import LIKELY, SURE, UNSURE, InputRange

LEVELS = (-255.0, -1.0, 0.0, 0.5, 1.0, 127.5, 255.0, 510.0)
"""Levels of grey that are sent through the operations."""

_DEPTHS = (10, 12, 14, 16)
"""Of pictures, in bits, which some networks divide by themselves."""
_EXACT, _CENTRED, _SPREAD, _NONE = 3, 2, 1, 0
_MANY_ROWS, _LEAST_SHARE = 20, 0.25
"""Of more rows, such as one per pixel, not all have to fit but this share: many pixels may always be dark."""
_TOLERANCE = 0.03
"""For the difference between 255 and 256, and between 127.5 and 128."""


@dataclass(frozen=True)
class Reading:
    """What a learned layer, or an operation that cannot be followed, is given to read.

    Attributes:
        layer: its name, for users.
        operations: names of the operations that changed the values on the way to it.
        values: float (rows, levels), what numbers of the tensor are at each of `LEVELS`; only those that depend on it.
        normalised: likewise, what a batch normalisation makes of them by its own mean and variance; None for others.
        stated: names of layers on the way whose settings say in which range values are, such as those that change
            brightness in training, with that range; only while nothing has changed the values.
        swaps_colours: whether red and blue have changed places on the way.
        is_learned: False where the operation could not be followed.
    """

    layer: str
    operations: tuple[str, ...]
    values: np.ndarray
    normalised: np.ndarray | None = None
    stated: tuple[tuple[str, tuple[float, float]], ...] = ()
    swaps_colours: bool = False
    is_learned: bool = True


class _Range(NamedTuple):
    """A range that a picture may be given in: its ends, and where they and their neighbours are in `LEVELS`."""

    low: float
    high: float
    below: int
    first: int
    middle: int
    last: int
    above: int


_RANGES = (
    _Range(0.0, 1.0, 1, 2, 3, 4, 5),
    _Range(0.0, 255.0, 1, 2, 5, 6, 7),
    _Range(-1.0, 1.0, 0, 1, 2, 4, 5),
)


def judge(readings: Sequence[Reading]) -> InputRange:
    """The range that an input expects, from all that reads it first.

    Args:
        readings: at least one for an input of which anything can be known.
    """
    changed = [(reading, rows) for reading in readings if len(rows := _changed(reading.values))]
    if changed:
        is_partly_changed = any(_is_unchanged(reading.values).any() for reading in readings)
        return _of_changed(changed, LIKELY if is_partly_changed else SURE)
    stated = {wanted: name for reading in readings for name, wanted in reading.stated}
    if len(stated) == 1:
        ((low, high), name), *_ = stated.items()
        return InputRange((low, high), f"{name} is set to values of {low:g} to {high:g}", LIKELY)
    for reading in readings:
        if reading.normalised is not None:
            return _of_normalised(reading, reading.normalised)
    if not readings:
        return InputRange()
    first = readings[0]
    reason = f"no operation changes the values before {first.layer} reads them"
    if not first.is_learned:
        reason = f"{first.layer} cannot be followed"
    return InputRange(reason=reason, swaps_colours=all(reading.swaps_colours for reading in readings))


def _of_changed(changed: Sequence[tuple[Reading, np.ndarray]], confidence: str) -> InputRange:
    scores = np.array([[_score(one, rows) for one in _RANGES] for _, rows in changed])
    together = scores.min(axis=0)
    best = int(together.argmax())
    if together[best] == _NONE and (scores.max(axis=1) > _NONE).sum() > 1:
        chosen = _RANGES[int(scores.sum(axis=0).argmax())]
        names = " and ".join(dict.fromkeys(reading.layer for reading, _ in changed[:2]))
        return InputRange((chosen.low, chosen.high), f"{names} seem to expect different ranges", UNSURE)
    if together[best] == _NONE:
        return _of_unusual(changed)
    rivals = together == together[best] if together[best] >= _SPREAD else together > together[best] / 2
    best = int(rivals.argmax())  # Of -1 to 1 even more numbers can be those of pictures where they are of 0 to 1.
    if rivals.sum() > 1 and not _is_natural(_RANGES[best], changed):
        confidence = LIKELY if confidence == SURE else UNSURE
    return _found(_RANGES[best], changed, confidence)


def _found(chosen: _Range, changed: Sequence[tuple[Reading, np.ndarray]], confidence: str) -> InputRange:
    reading, rows = changed[0]
    typical = np.median(rows, axis=0, keepdims=True) if len(rows) > _MANY_ROWS else rows
    ends = typical[:, [chosen.first, chosen.last]]
    low, high = (f"{end:.4g}" for end in (ends.min() + 0.0, ends.max()))
    given = f"{chosen.low:g} to {chosen.high:g}"
    if _is_clipped(chosen, rows):
        reason = f"{_they(reading, 'keep')} values within {given}"
    else:
        reason = f"{_they(reading, 'turn')} {given} into {low} to {high} for {reading.layer}"
    return InputRange((chosen.low, chosen.high), reason, confidence)


def _of_unusual(changed: Sequence[tuple[Reading, np.ndarray]]) -> InputRange:
    """Where no usual range becomes what layers are trained on."""
    rows = np.concatenate([rows for _, rows in changed])
    reading = changed[0][0]
    slopes, starts = rows[:, 4] - rows[:, 2], rows[:, 2]
    for bits in _DEPTHS:
        high = 2.0**bits - 1
        if np.allclose(slopes * high, 1, rtol=0.002) and np.allclose(starts, 0, atol=0.01):
            return InputRange((0.0, high), f"{_they(reading, 'turn')} 0 to {high:g} into 0 to 1", LIKELY)
    surviving = [one for one in _RANGES if _rises(one, rows)]
    if len(surviving) == 1:
        given = f"{surviving[0].low:g} to {surviving[0].high:g}"
        reason = f"of the usual ranges only {given} comes through {_they(reading)} whole"
        return InputRange((surviving[0].low, surviving[0].high), reason, LIKELY)
    if (np.abs(slopes) < 0.2).all():
        return InputRange((0.0, 255.0), f"{_they(reading, 'make')} values much smaller", LIKELY)
    return InputRange(reason=f"{_they(reading, 'do')} nothing that is usual for pictures")


def _of_normalised(reading: Reading, normalised: np.ndarray) -> InputRange:
    """By the mean and the variance of what a batch normalisation met in training."""
    fitting = [one for one in _RANGES if _rises(one, normalised) and _is_spread(one, normalised)]
    if not fitting:
        return InputRange(reason=f"the mean and variance of {reading.layer} fit no usual range")
    low, high = fitting[0].low, fitting[0].high
    reason = f"the mean and variance that {reading.layer} met in training are those of {low:g} to {high:g}"
    return InputRange((low, high), reason, LIKELY)


def _score(one: _Range, rows: np.ndarray) -> float:
    """How well a range, as the operations turn it, fits what layers are trained on; of many rows which share does."""
    if len(rows) > _MANY_ROWS:
        share = float(np.mean([_score(one, row[None]) > _NONE for row in rows]))
        return share if share >= _LEAST_SHARE else _NONE
    if not _rises(one, rows):
        return _NONE
    if _is_clipped(one, rows):
        return _EXACT
    low, high = _ends(one, rows)
    slopes = (high - low) / (one.high - one.low)
    usual = ((0, 1), (-1, 1), (0, 255))
    is_kept = np.allclose(rows[:, [one.first, one.last]], (one.low, one.high), atol=0.01)
    if not is_kept and any(_is_near(low, start, end) and _is_near(high, end, start) for start, end in usual):
        return _EXACT
    # A shift alone is a mean that is taken away, which lies well inside of a range; with a factor it may be at its end.
    edge = 0.1 if np.allclose(slopes, 1, rtol=0.01) else -0.01
    zero = -low / (high - low)
    is_centred = not is_kept and ((zero > edge) & (zero < 1 - edge)).all()
    widths = (2, 255) if one.low < 0 else (1, 2, 255)
    if is_centred and any(np.allclose(high - low, width, rtol=_TOLERANCE) for width in widths):
        return _CENTRED
    return _SPREAD if _is_spread(one, rows) else _NONE


def _rises(one: _Range, rows: np.ndarray) -> bool:
    """Whether all numbers rise, or fall, all along a range."""
    total = rows[:, one.last] - rows[:, one.first]
    halves = np.stack([rows[:, one.middle] - rows[:, one.first], rows[:, one.last] - rows[:, one.middle]])
    return bool((halves * np.sign(total) > 0.05 * np.abs(total)).all())


def _is_clipped(one: _Range, rows: np.ndarray) -> bool:
    """Whether the operations leave a range as it is and cut off all that is beyond it."""
    ends = (one.low, one.high)
    inside, outside = rows[:, [one.first, one.last]], rows[:, [one.below, one.above]]
    return bool(np.allclose(inside, ends, atol=0.01) and np.allclose(outside, ends, atol=0.01))


def _is_spread(one: _Range, rows: np.ndarray) -> bool:
    """Whether a mean of 0 and a standard deviation of 1 are possible for pictures of a range, after the operations.

    Numbers between 0 and 1 with the mean m have at most the variance m (1 - m).
    """
    low, high = _ends(one, rows)
    mean, deviation = -low / (high - low), 1 / (high - low)
    possible = deviation <= 1.02 * np.sqrt(np.maximum(mean * (1 - mean), 0))
    return bool(((mean > 0.02) & (mean < 0.98) & (deviation > 0.04) & possible).all())


def _is_natural(one: _Range, changed: Sequence[tuple[Reading, np.ndarray]]) -> bool:
    """Whether the mean and the standard deviation that the operations take away are those of photographs."""
    low, high = _ends(one, np.concatenate([rows for _, rows in changed]))
    mean, deviation = -low / (high - low), 1 / (high - low)
    return bool(((mean > 0.3) & (mean < 0.6) & (deviation > 0.15) & (deviation < 0.35)).all())


def _ends(one: _Range, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The smallest and the largest value of every row within a range."""
    ends = rows[:, [one.first, one.last]]
    return ends.min(axis=1), ends.max(axis=1)


def _is_near(values: np.ndarray, wanted: float, other_end: float) -> bool:
    return bool(np.allclose(values, wanted, atol=_TOLERANCE * abs(wanted - other_end)))


def is_folded(rows: np.ndarray) -> np.ndarray:
    """Which numbers rise and fall again, as an absolute value does: bool (rows,). They tell no range from another.

    Args:
        rows: as `Reading.values`.
    """
    steps = np.diff(rows, axis=1)
    tiny = 1e-4 * np.nan_to_num(np.abs(steps)).max(axis=1, keepdims=True)
    folded: np.ndarray = (steps > tiny).any(axis=1) & (steps < -tiny).any(axis=1)
    return folded


def _changed(rows: np.ndarray) -> np.ndarray:
    """The numbers that are not what they were at the beginning, and that tell one range from another."""
    return rows[~_is_unchanged(rows) & ~is_folded(rows)]


def _is_unchanged(rows: np.ndarray) -> np.ndarray:
    unchanged: np.ndarray = np.isclose(rows, LEVELS, rtol=0.01, atol=0.01).all(axis=1)
    return unchanged


def _they(reading: Reading, verb: str = "") -> str:
    """The operations before a layer, and what they do."""
    names = reading.operations
    listed = " and ".join(names) if len(names) < 3 else f"{names[0]}, {names[1]} and {len(names) - 2} more"
    if len(names) == 1 and verb:
        verb += "es" if verb == "do" else "s"
    return f"{listed} {verb}".rstrip()

"""Labels as texts: whether they are names, whole numbers or measured values."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass

BETWEEN = re.compile(r"[;|,]|\s+")
"""What stands between several labels, or several numbers, of a sample."""


@dataclass(frozen=True)
class Labels:
    """What the labels of samples have in common.

    Attributes:
        texts: the different ones, in order of their names.
        rows: the numbers of each; None where any of them is not numbers alone.
    """

    texts: tuple[str, ...] = ()
    rows: tuple[tuple[float, ...], ...] | None = None

    @classmethod
    def of(cls, labels: Iterable[str], count: int = 0) -> Labels:
        """Of samples; empty ones do not count. ``count`` is how many numbers are expected in each."""
        texts = tuple(sorted({label for label in labels if label}))
        rows = tuple(numbers_of(text, count) for text in texts)
        known = tuple(row for row in rows if row is not None)
        return cls(texts, known if texts and len(known) == len(rows) else None)

    @property
    def numbers(self) -> tuple[float, ...]:
        """Where each label is one number, these; else none."""
        rows = self.rows or ()
        return tuple(row[0] for row in rows) if all(len(row) == 1 for row in rows) else ()

    @property
    def are_names(self) -> bool:
        return bool(self.texts) and self.rows is None

    @property
    def are_whole(self) -> bool:
        """Whether each label is one whole number."""
        return bool(self.numbers) and all(number.is_integer() for number in self.numbers)

    @property
    def are_two_cases(self) -> bool:
        """Whether they tell apart no more than two cases: names, 0 and 1, or -1 and 1."""
        if self.are_names:
            return len(self.texts) <= 2
        return bool(self.numbers) and (set(self.numbers) <= {0.0, 1.0} or set(self.numbers) <= {-1.0, 1.0})

    @property
    def are_measured(self) -> bool:
        """Whether each label is one number, and not all of them are such as number classes."""
        return bool(self.numbers) and not (self.are_whole and min(self.numbers) >= 0) and not self.are_two_cases

    @property
    def class_count(self) -> int:
        """Of how many classes they are the names or the numbers, counted from 0; 0 where they are neither."""
        if self.are_names:
            return len(self.texts)
        return int(max(self.numbers)) + 1 if self.are_whole and min(self.numbers) >= 0 else 0

    def are_rows_of(self, count: int) -> bool:
        """Whether each label is so many numbers, more than one."""
        return count > 1 and self.rows is not None and all(len(row) == count for row in self.rows)


def numbers_of(text: str, count: int = 0) -> tuple[float, ...] | None:
    """The finite numbers in a label, with anything of ``;|,`` or spaces between them; None where it is anything else.

    Args:
        count: how many are expected; where that is one, a single comma is a decimal comma.

    >>> numbers_of("3.20"), numbers_of("[1, 0; 2e-1]"), numbers_of("3,5", 1), numbers_of("3,5", 2), numbers_of("no. 3")
    ((3.2,), (1.0, 0.0, 0.2), (3.5,), (3.0, 5.0), None)
    """
    bare = text.strip().strip("()[]").strip()
    if count == 1 and re.fullmatch(r"[+-]?\d+,\d+", bare):
        bare = bare.replace(",", ".")
    try:
        numbers = tuple(float(part) for part in BETWEEN.split(bare) if part)
    except ValueError:
        return None
    return numbers if numbers and all(map(math.isfinite, numbers)) else None

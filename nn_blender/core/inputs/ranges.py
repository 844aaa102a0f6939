"""What range of values an input expects: how sure that is, why, and what the other ranges gave."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ..network import plain

SURE, LIKELY, UNSURE = "sure", "likely", "unsure"
"""How far a range can be relied on: the network's own operations or labelled samples show it; something speaks for it;
nothing does."""

CONFIDENCE = {SURE: "certain", LIKELY: "likely", UNSURE: "a guess"}
"""How sentences put it."""

RANGE_TITLES = {
    "unit": "0 to 1",
    "signed": "-1 to 1",
    "byte": "0 to 255",
    "torch": "ImageNet's mean and std. dev.",
    "caffe": "ImageNet's mean, blue first",
}
"""What the presets of `preprocessing.PRESETS` are called in sentences."""


@dataclass(frozen=True)
class InputRange:
    """What the operations before the first learned layer say about the values that enter by an input.

    Attributes:
        range: the smallest and the largest of them; None where no operation says anything of it.
        reason: why, or why nothing is known; a part of a sentence for users.
        confidence: `SURE`, `LIKELY` or `UNSURE`.
        swaps_colours: whether values stay as they are while the network itself swaps red and blue.
    """

    range: tuple[float, float] | None = None
    reason: str = "its operations do not show it"
    confidence: str = UNSURE
    swaps_colours: bool = False


NOTHING_KNOWN = InputRange()


@dataclass(frozen=True)
class Alternative:
    """Another range of values that an input may expect.

    Attributes:
        title: of the range, for users.
        right: how many labelled samples the network gets right with it; None where it was not tried.
        tried: with how many it was tried.
    """

    title: str
    right: int | None = None
    tried: int = 0

    def to_dict(self) -> dict[str, Any]:
        return plain(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Alternative:
        """Read what `to_dict` gives; further entries are left alone."""
        return cls(data["title"], data["right"], data["tried"])


def describe_trials(alternatives: Iterable[Alternative]) -> str:
    """What every range gave that was tried, for users; empty where none was.

    Example:
        >>> describe_trials((Alternative("0 to 1", 92, 100), Alternative("0 to 255", 35, 100)))
        '0 to 1: 92 of 100 right, 0 to 255: 35 of 100'
    """
    tried = [one for one in alternatives if one.right is not None]
    parts = [f"{one.title}: {one.right} of {one.tried}{' right' if one is tried[0] else ''}" for one in tried]
    return ", ".join(parts)

"""How wide text is in Blender's own font, and how names are cut to fit."""

from __future__ import annotations

from functools import lru_cache

from .letter_widths import WIDTHS

_LETTER, _WIDE_LETTER, _FIRST_WIDE = 0.65, 1.0, 0x2E80
"""Estimated widths of letters that are not in the table: of those of alphabets, and from that code on of all others."""
SHORTEST_NAME = 9
"""Names of so many letters are not cut."""


def text_width(text: str, size: float) -> float:
    """Width of a line of text in letters of that height, in the same unit."""
    return size * _letters_wide(text)


@lru_cache(maxsize=10_000)
def _letters_wide(text: str) -> float:
    """Width of a line in heights of its letters. While blocks open, the same lines are measured for every picture."""
    return sum(WIDTHS.get(letter) or (_WIDE_LETTER if ord(letter) >= _FIRST_WIDE else _LETTER) for letter in text)


def cut_name(name: str, size: float, room: float) -> str:
    """A name without some of its middle, so that it is no wider than ``room`` or has `SHORTEST_NAME` letters.

    >>> cut_name("separable_conv2d_12", 1.0, 6.0)
    'separ…2d_12'
    """
    short = name
    kept = len(name)
    while text_width(short, size) > room and kept > SHORTEST_NAME:
        kept -= 1
        short = f"{name[: (kept - 1) // 2]}…{name[len(name) - kept // 2 :]}"
    return short

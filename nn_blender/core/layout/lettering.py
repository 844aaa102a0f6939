"""How wide text is, and how names are cut to fit. Widths are estimates by classes of letters, within about a tenth."""

from __future__ import annotations

_NARROW, _WIDE = frozenset("iljt.,:;|' ·I1"), frozenset("mwMW")
_WIDTHS = (0.30, 0.86, 0.62, 0.55)
"""Of narrow letters, wide ones, capitals and signs, and all others, relative to the height of the letters."""
_SLIM = 0.93
SHORTEST_NAME = 9
"""Names of so many letters are not cut."""


def text_width(text: str, size: float) -> float:
    """Estimated width of a line of text in letters of that height, in the same unit."""
    narrow, wide, capital, other = _WIDTHS
    return (
        _SLIM
        * size
        * sum(
            narrow
            if letter in _NARROW
            else wide
            if letter in _WIDE
            else 1.0
            if ord(letter) > 0x2E7F
            else capital
            if letter.isupper() or letter in "×–_"
            else other
            for letter in text
        )
    )


def cut_name(name: str, size: float, room: float) -> str:
    """A name without some of its middle, so that it is no wider than ``room`` or has `SHORTEST_NAME` letters.

    >>> cut_name("separable_conv2d_12", 1.0, 6.0)
    'separ…v2d_12'
    """
    short = name
    kept = len(name)
    while text_width(short, size) > room and kept > SHORTEST_NAME:
        kept -= 1
        short = f"{name[: (kept - 1) // 2]}…{name[len(name) - kept // 2 :]}"
    return short

"""Texts as pictures, so that they can be read where they enter a network."""

from __future__ import annotations

import textwrap

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from ...core.inputs.text import PAGE

_SIZES = (34, 26, 20, 16, 13, 10)
"""Heights of letters in pixels; the first at which all fits is taken."""
_MARGIN = 8
_PAPER, _INK = 24, 235


def written(values: np.ndarray) -> np.ndarray:
    """Strings on a page, several one below the other: float32 (height, width, 1), levels of grey.

    What does not fit in the smallest letters ends in an ellipsis.
    """
    text = "\n".join(str(value) for value in values.ravel())
    height, width = (side - 2 * _MARGIN for side in PAGE)
    page = Image.new("L", PAGE[::-1], _PAPER)
    draw = ImageDraw.Draw(page)
    for size in _SIZES:
        font = ImageFont.load_default(size)
        columns = max(int(width / draw.textlength("n", font=font)), 1)
        rows = max(int(height / (size * 1.2)), 1)
        lines = [row for line in text.split("\n") for row in textwrap.wrap(line, columns) or [""]]
        if len(lines) <= rows:
            break
    if len(lines) > rows:
        lines = [*lines[: rows - 1], f"{lines[rows - 1][: columns - 1]}…"]
    draw.multiline_text((_MARGIN, _MARGIN), "\n".join(lines), fill=_INK, font=font, spacing=size * 0.2)
    return np.asarray(page, np.float32)[..., np.newaxis]

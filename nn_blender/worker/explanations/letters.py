"""Fonts for text in any script: Blender's own where they are known, else Pillow's. Needs no TensorFlow."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TypeAlias

from PIL import ImageFont

Font: TypeAlias = ImageFont.FreeTypeFont | ImageFont.ImageFont

_FIRST = ("Inter.woff2", "Noto Sans CJK Regular.woff2")
"""Blender's fonts that are tried before the others, which have a script each."""
_MISSING = "\uffff"
"""What no font has a letter for."""


class Letters:
    """Fonts that have the letters of a text.

    Args:
        folder: of Blender's fonts; None for Pillow's font alone.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._files: tuple[Path, ...] = ()
        if folder is not None and folder.is_dir():
            known = [folder / name for name in _FIRST if (folder / name).is_file()]
            others = sorted(file for file in folder.iterdir() if file.suffix in (".woff2", ".ttf", ".otf"))
            self._files = (*known, *(file for file in others if file not in known))

    def font(self, size: int, text: str = "") -> Font:
        """The first font that has every letter of a text, the first of all where none has."""
        fonts = (font for file in self._files if (font := _font(file, size)) is not None)
        letters = frozenset(text) - {" "}
        first: Font | None = None
        for font in fonts:
            first = first or font
            if all(_has(font, letter) for letter in letters):
                return font
        return first or ImageFont.load_default(size)


@functools.lru_cache(maxsize=64)
def _font(file: Path, size: int) -> Font | None:
    """A file's font; None where it cannot be read."""
    try:
        return ImageFont.truetype(file, size)
    except OSError:
        return None


@functools.lru_cache(maxsize=4096)
def _has(font: Font, letter: str) -> bool:
    return bytes(font.getmask(letter)) != bytes(font.getmask(_MISSING))

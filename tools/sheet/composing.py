"""Puts pictures side by side."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PIL import Image

TILE = (560, 315)
GAP = 8
QUALITY = 88
"""Of JPEG: as a PNG file the sheet would be five times as large."""
BETWEEN = (120, 127, 137)
"""Colour between the tiles, apart from the grounds of both themes."""


def compose_sheet(pictures: Sequence[Path], columns: int, file: Path) -> None:
    """Write a JPEG file with the pictures in rows, each scaled down to `TILE` pixels."""
    width, height = TILE
    rows = -(-len(pictures) // columns)
    sheet = Image.new("RGB", (columns * (width + GAP) + GAP, rows * (height + GAP) + GAP), BETWEEN)
    for k, picture in enumerate(pictures):
        row, column = divmod(k, columns)
        with Image.open(picture) as opened:
            tile = opened.convert("RGB").resize(TILE, Image.Resampling.LANCZOS)
        sheet.paste(tile, (GAP + column * (width + GAP), GAP + row * (height + GAP)))
    file.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(file, quality=QUALITY, subsampling=0, optimize=True, progressive=True)


def join_pictures(pictures: Sequence[Path], columns: int, file: Path) -> None:
    """Write a PNG file with pictures of one size in rows, as large as they are."""
    tiles = [Image.open(picture).convert("RGB") for picture in pictures]
    width, height = (max(sides) for sides in zip(*(tile.size for tile in tiles), strict=True))
    columns = min(columns, len(tiles))
    rows = -(-len(tiles) // columns)
    page = Image.new("RGB", (columns * (width + GAP) + GAP, rows * (height + GAP) + GAP), BETWEEN)
    for k, tile in enumerate(tiles):
        row, column = divmod(k, columns)
        page.paste(tile, (GAP + column * (width + GAP), GAP + row * (height + GAP)))
    file.parent.mkdir(parents=True, exist_ok=True)
    page.save(file, optimize=True)

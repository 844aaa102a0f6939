"""Numbers on the cells of a picture, one text per column of cells."""

from __future__ import annotations

import math

import numpy as np

from ...core.inputs import INPUT_KINDS
from ...core.texts import format_number
from ..base import contract
from ..base.find import objects
from ..base.parts import Parts
from ..looks import materials
from ..network.sample_texts import show_sample_text
from ..network.text_objects import text_widths
from . import ShownInput
from .picture import add_picture

TILES = "tiles "
"""What parts of such texts begin with."""
_HEIGHT, _WIDTH = 0.6, 0.86
"""Of letters, and of the widest number, as shares of a cell."""
_BEFORE = 0.02
"""From the picture to the letters."""
_CAP_HEIGHT = 0.7
"""Of capital letters and digits, as a share of the size of letters."""


def add_tiles(parts: Parts, shown: ShownInput) -> None:
    """The picture, and the number of every cell where there is room for it."""
    add_picture(parts, shown)
    tiles, card = INPUT_KINDS.find(shown.kind).tiles(shown.shape), shown.place.grid.card
    values = shown.maps.values
    if tiles is None or card is None or not len(values):
        return
    rows, columns = tiles
    width, height = card[0] / columns, card[1] / rows
    texts = np.array([[format_number(value) for value in sample] for sample in values], dtype=object)
    widest = max(text_widths([*set(texts.ravel())]), default=1.0)
    size = min(_HEIGHT * height, _WIDTH * width / max(widest, 1.0))
    x, y, z = (float(place) for place in shown.place.card_positions()[0])
    for column in range(columns):
        carrier, part = parts.carrier_of_input(shown.name, shown.part), f"{shown.part} {column}"
        holder = parts.empty(f"{shown.name} numbers {column}", contract.INPUT_COLLECTION, "tiles", carrier, part)
        # Along +Y are the first columns; the first line's baseline is at the holder's height.
        middle = z + card[1] / 2 - height / 2 - size * _CAP_HEIGHT / 2
        holder.location = (x - _BEFORE, y + card[0] / 2 - (column + 0.5) * width, middle)
        holder.rotation_euler = (0.0, 0.0, -math.pi / 2)
        show_sample_text(
            parts,
            f"{TILES}{shown.part} {column}",
            ["\n".join(sample[column::columns]) for sample in texts],
            contract.INPUT_COLLECTION,
            size=size,
            material=parts.material(materials.picture_ink),
            parent=holder,
            align_x="CENTER",
            line_pitch=height,
        )


def clear_tiles(parts: Parts, part: str) -> None:
    """Remove the numbers of an input, which may be of another kind now."""
    holders = [obj for obj in objects(parts.root, "tiles") if obj[contract.PART].rpartition(" ")[0] == part]
    if holders:
        parts.remove([obj for holder in holders for obj in (holder, *holder.children_recursive)])

"""Pictures that a network gives, in their own colours or those of classes."""

from __future__ import annotations

import math

import numpy as np

from ...core.maps.packing import AtlasLayout
from ...core.outputs.class_colours import class_colours
from ...core.outputs.image import class_count
from ...core.recording import class_name
from ..base import meshes
from ..looks import materials
from ..maps.atlas_images import show_atlas
from ..nodes.cards import UV, make_cards
from . import DRAWINGS, Given, OutputDrawing
from .array import draw_array
from .board import Board
from .pictures import part_of

ROOM = (3.9, 3.6)
"""Width and height that a picture may have."""
SMALLEST = 0.35
SWATCH = 0.18
CLASSES_AT_MOST = 12
"""Of which the colours are named beside a picture."""


def draw_picture(board: Board, given: Given) -> None:
    """The picture of each sample, below the output's name; what its values reach where there is no picture."""
    if given.maps is not None:
        width, height = fitting(given.maps.atlas)
        board.stand_at(0, height=height)
        middle = np.array([[0.0, -width / 2, -height / 2]], np.float32)
        card = board.mesh("picture", "Output picture", lambda: meshes.point_mesh("Output picture", middle))
        # Cards face -X and run towards -Y; on the board they face -Y and run towards +X.
        card.rotation_euler[2] = math.pi / 2
        part = part_of(given.output.name)
        show_atlas(board.parts, card, make_cards, given.maps, "Input", (width, height), {}, part)
        if given.output.of_classes:
            _name_classes(board, given, width)
    elif board.keeps("picture"):  # Another one was packed for it, see `pictures`.
        board.keep_text("swatches")
        for number in range(CLASSES_AT_MOST):
            board.keeps(f"swatch {number}")
    else:
        draw_array(board, given)
        return
    nothing = [""] * len(given.samples)
    board.head("", [given.output.name] * len(given.samples), nothing, nothing)
    dim_ink = board.parts.material(materials.dim_ink)
    letters, gaps = board.parts.theme.letters, board.parts.theme.gaps
    board.text("error", errors(given), letters.verdict, dim_ink, (0.0, gaps.answer_rise))


def _name_classes(board: Board, given: Given, width: float) -> None:
    """Beside the picture, the colours of its classes with their names."""
    count = class_count(given.output)
    colours, left = class_colours(count), width + board.parts.theme.gaps.classes
    shown = min(count, CLASSES_AT_MOST)
    for number in range(shown):
        swatch = board.mesh(f"swatch {number}", "Swatch", lambda: meshes.plane_mesh("Swatch", SWATCH, SWATCH, UV))
        if not swatch.data.materials:
            swatch.data.materials.append(materials.flat(board.parts, f"Class {number}", colours[number]))
        swatch.location = (left, 0.0, -SWATCH - number * SWATCH * 1.5)
    names = [class_name(given.classes, number) for number in range(shown)]
    names += [f"+{count - shown} more"] if count > shown else []
    size, dim_ink = board.parts.theme.letters.legend, board.parts.material(materials.dim_ink)
    place = (left + SWATCH * 1.5, -SWATCH * 0.85)
    texts = ["\n".join(names)] * len(given.samples)
    board.text("swatches", texts, size, dim_ink, place, line_pitch=SWATCH * 1.5)


def fitting(atlas: AtlasLayout) -> tuple[float, float]:
    """Width and height of a card at the picture's own proportions; one too narrow is widened."""
    scale = min(ROOM[0] / atlas.cell_width, ROOM[1] / atlas.cell_height)
    return max(atlas.cell_width * scale, SMALLEST), max(atlas.cell_height * scale, SMALLEST)


def errors(given: Given) -> list[str]:
    """How far the picture is from what is right, of the samples of which that is known."""
    if given.output.of_classes:
        return [
            "" if math.isnan(one.error) else f"overlap (mean IoU) {one.error * 100:.1f} %" for one in given.verdicts
        ]
    return ["" if math.isnan(one.error) else f"mean absolute error {one.error:.3g}" for one in given.verdicts]


IMAGE = DRAWINGS.register(OutputDrawing("image", draw_picture))

"""Pictures that a network gives, in their own colours or those of classes."""

from __future__ import annotations

import math

import numpy as np

from ...core.blocks.answers import SWATCHES
from ...core.blocks.books import THINNEST, picture_cover
from ...core.layout.grids import MARGIN
from ...core.maps.packing import AtlasLayout, PackedMaps
from ...core.outputs.class_colours import class_colours
from ...core.outputs.image import class_count
from ...core.recording import class_name
from ..base import contract, meshes
from ..base.moving import put
from ..layers.layer_objects import BEVEL
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
_ON_STAND = 3.4
"""Side of a square picture with its slab, in the space of its stand."""
SWATCH = 0.18
CLASSES_AT_MOST = 12
"""Of which the colours are named beside a picture."""


def draw_picture(board: Board, given: Given) -> None:
    """The picture of each sample, below the output's name; what its values reach where there is no picture."""
    if given.maps is not None and board.proportions is not None:
        board.stand_at(0)
        _draw_on_stand(board, given.output.name, given.maps, board.proportions)
        if given.output.of_classes:
            _name_classes(board, given, 0.0)
    elif given.maps is not None:
        width, height = fitting(given.maps.atlas)
        board.stand_at(0, height=height)
        middle = np.array([[0.0, -width / 2, -height / 2]], np.float32)
        card = board.mesh("picture", "Output picture", lambda: meshes.point_mesh("Output picture", middle))
        # Cards face -X and run towards -Y; on the board they face -Y and run towards +X.
        card.rotation_euler[2] = math.pi / 2
        part = part_of(given.output.name)
        show_atlas(board.parts, card, make_cards, given.maps, "Input", (width, height), {}, part)
        if given.output.of_classes:
            _name_classes(board, given, width + board.style.gap)
    elif board.keeps("picture"):  # Another one was packed for it, see `pictures`.
        board.keeps("output frame")
        board.keep_text("swatches")
        for number in range(CLASSES_AT_MOST):
            board.keeps(f"swatch {number}")
    else:
        draw_array(board, given)
        return
    nothing = [""] * len(given.samples)
    if board.proportions is None:
        board.head("", [given.output.name] * len(given.samples), nothing, nothing)
    rise = board.style.answer_rise if board.proportions is None or given.output.of_classes else 0.0
    dim_ink = board.parts.material(materials.dim_ink)
    board.text("error", errors(given), board.style.verdict, dim_ink, (0.0, rise))


def _draw_on_stand(board: Board, output: str, maps: PackedMaps, proportions: tuple[float, float]) -> None:
    """The picture upright on a slab, as inputs stand."""
    stand, (width, height) = board.stand, picture_cover(*proportions)
    width, height = _ON_STAND * width, _ON_STAND * height
    depth = THINNEST * height
    stand[contract.COVER] = [width, height, depth]
    frame = board.mesh(
        "output frame", "Output frame", lambda: meshes.box_mesh("Output frame", (depth, width, height), BEVEL), stand
    )
    if not frame.data.materials:
        frame.data.materials.append(board.parts.material(materials.frame))
    put(frame, (depth / 2, 0.0, height / 2))
    middle = np.array([[-0.012, 0.0, height / 2]], np.float32)
    card = board.mesh("picture", "Output picture", lambda: meshes.point_mesh("Output picture", middle), frame)
    scale = min((width - MARGIN) / maps.atlas.cell_width, (height - MARGIN) / maps.atlas.cell_height)
    size = (
        max(maps.atlas.cell_width * scale, min(SMALLEST, width - MARGIN)),
        max(maps.atlas.cell_height * scale, min(SMALLEST, height - MARGIN)),
    )
    show_atlas(board.parts, card, make_cards, maps, "Input", size, {}, part_of(output))


def _name_classes(board: Board, given: Given, left: float) -> None:
    """Beside the picture, the colours of its classes with their names."""
    count = class_count(given.output)
    colours, side, pitch = class_colours(count), SWATCH, SWATCH * 1.5
    shown, size, top = min(count, CLASSES_AT_MOST), board.parts.theme.letters.legend, 0.0
    if board.room is not None:
        side, pitch, shown, size = 0.8, board.style.pitch, min(count, SWATCHES), board.style.letters
        top = side / 2
    for number in range(shown):
        swatch = board.mesh(f"swatch {number}", "Swatch", lambda: meshes.plane_mesh("Swatch", side, side, UV))
        if not swatch.data.materials:
            swatch.data.materials.append(materials.flat(board.parts, f"Class {number}", colours[number]))
        swatch.location = (left, 0.0, top - side - number * pitch)
    names = [class_name(given.classes, number) for number in range(shown)]
    names += [f"+{count - shown} more"] if count > shown else []
    place = (left + side * 1.5, top - side * 0.85)
    texts = ["\n".join(names)] * len(given.samples)
    board.text("swatches", texts, size, board.parts.material(materials.dim_ink), place, line_pitch=pitch)


def fitting(atlas: AtlasLayout) -> tuple[float, float]:
    """Width and height of a card at the picture's own proportions; one too narrow is widened."""
    scale = min(ROOM[0] / atlas.cell_width, ROOM[1] / atlas.cell_height)
    return max(atlas.cell_width * scale, SMALLEST), max(atlas.cell_height * scale, SMALLEST)


def errors(given: Given) -> list[str]:
    """How far the picture is from what is right, of the samples of which that is known."""
    if given.output.of_classes:
        return ["" if math.isnan(one.error) else f"mean IoU {one.error * 100:.1f} %" for one in given.verdicts]
    return ["" if math.isnan(one.error) else f"mean absolute error {one.error:.3g}" for one in given.verdicts]


IMAGE = DRAWINGS.register(OutputDrawing("image", draw_picture))

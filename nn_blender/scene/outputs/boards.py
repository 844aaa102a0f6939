"""The boards of all outputs of a network, each drawn by its kind."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import bpy
import numpy as np

from ...core.blocks.answers import answer_of_output, without_picture
from ...core.layout.layout import Layout
from ...core.layout.picture import ELEVATION, UNIT, Picture, Rect, answer_end, floor_point
from ...core.maps.packing import PackedMaps
from ...core.network import Network
from ...core.outputs import NetworkOutput
from ...core.outputs.verdicts import Judged
from ...core.recording import OutputResult, Sample
from ..base import contract
from ..base.moving import put
from ..base.parts import Parts
from ..layers.stands import place_book
from . import DRAWINGS, Given
from .board import Board

LIFT = 0.2
"""From the floor towards the camera, so that no tray hides the foot of a board."""


@dataclass(frozen=True)
class Told:
    """What an output gives for the samples in the scene, of which there may be fewer than of those measured.

    Attributes:
        number: of the output among those of the network.
        result: of at least the samples in the scene.
        classes: names of the output's classes, in order; may be shorter than the output.
        intact: under an intervention, float32 (samples, units), the values without it.
        maps: pictures of what a sample gives.
    """

    number: int
    output: NetworkOutput
    result: OutputResult
    judged: Judged
    classes: tuple[str, ...] = ()
    intact: np.ndarray | None = None
    maps: PackedMaps | None = None


def add_outputs(
    parts: Parts, network: Network, layout: Layout, samples: Sequence[Sample], told: Sequence[Told]
) -> None:
    """A board beside every slab that gives an output.

    Args:
        samples: those in the scene.
        told: of outputs of the network, in any order.
    """
    for one in told:
        name = network.outputs[one.number]
        place, layer = layout.outputs[name], network.layer_of_output(name)
        slab, part = layout.layers[layer.path] if layer else place, name if one.number else ""
        is_named = len(network.outputs) > 1
        if _is_picture(parts, network):
            answer = answer_of_output(network, one.output, one.classes, is_named=is_named)
            if one.maps is None and parts.find("output stand", "", part) is None:
                answer = without_picture(answer, one.output)
            board = Board(parts, part, place, slab, answer.room, answer.proportions)
        else:
            board = Board(parts, part, place, slab)
        drawing = DRAWINGS.find(one.output.kind)
        drawing.draw(board, _given(one, tuple(samples), is_named))
        board.drop_others()


def place_boards(parts: Parts, outputs: Sequence[str], picture: Picture) -> None:
    """Move the boards, and the pictures that outputs give, to where a picture has them, and make them as large.

    Args:
        outputs: names of the network's outputs, in order.
    """
    rects = {board.output: board.rect for board in picture.boards}
    books = {book.part: book for book in picture.books}
    for number, output in enumerate(outputs):
        part, book = output if number else "", books.get(answer_end(output))
        stand, origin = parts.find("output stand", "", part), parts.find("output", "", part)
        if stand is not None and book is not None:
            place_book(stand, book)
        # Where the output turned out to give no picture, the board fills its room.
        rect = book.rect if book is not None and stand is None else rects.get(output)
        if origin is not None and rect is not None:
            _place_board(origin, rect)


def _place_board(origin: bpy.types.Object, rect: Rect) -> None:
    width, up, down = origin[contract.ROOM]
    scale = min(rect.width / width, rect.height / (up + down))
    rise = UNIT * ((rect.height - (up + down) * scale) / 2 + down * scale)
    x, y, z = floor_point((rect.x, rect.bottom))
    # They stand upright, and as much higher as it takes for letters to have their own proportions in the picture.
    back, high = math.sin(ELEVATION), math.cos(ELEVATION)
    put(origin, (x, y - LIFT * high, z + rise / high + LIFT * back))
    origin.scale = (UNIT * scale, UNIT * scale, UNIT * scale / high)


def _is_picture(parts: Parts, network: Network) -> bool:
    """Whether everything stands as a picture has it, and not in a row."""
    return parts.stand_of_input(network.inputs[0].name if network.inputs else "") != parts.anchor


def _given(told: Told, samples: tuple[Sample, ...], is_named: bool) -> Given:
    count, values = len(samples), told.result.values
    return Given(
        output=told.output,
        samples=samples,
        values=None if values is None else values[:count],
        summary=told.result.summary[:count],
        verdicts=told.judged.verdicts[:count],
        labels=told.judged.labels[:count],
        classes=told.classes,
        full=_largest(values, told.intact),
        intact=told.intact,
        maps=told.maps,
        is_named=is_named,
    )


def _largest(*given: np.ndarray | None) -> float:
    """The largest finite magnitude; 1 where there is none but 0."""
    magnitudes = [np.abs(values[np.isfinite(values)]) for values in given if values is not None]
    return max((float(some.max(initial=0.0)) for some in magnitudes), default=0.0) or 1.0

"""The legend of a network that opens: one line in the lower band of its frame, what it explains before each word."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import bpy
import numpy as np

from ...core.blocks.arranging import LEGEND_BAND, SIDE_BAND
from ...core.layout.lettering import text_width
from ...core.layout.picture import ELEVATION
from ..base import contract
from ..base.find import objects
from ..base.parts import Parts
from ..flow.legend import flow_entries
from ..looks import label_materials, materials
from ..network import text_objects
from ..nodes.cards import UV

SIDE = SIDE_BAND
"""Room beside title and legend, as a share of the frame's width."""
LETTERS = 0.0205
"""Heights are shares of the frame's height, as all lengths here are."""
STRIP, RIBBON = (0.1, 0.0135), (0.045, 0.0048)
PAGE, PAGES, PAGE_PITCH = (0.0055, 0.02), (0.15, 0.4, 0.7, 0.95, 0.6), 0.008
"""Width and height of a page, how much the five of them glow, and how far apart they are."""
PAGE_WORDS = "page = a layer, colour = its mean activation"
MIDDLE = 1 - LEGEND_BAND / 2
GAP, ENTRY_GAP = 0.012, 0.035
"""Between a word and what it explains, and between two entries."""
CAP = 0.7
"""Height of capitals, relative to letters."""


def on_floor(x: float, down: float, letters: float = 0.0) -> tuple[float, float, float]:
    """What stands on the floor in a frame, in the space of its upper left corner: its letters are wholly before it.

    Args:
        x, down: from the corner.
        letters: their height; some reach below their baseline.
    """
    return x, -down, (down + 0.4 * letters) / math.tan(ELEVATION) + 0.004


def add_frame_legend(parts: Parts, holder: bpy.types.Object) -> None:
    """Make the parts of the legend that are missing, and remove those whose ribbons are not there any more.

    `legend.show_legend` gives what the colours of neurons mean its words.
    """
    row = parts.empty("Legend", contract.LABELS_COLLECTION, "legend", holder)
    _mark(parts, row, "strip", STRIP, [(0.0, (0.0, 1.0))], parts.material(materials.legend))
    for part in ("low", "zero", "high", "rule"):
        _words(parts, row, part, "")
    if any(objects(parts.root, "book")):
        pages = [(place * PAGE_PITCH, (glow, glow)) for place, glow in enumerate(PAGES)]
        _mark(parts, row, "page mark", PAGE, pages, parts.material(label_materials.page_legend))
        _words(parts, row, "page", PAGE_WORDS)
    ribbons = flow_entries(parts.root)
    for words, path in ribbons:
        _mark(parts, row, f"{path} mark", RIBBON, [(0.0, (0.0, 1.0))], label_materials.flow_legend(parts, path))
        _words(parts, row, path, words)
    kept = {part for _words, path in ribbons for part in (path, f"{path} mark")}
    found = ((obj, obj.get(contract.PART, "")) for obj in objects(parts.root, "legend"))
    gone = [obj for obj, part in found if part.startswith("flow.") and part not in kept]
    if gone:
        parts.remove(gone)


def add_entry(parts: Parts, part: str, words: str) -> None:
    """Words at the end of the legend of a network that has a frame."""
    row = parts.find("legend")
    if row is not None:
        _words(parts, row, part, words)
        fit_legend(parts.root)


def add_explanation_entry(parts: Parts, words: tuple[str, str], look: bpy.types.Material) -> None:
    """What the colours of an explanation mean, in the legend of a network that has a frame.

    Args:
        words: at both ends of the colours.
    """
    row = parts.find("legend")
    if row is None or not any(objects(parts.root, "frame")):
        return
    _mark(parts, row, "explanation strip", STRIP, [(0.0, (0.0, 1.0))], look)
    for part, body in zip(("explanation low", "explanation high"), words, strict=True):
        _words(parts, row, part, body)
        parts.obj(("legend", "", part), "", lambda: None, contract.LABELS_COLLECTION, row).data.body = body
    fit_legend(parts.root)


def fit_legend(root: bpy.types.Collection) -> None:
    """Set the legend's entries side by side, in smaller letters where there is no room for all."""
    holder: Any = next(objects(root, "frame"), None)
    found: dict[str, Any] = {obj.get(contract.PART, ""): obj for obj in objects(root, "legend")}
    row = found.get("")
    if holder is None or row is None:
        return
    x = 0.0
    for entry in _entries(found):
        for obj, width in entry:
            obj.location = x, _lower_end(obj), 0.0
            zero = found.get("zero")
            if obj.get(contract.PART) == "strip" and zero is not None:
                zero.location = x + width / 2, _lower_end(zero), 0.002
            x += width + GAP
        x += ENTRY_GAP - GAP
    side = SIDE * holder[contract.WIDTH]
    scale = min(1.0, (holder[contract.WIDTH] - 2 * side) / max(x - ENTRY_GAP, 1e-6))
    row.scale = (scale,) * 3
    row.location = on_floor(side, MIDDLE, 2.0 * LETTERS)


def _entries(found: dict[str, Any]) -> list[list[tuple[Any, float]]]:
    """What stands side by side, with its width: ribbons, what the colours of activation mean, and pages."""
    ribbons = sorted({name.removesuffix(" mark") for name in found if name.startswith("flow.")})
    rows = [
        *((f"{name} mark", name) for name in ribbons),
        ("low", "strip", "high"),
        ("rule",),
        ("page mark", "page"),
        ("connections",),
        ("reason mark",),
        ("explanation low", "explanation strip", "explanation high"),
        ("outdated",),
    ]
    entries = [[(found[name], _width(found[name])) for name in row if name in found] for row in rows]
    return [entry for entry in ([one for one in entry if one[1]] for entry in entries) if entry]


def _width(obj: Any) -> float:
    """Of a word or a mark; 0 of a word that says nothing."""
    if obj.type == "FONT":
        return text_width(obj.data.body, obj.data.size)
    return float(max(vertex.co.x for vertex in obj.data.vertices))


def _lower_end(obj: Any) -> float:
    """How far above the middle of the line a word or a mark begins."""
    if obj.type == "FONT":
        return -CAP * obj.data.size / 2
    return -float(max(vertex.co.y for vertex in obj.data.vertices)) / 2


def _mark(
    parts: Parts,
    row: bpy.types.Object,
    part: str,
    size: tuple[float, float],
    places: list[tuple[float, tuple[float, float]]],
    look: bpy.types.Material,
) -> None:
    """What stands before a word; see `_strips`."""
    name = f"Legend {part}"
    mark = parts.mesh_object(
        ("legend", "", part), name, partial(_strips, name, size, places), contract.LABELS_COLLECTION, row
    )
    if not mark.data.materials:
        mark.data.materials.append(look)


def _words(parts: Parts, row: bpy.types.Object, part: str, body: str) -> None:
    is_zero = part == "zero"
    size = LETTERS * 0.72 if is_zero else LETTERS
    align = "CENTER" if is_zero else "LEFT"
    make = partial(text_objects.text_curve, f"Legend {part}", body, size, parts.material(materials.dim_ink), align)
    parts.obj(("legend", "", part), f"Legend {part}", make, contract.LABELS_COLLECTION, row)


def _strips(name: str, size: tuple[float, float], places: list[tuple[float, tuple[float, float]]]) -> bpy.types.Mesh:
    """Upright rectangles in the XY plane.

    Args:
        places: of each its left end, and the values at both ends, which its UVs hold.
    """
    mesh = bpy.data.meshes.new(name)
    width, height = size
    corners = [(x + dx, y, 0.0) for x, _ in places for dx, y in ((0, 0), (width, 0), (width, height), (0, height))]
    mesh.from_pydata(corners, [], [tuple(range(4 * place, 4 * place + 4)) for place in range(len(places))])
    uv: Any = mesh.attributes.new(UV, "FLOAT2", "CORNER")
    values = [(low, 0.0, high, 0.0, high, 1.0, low, 1.0) for _, (low, high) in places]
    uv.data.foreach_set("vector", np.array(values, np.float32).ravel())
    return mesh

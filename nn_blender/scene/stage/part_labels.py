"""Names and facts of what is seen of a network that opens: below its books and in the corners of its trays."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from functools import partial
from typing import Any

import bpy
import numpy as np

from ...core.layout.legible import TextLine, text_lines
from ...core.layout.picture import ELEVATION, UNIT, Picture, floor_point
from ..base import contract, meshes
from ..base.find import network_modifier
from ..base.parts import Parts, set_nodes
from ..base.versions import get_modifier_input
from ..looks import label_materials
from ..nodes.labels import SIZE, make_line_store
from ..nodes.part_labels import DIM, NARROWEST, OPACITY, WIDEST, make_part_labels

LIFT, BELOW_BASELINE = 0.15, 0.35
"""How far labels stand before the floor, in picture units, and as a share of their letters, which reach below it."""
_TOWARDS = np.array([0.0, -math.cos(ELEVATION), math.sin(ELEVATION)])
"""Where the default camera is."""
_FARTHEST = 1e9
"""As wide as no view is."""
_SPARE = 2
"""Of texts that were shown before, as many are kept as are shown, times this."""


def show_labels(parts: Parts, picture: Picture) -> None:
    """Bring the labels to where a picture has them.

    All are one object with a vertex per line. Filling letters is slow, so it is done only for texts that were not shown
    before: what is not needed for the moment stays, without a size.
    """
    lines = text_lines(picture)
    shown, places = _with_texts(parts, lines)
    mesh: Any = shown.data
    count = len(mesh.vertices)
    positions, values = np.zeros((count, 3), np.float32), np.zeros((5, count), np.float32)
    for place, line in zip(places, lines, strict=True):
        positions[place] = _place(line)
        widest = min(UNIT * line.widest, _FARTHEST)
        dim = float(not line.is_name)
        values[:, place] = UNIT * line.size, line.opacity, dim, widest, UNIT * line.narrowest
    mesh.attributes["position"].data.foreach_set("vector", positions.ravel())
    for name, row in zip((SIZE, OPACITY, DIM, WIDEST, NARROWEST), values, strict=True):
        meshes.write_floats(mesh, name, row)
    mesh.update()


def _place(line: TextLine) -> np.ndarray:
    """Where the middle of a line's baseline is, in the anchor's space: before what it is seen on."""
    lift = UNIT * (LIFT + BELOW_BASELINE * line.size)
    return np.array(floor_point(line.place)) + lift * _TOWARDS


def _with_texts(parts: Parts, lines: Sequence[TextLine]) -> tuple[bpy.types.Object, list[int]]:
    """The object of the labels, and which of its vertices is each line's: the one whose text it is in the store."""
    store, shown = (
        parts.mesh_object((role, "", "parts"), title, partial(bpy.data.meshes.new, title), contract.LABELS_COLLECTION)
        for role, title in (("texts", "Texts of parts"), ("label", "Part labels"))
    )
    modifier = network_modifier(store)
    kept = get_modifier_input(modifier, "Texts").split("\n") if modifier is not None else []
    needed = Counter(line.text for line in lines)
    missing = needed - Counter(kept)
    if missing or modifier is None:
        kept += missing.elements()
        if len(kept) > _SPARE * len(lines) + 16:
            kept = list(needed.elements())
        _fill(parts, store, shown, kept)
    free: defaultdict[str, list[int]] = defaultdict(list)
    for place in range(len(kept) - 1, -1, -1):
        free[kept[place]].append(place)
    return shown, [free[line.text].pop() for line in lines]


def _fill(parts: Parts, store: bpy.types.Object, shown: Any, texts: list[str]) -> None:
    """Give store and places as many lines as there are texts."""
    store.hide_viewport = store.hide_render = True
    set_nodes(
        store,
        parts.group(make_line_store),
        {"Material": parts.material(label_materials.part_label)},
        {"Texts": "\n".join(texts)},
    )
    shown.data.clear_geometry()
    shown.data.vertices.add(len(texts))
    # Nothing mirrors texts.
    shown.visible_glossy = shown.visible_diffuse = False
    set_nodes(shown, parts.group(make_part_labels), {"Store": store}, {})

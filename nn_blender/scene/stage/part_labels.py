"""Names and facts of what is seen of a network that opens: below its books and in the corners of its trays."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import bpy
import numpy as np

from ...core.layout.legible import TextLine, text_lines
from ...core.layout.lettering import text_width
from ...core.layout.picture import ELEVATION, UNIT, Label, Line, Picture, floor_point
from ..base import contract, meshes
from ..base.find import network_modifier, objects
from ..base.parts import Parts, set_nodes
from ..base.versions import get_modifier_input
from ..looks import label_materials
from ..nodes.labels import SIZE, make_line_store
from ..nodes.moments import NARROWEST, WIDEST
from ..nodes.part_labels import DIM, OPACITY, make_part_labels

LIFT, BELOW_BASELINE = 0.15, 0.35
"""How far labels stand before the floor, in picture units, and as a share of their letters, which reach below it."""
_TOWARDS = np.array([0.0, -math.cos(ELEVATION), math.sin(ELEVATION)])
"""Where the default camera is."""
_FARTHEST = 1e9
"""As wide as no view is."""
_SPARE = 2
"""Of texts that were shown before, as many are kept as are shown, times this."""


@dataclass(frozen=True)
class LabelPlaces:
    """What the vertices of labels hold at a moment.

    Attributes:
        positions: float32 (count, 3), in the anchor's space.
        values: float32 (count,), by the name of the attribute; vertices whose text is not needed have no size.
        lines: of every vertex; None where its text is not needed.
    """

    positions: np.ndarray
    values: dict[str, np.ndarray]
    lines: tuple[TextLine | None, ...]


def show_labels(parts: Parts, picture: Picture) -> tuple[bpy.types.Object, tuple[TextLine | None, ...]]:
    """Bring the labels to where a picture has them; gives their object, and the line of every vertex.

    All are one object with a vertex per line. Filling letters is slow, so it is done only for texts that were not shown
    before: what is not needed for the moment stays, without a size.
    """
    shown, (places,) = fill_labels(parts, [picture])
    write_labels(shown.data, places)
    return shown, places.lines


def fill_labels(parts: Parts, pictures: Sequence[Picture]) -> tuple[bpy.types.Object, list[LabelPlaces]]:
    """The object of the labels, with vertices for all that some pictures need, and what these hold in each picture."""
    more = _not_drawn(parts)
    lines = [text_lines(_with_more(picture, more)) for picture in pictures]
    needed: Counter[str] = Counter()
    for own in lines:
        needed |= Counter(line.text for line in own)
    shown, kept = _with_texts(parts, needed)
    return shown, [_label_places(kept, own) for own in lines]


def _not_drawn(parts: Parts) -> dict[str, int]:
    """How many neurons of a layer are not drawn, by its path; only layers of which some are not."""
    counts = {
        obj[contract.LAYER]: int(obj[contract.NEURONS]) - len(obj.data.vertices)  # type: ignore[union-attr]
        for obj in objects(parts.root, "neurons")
    }
    return {layer: count for layer, count in counts.items() if count > 0}


def _with_more(picture: Picture, more: Mapping[str, int]) -> Picture:
    """The picture, whose labels of layers say how many of the neurons are not drawn."""
    if not more:
        return picture
    labels = [_saying_more(label, more[label.shown]) if label.shown in more else label for label in picture.labels]
    return replace(picture, labels=tuple(labels))


def _saying_more(label: Label, count: int) -> Label:
    """Its last line in smaller letters where the label has no room for it."""
    if not label.lines:
        return label
    text, size = f"{label.lines[-1].text} · +{count:,} more", label.lines[-1].size
    size *= min(1.0, label.rect.width / text_width(text, size))
    return replace(label, lines=(*label.lines[:-1], Line(text, size)))


def write_labels(mesh: Any, places: LabelPlaces) -> None:
    """Let the vertices hold what they hold at a moment."""
    mesh.attributes["position"].data.foreach_set("vector", places.positions.ravel())
    for name, values in places.values.items():
        meshes.write_floats(mesh, name, values)
    mesh.update()


def _label_places(kept: Sequence[str], lines: Sequence[TextLine]) -> LabelPlaces:
    count = len(kept)
    free: defaultdict[str, list[int]] = defaultdict(list)
    for place in range(count - 1, -1, -1):
        free[kept[place]].append(place)
    positions, values = np.zeros((count, 3), np.float32), np.zeros((5, count), np.float32)
    placed: list[TextLine | None] = [None] * count
    for line in lines:
        place = free[line.text].pop()
        positions[place], placed[place] = _place(line), line
        widest = min(UNIT * line.widest, _FARTHEST)
        dim = float(not line.is_name)
        values[:, place] = UNIT * line.size, line.opacity, dim, widest, UNIT * line.narrowest
    named = dict(zip((SIZE, OPACITY, DIM, WIDEST, NARROWEST), values, strict=True))
    return LabelPlaces(positions, named, tuple(placed))


def _place(line: TextLine) -> np.ndarray:
    """Where the middle of a line's baseline is, in the anchor's space: before what it is seen on."""
    lift = UNIT * (LIFT + BELOW_BASELINE * line.size)
    return np.array(floor_point(line.place)) + lift * _TOWARDS


def _with_texts(parts: Parts, needed: Counter[str]) -> tuple[bpy.types.Object, list[str]]:
    """The object of the labels, and the text of each of its vertices, which is in the store."""
    store, shown = (
        parts.mesh_object((role, "", "parts"), title, partial(bpy.data.meshes.new, title), contract.LABELS_COLLECTION)
        for role, title in (("texts", "Texts of parts"), ("label", "Part labels"))
    )
    modifier = network_modifier(store)
    kept = get_modifier_input(modifier, "Texts").split("\n") if modifier is not None else []
    missing = needed - Counter(kept)
    if missing or modifier is None:
        kept += missing.elements()
        if len(kept) > _SPARE * needed.total() + 16:
            kept = list(needed.elements())
        _fill(parts, store, shown, kept)
    return shown, kept


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

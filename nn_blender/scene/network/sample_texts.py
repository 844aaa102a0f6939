"""Texts that change with the sample shown."""

from __future__ import annotations

import bpy

from ..base.parts import Parts, set_nodes
from ..looks.hiding import set_hidden
from ..nodes.sample_text import join_texts, make_sample_text, make_text_store


def show_sample_text(
    parts: Parts,
    part: str,
    texts: list[str],
    collection: str,
    *,
    size: float,
    material: bpy.types.Material,
    parent: bpy.types.Object,
    align_x: str = "LEFT",
    line_pitch: float | None = None,
    layer: str = "",
    roles: tuple[str, str] = ("label", "texts"),
) -> bpy.types.Object:
    """An upright text in its parent's XZ plane, one of ``texts`` per sample.

    Args:
        line_pitch: from line to line.
        roles: of the object that shows it, and of the hidden one with the texts of all samples.
    """
    name = part.title()
    store = parts.mesh_object(
        (roles[1], layer, part), f"{name} of all samples", lambda: bpy.data.meshes.new(name), collection, parent
    )
    set_hidden(store, True, True)
    joined, lines = join_texts(texts)
    pitch = line_pitch or size
    lasting = {"Size": size, "Line Spacing": pitch / size, "Material": material}
    set_nodes(store, parts.group(make_text_store, align_x.title()), lasting, {"Texts": joined, "Lines": float(lines)})
    shown = parts.mesh_object((roles[0], layer, part), name, lambda: bpy.data.meshes.new(name), collection, parent)
    set_nodes(shown, parts.group(make_sample_text), {"Store": store, "Pitch": pitch}, {})
    return shown

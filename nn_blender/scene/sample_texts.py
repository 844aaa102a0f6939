"""Texts that change with the sample shown."""

from __future__ import annotations

import bpy

from .kit import Kit, add_nodes
from .nodes.sample_text import join_texts
from .versions import set_modifier_input


def add_sample_text(
    kit: Kit,
    name: str,
    texts: list[str],
    collection: str,
    *,
    size: float,
    material: bpy.types.Material,
    parent: bpy.types.Object,
    align_x: str = "LEFT",
    line_pitch: float | None = None,
) -> bpy.types.Object:
    """An upright text in its parent's XZ plane, one of ``texts`` per sample; ``line_pitch`` is from line to line."""
    thing = kit.mesh_object(name, bpy.data.meshes.new(name), collection, "label", parent)
    modifier = add_nodes(thing, kit.text_group(align_x))
    joined, length = join_texts(texts)
    inputs = {
        "Texts": joined,
        "Length": length,
        "Size": size,
        "Line Spacing": line_pitch / size if line_pitch else 1.0,
        "Material": material,
    }
    for input_name, value in inputs.items():
        set_modifier_input(modifier, input_name, value)
    return thing

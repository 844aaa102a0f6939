"""Labels: text objects that always face the camera."""

from __future__ import annotations

import bpy


def text_object(name: str, body: str, size: float, material: bpy.types.Material, align_x: str) -> bpy.types.Object:
    """A text whose first line's baseline passes through its origin."""
    return bpy.data.objects.new(name, text_curve(name, body, size, material, align_x))


def text_curve(name: str, body: str, size: float, material: bpy.types.Material, align_x: str) -> bpy.types.Curve:
    """The data of such a text."""
    curve = bpy.data.curves.new(name, "FONT")
    curve.body = body
    curve.size = size
    curve.align_x = align_x
    curve.align_y = "TOP_BASELINE"
    curve.materials.append(material)
    return curve


def face(label: bpy.types.Object, focus: bpy.types.Object, upright: bool = False) -> None:
    """Turn a label to whoever looks; an upright one turns about the vertical axis only."""
    constraint = label.constraints.new("COPY_ROTATION")
    constraint.name = "Face Viewer"
    constraint.target = focus
    if upright:
        constraint.use_x = constraint.use_y = False


def shrink_to_width(label: bpy.types.Object, width: float) -> None:
    """Make a text smaller until it is no wider than ``width``; needs an updated view layer."""
    if label.dimensions.x > width:
        label.data.size *= width / label.dimensions.x

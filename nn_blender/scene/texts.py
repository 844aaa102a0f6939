"""Labels: text objects that always face the camera."""

from __future__ import annotations

from collections.abc import Sequence

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


def text_widths(bodies: Sequence[str]) -> list[float]:
    """How wide texts are with letters of size 1. They are laid out in a scene of their own, which no other pays for."""
    scene = bpy.data.scenes.new("Widths")
    things = {}
    for body in dict.fromkeys(bodies):
        curve = bpy.data.curves.new("Width", "FONT")
        curve.body, curve.size = body, 1.0
        things[body] = bpy.data.objects.new("Width", curve)
        scene.collection.objects.link(things[body])
    scene.view_layers[0].update()
    widths = [float(things[body].dimensions.x) for body in bodies]
    bpy.data.batch_remove([scene, *things.values(), *(thing.data for thing in things.values())])
    return widths

"""Labels: text objects that always face the camera."""

from __future__ import annotations

from collections.abc import Sequence

import bpy

_widths: dict[str, float] = {}
"""Of letters of Blender's own font that were measured before."""


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
    """How wide texts are with letters of size 1, with the small gaps on both sides of every letter."""
    letters = sorted(set().union(*bodies) - _widths.keys())
    if letters:
        # A space has no outline of its own, so every letter is measured between two others.
        between, *framed = _drawn_widths(["||", *(f"|{letter}|" for letter in letters)])
        _widths.update({letter: width - between for letter, width in zip(letters, framed, strict=True)})
    return [sum(_widths[letter] for letter in body) for body in bodies]


def _drawn_widths(bodies: Sequence[str]) -> list[float]:
    """Texts are laid out as objects in a scene of their own, which no other pays for."""
    scene = bpy.data.scenes.new("Widths")
    objs = []
    for body in bodies:
        curve = bpy.data.curves.new("Width", "FONT")
        curve.body, curve.size = body, 1.0
        objs.append(bpy.data.objects.new("Width", curve))
        scene.collection.objects.link(objs[-1])
    scene.view_layers[0].update()
    widths = [float(obj.dimensions.x) for obj in objs]
    bpy.data.batch_remove([scene, *objs, *(obj.data for obj in objs)])
    return widths

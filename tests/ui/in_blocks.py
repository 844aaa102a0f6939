"""A network in blocks that a test opens and closes by hand: built, found and clicked."""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np
from made import made_contents
from mathutils import Vector

from nn_blender.core.blocks.hierarchy import hierarchy_from_dict
from nn_blender.core.blocks.opening import Opening
from nn_blender.scene.base.find import networks, objects
from nn_blender.scene.base.meshes import read_floats, read_integers
from nn_blender.scene.build import build_network
from nn_blender.scene.flow.ribbons import ends_of
from nn_blender.ui.neurons import picking


def block(name: str, *children: dict) -> dict:
    return {"id": name, "name": name.capitalize(), "repeats": 1, "children": list(children)}


def build(folder: Path) -> None:
    """The made network in blocks of two levels, all of them closed, and a step of undo."""
    contents = made_contents(folder)
    layers = [{"name": layer.path, "layer": layer.path} for layer in contents.network.layers]
    conv, norm, pool, flat, odd, hidden, output = layers
    front = block("front", block("pair", conv, norm), pool)
    back = block("back", flat, block("inner", odd, hidden))
    whole = block("", {"name": "picture", "input": "picture"}, front, back, output) | {"name": "made"}
    opening = Opening.of(contents.network, root=hierarchy_from_dict(whole, contents.network))
    build_network(bpy.context.scene, contents, "id-1", opening=opening)
    bpy.context.preferences.edit.use_global_undo = True
    bpy.context.view_layer.update()
    bpy.ops.ed.undo_push(message="start")


def root() -> bpy.types.Collection:
    return networks(bpy.context.scene)[0]


def book(id_: str) -> bpy.types.Object:
    return next(obj for obj in objects(root(), "book") if obj["nn_block"] == id_)


def click(region: bpy.types.Region, obj: bpy.types.Object, extend: bool = False) -> None:
    """Where the middle of an object's front is."""
    bpy.context.view_layer.update()
    seen = picking.view_of()
    corners = [obj.matrix_world @ Vector(corner) for corner in obj.bound_box]
    middle = sum(corners, Vector()) / len(corners)
    x, y = seen.project(np.array(middle)[None]).pixels[0]
    bpy.ops.nn.pick("EXEC_DEFAULT", True, x=round(x), y=round(y), extend=extend)


def lit() -> set[tuple[str, str]]:
    """Ends of the ribbons that are lit."""
    ribbons = next(objects(root(), "ribbon"))
    numbers, values = read_integers(ribbons.data, "route"), read_floats(ribbons.data, "lit")
    return {tuple(ends_of(ribbons)[number]) for number in numbers[values > 0]}


def choose_layer(path: str) -> None:
    """As a click in the list does."""
    layers = next(child for child in root().children if child["nn_role"] == "layers")
    bpy.context.scene.nn.layer = list(layers.objects).index(next(objects(root(), "slab", path)))

"""A network of blocks inside blocks, seen from any distance, and what of it is there then."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import bpy
from network_zoo import ZOO
from test_scene_zoo import made_contents

from nn_blender.core.blocks.hierarchy import Part
from nn_blender.core.blocks.opening import Opening
from nn_blender.core.inputs import decide_inputs
from nn_blender.scene.base.find import is_geometry
from nn_blender.scene.build import build_network
from nn_blender.scene.network.description import require_description
from nn_blender.scene.stage.rendering import prepare_new_scene

NETWORK = "nested three deep"


def built(opened_blocks: Sequence[str] = ()) -> bpy.types.Collection:
    prepare_new_scene(bpy.context.scene)
    network = ZOO[NETWORK]()
    opening = Opening.of(network, opened_blocks, inputs=decide_inputs(network))
    return build_network(bpy.context.scene, made_contents(network), "id-1", opening=opening)


def hierarchy(root: bpy.types.Collection) -> Part:
    opening = require_description(root).opening
    assert opening is not None
    return opening.root


def depsgraph() -> bpy.types.Depsgraph:
    bpy.context.view_layer.update()
    return bpy.context.evaluated_depsgraph_get()


def see(width: float) -> None:
    """As wide as the orthographic camera sees."""
    camera: Any = bpy.context.scene.camera
    camera.data.ortho_scale = width
    depsgraph()


def shapes() -> dict[str, tuple[int, int]]:
    """How many vertices and instances each object that can be seen has when its modifiers are evaluated."""
    graph = depsgraph()
    instances = Counter(one.parent.original.name for one in graph.object_instances if one.is_instance)
    found = {}
    for obj in bpy.context.scene.objects:
        if is_geometry(obj) and not obj.hide_viewport:
            data: Any = obj.evaluated_get(graph).data
            vertices = len(data.vertices) if isinstance(data, bpy.types.Mesh) else 0
            found[obj.name] = vertices, instances[obj.name]
    return found

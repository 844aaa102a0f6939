"""Values in node trees that follow a property of the network or the scene, through drivers without Python."""

from __future__ import annotations

from functools import partial

import bpy

from .graph import Graph, Socket


def driven_value(graph: Graph, name: str, block: bpy.types.ID, *data_paths: str) -> Socket:
    """A number that follows a property of a collection, object or scene. Of a collection none can be animated.

    Args:
        data_paths: from the data-block to the property; names that begin with ``nn_`` are custom properties. Several
            are added up.
    """
    node = graph.add("ShaderNodeValue", name=name, label=name)
    node.prepare = partial(_drive, block=block, data_paths=data_paths)
    return node.outputs[0]


def _drive(node: bpy.types.Node, block: bpy.types.ID, data_paths: tuple[str, ...]) -> None:
    driver = node.outputs[0].driver_add("default_value").driver
    driver.type = "SUM"
    for data_path in data_paths:
        variable = driver.variables.new()
        variable.type = "SINGLE_PROP"
        target = variable.targets[0]
        target.id_type = block.id_type
        target.id = block
        target.data_path = f'["{data_path}"]' if data_path.startswith("nn_") else data_path

"""Values in node trees that follow a property of the network or the scene, through drivers without Python."""

from __future__ import annotations

import bpy

from .graph import Graph


def driven_value(graph: Graph, name: str, block: bpy.types.ID, *data_paths: str) -> bpy.types.NodeSocket:
    """A number that follows a property of a collection, object or scene. Of a collection none can be animated.

    Args:
        data_paths: from the data-block to the property; names that begin with ``nn_`` are custom properties. Several
            are added up.
    """
    node = graph.add("ShaderNodeValue", name=name, label=name)
    # Another node may bear the name already.
    driver = graph.tree.driver_add(f'nodes["{node.name}"].outputs[0].default_value').driver
    driver.type = "SUM"
    for data_path in data_paths:
        variable = driver.variables.new()
        variable.type = "SINGLE_PROP"
        target = variable.targets[0]
        target.id_type = block.id_type
        target.id = block
        target.data_path = f'["{data_path}"]' if data_path.startswith("nn_") else data_path
    return node.outputs[0]

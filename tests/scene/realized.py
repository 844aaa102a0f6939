"""What an object's node groups make at the current frame, with its instances as parts of one mesh."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import bpy


@contextmanager
def realized(obj: bpy.types.Object) -> Iterator[bpy.types.Mesh]:
    """The mesh, as long as it is looked at."""
    tree = bpy.data.node_groups.new("Realize", "GeometryNodeTree")
    for direction in ("INPUT", "OUTPUT"):
        tree.interface.new_socket("Geometry", in_out=direction, socket_type="NodeSocketGeometry")
    start, realize, end = (
        tree.nodes.new(kind) for kind in ("NodeGroupInput", "GeometryNodeRealizeInstances", "NodeGroupOutput")
    )
    tree.links.new(start.outputs[0], realize.inputs[0])
    tree.links.new(realize.outputs[0], end.inputs[0])
    modifier = obj.modifiers.new("Realize", "NODES")
    modifier.node_group = tree
    yield obj.evaluated_get(bpy.context.evaluated_depsgraph_get()).data
    obj.modifiers.remove(modifier)
    bpy.data.node_groups.remove(tree)

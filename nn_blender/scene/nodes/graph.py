"""A few words for wiring node trees, so that a group's file reads as what it computes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import bpy

from ..versions import set_choice

Value = Any
"""A socket to link from, or a constant to set."""


class Graph:
    """A node tree being wired.

    Args:
        tree: an empty node tree; its group input and output are made here when its interface has sockets.
    """

    def __init__(self, tree: bpy.types.NodeTree) -> None:
        self.tree = tree

    @classmethod
    def geometry_group(cls, name: str, inputs: dict[str, str], outputs: dict[str, str]) -> Graph:
        """A new geometry node group. ``inputs`` and ``outputs`` give a socket type per name, ``Float`` for example."""
        return cls._group(name, "GeometryNodeTree", inputs, outputs)

    @classmethod
    def shader_group(cls, name: str, inputs: dict[str, str], outputs: dict[str, str]) -> Graph:
        """A new shader node group; see `geometry_group`."""
        return cls._group(name, "ShaderNodeTree", inputs, outputs)

    @classmethod
    def _group(cls, name: str, kind: Any, inputs: dict[str, str], outputs: dict[str, str]) -> Graph:
        tree = bpy.data.node_groups.new(name, kind)
        for socket_name, kind in inputs.items():
            tree.interface.new_socket(socket_name, in_out="INPUT", socket_type=f"NodeSocket{kind}")
        for socket_name, kind in outputs.items():
            tree.interface.new_socket(socket_name, in_out="OUTPUT", socket_type=f"NodeSocket{kind}")
        graph = cls(tree)
        graph._input = graph.add("NodeGroupInput")
        graph._output = graph.add("NodeGroupOutput")
        return graph

    def input(self, name: str) -> bpy.types.NodeSocket:
        return self._input.outputs[name]

    def output(self, name: str, value: Value) -> None:
        self._connect(self._output.inputs[name], value)

    def add(self, kind: str, inputs: Mapping[Any, Value] | None = None, **settings: Any) -> bpy.types.Node:
        """Add a node; ``settings`` are its properties, ``inputs`` its sockets by name or position."""
        node = self.tree.nodes.new(kind)
        for name, value in settings.items():
            if not hasattr(node, name):
                set_choice(node, name, value)
            elif getattr(node, name) != value:  # Blender updates the whole tree whenever something is set.
                setattr(node, name, value)
        for key, value in (inputs or {}).items():
            self.set_input(node, key, value)
        return node

    def set_input(self, node: bpy.types.Node, key: str | int, value: Value) -> None:
        """Link a socket to an input of a node, or set the input to a constant."""
        self._connect(node.inputs[key] if isinstance(key, int) else self._enabled(node.inputs, key), value)

    def run(self, group: bpy.types.NodeTree, **given: Value) -> bpy.types.NodeSocket:
        """The output of another group; inputs that are not given are this group's inputs of the same name."""
        names = [one.name for one in group.interface.items_tree if one.in_out == "INPUT"]
        inputs = {name: given[name] if name in given else self.input(name) for name in names}
        return self.add("GeometryNodeGroup", inputs, node_tree=group).outputs[0]

    def math(self, operation: str, a: Value, b: Value = None) -> bpy.types.NodeSocket:
        inputs = {0: a} if b is None else {0: a, 1: b}
        return self.add("ShaderNodeMath", inputs, operation=operation).outputs[0]

    def vector(self, x: Value, y: Value, z: Value = 0.0) -> bpy.types.NodeSocket:
        return self.add("ShaderNodeCombineXYZ", {"X": x, "Y": y, "Z": z}).outputs[0]

    def vector_math(self, operation: str, a: Value, b: Value) -> bpy.types.NodeSocket:
        return self.add("ShaderNodeVectorMath", {0: a, 1: b}, operation=operation).outputs[0]

    def both(self, a: Value, b: Value) -> bpy.types.NodeSocket:
        """Whether two conditions hold."""
        return self.add("FunctionNodeBooleanMath", {0: a, 1: b}, operation="AND").outputs[0]

    def attribute(self, name: Value, data_type: str = "FLOAT") -> bpy.types.NodeSocket:
        node = self.add("GeometryNodeInputNamedAttribute", {"Name": name}, data_type=data_type)
        return self._enabled(node.outputs, "Attribute")

    def store(self, geometry: Value, name: Value, value: Value, **settings: str) -> bpy.types.NodeSocket:
        inputs = {"Geometry": geometry, "Name": name, "Value": value}
        settings = {"data_type": "FLOAT", "domain": "POINT", **settings}
        return self.add("GeometryNodeStoreNamedAttribute", inputs, **settings).outputs[0]

    def switch(self, condition: Value, false: Value, true: Value, input_type: str) -> bpy.types.NodeSocket:
        node = self.add("GeometryNodeSwitch", input_type=input_type)
        for name, value in (("Switch", condition), ("False", false), ("True", true)):
            self.set_input(node, name, value)
        return self._enabled(node.outputs, "Output")

    def only_if(self, condition: Value, geometry: Value) -> bpy.types.NodeSocket:
        """The geometry where the condition holds, else nothing."""
        node = self.add("GeometryNodeSwitch", {"Switch": condition, "True": geometry}, input_type="GEOMETRY")
        return self._enabled(node.outputs, "Output")

    def compare(self, a: Value, operation: str, b: Value) -> bpy.types.NodeSocket:
        node = self.add("FunctionNodeCompare", data_type="FLOAT", operation=operation)
        self.set_input(node, "A", a)
        self.set_input(node, "B", b)
        if operation in ("EQUAL", "NOT_EQUAL"):
            self.set_input(node, "Epsilon", 0.0)
        return node.outputs[0]

    def material(self, geometry: Value, material: Value) -> bpy.types.NodeSocket:
        return self.add("GeometryNodeSetMaterial", {"Geometry": geometry, "Material": material}).outputs[0]

    def join(self, *geometries: Value) -> bpy.types.NodeSocket:
        node = self.add("GeometryNodeJoinGeometry")
        for geometry in geometries:
            self.tree.links.new(geometry, node.inputs[0])
        return node.outputs[0]

    def _connect(self, socket: bpy.types.NodeSocket, value: Value) -> None:
        if isinstance(value, bpy.types.NodeSocket):
            self.tree.links.new(value, socket)
        elif socket.default_value != value:
            socket.default_value = value

    @staticmethod
    def _enabled(sockets: bpy.types.bpy_prop_collection, name: str) -> bpy.types.NodeSocket:
        """Nodes that work on many types keep a socket per type under one name; the enabled one is meant."""
        for socket in sockets:
            if socket.enabled and socket.name == name:
                return socket
        raise KeyError(f"{sockets[0].node.bl_idname} has no socket {name}" if len(sockets) else name)

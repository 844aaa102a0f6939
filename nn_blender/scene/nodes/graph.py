"""A few words for wiring node trees, so that a group's file reads as what it computes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import bpy

from ..base.themed import Themed, mark
from ..base.versions import follows_inputs, menu_input
from .deferred_updates import without_updates

Value = Any
"""A `Socket` to link from, a constant to set, or the `Themed` value that `theming.use_theme` will write."""


class Socket:
    """An output of a node, by its name or position, to link from.

    It is written like a number: ``1 - alpha`` adds a node that subtracts, ``share > 0.5`` one that compares. Whether
    two are equal is asked by `Graph.compare`, for ``==`` says whether they are the same socket.
    """

    def __init__(self, node: Node, key: str | int) -> None:
        self.node = node
        self.key = key

    def __add__(self, other: Value) -> Socket:
        return self._math("ADD", self, other)

    def __radd__(self, other: Value) -> Socket:
        return self._math("ADD", other, self)

    def __sub__(self, other: Value) -> Socket:
        return self._math("SUBTRACT", self, other)

    def __rsub__(self, other: Value) -> Socket:
        return self._math("SUBTRACT", other, self)

    def __mul__(self, other: Value) -> Socket:
        return self._math("MULTIPLY", self, other)

    def __rmul__(self, other: Value) -> Socket:
        return self._math("MULTIPLY", other, self)

    def __truediv__(self, other: Value) -> Socket:
        return self._math("DIVIDE", self, other)

    def __rtruediv__(self, other: Value) -> Socket:
        return self._math("DIVIDE", other, self)

    def __mod__(self, other: Value) -> Socket:
        return self._math("MODULO", self, other)

    def __rpow__(self, other: Value) -> Socket:
        return self._math("POWER", other, self)

    def __neg__(self) -> Socket:
        return self._math("MULTIPLY", self, -1.0)

    def __abs__(self) -> Socket:
        return self._math("ABSOLUTE", self)

    def __lt__(self, other: Value) -> Socket:
        return self.node.graph.compare(self, "LESS_THAN", other)

    def __le__(self, other: Value) -> Socket:
        return self.node.graph.compare(self, "LESS_EQUAL", other)

    def __gt__(self, other: Value) -> Socket:
        return self.node.graph.compare(self, "GREATER_THAN", other)

    def __ge__(self, other: Value) -> Socket:
        return self.node.graph.compare(self, "GREATER_EQUAL", other)

    def _math(self, operation: str, *values: Value) -> Socket:
        return self.node.graph.math(operation, *values)


class Node:
    """A node that `Graph.build` makes.

    Attributes:
        graph: the tree that it is part of.
        outputs: its sockets by name or position.
        prepare: called with the node as soon as there is one.
        made: the node, once there is one.
    """

    def __init__(self, graph: Graph, kind: str, settings: Mapping[str, Any]) -> None:
        self.graph = graph
        self.outputs = Outputs(self)
        self.prepare: Callable[[bpy.types.Node], None] | None = None
        self.made: bpy.types.Node | None = None
        self._kind = kind
        self._settings = settings
        self._inputs: list[tuple[str | int, Value]] = []

    def set_input(self, key: str | int, value: Value) -> None:
        """Link an input to a socket or set it to a value; one that takes many links may be set many times."""
        self._inputs.append((key, value))

    def make(self, tree: bpy.types.NodeTree) -> None:
        self.made = tree.nodes.new(self._kind)
        for name, value in self._settings.items():
            if hasattr(self.made, name):
                setattr(self.made, name, value)
            else:
                self.set_input(*menu_input(name, value))
        if self.prepare is not None:
            self.prepare(self.made)

    def connect(self, tree: bpy.types.NodeTree) -> None:
        for key, value in self._inputs:
            socket = _find(self.made.inputs, key)
            if isinstance(value, Socket):
                tree.links.new(_find(value.node.made.outputs, value.key), socket)
            elif isinstance(value, Themed):
                mark(self.made, socket.identifier, value)
            else:
                socket.default_value = value


class Outputs:
    """The outputs of a node that is not made yet."""

    def __init__(self, node: Node) -> None:
        self._node = node

    def __getitem__(self, key: str | int) -> Socket:
        return Socket(self._node, key)


class Graph:
    """A node tree being described; `build` makes it, once.

    Args:
        tree: an empty node tree.
    """

    def __init__(self, tree: bpy.types.NodeTree) -> None:
        self._tree = tree
        self._nodes: list[Node] = []
        self._interface: list[tuple[str, Any, str]] = []

    @classmethod
    def geometry_group(cls, name: str, inputs: dict[str, str], outputs: dict[str, str]) -> Graph:
        """A new geometry node group. ``inputs`` and ``outputs`` give a socket type per name, ``Float`` for example."""
        return cls._group(name, "GeometryNodeTree", inputs, outputs)

    @classmethod
    def modifier_group(cls, name: str, inputs: dict[str, str], outputs: dict[str, str]) -> Graph:
        """A new geometry node group for modifiers of many objects; see `geometry_group`.

        Where Blender follows every input to an output at every frame, inputs are outputs too: the way is as short as
        can be then, which saves up to a quarter of the time.
        """
        echoed = {f"{name} Given": name for name in inputs} if follows_inputs() else {}
        graph = cls.geometry_group(name, inputs, {**outputs, **{echo: inputs[own] for echo, own in echoed.items()}})
        for echo, own in echoed.items():
            graph.output(echo, graph.input(own))
        return graph

    @classmethod
    def shader_group(cls, name: str, inputs: dict[str, str], outputs: dict[str, str]) -> Graph:
        """A new shader node group; see `geometry_group`."""
        return cls._group(name, "ShaderNodeTree", inputs, outputs)

    @classmethod
    def _group(cls, name: str, kind: Any, inputs: dict[str, str], outputs: dict[str, str]) -> Graph:
        graph = cls(bpy.data.node_groups.new(name, kind))
        graph._interface = [(name, "INPUT", socket) for name, socket in inputs.items()]
        graph._interface += [(name, "OUTPUT", socket) for name, socket in outputs.items()]
        graph._input = graph.add("NodeGroupInput")
        graph._output = graph.add("NodeGroupOutput")
        return graph

    def build(self) -> bpy.types.NodeTree:
        """Make everything that was described. What sockets nodes have is known only once they are up to date.

        A group that cannot be made is removed again.
        """
        try:
            for step in (self._make_nodes, self._connect_nodes):
                without_updates(step)
                self._tree.interface_update(bpy.context)
        except BaseException:
            if not self._tree.is_embedded_data:
                bpy.data.node_groups.remove(self._tree)
            raise
        return self._tree

    def input(self, name: str) -> Socket:
        return self._input.outputs[name]

    def output(self, name: str, value: Value) -> None:
        self._output.set_input(name, value)

    def add(self, kind: str, inputs: Mapping[Any, Value] | None = None, **settings: Any) -> Node:
        """Add a node; ``settings`` are its properties, ``inputs`` its sockets by name or position."""
        node = Node(self, kind, settings)
        for key, value in (inputs or {}).items():
            node.set_input(key, value)
        self._nodes.append(node)
        return node

    def run(self, group: bpy.types.NodeTree, **given: Value) -> Socket:
        """The output of another group; inputs that are not given are this group's inputs of the same name."""
        names = [one.name for one in group.interface.items_tree if one.in_out == "INPUT"]
        inputs = {name: given[name] if name in given else self.input(name) for name in names}
        return self.add("GeometryNodeGroup", inputs, node_tree=group).outputs[0]

    def separate(self, vector: Value) -> tuple[Socket, Socket, Socket]:
        """X, Y and Z of a vector."""
        outputs = self.add("ShaderNodeSeparateXYZ", {0: vector}).outputs
        return outputs[0], outputs[1], outputs[2]

    def math(self, operation: str, a: Value, b: Value = None) -> Socket:
        inputs = {0: a} if b is None else {0: a, 1: b}
        return self.add("ShaderNodeMath", inputs, operation=operation).outputs[0]

    def clamp(self, value: Value, low: Value = 0.0, high: Value = 1.0) -> Socket:
        """The value, or the end of the range that it is beyond."""
        return self.add("ShaderNodeClamp", {0: value, 1: low, 2: high}).outputs[0]

    def vector(self, x: Value, y: Value, z: Value = 0.0) -> Socket:
        return self.add("ShaderNodeCombineXYZ", {"X": x, "Y": y, "Z": z}).outputs[0]

    def vector_math(self, operation: str, a: Value, b: Value) -> Socket:
        return self.add("ShaderNodeVectorMath", {0: a, 1: b}, operation=operation).outputs[0]

    def both(self, a: Value, b: Value) -> Socket:
        """Whether two conditions hold."""
        return self.add("FunctionNodeBooleanMath", {0: a, 1: b}, operation="AND").outputs[0]

    def attribute(self, name: Value, data_type: str = "FLOAT") -> Socket:
        node = self.add("GeometryNodeInputNamedAttribute", {"Name": name}, data_type=data_type)
        return node.outputs["Attribute"]

    def store(self, geometry: Value, name: Value, value: Value, **settings: str) -> Socket:
        inputs = {"Geometry": geometry, "Name": name, "Value": value}
        settings = {"data_type": "FLOAT", "domain": "POINT", **settings}
        return self.add("GeometryNodeStoreNamedAttribute", inputs, **settings).outputs[0]

    def switch(self, condition: Value, false: Value, true: Value, input_type: str) -> Socket:
        node = self.add("GeometryNodeSwitch", input_type=input_type)
        for name, value in (("Switch", condition), ("False", false), ("True", true)):
            node.set_input(name, value)
        return node.outputs["Output"]

    def only_if(self, condition: Value, geometry: Value) -> Socket:
        """The geometry where the condition holds, else nothing."""
        node = self.add("GeometryNodeSwitch", {"Switch": condition, "True": geometry}, input_type="GEOMETRY")
        return node.outputs["Output"]

    def compare(self, a: Value, operation: str, b: Value) -> Socket:
        """A condition; in a shader, which has none, a number that is 1 where it holds, else 0."""
        if self._tree.bl_idname == "ShaderNodeTree":
            return self.math(operation, a, b)
        node = self.add("FunctionNodeCompare", data_type="FLOAT", operation=operation)
        node.set_input("A", a)
        node.set_input("B", b)
        if operation in ("EQUAL", "NOT_EQUAL"):
            node.set_input("Epsilon", 0.0)
        return node.outputs[0]

    def material(self, geometry: Value, material: Value) -> Socket:
        return self.add("GeometryNodeSetMaterial", {"Geometry": geometry, "Material": material}).outputs[0]

    def join(self, *geometries: Value) -> Socket:
        node = self.add("GeometryNodeJoinGeometry")
        for geometry in geometries:
            node.set_input(0, geometry)
        return node.outputs[0]

    def _make_nodes(self) -> None:
        for name, direction, kind in self._interface:
            self._tree.interface.new_socket(name, in_out=direction, socket_type=f"NodeSocket{kind}")
        for node in self._nodes:
            node.make(self._tree)

    def _connect_nodes(self) -> None:
        for node in self._nodes:
            node.connect(self._tree)


def _find(sockets: bpy.types.bpy_prop_collection, key: str | int) -> bpy.types.NodeSocket:
    """Nodes that work on many types keep a socket per type under one name; the enabled one is meant."""
    if isinstance(key, int):
        return sockets[key]
    for socket in sockets:
        if socket.enabled and socket.name == key:
            return socket
    raise KeyError(f"{sockets[0].node.bl_idname} has no socket {key}" if len(sockets) else key)

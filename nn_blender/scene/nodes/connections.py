"""Connections of a layer: every vertex becomes a line from the neuron that is read to the neuron that reads it."""

from __future__ import annotations

import bpy

from ..base import contract
from ..base.parts import Parts, node_group
from .drivers import driven_value
from .glow import NOT_FINITE_TONE, is_finite
from .graph import Graph, Socket, Value
from .lod import FACTOR, lod_node, make_lod

SIDES = 6
THINNEST, THICKEST = 0.06, 0.2
"""Radius of the weakest and the strongest line, as a share of the neurons' radius."""
FAINTEST = 0.45
"""Tone of the weakest line: its sign is to be seen too."""


@node_group("Connections")
def make_connections(name: str, parts: Parts) -> bpy.types.NodeTree:
    """Vertices with ``weight`` and the numbers of the neurons ``source`` and ``target`` in, lines out.

    ``Source`` and ``Target`` are the neurons' objects: lines end where their vertices stand now. ``Highest`` is the
    largest weight that a line of full thickness stands for, ``Radius`` that of the neurons that are read, ``Target
    Radius`` that of those that read, ``Target Size`` the longer side of their feature maps, or their diameter; each in
    the space of its neurons. There are no lines while the block of either layer is closed.

    Lines of selected neurons are there as far as a sphere is at the neuron that reads; those of all neurons come as
    near as feature maps do.
    """
    sockets = {"Geometry": "Geometry", "Source": "Object", "Target": "Object", "Material": "Material"}
    sockets |= dict.fromkeys(("Highest", "Radius", "Target Radius", "Target Size"), "Float")
    graph = Graph.geometry_group(name, sockets, {"Geometry": "Geometry"})
    source = _End(graph, graph.input("Source"), contract.SOURCE)
    target = _End(graph, graph.input("Target"), contract.TARGET)
    start, end = source.position(), target.position()
    of_all = driven_value(graph, "Of All", parts.anchor, contract.CONNECTIONS_OF_ALL)
    target_radius = graph.input("Target Radius") * target.enlarged()
    target_size = graph.input("Target Size") * target.enlarged()
    near = lod_node(graph, parts.group(make_lod, "Neurons"), end, end, target_radius * 2.0).outputs[FACTOR]
    nearer = lod_node(graph, parts.group(make_lod, "Maps"), end, end, target_size).outputs[FACTOR]
    present = _presence(graph, source, target, near, nearer * of_all)
    shown = {"Geometry": graph.input("Geometry"), "Selection": present > 0.0}
    points = graph.add("GeometryNodeSeparateGeometry", shown).outputs["Selection"]
    points = graph.only_if(graph.both(source.are_there(), target.are_there()), points)
    way = graph.vector_math("SUBTRACT", end, start)
    length = graph.add("ShaderNodeVectorMath", {0: way}, operation="LENGTH").outputs["Value"]
    share = _share(graph)
    points = graph.store(points, contract.TONE, _tone(graph, share))
    points = graph.add("GeometryNodeSetPosition", {"Geometry": points, "Position": start}).outputs[0]
    smaller = graph.math("MINIMUM", graph.input("Radius") * source.enlarged(), target_radius)
    radius = _radius(graph, share, smaller, parts.anchor) * present
    lines = {
        "Points": points,
        "Instance": _line(graph),
        "Rotation": graph.add("FunctionNodeAlignRotationToVector", {"Vector": way}, axis="Z").outputs[0],
        "Scale": graph.vector(radius, radius, length),
    }
    graph.output("Geometry", graph.add("GeometryNodeInstanceOnPoints", lines).outputs[0])
    return graph.build()


class _End:
    """The neurons at one end of the lines."""

    def __init__(self, graph: Graph, obj: Value, attribute: str) -> None:
        self._graph = graph
        self._number = graph.attribute(attribute, "INT")
        # Only its transform is relative: moving all its vertices would cost more than moving the few that are read.
        self._neurons = graph.add("GeometryNodeObjectInfo", {"Object": obj}, transform_space="ORIGINAL")
        self._place = graph.add("GeometryNodeObjectInfo", {"Object": obj}, transform_space="RELATIVE")

    def position(self) -> Socket:
        """Where the neuron stands now, as a field."""
        position = self._graph.add("GeometryNodeInputPosition").outputs[0]
        inputs = {"Vector": self._sampled(position, "FLOAT_VECTOR"), "Transform": self._place.outputs["Transform"]}
        return self._graph.add("FunctionNodeTransformPoint", inputs).outputs[0]

    def enlarged(self) -> Socket:
        """How many times as large as in their own space the neurons are, which stay round."""
        return self._graph.separate(self._place.outputs["Scale"])[2]

    def is_selected(self) -> Socket:
        """Whether the neuron is selected, as a field."""
        return self._sampled(self._graph.attribute(contract.SELECTED, "BOOLEAN"), "BOOLEAN")

    def are_there(self) -> Socket:
        """Whether there are any neurons: of a layer in a closed block there are none."""
        size = {"Geometry": self._neurons.outputs["Geometry"]}
        count = self._graph.add("GeometryNodeAttributeDomainSize", size, component="MESH").outputs["Point Count"]
        return count > 0.5

    def _sampled(self, value: Value, data_type: str) -> Socket:
        graph = self._graph
        inputs = {"Geometry": self._neurons.outputs["Geometry"]}
        node = graph.add("GeometryNodeSampleIndex", inputs, data_type=data_type, domain="POINT")
        node.set_input("Value", value)
        node.set_input("Index", self._number)
        return node.outputs["Value"]


def _presence(graph: Graph, source: _End, target: _End, of_selected: Value, others: Value) -> Socket:
    """How far every connection is drawn, 0 to 1, as a field: one of a selected neuron, or any other."""
    ends = {0: source.is_selected(), 1: target.is_selected()}
    are_of_selected = graph.add("FunctionNodeBooleanMath", ends, operation="OR").outputs[0]
    return graph.switch(are_of_selected, others, of_selected, "FLOAT")


def _share(graph: Graph) -> Socket:
    """The size of the weight compared with the layer's largest, 0 to 1; 1 for what is not finite."""
    # share = clamp(|weight| / highest)
    size = abs(graph.attribute(contract.WEIGHT))
    share = graph.clamp(size / graph.input("Highest"))
    return graph.switch(is_finite(graph, graph.attribute(contract.WEIGHT)), 1.0, share, "FLOAT")


def _tone(graph: Graph, share: Value) -> Socket:
    # tone = sign(weight) * (FAINTEST + (1 - FAINTEST) * share)
    visible = share * (1.0 - FAINTEST) + FAINTEST
    signed = visible * graph.math("SIGN", graph.attribute(contract.WEIGHT))
    return graph.switch(is_finite(graph, graph.attribute(contract.WEIGHT)), NOT_FINITE_TONE, signed, "FLOAT")


def _radius(graph: Graph, share: Value, of_neurons: Value, anchor: bpy.types.Object) -> Socket:
    thickness = driven_value(graph, "Thickness", anchor, contract.CONNECTIONS_THICKNESS)
    # radius = (THINNEST + (THICKEST - THINNEST) * share) * radius of the neurons * thickness
    grown = share * (THICKEST - THINNEST) + THINNEST
    return grown * of_neurons * thickness


def _line(graph: Graph) -> Socket:
    """A tube of radius and length 1 from the origin upwards."""
    sizes = {"Vertices": SIDES, "Radius": 1.0, "Depth": 1.0}
    tube = graph.add("GeometryNodeMeshCylinder", sizes, fill_type="NONE").outputs["Mesh"]
    standing = graph.add("GeometryNodeTransform", {"Geometry": tube, "Translation": (0.0, 0.0, 0.5)}).outputs[0]
    return graph.material(standing, graph.input("Material"))

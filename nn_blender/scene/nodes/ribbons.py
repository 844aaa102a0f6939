"""Ribbons along which data flows: every chain of edges becomes a tube."""

from __future__ import annotations

import bpy

from ..base import contract
from ..base.parts import Parts, node_group
from ..base.versions import scales_by_radius
from .graph import Graph, Socket, Value
from .moments import at_moment

SIDES = 10
LIT_WIDTH = 1.75
"""How much wider lit ribbons are."""


@node_group("Ribbons")
def make_ribbons(name: str, parts: Parts) -> bpy.types.NodeTree:
    """Chains of edges in, tubes out, of the radius ``width`` at every vertex; none where ``hidden`` or no width is."""
    graph = Graph.geometry_group(name, {"Geometry": "Geometry", "Material": "Material"}, {"Geometry": "Geometry"})
    chains = at_moment(graph, parts, graph.input("Geometry"))
    chains = _kept(graph, chains, graph.attribute(contract.HIDDEN, "BOOLEAN"), "Inverted")
    chains = _kept(graph, chains, graph.attribute(contract.TUBE_WIDTH) > 0.0, "Selection")
    # radius = width * (1 + (LIT_WIDTH - 1) * lit)
    wider = graph.attribute(contract.LIT) * (LIT_WIDTH - 1.0) + 1.0
    radius = graph.attribute(contract.TUBE_WIDTH) * wider
    curves = graph.add("GeometryNodeMeshToCurve", {0: chains}).outputs[0]
    sizes = {"Resolution": SIDES, "Radius": 1.0}
    profile = graph.add("GeometryNodeCurvePrimitiveCircle", sizes, mode="RADIUS").outputs[0]
    inputs = {"Curve": curves, "Profile Curve": profile, "Fill Caps": True}
    if scales_by_radius():
        inputs["Curve"] = graph.add("GeometryNodeSetCurveRadius", {"Curve": curves, "Radius": radius}).outputs[0]
    else:
        inputs["Scale"] = radius
    tubes = graph.add("GeometryNodeCurveToMesh", inputs).outputs[0]
    smooth = graph.add("GeometryNodeSetShadeSmooth", {0: tubes}).outputs[0]
    graph.output("Geometry", graph.material(smooth, graph.input("Material")))
    return graph.build()


def _kept(graph: Graph, geometry: Value, selection: Value, kept: str) -> Socket:
    inputs = {"Geometry": geometry, "Selection": selection}
    return graph.add("GeometryNodeSeparateGeometry", inputs, domain="POINT").outputs[kept]

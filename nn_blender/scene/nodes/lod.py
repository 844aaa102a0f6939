"""Node groups of the level of detail: how much of a network is shown, by its apparent size.

Four tiers follow each other as the viewer comes nearer: blocks of layers, single layers, neurons, and feature maps.
What decides is the apparent size of something as a share of the picture's width, so the lens counts as much as the
distance. Nothing remembers what was shown before: the same frame always looks the same.
"""

from __future__ import annotations

import math

import bpy

from ..base import contract
from ..base.parts import Parts, node_group
from .drivers import driven_value
from .graph import Graph, Node, Value

FACTOR, NEARING = "Factor", "Nearing"
LOD_INPUTS = {"Low": "Vector", "High": "Vector", "Size": "Float"}
FOLLOWS = ("view", "camera", "object", "off")
"""Whose distance counts, by number in ``nn_lod_follows``: in the viewport the view's and in renders the camera's;
always the camera's; an object's; nobody's, and everything is shown."""

TIERS = {
    "Blocks": (contract.LOD_BLOCKS, 2),
    "Books": (contract.LOD_BOOKS, 2),
    "Labels": (contract.LOD_LABELS, 1),
    "Neurons": (contract.LOD_NEURONS, 3),
    "Maps": (contract.LOD_MAPS, 4),
}
"""What there is a level of detail of: the anchor's property with its threshold, a share of the picture's width, and
the lowest of the tiers of ``nn_lod_fixed`` that has it."""

_SMALLEST = 1e-6


@node_group("Viewer")
def make_viewer(name: str, parts: Parts) -> bpy.types.NodeTree:
    """Where the viewer is and how it is turned, in the space of the object that asks, and how wide the picture is.

    ``Location`` is what distances are from, which may be an object instead, ``Eye`` where the network is seen from.
    ``Spread`` is the picture's width per unit of distance, 0 in an orthographic view, whose width is ``Width``, in a
    network that is scaled as in one that is not. Before there is a view that could be followed, as without a window, it
    is the camera that counts.
    """
    outputs = {"Location": "Vector", "Eye": "Vector", "Rotation": "Rotation", "Spread": "Float", "Width": "Float"}
    graph = Graph.geometry_group(name, {}, outputs)
    scene, viewer = parts.scene, parts.viewer
    follows = driven_value(graph, "Follows", parts.anchor, contract.LOD_FOLLOWS)
    is_viewport = graph.add("GeometryNodeIsViewport").outputs[0]
    asks_view = graph.compare(follows, "EQUAL", float(FOLLOWS.index("view")))
    of_view = {key: driven_value(graph, f"View {key}", viewer, path) for key, path in contract.VIEW_SIZES.items()}
    has_view = graph.math("ADD", *of_view.values()) > 0.0
    uses_view = graph.both(graph.both(is_viewport, asks_view), has_view)
    active_camera = graph.add("GeometryNodeInputActiveCamera").outputs[0]
    camera, view = (
        graph.add("GeometryNodeObjectInfo", {"Object": obj}, transform_space="RELATIVE").outputs
        for obj in (active_camera, viewer)
    )
    place = graph.switch(uses_view, camera["Location"], view["Location"], "VECTOR")
    graph.output("Rotation", graph.switch(uses_view, camera["Rotation"], view["Rotation"], "ROTATION"))
    graph.output("Eye", place)
    chosen = graph.add("GeometryNodeObjectInfo", transform_space="RELATIVE", name="Object", label="Object")
    is_object = graph.compare(follows, "EQUAL", float(FOLLOWS.index("object")))
    graph.output("Location", graph.switch(is_object, place, chosen.outputs["Location"], "VECTOR"))
    # spread = 2 * tan(angle / 2)
    half = driven_value(graph, "Camera Angle", scene, "camera.data.angle_x") * 0.5
    spread = graph.math("TANGENT", half) * 2.0
    is_orthographic = graph.compare(driven_value(graph, "Camera Type", scene, "camera.data.type"), "EQUAL", 1.0)
    width = graph.switch(is_orthographic, 0.0, driven_value(graph, "Width", scene, "camera.data.ortho_scale"), "FLOAT")
    spread = graph.switch(is_orthographic, spread, 0.0, "FLOAT")
    graph.output("Spread", graph.switch(uses_view, spread, of_view["Spread"], "FLOAT"))
    scale = graph.add("GeometryNodeObjectInfo", {"Object": parts.anchor}, transform_space="ORIGINAL").outputs["Scale"]
    scale = graph.add("ShaderNodeVectorMath", {0: scale}, operation="LENGTH").outputs[1] / math.sqrt(3.0)
    width = graph.switch(uses_view, width, of_view["Width"], "FLOAT")
    graph.output("Width", width / graph.math("MAXIMUM", scale, _SMALLEST))
    return graph.build()


@node_group("Presence")
def make_presence(name: str, parts: Parts) -> bpy.types.NodeTree:
    """What `make_lod` makes for a tier, for any ``Threshold`` and any ``Tier``."""
    inputs = {**LOD_INPUTS, "Threshold": "Float", "Tier": "Float"}
    graph = Graph.geometry_group(name, inputs, {FACTOR: "Float", NEARING: "Float"})
    anchor = parts.anchor
    seen = graph.add("GeometryNodeGroup", node_tree=parts.group(make_viewer)).outputs
    # nearest = the box's nearest point; share = size / (distance to it * spread + width)
    # beyond = share / threshold - 1; factor = clamp(beyond / band); nearing = clamp(-2 * beyond)
    nearest = graph.vector_math("MAXIMUM", seen["Location"], graph.input("Low"))
    nearest = graph.vector_math("MINIMUM", nearest, graph.input("High"))
    distance = graph.add("ShaderNodeVectorMath", {0: nearest, 1: seen["Location"]}, operation="DISTANCE").outputs[1]
    wide = distance * seen["Spread"] + seen["Width"]
    share = graph.input("Size") / graph.math("MAXIMUM", wide, _SMALLEST)
    band = graph.math("MAXIMUM", driven_value(graph, "Band", anchor, contract.LOD_BAND), _SMALLEST)
    limit = graph.math("MAXIMUM", graph.input("Threshold"), _SMALLEST)
    beyond = share / limit - 1.0
    factor = graph.clamp(beyond / band)
    fixed = driven_value(graph, "Fixed", anchor, contract.LOD_FIXED)
    is_there = graph.math("GREATER_THAN", fixed, graph.input("Tier") - 0.5)
    factor = graph.switch(fixed > 0.5, factor, is_there, "FLOAT")
    shows_all = driven_value(graph, "Follows", anchor, contract.LOD_FOLLOWS) > FOLLOWS.index("off") - 0.5
    graph.output(FACTOR, graph.switch(shows_all, factor, 1.0, "FLOAT"))
    away = graph.clamp(beyond * -2.0)
    is_fixed = fixed > 0.5
    graph.output(NEARING, graph.switch(is_fixed, away, 1.0 - is_there, "FLOAT"))
    return graph.build()


@node_group("Detail of {}")
def make_lod(name: str, parts: Parts, tier: str) -> bpy.types.NodeTree:
    """From 0 to 1, how far something of ``Size`` is there, inside the box from ``Low`` to ``High``.

    It comes where its nearest point makes it appear larger than the threshold, and is whole once it appears larger by
    the anchor's band. A place is a box without extent. ``Nearing`` says how far it is from coming: 1 where it appears
    at most half as large as the threshold, 0 at it.

    Args:
        tier: one of `TIERS`.
    """
    threshold, lowest = TIERS[tier]
    graph = Graph.geometry_group(name, LOD_INPUTS, {FACTOR: "Float", NEARING: "Float"})
    inputs: dict[str, Value] = {key: graph.input(key) for key in LOD_INPUTS}
    inputs |= {"Threshold": driven_value(graph, "Threshold", parts.anchor, threshold), "Tier": float(lowest)}
    there = graph.add("GeometryNodeGroup", inputs, node_tree=parts.group(make_presence))
    for key in (FACTOR, NEARING):
        graph.output(key, there.outputs[key])
    return graph.build()


def lod_node(graph: Graph, lod: bpy.types.NodeTree, low: Value, high: Value, size: Value) -> Node:
    """See `make_lod`."""
    return graph.add("GeometryNodeGroup", {"Low": low, "High": high, "Size": size}, node_tree=lod)

"""Which sample the current frame shows; one group per network, so that a change in one place moves everything."""

from __future__ import annotations

import bpy

from .. import contract
from .graph import Graph

SAMPLE = "Sample"
RENDERS_POINTS = "Renders Points"


def make_timeline(
    name: str, root: bpy.types.Collection, scene: bpy.types.Scene, sample_count: int
) -> bpy.types.NodeTree:
    """Sample is ``clamp(floor((frame - 1) / frames_per_sample), 0, sample_count - 1)``.

    ``Renders Points`` is true where point clouds are drawn as true spheres: in the renders of engines other than EEVEE
    and Workbench. Both follow the scene through drivers without Python, so a render farm sees the same.
    """
    graph = Graph.geometry_group(name, {}, {SAMPLE: "Float", RENDERS_POINTS: "Bool"})
    frames = _driven_value(graph, "Frames per Sample", "COLLECTION", root, f'["{contract.FRAMES_PER_SAMPLE}"]')
    engine = _driven_value(graph, "Render Engine", "SCENE", scene, "render.engine")
    frame = graph.math("SUBTRACT", graph.add("GeometryNodeInputSceneTime").outputs["Frame"], 1.0)
    sample = graph.math("FLOOR", graph.math("DIVIDE", frame, frames))
    last = float(max(sample_count - 1, 0))
    graph.output(SAMPLE, graph.math("MINIMUM", graph.math("MAXIMUM", sample, 0.0), last))

    is_render = graph.add(
        "FunctionNodeBooleanMath", {0: graph.add("GeometryNodeIsViewport").outputs[0]}, operation="NOT"
    )
    is_other_engine = graph.compare(engine, "GREATER_THAN", 1.5)
    both = graph.add("FunctionNodeBooleanMath", {0: is_render.outputs[0], 1: is_other_engine}, operation="AND")
    graph.output(RENDERS_POINTS, both.outputs[0])
    return graph.tree


def use_timeline(graph: Graph, timeline: bpy.types.NodeTree) -> bpy.types.Node:
    return graph.add("GeometryNodeGroup", node_tree=timeline)


def sampled_name(graph: Graph, quantity: str, sample: bpy.types.NodeSocket) -> bpy.types.NodeSocket:
    """The name of the attribute that holds the quantity for the sample, ``activation.7`` for example."""
    number = graph.add("FunctionNodeValueToString", {"Value": sample, "Decimals": 0}).outputs[0]
    prefix = graph.add("FunctionNodeInputString", string=f"{quantity}.").outputs[0]
    name = graph.add("GeometryNodeStringJoin")
    # A multi-input socket keeps the newest link first.
    graph.tree.links.new(number, name.inputs["Strings"])
    graph.tree.links.new(prefix, name.inputs["Strings"])
    return name.outputs[0]


def _driven_value(graph: Graph, name: str, id_type: str, block: bpy.types.ID, data_path: str) -> bpy.types.NodeSocket:
    node = graph.add("ShaderNodeValue", name=name, label=name)
    driver = graph.tree.driver_add(f'nodes["{name}"].outputs[0].default_value').driver
    driver.type = "SUM"
    variable = driver.variables.new()
    variable.type = "SINGLE_PROP"
    target = variable.targets[0]
    target.id_type = id_type
    target.id = block
    target.data_path = data_path
    return node.outputs[0]

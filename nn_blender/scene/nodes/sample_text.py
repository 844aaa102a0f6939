"""Text that changes with the sample shown.

Filling letters is slow, so it is done once: a hidden object holds the texts of all samples, line below line, and the
visible one picks the lines of the sample shown.
"""

from __future__ import annotations

import math

import bpy

from .graph import Graph, Socket
from .lod import FACTOR, lod_node
from .timeline import SAMPLE, use_timeline


def make_text_store(name: str, align_x: str) -> bpy.types.NodeTree:
    """Standing text in the XZ plane, one instance per letter; the first line's baseline is at z = 0.

    Args:
        align_x: ``LEFT``, ``CENTER`` or ``RIGHT``; where lines stand relative to the origin.
    """
    inputs = {"Geometry": "Geometry", "Texts": "String", "Size": "Float", "Line Spacing": "Float"}
    graph = Graph.geometry_group(name, {**inputs, "Material": "Material"}, {"Geometry": "Geometry"})
    curves = graph.add(
        "GeometryNodeStringToCurves",
        {"String": graph.input("Texts"), "Size": graph.input("Size"), "Line Spacing": graph.input("Line Spacing")},
        align_x=align_x,
        align_y="TOP_BASELINE",
    )
    filled = graph.add("GeometryNodeFillCurve", {"Curve": curves.outputs["Curve Instances"]}).outputs[0]
    upright = {"Geometry": filled, "Rotation": (math.pi / 2, 0.0, 0.0)}
    standing = graph.add("GeometryNodeTransform", upright).outputs[0]
    graph.output("Geometry", graph.material(standing, graph.input("Material")))
    return graph.build()


def make_sample_text(name: str, timeline: bpy.types.NodeTree, labels: bpy.types.NodeTree) -> bpy.types.NodeTree:
    """From the object ``Store``, the ``Lines`` lines of the sample shown; ``Pitch`` is from line to line.

    Args:
        labels: tells how far letters are large enough to be read, see `lod.make_lod`.
    """
    inputs = {"Geometry": "Geometry", "Store": "Object", "Lines": "Float", "Pitch": "Float"}
    graph = Graph.geometry_group(name, inputs, {"Geometry": "Geometry"})
    sample = use_timeline(graph, timeline).outputs[SAMPLE]
    store = graph.add("GeometryNodeObjectInfo", {"Object": graph.input("Store")}, transform_space="ORIGINAL")
    height = graph.math("MULTIPLY", graph.input("Lines"), graph.input("Pitch"))
    down = graph.math("MULTIPLY", graph.parts(_position(graph))[2], -1.0)
    # From the middle of a line, rounding cannot make it another sample's.
    middle = graph.math("ADD", down, graph.math("MULTIPLY", graph.input("Pitch"), 0.5))
    owner = graph.math("FLOOR", graph.math("DIVIDE", middle, height))
    chosen = {"Geometry": store.outputs["Geometry"], "Selection": graph.compare(owner, "EQUAL", sample)}
    lines = graph.add("GeometryNodeSeparateGeometry", chosen, domain="INSTANCE").outputs[0]
    rise = graph.vector(0.0, 0.0, graph.math("MULTIPLY", sample, height))
    text = graph.add("GeometryNodeTransform", {"Geometry": lines, "Translation": rise}).outputs[0]
    origin = graph.vector(0.0, 0.0)
    legible = lod_node(graph, labels, origin, origin, graph.input("Pitch")).outputs[FACTOR]
    graph.output("Geometry", graph.only_if(graph.compare(legible, "GREATER_THAN", 0.0), text))
    return graph.build()


def join_texts(texts: list[str]) -> tuple[str, int]:
    """Texts of all samples, padded to one number of lines and joined line below line, and that number."""
    lines = max((text.count("\n") + 1 for text in texts), default=1)
    return "\n".join(text + "\n" * (lines - 1 - text.count("\n")) for text in texts), lines


def _position(graph: Graph) -> Socket:
    return graph.add("GeometryNodeInputPosition").outputs[0]

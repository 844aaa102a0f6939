"""Text that changes with the sample shown."""

from __future__ import annotations

import math

import bpy

from .graph import Graph
from .timeline import SAMPLE, use_timeline


def make_sample_text(name: str, timeline: bpy.types.NodeTree, align_x: str) -> bpy.types.NodeTree:
    """Standing text in the XZ plane: the part of ``Texts`` from ``sample * Length``, ``Length`` letters long.

    Args:
        align_x: ``LEFT``, ``CENTER`` or ``RIGHT``; where the text stands relative to its origin, the first line's
            baseline being at z = 0.
    """
    graph = Graph.geometry_group(
        name,
        {
            "Geometry": "Geometry",
            "Texts": "String",
            "Length": "Int",
            "Size": "Float",
            "Line Spacing": "Float",
            "Material": "Material",
        },
        {"Geometry": "Geometry"},
    )
    sample = use_timeline(graph, timeline).outputs[SAMPLE]
    length = graph.input("Length")
    start = {"String": graph.input("Texts"), "Position": graph.math("MULTIPLY", sample, length), "Length": length}
    text = graph.add("FunctionNodeSliceString", start).outputs[0]
    curves = graph.add(
        "GeometryNodeStringToCurves",
        {"String": text, "Size": graph.input("Size"), "Line Spacing": graph.input("Line Spacing")},
        align_x=align_x,
        align_y="TOP_BASELINE",
    )
    filled = graph.add("GeometryNodeFillCurve", {"Curve": curves.outputs["Curve Instances"]}).outputs[0]
    upright = {"Geometry": filled, "Rotation": (math.pi / 2, 0.0, 0.0)}
    standing = graph.add("GeometryNodeTransform", upright).outputs[0]
    graph.output("Geometry", graph.material(standing, graph.input("Material")))
    return graph.tree


def join_texts(texts: list[str]) -> tuple[str, int]:
    """Texts of all samples padded to one length and joined, and that length in letters."""
    length = max((len(text) for text in texts), default=0)
    return "".join(text.ljust(length) for text in texts), length

"""Text that changes with the sample shown.

Filling letters is slow, so it is done once: a hidden object holds the texts of all samples, and the visible one picks
the letters of the sample shown.
"""

from __future__ import annotations

import math

import bpy

from ..base.parts import Parts, node_group
from .graph import Graph
from .lod import FACTOR, lod_node, make_lod
from .timeline import SAMPLE, use_timeline

_SAMPLE = "sample"
"""Attribute of a letter: the number of the sample whose text it is in."""


@node_group("Texts {}")
def make_text_store(name: str, _parts: Parts, align: str) -> bpy.types.NodeTree:
    """Standing text in the XZ plane, one instance per letter, which knows its sample.

    The texts of all samples, of ``Lines`` lines each, lie over each other: their first line's baseline is at z = 0.

    Args:
        align: ``Left``, ``Center`` or ``Right``; where lines stand relative to the origin.
    """
    floats = dict.fromkeys(("Size", "Line Spacing", "Lines"), "Float")
    sockets = {"Geometry": "Geometry", "Texts": "String", **floats, "Material": "Material"}
    graph = Graph.geometry_group(name, sockets, {"Geometry": "Geometry"})
    lines, size, spacing = (graph.input(given) for given in ("Lines", "Size", "Line Spacing"))
    text = graph.add(
        "GeometryNodeStringToCurves",
        {"String": graph.input("Texts"), "Size": size, "Line Spacing": spacing},
        align_x=align.upper(),
        align_y="TOP_BASELINE",
    )
    # sample = floor(line / lines); raised by sample * lines * size * spacing
    sample = graph.math("FLOOR", text.outputs["Line"] / lines)
    letters = graph.store(text.outputs["Curve Instances"], _SAMPLE, sample, data_type="INT", domain="INSTANCE")
    height = lines * (size * spacing)
    rise = graph.vector(0.0, graph.attribute(_SAMPLE, "INT") * height)
    raised = graph.add("GeometryNodeSetPosition", {"Geometry": letters, "Offset": rise}).outputs[0]
    filled = graph.add("GeometryNodeFillCurve", {"Curve": raised}).outputs[0]
    upright = {"Geometry": filled, "Rotation": (math.pi / 2, 0.0, 0.0)}
    standing = graph.add("GeometryNodeTransform", upright).outputs[0]
    graph.output("Geometry", graph.material(standing, graph.input("Material")))
    return graph.build()


@node_group("Text")
def make_sample_text(name: str, parts: Parts) -> bpy.types.NodeTree:
    """From the object ``Store``, the text of the sample shown; ``Pitch`` is from line to line."""
    inputs = {"Geometry": "Geometry", "Store": "Object", "Pitch": "Float"}
    graph = Graph.geometry_group(name, inputs, {"Geometry": "Geometry"})
    sample = use_timeline(graph, parts).outputs[SAMPLE]
    store = graph.add("GeometryNodeObjectInfo", {"Object": graph.input("Store")}, transform_space="ORIGINAL")
    is_of_sample = graph.compare(graph.attribute(_SAMPLE, "INT"), "EQUAL", sample)
    origin = graph.vector(0.0, 0.0)
    legible = lod_node(graph, parts.group(make_lod, "Labels"), origin, origin, graph.input("Pitch")).outputs[FACTOR]
    chosen = graph.both(is_of_sample, legible > 0.0)
    letters = {"Geometry": store.outputs["Geometry"], "Selection": chosen}
    graph.output("Geometry", graph.add("GeometryNodeSeparateGeometry", letters, domain="INSTANCE").outputs[0])
    return graph.build()


def join_texts(texts: list[str]) -> tuple[str, int]:
    """Texts of all samples, padded to one number of lines and joined line below line, and that number."""
    lines = max((text.count("\n") + 1 for text in texts), default=1)
    return "\n".join(text + "\n" * (lines - 1 - text.count("\n")) for text in texts), lines

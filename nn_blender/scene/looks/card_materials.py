"""Materials of feature maps, summaries and the input: what a card shows of a packed picture.

All that they have in common is in node groups of the network, so a material itself is but a few nodes around an image;
see `card_colours` for those that colour it.
"""

from __future__ import annotations

from typing import Any

import bpy

from ..base import contract
from ..base.parts import Parts, node_group
from ..base.themed import Themed, mark
from ..nodes.cards import CELL, CELL_NEXT, CELLS, PIXELS, UV
from ..nodes.graph import Graph, Socket
from .materials import finish, new_material

MAP_COLOURS = "Map Colours"
"""Part of the node group that `card_colours.map_colours` makes."""


def make_card(name: str, parts: Parts, image: bpy.types.Image, colours: bpy.types.NodeTree) -> bpy.types.Material:
    """Shows each card its cell of a picture, between two samples a blend of both cells.

    Args:
        colours: what pixels stand for, one of the groups of `card_colours`.
    """
    material, graph = new_material(name)
    positions = graph.add("ShaderNodeGroup", node_tree=parts.group(cell_positions))
    inputs: dict[str, Socket] = {}
    for output, colour, alpha in (("Now", "Colour", "Alpha"), ("Next", "Next Colour", "Next Alpha")):
        place = {"Vector": positions.outputs[output]}
        texture = graph.add("ShaderNodeTexImage", place, interpolation="Closest", image=image)
        inputs |= {colour: texture.outputs["Color"], alpha: texture.outputs["Alpha"]}
    shown = graph.add("ShaderNodeGroup", inputs, node_tree=colours)
    finish(graph, graph.add("ShaderNodeEmission", {"Color": shown.outputs[0]}).outputs[0])
    # What the Solid viewport shows instead.
    mark(material, "diffuse_color", Themed("plain.map"))
    return material


def copied_card(name: str, pattern: bpy.types.Material, image: bpy.types.Image) -> bpy.types.Material:
    """As `make_card`, of another one's kind. Networks have hundreds, and copying is five times as fast as wiring."""
    material = pattern.copy()
    material.name = name
    for node in _pictures(material):
        node.image = image
    return material


def shows_picture(material: bpy.types.Material) -> bool:
    """Whether it is of cards."""
    return bool(_pictures(material))


def fill_pictures(material: bpy.types.Material, image: bpy.types.Image) -> None:
    """Let a material show an image where it lost the one that it had."""
    for node in _pictures(material):
        if node.image is None:
            node.image = image


def set_interpolation(material: bpy.types.Material, is_smooth: bool) -> None:
    """Whether the colours of maps are blended into each other; where values are not finite always has sharp edges.

    Textures that users added are left as they are.
    """
    for node in _pictures(material):
        is_ours = node.image is None or contract.NETWORK in node.image
        if is_ours and node.outputs["Color"].is_linked:
            node.interpolation = "Linear" if is_smooth else "Closest"
            if is_smooth and material.node_tree is not None:
                _part_alpha(material.node_tree, node)


def _part_alpha(tree: bpy.types.NodeTree, picture: Any) -> None:
    """Let a node of its own read alpha, which holds a bit per plane and must not be blended.

    It is made when first needed: all of them would add a quarter to the time in which a large network is built.
    """
    readers = [link.to_socket for link in picture.outputs["Alpha"].links]
    if not readers:
        return
    alpha = tree.nodes.new(picture.bl_idname)
    alpha.image, alpha.interpolation = picture.image, "Closest"
    alpha.extension, alpha.projection = picture.extension, picture.projection
    for place in picture.inputs["Vector"].links:
        tree.links.new(place.from_socket, alpha.inputs["Vector"])
    for reader in readers:
        tree.links.new(alpha.outputs["Alpha"], reader)


def _pictures(material: bpy.types.Material) -> list[Any]:
    nodes = material.node_tree.nodes if material.node_tree else ()
    return [node for node in nodes if node.bl_idname == "ShaderNodeTexImage"]


@node_group("Cell Positions")
def cell_positions(name: str, _parts: Parts) -> bpy.types.NodeTree:
    """Where in the picture the card's cell is, for the sample shown and for the next one.

    The sizes of the atlas come by instance attributes, for it changes with the samples.
    """
    graph = Graph.shader_group(name, {}, {"Now": "Vector", "Next": "Vector"})
    uv = graph.add("ShaderNodeAttribute", attribute_type="GEOMETRY", attribute_name=UV).outputs["Vector"]
    pixels, cells = instance(graph, PIXELS), instance(graph, CELLS)
    # Half a pixel from the edge: interpolation must not take in the neighbouring cell.
    # position = (cell + clamp(uv, half, 1 - half)) / cells, where half = 0.5 / pixels
    half = graph.add("ShaderNodeVectorMath", {0: (0.5, 0.5, 0.0), 1: pixels}, operation="DIVIDE").outputs[0]
    end = graph.add("ShaderNodeVectorMath", {0: (1.0, 1.0, 0.0), 1: half}, operation="SUBTRACT").outputs[0]
    inside = graph.add("ShaderNodeVectorMath", {0: uv, 1: half}, operation="MAXIMUM").outputs[0]
    inside = graph.add("ShaderNodeVectorMath", {0: inside, 1: end}, operation="MINIMUM").outputs[0]
    for output, cell in (("Now", CELL), ("Next", CELL_NEXT)):
        place = graph.add("ShaderNodeVectorMath", {0: _from_below(graph, cell, cells), 1: inside}, operation="ADD")
        position = graph.add("ShaderNodeVectorMath", {0: place.outputs[0], 1: cells}, operation="DIVIDE").outputs[0]
        graph.output(output, position)
    return graph.build()


def _from_below(graph: Graph, cell: str, cells: Socket) -> Socket:
    """Cells count from the upper left, textures from the lower left."""
    column, row, _ = graph.separate(instance(graph, cell))
    down = graph.separate(cells)[1]
    return graph.vector(column, down - row - 1.0)


def instance(graph: Graph, attribute: str) -> Socket:
    node = graph.add("ShaderNodeAttribute", attribute_type="INSTANCER", attribute_name=attribute)
    return node.outputs["Vector"]

"""The materials of a network."""

from __future__ import annotations

import bpy

from ..core.recording import Atlas
from . import contract, palette
from .nodes.cards import CELL, UV
from .nodes.graph import Graph
from .versions import use_nodes


def surface(
    name: str, colour: palette.Colour, roughness: float, metallic: float = 0.0, specular: float = 0.5
) -> bpy.types.Material:
    """A plain surface that the stage's lights shape."""
    material, graph = _new(name)
    inputs = {
        "Base Color": (*colour, 1.0),
        "Roughness": roughness,
        "Metallic": metallic,
        "Specular IOR Level": specular,
    }
    _finish(graph, graph.add("ShaderNodeBsdfPrincipled", inputs).outputs[0])
    material.diffuse_color = (*colour, 1.0)
    material.roughness = roughness
    return material


def ink(name: str, colour: palette.Colour) -> bpy.types.Material:
    """Text: the same colour from every side and under every light."""
    material, graph = _new(name)
    _finish(graph, graph.add("ShaderNodeEmission", {"Color": (*colour, 1.0)}).outputs[0])
    material.diffuse_color = (*colour, 1.0)
    return material


def neuron(name: str) -> bpy.types.Material:
    """Reads ``glow`` and ``not_finite``, from instances and from points alike."""
    material, graph = _new(name)
    glow = _instance_or_point(graph, contract.GLOW)
    colour = _activation_colour(graph, glow)
    colour = _mix(graph, _instance_or_point(graph, contract.NOT_FINITE), colour, (*palette.NOT_FINITE, 1.0))
    # The camera sees the colour as the legend shows it; neighbours are lit more strongly, which reads as glowing.
    is_camera = graph.add("ShaderNodeLightPath").outputs["Is Camera Ray"]
    strength = _mix_values(graph, is_camera, 3.0, 1.0)
    inputs = {
        "Base Color": (*palette.SPHERE, 1.0),
        "Roughness": 0.22,
        "Emission Color": colour,
        "Emission Strength": strength,
    }
    _finish(graph, graph.add("ShaderNodeBsdfPrincipled", inputs).outputs[0])
    material.diffuse_color = (*palette.ACTIVATION_RAMP[2][1], 1.0)
    return material


def bar(name: str) -> bpy.types.Material:
    """A probability bar: grey while its class is unlikely, the activation's green as it becomes likely."""
    material, graph = _new(name)
    glow = _instance_or_point(graph, contract.GLOW)
    colour = _mix(graph, glow, (*palette.BAR_REST, 1.0), (*palette.ACTIVATION_RAMP[-1][1], 1.0))
    _finish(graph, graph.add("ShaderNodeEmission", {"Color": colour}).outputs[0])
    material.diffuse_color = (*palette.ACTIVATION_RAMP[-1][1], 1.0)
    return material


def legend(name: str) -> bpy.types.Material:
    """The activation colours from left to right over a mesh with UVs named ``uv``."""
    material, graph = _new(name)
    uv = graph.add("ShaderNodeAttribute", attribute_type="GEOMETRY", attribute_name=UV).outputs["Vector"]
    along = graph.add("ShaderNodeSeparateXYZ", {0: uv}).outputs["X"]
    _finish(graph, graph.add("ShaderNodeEmission", {"Color": _activation_colour(graph, along)}).outputs[0])
    return material


def cards(name: str, image: bpy.types.Image, atlas: Atlas) -> bpy.types.Material:
    """Shows each card its cell of an atlas: values as activation colours, or a picture's own colours.

    As with the spheres, values up to 0 are dark and the layer's highest is brightest. Pixels with alpha 0 stand for
    NaN or infinity.
    """
    material, graph = _new(name)
    position = _atlas_position(graph, atlas.blocks_across * atlas.columns, atlas.blocks_down * atlas.rows)
    texture = graph.add("ShaderNodeTexImage", {"Vector": position}, interpolation="Closest")
    texture.image = image
    colour = texture.outputs["Color"]
    if atlas.layer:
        colour = _activation_colour(graph, _share_of_highest(graph, colour, atlas))
    colour = _mix(graph, texture.outputs["Alpha"], (*palette.NOT_FINITE, 1.0), colour)
    _finish(graph, graph.add("ShaderNodeEmission", {"Color": colour}).outputs[0])
    return material


def _share_of_highest(graph: Graph, level: bpy.types.NodeSocket, atlas: Atlas) -> bpy.types.NodeSocket:
    """From a level, 0 to 1 over the atlas's range, to the share of the highest value; the ramp clamps below 0."""
    highest = atlas.high if atlas.high > 0 else 1.0
    scaled = graph.math("MULTIPLY", level, (atlas.high - atlas.low) / highest)
    return graph.math("ADD", scaled, atlas.low / highest)


def _atlas_position(graph: Graph, cells_across: int, cells_down: int) -> bpy.types.NodeSocket:
    """Cells count from the upper left, textures from the lower left."""
    uv = graph.add("ShaderNodeAttribute", attribute_type="GEOMETRY", attribute_name=UV).outputs["Vector"]
    cell = graph.add("ShaderNodeAttribute", attribute_type="INSTANCER", attribute_name=CELL).outputs["Vector"]
    flip = {0: cell, 1: (1.0, -1.0, 0.0), 2: (0.0, cells_down - 1.0, 0.0)}
    from_below = graph.add("ShaderNodeVectorMath", flip, operation="MULTIPLY_ADD").outputs[0]
    place = graph.add("ShaderNodeVectorMath", {0: from_below, 1: uv}, operation="ADD").outputs[0]
    size = {0: place, 1: (float(cells_across), float(cells_down), 1.0)}
    return graph.add("ShaderNodeVectorMath", size, operation="DIVIDE").outputs[0]


def _activation_colour(graph: Graph, share: bpy.types.NodeSocket) -> bpy.types.NodeSocket:
    ramp = graph.add("ShaderNodeValToRGB", {0: share})
    elements = ramp.color_ramp.elements
    while len(elements) < len(palette.ACTIVATION_RAMP):
        elements.new(0.5)
    for element, (position, colour) in zip(elements, palette.ACTIVATION_RAMP, strict=True):
        element.position = position
        element.color = (*colour, 1.0)
    return ramp.outputs["Color"]


def _instance_or_point(graph: Graph, attribute: str) -> bpy.types.NodeSocket:
    """An attribute of the instance or of the point, whichever is there: the missing one reads as 0."""
    # Its number output is the third; the name differs between Blender versions.
    instance = graph.add("ShaderNodeAttribute", attribute_type="INSTANCER", attribute_name=attribute).outputs[2]
    point = graph.add("ShaderNodeAttribute", attribute_type="GEOMETRY", attribute_name=attribute).outputs[2]
    return graph.math("MAXIMUM", instance, point)


def _mix(graph: Graph, factor: object, a: object, b: object) -> bpy.types.NodeSocket:
    node = graph.add("ShaderNodeMix", data_type="RGBA")
    for name, value in (("Factor", factor), ("A", a), ("B", b)):
        graph.set_input(node, name, value)
    return next(socket for socket in node.outputs if socket.enabled)


def _mix_values(graph: Graph, factor: object, a: float, b: float) -> bpy.types.NodeSocket:
    return graph.math("ADD", graph.math("MULTIPLY", factor, b - a), a)


def _new(name: str) -> tuple[bpy.types.Material, Graph]:
    material = bpy.data.materials.new(name)
    use_nodes(material)
    material.node_tree.nodes.clear()
    return material, Graph(material.node_tree)


def _finish(graph: Graph, shader: bpy.types.NodeSocket) -> None:
    graph.add("ShaderNodeOutputMaterial", {"Surface": shader})

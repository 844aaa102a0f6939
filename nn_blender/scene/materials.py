"""The materials of a network."""

from __future__ import annotations

from collections.abc import Callable

import bpy

from . import contract, palette
from .nodes.cards import CELL, CELL_NEXT, CELLS, PIXELS, SHARE, SHARE_NEXT, UV
from .nodes.composite import MODE
from .nodes.driven import driven_value
from .nodes.glow import CHANGE_TONE, DISABLED_TONE
from .nodes.graph import Graph
from .versions import use_nodes

MAP_COLOURS = "Map Colours"
"""Part of the node group that `map_colours` makes."""


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
    """Reads ``tone``, from instances and from points alike; see `nodes.glow` for what its values stand for."""
    material, graph = _new(name)
    tone = _instance_or_point(graph, contract.TONE)
    is_change = graph.math("GREATER_THAN", tone, CHANGE_TONE - 1.5)
    signed = graph.math("SUBTRACT", tone, graph.math("MULTIPLY", is_change, CHANGE_TONE))
    place = _from_signed(graph, signed)
    colour = _ramp(graph, place, palette.SIGNED_RAMP)
    colour = _mix(graph, is_change, colour, _ramp(graph, place, palette.DIVERGING_RAMP))
    colour = _mix(graph, graph.math("GREATER_THAN", signed, 1.5), colour, (*palette.NOT_FINITE, 1.0))
    is_disabled = graph.math("GREATER_THAN", signed, DISABLED_TONE - 0.5)
    colour = _mix(graph, is_disabled, colour, (*palette.DISABLED, 1.0))
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


def bar_change(name: str) -> bpy.types.Material:
    """What a bar gained or lost against the intact network, by the sign of ``tone``."""
    material, graph = _new(name)
    place = _from_signed(graph, _instance_or_point(graph, contract.TONE))
    _finish(graph, graph.add("ShaderNodeEmission", {"Color": _ramp(graph, place, palette.DIVERGING_RAMP)}).outputs[0])
    return material


def legend(name: str) -> bpy.types.Material:
    """The colours of activation from left to right over a mesh with UVs; see `set_legend_ramp`."""
    material, graph = _new(name)
    uv = graph.add("ShaderNodeAttribute", attribute_type="GEOMETRY", attribute_name=UV).outputs["Vector"]
    along = graph.add("ShaderNodeSeparateXYZ", {0: uv}).outputs["X"]
    _finish(graph, graph.add("ShaderNodeEmission", {"Color": _ramp(graph, along, palette.SIGNED_RAMP)}).outputs[0])
    return material


def set_ramp(tree: bpy.types.NodeTree, ramp: palette.Ramp) -> None:
    """Give the one colour ramp of a legend or of `map_colours` other colours."""
    _set_elements(next(node for node in tree.nodes if node.bl_idname == "ShaderNodeValToRGB"), ramp)


def map_colours(name: str) -> bpy.types.NodeTree:
    """The network's one colour map for all its feature maps: from a share, 0 to 1, to a colour."""
    graph = Graph.shader_group(name, {"Share": "Float"}, {"Colour": "Color"})
    graph.output("Colour", _ramp(graph, graph.input("Share"), palette.SIGNED_RAMP))
    return graph.tree


def cards(name: str, image: bpy.types.Image, colours: bpy.types.NodeTree | None) -> bpy.types.Material:
    """Shows each card its cell of an atlas, between two samples a blend of both cells.

    Pixels with alpha 0 stand for NaN or infinity.

    Args:
        colours: see `map_colours`; None for a picture with colours of its own.
    """

    def colour_of(cell: str, share: str) -> bpy.types.NodeSocket:
        texture = _cell_texture(graph, image, cell)
        colour = texture.outputs["Color"]
        if colours is not None:
            colour = _mapped(graph, colours, colour, _instance(graph, share))
        return _mix(graph, texture.outputs["Alpha"], (*palette.NOT_FINITE, 1.0), colour)

    material, graph = _new(name)
    _finish_fading(graph, colour_of)
    return material


def composite(
    name: str, image: bpy.types.Image, colours: bpy.types.NodeTree, root: bpy.types.Collection
) -> bpy.types.Material:
    """Shows a layer's summary by the instance attribute ``mode``: 0 mean, 1 maximum, 2 strongest neuron.

    The picture holds levels of mean and maximum in red and green, and which neuron is strongest in blue.
    """

    def colour_of(cell: str, share: str) -> bpy.types.NodeSocket:
        texture = _cell_texture(graph, image, cell)
        mode = graph.add("ShaderNodeAttribute", attribute_type="INSTANCER", attribute_name=MODE).outputs[2]
        red, green, blue = graph.add("ShaderNodeSeparateColor", {0: texture.outputs["Color"]}).outputs
        is_mean = graph.math("LESS_THAN", mode, 0.5)
        level = graph.math("ADD", graph.math("MULTIPLY", red, is_mean), _masked(graph, green, is_mean))
        mapped = _mapped(graph, colours, level, _instance(graph, share))
        strongest = _hue(graph, blue, _brightness(graph, root, _placed(graph, level, _instance(graph, share))))
        colour = _mix(graph, graph.math("GREATER_THAN", mode, 1.5), mapped, strongest)
        return _mix(graph, texture.outputs["Alpha"], (*palette.NOT_FINITE, 1.0), colour)

    material, graph = _new(name)
    _finish_fading(graph, colour_of)
    return material


def set_image(material: bpy.types.Material, image: bpy.types.Image) -> None:
    """Let a material of cards show another image."""
    for node in material.node_tree.nodes:
        if node.bl_idname == "ShaderNodeTexImage":
            node.image = image


def set_interpolation(material: bpy.types.Material, is_smooth: bool) -> None:
    """Whether the pixels of maps are blended into each other."""
    for node in material.node_tree.nodes:
        if node.bl_idname == "ShaderNodeTexImage":
            node.interpolation = "Linear" if is_smooth else "Closest"


def _finish_fading(graph: Graph, colour_of: Callable[[str, str], bpy.types.NodeSocket]) -> None:
    now, then = colour_of(CELL, SHARE), colour_of(CELL_NEXT, SHARE_NEXT)
    fade = graph.add("ShaderNodeSeparateXYZ", {0: _instance(graph, CELL)}).outputs[2]
    _finish(graph, graph.add("ShaderNodeEmission", {"Color": _mix(graph, fade, now, then)}).outputs[0])


def _brightness(graph: Graph, root: bpy.types.Collection, place: bpy.types.NodeSocket) -> bpy.types.NodeSocket:
    """From a place on the colour map; on one that is centred, 0 is in the middle and what is below is dark."""
    number = driven_value(graph, "Colours", root, contract.MAP_COLOURS)
    is_centred = graph.math("LESS_THAN", number, len(palette.CENTRED) - 0.5)
    from_middle = graph.math("MAXIMUM", graph.math("SUBTRACT", graph.math("MULTIPLY", place, 2.0), 1.0), 0.0)
    return graph.math("ADD", graph.math("MULTIPLY", from_middle, is_centred), _masked(graph, place, is_centred))


def _masked(graph: Graph, value: bpy.types.NodeSocket, hidden: bpy.types.NodeSocket) -> bpy.types.NodeSocket:
    return graph.math("MULTIPLY", value, graph.math("SUBTRACT", 1.0, hidden))


def _hue(graph: Graph, hue: bpy.types.NodeSocket, brightness: bpy.types.NodeSocket) -> bpy.types.NodeSocket:
    """Red to violet, so that the first neuron and the last one differ."""
    parts = {0: graph.math("MULTIPLY", hue, 0.83), 1: 0.85, 2: brightness}
    return graph.add("ShaderNodeCombineColor", parts, mode="HSV").outputs[0]


def _mapped(
    graph: Graph, colours: bpy.types.NodeTree, level: bpy.types.NodeSocket, share: bpy.types.NodeSocket
) -> bpy.types.NodeSocket:
    return graph.add("ShaderNodeGroup", {0: _placed(graph, level, share)}, node_tree=colours).outputs[0]


def _placed(graph: Graph, level: bpy.types.NodeSocket, share: bpy.types.NodeSocket) -> bpy.types.NodeSocket:
    """From a level to a place on the colour map; see `nodes.cards.SHARE`."""
    parts = graph.add("ShaderNodeSeparateXYZ", {0: share}).outputs
    return graph.math("ADD", graph.math("MULTIPLY", level, parts[0]), parts[1])


def _instance(graph: Graph, attribute: str) -> bpy.types.NodeSocket:
    node = graph.add("ShaderNodeAttribute", attribute_type="INSTANCER", attribute_name=attribute)
    return node.outputs["Vector"]


def _cell_texture(graph: Graph, image: bpy.types.Image, cell: str) -> bpy.types.Node:
    """The image at a card's cell. Sizes of the atlas come by instance attributes, for it changes with the samples."""
    uv = graph.add("ShaderNodeAttribute", attribute_type="GEOMETRY", attribute_name=UV).outputs["Vector"]
    pixels, cells = _instance(graph, PIXELS), _instance(graph, CELLS)
    # Half a pixel from the edge: interpolation must not take in the neighbouring cell.
    half = graph.add("ShaderNodeVectorMath", {0: (0.5, 0.5, 0.0), 1: pixels}, operation="DIVIDE").outputs[0]
    end = graph.add("ShaderNodeVectorMath", {0: (1.0, 1.0, 0.0), 1: half}, operation="SUBTRACT").outputs[0]
    inside = graph.add("ShaderNodeVectorMath", {0: uv, 1: half}, operation="MAXIMUM").outputs[0]
    inside = graph.add("ShaderNodeVectorMath", {0: inside, 1: end}, operation="MINIMUM").outputs[0]
    place = graph.add("ShaderNodeVectorMath", {0: _from_below(graph, cell, cells), 1: inside}, operation="ADD")
    position = graph.add("ShaderNodeVectorMath", {0: place.outputs[0], 1: cells}, operation="DIVIDE").outputs[0]
    texture = graph.add("ShaderNodeTexImage", {"Vector": position}, interpolation="Closest")
    texture.image = image
    return texture


def _from_below(graph: Graph, cell: str, cells: bpy.types.NodeSocket) -> bpy.types.NodeSocket:
    """Cells count from the upper left, textures from the lower left."""
    column, row, _ = graph.add("ShaderNodeSeparateXYZ", {0: _instance(graph, cell)}).outputs
    down = graph.add("ShaderNodeSeparateXYZ", {0: cells}).outputs[1]
    return graph.vector(column, graph.math("SUBTRACT", graph.math("SUBTRACT", down, row), 1.0))


def _from_signed(graph: Graph, tone: bpy.types.NodeSocket) -> bpy.types.NodeSocket:
    """From -1…1 to 0…1."""
    return graph.math("ADD", graph.math("MULTIPLY", tone, 0.5), 0.5)


def _ramp(graph: Graph, share: bpy.types.NodeSocket, ramp: palette.Ramp) -> bpy.types.NodeSocket:
    node = graph.add("ShaderNodeValToRGB", {0: share})
    _set_elements(node, ramp)
    return node.outputs["Color"]


def _set_elements(node: bpy.types.Node, ramp: palette.Ramp) -> None:
    elements = node.color_ramp.elements
    while len(elements) > len(ramp):
        elements.remove(elements[-1])
    while len(elements) < len(ramp):
        elements.new(1.0)
    for element, (position, colour) in zip(elements, ramp, strict=True):
        element.position = position
        element.color = (*colour, 1.0)


def _instance_or_point(graph: Graph, attribute: str) -> bpy.types.NodeSocket:
    """An attribute of the instance or of the point, whichever is there: the missing one reads as 0."""
    # Its number output is the third; the name differs between Blender versions.
    instance = graph.add("ShaderNodeAttribute", attribute_type="INSTANCER", attribute_name=attribute).outputs[2]
    point = graph.add("ShaderNodeAttribute", attribute_type="GEOMETRY", attribute_name=attribute).outputs[2]
    return graph.math("ADD", instance, point)


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

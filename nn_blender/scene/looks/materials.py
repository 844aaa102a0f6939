"""The materials of a network."""

from __future__ import annotations

from functools import partial

import bpy
import numpy as np

from ..base import contract
from ..base.colour_maps import Colour, Ramp
from ..base.parts import Parts, material
from ..base.theme import Surface
from ..base.versions import use_nodes
from ..nodes.cards import UV
from ..nodes.glow import CHANGE_TONE, DISABLED_TONE, NOT_FINITE_TONE, UNKNOWN_TONE
from ..nodes.graph import Graph, Socket

_LINE_HEIGHT, _LINE_HALF = 0.38, 0.04
"""Where the line around a block runs, as shares of its height from its middle, and half of how high it is."""


def _surface(name: str, made_of: Surface) -> bpy.types.Material:
    """A plain surface that the stage's lights shape."""
    material, graph = new_material(name)
    finish(graph, graph.add("ShaderNodeBsdfPrincipled", _surface_inputs(made_of)).outputs[0])
    material.diffuse_color = (*made_of.colour, 1.0)
    material.roughness = made_of.roughness
    return material


def _surface_inputs(made_of: Surface) -> dict[str, object]:
    return {"Base Color": (*made_of.colour, 1.0), "Roughness": made_of.roughness, "Metallic": made_of.metallic}


def _matte(name: str, colour: Colour) -> bpy.types.Material:
    """A surface that reflects nothing: the light on it is cheap to compute and free of grain."""
    material, graph = new_material(name)
    finish(graph, graph.add("ShaderNodeBsdfDiffuse", {"Color": (*colour, 1.0)}).outputs[0])
    material.diffuse_color = (*colour, 1.0)
    material.roughness = 1.0
    return material


@material("Slab")
def slab(name: str, parts: Parts) -> bpy.types.Material:
    """A slab, or the box of a block, around which a line glows as strongly as ``glow`` says."""
    (material, graph), theme = new_material(name), parts.theme
    glow = _instance_or_point(graph, contract.GLOW)
    place = graph.add("ShaderNodeAttribute", attribute_type="GEOMETRY", attribute_name=contract.PLACE)
    height = graph.separate(place.outputs["Vector"])[2]
    # strength = 1 where |height - _LINE_HEIGHT| < _LINE_HALF and glow > 0, else 0
    from_line = abs(height - _LINE_HEIGHT)
    is_line = from_line < _LINE_HALF
    strength = is_line * (glow > 0.0)
    inputs = {
        **_surface_inputs(theme.surfaces.slab),
        "Emission Color": colour_ramp(graph, glow, theme.glow.positive),
        "Emission Strength": strength,
    }
    finish(graph, graph.add("ShaderNodeBsdfPrincipled", inputs).outputs[0])
    material.diffuse_color = (*theme.surfaces.slab.colour, 1.0)
    material.roughness = theme.surfaces.slab.roughness
    return material


def _flat(name: str, colour: Colour) -> bpy.types.Material:
    """Text: the same colour from every side and under every light."""
    material, graph = new_material(name)
    finish(graph, graph.add("ShaderNodeEmission", {"Color": (*colour, 1.0)}).outputs[0])
    material.diffuse_color = (*colour, 1.0)
    return material


def flat(parts: Parts, part: str, colour: np.ndarray) -> bpy.types.Material:
    """The network's material of that part, of one colour under every light.

    Args:
        colour: uint8 (3,), as in pictures.
    """
    share = np.asarray(colour, np.float64) / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    red, green, blue = map(float, linear)
    return parts.block("material", part, lambda name: _flat(name, (red, green, blue)))


@material("Ink")
def ink(name: str, parts: Parts) -> bpy.types.Material:
    return _flat(name, parts.theme.ink.text)


@material("Dim Ink")
def dim_ink(name: str, parts: Parts) -> bpy.types.Material:
    return _flat(name, parts.theme.ink.dim)


@material("Cross")
def cross(name: str, parts: Parts) -> bpy.types.Material:
    return _flat(name, parts.theme.ink.cross)


@material("Mark")
def mark(name: str, parts: Parts) -> bpy.types.Material:
    return _flat(name, parts.theme.ink.mark)


@material("Right")
def right(name: str, parts: Parts) -> bpy.types.Material:
    return _flat(name, parts.theme.ink.right)


@material("Wrong")
def wrong(name: str, parts: Parts) -> bpy.types.Material:
    return _flat(name, parts.theme.ink.wrong)


@material("No Change")
def no_change(name: str, parts: Parts) -> bpy.types.Material:
    """Of feature maps that an intervention does not reach, while the network compares."""
    return _flat(name, parts.theme.glow.no_change)


@material("Frame")
def frame(name: str, parts: Parts) -> bpy.types.Material:
    return _surface(name, parts.theme.surfaces.frame)


@material("Floor")
def floor(name: str, parts: Parts) -> bpy.types.Material:
    return _matte(name, parts.theme.ground.floor)


@material("Neuron")
def neuron(name: str, parts: Parts) -> bpy.types.Material:
    """Reads ``tone``, from instances and from points alike; see `nodes.glow` for what its values stand for."""
    (material, graph), theme = new_material(name), parts.theme
    tone = _instance_or_point(graph, contract.TONE)
    # tones from CHANGE_TONE - 1 on are of a change; signed = tone - CHANGE_TONE for those, else tone
    is_change = tone > CHANGE_TONE - 1.5
    signed = tone - is_change * CHANGE_TONE
    place = _from_signed(signed)
    colour = colour_ramp(graph, place, theme.glow.signed)
    colour = mix_colours(graph, is_change, colour, colour_ramp(graph, place, theme.glow.change))
    for special, meaning in (
        (NOT_FINITE_TONE, theme.glow.not_finite),
        (DISABLED_TONE, theme.glow.disabled),
        (UNKNOWN_TONE, theme.glow.unknown),
    ):
        colour = mix_colours(graph, signed > special - 0.5, colour, (*meaning, 1.0))
    # The camera sees the colour as the legend shows it; neighbours are lit more strongly, which reads as glowing.
    is_camera = graph.add("ShaderNodeLightPath").outputs["Is Camera Ray"]
    strength = _mix_values(is_camera, theme.glow.strength_around, 1.0)
    inputs = {
        **_surface_inputs(theme.surfaces.neuron),
        "Emission Color": colour,
        "Emission Strength": strength,
    }
    finish(graph, graph.add("ShaderNodeBsdfPrincipled", inputs).outputs[0])
    material.diffuse_color = (*theme.plain.positive, 1.0)
    return material


@material("Bar")
def bar(name: str, parts: Parts) -> bpy.types.Material:
    """A probability bar: faint while its class is unlikely, as bright as the highest activation when it is certain."""
    (material, graph), theme = new_material(name), parts.theme
    glow = _instance_or_point(graph, contract.GLOW)
    colour = mix_colours(graph, glow, (*theme.plain.bar_rest, 1.0), (*theme.plain.bar_full, 1.0))
    finish(graph, graph.add("ShaderNodeEmission", {"Color": colour}).outputs[0])
    material.diffuse_color = (*theme.plain.bar_full, 1.0)
    return material


@material("Bar Change")
def bar_change(name: str, parts: Parts) -> bpy.types.Material:
    """What a bar gained or lost against the intact network, by the sign of ``tone``."""
    material, graph = new_material(name)
    place = _from_signed(_instance_or_point(graph, contract.TONE))
    finish(
        graph, graph.add("ShaderNodeEmission", {"Color": colour_ramp(graph, place, parts.theme.glow.change)}).outputs[0]
    )
    return material


@material("Connection")
def connection(name: str, parts: Parts) -> bpy.types.Material:
    """A line between neurons, by the sign and size of ``tone``; it lights nothing up."""
    (material, graph), theme = new_material(name), parts.theme
    tone = _instance_or_point(graph, contract.TONE)
    colour = colour_ramp(graph, _from_signed(tone), theme.glow.change)
    is_unknown = tone > NOT_FINITE_TONE - 0.5
    colour = mix_colours(graph, is_unknown, colour, (*theme.glow.not_finite, 1.0))
    is_camera = graph.add("ShaderNodeLightPath").outputs["Is Camera Ray"]
    finish(graph, graph.add("ShaderNodeEmission", {"Color": colour, "Strength": is_camera}).outputs[0])
    material.diffuse_color = (*theme.ink.dim, 1.0)
    return material


@material("Legend")
def legend(name: str, parts: Parts) -> bpy.types.Material:
    """The colours of activation from left to right over a mesh with UVs; see `set_ramp`."""
    material, graph = new_material(name)
    uv = graph.add("ShaderNodeAttribute", attribute_type="GEOMETRY", attribute_name=UV).outputs["Vector"]
    along = graph.separate(uv)[0]
    finish(
        graph, graph.add("ShaderNodeEmission", {"Color": colour_ramp(graph, along, parts.theme.glow.signed)}).outputs[0]
    )
    return material


def set_ramp(tree: bpy.types.NodeTree, ramp: Ramp) -> None:
    """Give the one colour ramp of a legend or of `card_colours.map_colours` other colours."""
    _set_elements(next(node for node in tree.nodes if node.bl_idname == "ShaderNodeValToRGB"), ramp)


def _from_signed(tone: Socket) -> Socket:
    """From -1…1 to 0…1."""
    return tone * 0.5 + 0.5


def colour_ramp(graph: Graph, share: Socket, ramp: Ramp) -> Socket:
    """The colour at a share, 0 to 1, of a ramp."""
    node = graph.add("ShaderNodeValToRGB", {0: share})
    node.prepare = partial(_set_elements, ramp=ramp)
    return node.outputs["Color"]


def _set_elements(node: bpy.types.Node, ramp: Ramp) -> None:
    elements = node.color_ramp.elements
    while len(elements) > len(ramp):
        elements.remove(elements[-1])
    while len(elements) < len(ramp):
        elements.new(1.0)
    for element, (position, colour) in zip(elements, ramp, strict=True):
        element.position = position
        element.color = (*colour, 1.0)


def _instance_or_point(graph: Graph, attribute: str) -> Socket:
    """An attribute of the instance or of the point, whichever is there: the missing one reads as 0."""
    # Its number output is the third; the name differs between Blender versions.
    instance = graph.add("ShaderNodeAttribute", attribute_type="INSTANCER", attribute_name=attribute).outputs[2]
    point = graph.add("ShaderNodeAttribute", attribute_type="GEOMETRY", attribute_name=attribute).outputs[2]
    return instance + point


def mix_colours(graph: Graph, factor: object, a: object, b: object) -> Socket:
    """Colour a where the factor is 0, b where it is 1."""
    node = graph.add("ShaderNodeMix", data_type="RGBA")
    for name, value in (("Factor", factor), ("A", a), ("B", b)):
        node.set_input(name, value)
    return node.outputs["Result"]


def _mix_values(factor: Socket, a: float, b: float) -> Socket:
    return factor * (b - a) + a


def new_material(name: str) -> tuple[bpy.types.Material, Graph]:
    """An empty material; `finish` ends it."""
    material = bpy.data.materials.new(name)
    if hasattr(material, "cycles"):
        # Letters, lines and maps would all be lights to be looked for from every point of the floor, at a third of
        # the time of a frame; the stage's own are enough. Without the Cycles add-on there is no such setting.
        material.cycles.emission_sampling = "NONE"
    tree = use_nodes(material)
    tree.nodes.clear()
    return material, Graph(tree)


def finish(graph: Graph, shader: Socket) -> None:
    """Let a shader be the surface."""
    graph.add("ShaderNodeOutputMaterial", {"Surface": shader})
    graph.build()

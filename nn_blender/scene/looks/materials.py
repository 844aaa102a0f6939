"""The materials of a network."""

from __future__ import annotations

from functools import partial

import bpy
import numpy as np

from ..base import contract
from ..base.colour_maps import Colour, Ramp, linear_colour
from ..base.parts import Parts, material
from ..base.theme import Theme
from ..base.themed import RAMP, Themed, mark, write_ramp
from ..base.theming import write_value
from ..base.versions import use_nodes
from ..nodes.cards import UV
from ..nodes.glow import CHANGE_TONE, DISABLED_TONE, NOT_FINITE_TONE, UNKNOWN_TONE
from ..nodes.graph import Graph, Socket, Value

_LINE_HEIGHT, _LINE_HALF = 0.38, 0.04
"""Where the line around a block runs, as shares of its height from its middle, and half of how high it is."""

_LIT_SHARE = 0.35
"""How far the colour of a ribbon turns where it is lit; main path and skips stay apart."""
_TRAY_LEVELS = 5
"""Trays higher than so many look alike."""


def surface(name: str, made_of: str) -> bpy.types.Material:
    """A plain surface that the stage's lights shape, one of the theme's `Surfaces`."""
    material, graph = new_material(name)
    finish(graph, graph.add("ShaderNodeBsdfPrincipled", surface_inputs(made_of)).outputs[0])
    show_in_solid(material, f"surfaces.{made_of}.colour")
    mark(material, "roughness", Themed(f"surfaces.{made_of}.roughness"))
    return material


def surface_inputs(made_of: str) -> dict[str, object]:
    return {
        "Base Color": Themed(f"surfaces.{made_of}.colour"),
        "Roughness": Themed(f"surfaces.{made_of}.roughness"),
        "Metallic": Themed(f"surfaces.{made_of}.metallic"),
        "Specular IOR Level": Themed(f"surfaces.{made_of}.specular"),
        "Emission Color": Themed(f"surfaces.{made_of}.colour"),
        "Emission Strength": Themed(f"surfaces.{made_of}.fill"),
    }


def show_in_solid(material: bpy.types.Material, path: str) -> None:
    """The colour that the Solid viewport and Workbench show."""
    mark(material, "diffuse_color", Themed(path))


@material("Slab")
def slab(name: str, _parts: Parts) -> bpy.types.Material:
    """A slab, or the box of a block, around which a line shows ``glow`` as neurons do."""
    material, graph = new_material(name)
    glow = _instance_or_point(graph, contract.GLOW)
    place = graph.add("ShaderNodeAttribute", attribute_type="GEOMETRY", attribute_name=contract.PLACE)
    height = graph.separate(place.outputs["Vector"])[2]
    # is_line = 1 where |height - _LINE_HEIGHT| < _LINE_HALF and glow > 0, else 0
    from_line = abs(height - _LINE_HEIGHT)
    is_line = (from_line < _LINE_HALF) * (glow > 0.0)
    colour = colour_ramp(graph, glow, Themed("glow.positive"))
    finish(graph, _coloured(graph, "slab", colour, is_line, Themed("glow.emitted")))
    show_in_solid(material, "surfaces.slab.colour")
    mark(material, "roughness", Themed("surfaces.slab.roughness"))
    return material


def _coloured(graph: Graph, made_of: str, colour: Socket, share: Value, strength: Value) -> Socket:
    """A surface that shows a value by a colour: by light of its own, or as pigment in the light of others.

    Args:
        made_of: one of the theme's `Surfaces`.
        share: 1 where it shows the colour, 0 where it does not.
        strength: of its own light.
    """
    inputs = surface_inputs(made_of)
    pigment = graph.math("MULTIPLY", share, Themed("glow.pigment"))
    for name, factor in (("Base Color", pigment), ("Emission Color", share)):
        inputs[name] = mix_colours(graph, factor, inputs[name], colour)
    inputs["Emission Strength"] = _mixed(graph, share, inputs["Emission Strength"], strength)
    return graph.add("ShaderNodeBsdfPrincipled", inputs).outputs[0]


def _flat(name: str, colour: Themed | Colour) -> bpy.types.Material:
    """Text: the same colour from every side and under every light."""
    material, graph = new_material(name)
    shown = colour if isinstance(colour, Themed) else (*colour, 1.0)
    finish(graph, graph.add("ShaderNodeEmission", {"Color": shown}).outputs[0])
    if isinstance(colour, Themed):
        show_in_solid(material, colour.path)
    else:
        material.diffuse_color = (*colour, 1.0)
    return material


def flat(parts: Parts, part: str, colour: np.ndarray) -> bpy.types.Material:
    """The network's material of that part, of one colour under every light.

    Args:
        colour: uint8 (3,), as in pictures.
    """
    return parts.block("material", part, lambda name: _flat(name, linear_colour(colour)))


@material("Ink")
def ink(name: str, _parts: Parts) -> bpy.types.Material:
    return _flat(name, Themed("ink.text"))


@material("Dim Ink")
def dim_ink(name: str, _parts: Parts) -> bpy.types.Material:
    return _flat(name, Themed("ink.dim"))


@material("Cross")
def cross(name: str, _parts: Parts) -> bpy.types.Material:
    return _flat(name, Themed("ink.cross"))


@material("Mark")
def selection(name: str, _parts: Parts) -> bpy.types.Material:
    return _flat(name, Themed("ink.mark"))


@material("Picture Ink")
def picture_ink(name: str, _parts: Parts) -> bpy.types.Material:
    return _flat(name, Themed("ink.picture"))


@material("Right")
def right(name: str, _parts: Parts) -> bpy.types.Material:
    return _flat(name, Themed("ink.right"))


@material("Wrong")
def wrong(name: str, _parts: Parts) -> bpy.types.Material:
    return _flat(name, Themed("ink.wrong"))


@material("Speaks For")
def speaks_for(name: str, _parts: Parts) -> bpy.types.Material:
    """Of marks around neurons that speak for an answer."""
    return _flat(name, Themed("glow.more"))


@material("Speaks Against")
def speaks_against(name: str, _parts: Parts) -> bpy.types.Material:
    """Of marks around neurons that speak against it."""
    return _flat(name, Themed("glow.less"))


@material("No Change")
def no_change(name: str, _parts: Parts) -> bpy.types.Material:
    """Of feature maps that an intervention does not reach, while the network compares."""
    return _flat(name, Themed("glow.no_change"))


@material("Frame")
def frame(name: str, _parts: Parts) -> bpy.types.Material:
    return surface(name, "frame")


@material("Floor")
def floor(name: str, _parts: Parts) -> bpy.types.Material:
    """It reflects nothing, so the light on it is cheap to compute and free of grain."""
    material, graph = new_material(name)
    lit = graph.add("ShaderNodeBsdfDiffuse", {"Color": Themed("ground.floor")}).outputs[0]
    haze = graph.add("ShaderNodeEmission", {"Color": Themed("ground.haze")}).outputs[0]
    finish(graph, graph.add("ShaderNodeAddShader", {0: lit, 1: haze}).outputs[0])
    show_in_solid(material, "ground.floor")
    material.roughness = 1.0
    return material


@material("Neuron")
def neuron(name: str, _parts: Parts) -> bpy.types.Material:
    """Reads ``tone``, from instances and from points alike; see `nodes.glow` for what its values stand for."""
    material, graph = new_material(name)
    tone = _instance_or_point(graph, contract.TONE)
    # tones from CHANGE_TONE - 1 on are of a change; signed = tone - CHANGE_TONE for those, else tone
    is_change = tone > CHANGE_TONE - 1.5
    signed = tone - is_change * CHANGE_TONE
    place = _from_signed(signed)
    colour = colour_ramp(graph, place, Themed("glow.signed"))
    colour = mix_colours(graph, is_change, colour, colour_ramp(graph, place, Themed("glow.change")))
    for special, meaning in (
        (NOT_FINITE_TONE, "glow.not_finite"),
        (DISABLED_TONE, "glow.disabled"),
        (UNKNOWN_TONE, "glow.unknown"),
    ):
        colour = mix_colours(graph, signed > special - 0.5, colour, Themed(meaning))
    # The camera sees the colour as the legend shows it; neighbours are lit more strongly, which reads as glowing.
    is_camera = graph.add("ShaderNodeLightPath").outputs["Is Camera Ray"]
    strength = _mixed(graph, is_camera, Themed("glow.strength_around"), Themed("glow.emitted"))
    finish(graph, _coloured(graph, "neuron", colour, 1.0, strength))
    show_in_solid(material, "plain.positive")
    return material


@material("Bar")
def bar(name: str, _parts: Parts) -> bpy.types.Material:
    """A probability bar: faint while its class is unlikely, as strong as the highest activation when it is certain."""
    material, graph = new_material(name)
    glow = _instance_or_point(graph, contract.GLOW)
    colour = mix_colours(graph, glow, Themed("plain.bar_rest"), Themed("plain.bar_full"))
    finish(graph, graph.add("ShaderNodeEmission", {"Color": colour}).outputs[0])
    show_in_solid(material, "plain.bar_full")
    return material


@material("Bar Track")
def bar_track(name: str, _parts: Parts) -> bpy.types.Material:
    return _flat(name, Themed("plain.bar_track"))


@material("Bar Change")
def bar_change(name: str, _parts: Parts) -> bpy.types.Material:
    """What a bar gained or lost against the intact network, by the sign of ``tone``."""
    material, graph = new_material(name)
    place = _from_signed(_instance_or_point(graph, contract.TONE))
    colour = colour_ramp(graph, place, Themed("glow.change"))
    finish(graph, graph.add("ShaderNodeEmission", {"Color": colour}).outputs[0])
    return material


@material("Connection")
def connection(name: str, _parts: Parts) -> bpy.types.Material:
    """A line between neurons, by the sign and size of ``tone``; it lights nothing up."""
    material, graph = new_material(name)
    tone = _instance_or_point(graph, contract.TONE)
    colour = colour_ramp(graph, _from_signed(tone), Themed("glow.change"))
    is_unknown = tone > NOT_FINITE_TONE - 0.5
    colour = mix_colours(graph, is_unknown, colour, Themed("glow.not_finite"))
    is_camera = graph.add("ShaderNodeLightPath").outputs["Is Camera Ray"]
    finish(graph, graph.add("ShaderNodeEmission", {"Color": colour, "Strength": is_camera}).outputs[0])
    show_in_solid(material, "ink.dim")
    return material


@material("Ribbon")
def ribbon(name: str, _parts: Parts) -> bpy.types.Material:
    """The way of data: of the main path or, where ``skip`` is 1, of a skip; brought out where ``lit`` is 1."""
    material, graph = new_material(name)
    skip, lit = (_instance_or_point(graph, attribute) for attribute in (contract.SKIP, contract.LIT))
    colour = mix_colours(graph, skip, Themed("flow.main"), Themed("flow.skip"))
    colour = mix_colours(graph, lit * _LIT_SHARE, colour, Themed("flow.lit"))
    inputs = {"Base Color": colour, "Emission Color": colour, "Emission Strength": Themed("flow.fill")}
    inputs |= {"Roughness": 0.5, "Specular IOR Level": 0.2}
    finish(graph, graph.add("ShaderNodeBsdfPrincipled", inputs).outputs[0])
    show_in_solid(material, "flow.main")
    return material


@material("Tray")
def tray(name: str, _parts: Parts) -> bpy.types.Material:
    """What the children of open blocks stand on: by ``level``, how many it stands on itself, and of its ``rim``."""
    material, graph = new_material(name)
    level = _instance_or_point(graph, contract.LEVEL) * (1 / (_TRAY_LEVELS - 1))
    rim = _instance_or_point(graph, contract.RIM)
    top = colour_ramp(graph, level, Themed("trays.levels"))
    colour = mix_colours(graph, rim, top, colour_ramp(graph, level, Themed("trays.rims")))
    inputs = {"Base Color": colour, "Emission Color": colour, "Emission Strength": Themed("trays.fill")}
    inputs |= {"Roughness": Themed("trays.roughness"), "Specular IOR Level": Themed("trays.specular")}
    finish(graph, graph.add("ShaderNodeBsdfPrincipled", inputs).outputs[0])
    show_in_solid(material, "surfaces.slab.colour")
    return material


@material("Legend")
def legend(name: str, _parts: Parts) -> bpy.types.Material:
    """The colours of activation from left to right over a mesh with UVs; see `set_ramp`."""
    material, graph = new_material(name)
    uv = graph.add("ShaderNodeAttribute", attribute_type="GEOMETRY", attribute_name=UV).outputs["Vector"]
    colour = colour_ramp(graph, graph.separate(uv)[0], Themed("glow.signed"))
    finish(graph, graph.add("ShaderNodeEmission", {"Color": colour}).outputs[0])
    return material


def set_ramp(tree: bpy.types.NodeTree, ramp: Ramp | Themed, theme: Theme) -> None:
    """Give the one colour ramp of a legend or of `card_colours.map_colours` other colours.

    Args:
        theme: what the network has.
    """
    node = next(node for node in tree.nodes if node.bl_idname == "ShaderNodeValToRGB")
    _describe_ramp(node, ramp)
    if isinstance(ramp, Themed):
        write_value(node, RAMP, theme.value(ramp.path))


def _from_signed(tone: Socket) -> Socket:
    """From -1…1 to 0…1."""
    return tone * 0.5 + 0.5


def colour_ramp(graph: Graph, share: Socket, ramp: Ramp | Themed) -> Socket:
    """The colour at a share, 0 to 1, of a ramp."""
    node = graph.add("ShaderNodeValToRGB", {0: share})
    node.prepare = partial(_describe_ramp, ramp=ramp)
    return node.outputs["Color"]


def _describe_ramp(node: bpy.types.Node, ramp: Ramp | Themed) -> None:
    mark(node, RAMP, ramp if isinstance(ramp, Themed) else None)
    if not isinstance(ramp, Themed):
        write_ramp(node, ramp)


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


def _mixed(graph: Graph, factor: Socket, a: Value, b: Value) -> Socket:
    """Number a where the factor is 0, b where it is 1."""
    return graph.add("ShaderNodeMix", {0: factor, "A": a, "B": b}, data_type="FLOAT").outputs["Result"]


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

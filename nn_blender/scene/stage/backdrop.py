"""What is around a network that opens: ground that shows its shadows, and light from all around it."""

from __future__ import annotations

import math

import bpy

from ...core.layout.picture import ELEVATION, UNIT, Rect, floor_point
from ..base import contract
from ..base.parts import Parts, material, node_group, set_nodes
from ..base.themed import Themed, mark
from ..base.versions import use_nodes
from ..looks import materials
from ..nodes.graph import Graph, Socket

REACH = 40.0
"""How much larger the ground is in renders than what the camera sees of it."""
WIDE, HIGH = 0.72, 0.80
"""Of the ellipse in which the ground grows dark, as shares of the picture: half its axes."""
DROP = 0.016
"""How far the ground is below what stands on it, so that the two do not cut each other."""


@node_group("Ground")
def make_ground(name: str, _parts: Parts) -> bpy.types.NodeTree:
    """A plane as large as what the camera sees; in renders much larger.

    In the viewport it must be small: Blender's *View All* shows all that there is.
    """
    graph = Graph.modifier_group(name, {"Geometry": "Geometry"}, {"Geometry": "Geometry"})
    is_viewport = graph.add("GeometryNodeIsViewport").outputs[0]
    scale = graph.switch(is_viewport, REACH, 1.0, "FLOAT")
    larger = {"Geometry": graph.input("Geometry"), "Scale": graph.vector(scale, scale, 1.0)}
    graph.output("Geometry", graph.add("GeometryNodeTransform", larger).outputs[0])
    return graph.build()


@material("Ground")
def ground_material(name: str, _parts: Parts) -> bpy.types.Material:
    """Its colours without any shadow are the theme's own."""
    made, graph = materials.new_material(name)
    colour = _vignette(graph)
    lit = graph.add("ShaderNodeBsdfDiffuse", {"Color": _times(graph, colour, "ground.pigment")}).outputs[0]
    fill = graph.add("ShaderNodeEmission", {"Color": colour, "Strength": Themed("ground.fill")}).outputs[0]
    materials.finish(graph, graph.add("ShaderNodeAddShader", {0: lit, 1: fill}).outputs[0])
    mark(made, "diffuse_color", Themed("ground.centre"))
    made.roughness = 1.0
    return made


def _vignette(graph: Graph) -> Socket:
    """From the middle of the picture to its corners."""
    window = graph.add("ShaderNodeTexCoord").outputs["Window"]
    x, y, _ = graph.separate(window)
    across, up = (x - 0.5) / WIDE, (y - 0.5) / HIGH
    # far = distance from the middle, 1 on the ellipse; share = 1 - smoothstep(1 - far)
    far = graph.math("SQRT", across * across + up * up)
    near = graph.clamp(1.0 - far)
    share = 1.0 - near * near * (3.0 - near * 2.0)
    return materials.mix_colours(graph, share, Themed("ground.centre"), Themed("ground.edge"))


def _times(graph: Graph, colour: Socket, share: str) -> Socket:
    scaled = graph.add("ShaderNodeVectorMath", {0: colour}, operation="SCALE")
    scaled.set_input("Scale", Themed(share))
    return scaled.outputs[0]


def add_ground(parts: Parts) -> None:
    """Ground for a scene that has none."""
    obj = parts.mesh_object(("floor", "", ""), "Ground", _plane, contract.STAGE_COLLECTION)
    obj.data.materials.append(parts.material(ground_material))
    set_nodes(obj, parts.group(make_ground), {}, {})
    # It casts no shadow on anything, and clicks are meant for what stands on it.
    obj.visible_shadow = False
    obj.hide_select = True


def place_ground(parts: Parts, seen: Rect) -> None:
    """Put the network's ground, where it has one, below what the camera sees."""
    obj = parts.find("floor")
    if obj is None:
        return
    x, y, _z = floor_point((seen.x + seen.width / 2, seen.v + seen.height / 2))
    obj.location = x, y, -DROP
    obj.scale = UNIT * seen.width, UNIT * seen.height / math.sin(ELEVATION), 1.0


def _plane() -> bpy.types.Mesh:
    mesh = bpy.data.meshes.new("Ground")
    half = 0.5
    corners = [(-half, -half, 0.0), (half, -half, 0.0), (half, half, 0.0), (-half, half, 0.0)]
    mesh.from_pydata(corners, [], [(0, 1, 2, 3)])
    return mesh


def fill_backdrop(world: bpy.types.World) -> None:
    """Light from all around, and beyond the ground the same colours as the ground's."""
    tree = use_nodes(world)
    tree.nodes.clear()
    graph = Graph(tree)
    is_camera = graph.add("ShaderNodeLightPath").outputs["Is Camera Ray"]
    colour = materials.mix_colours(graph, is_camera, Themed("ground.sky"), _vignette(graph))
    background = graph.add("ShaderNodeBackground", {"Color": colour}).outputs[0]
    graph.add("ShaderNodeOutputWorld", {"Surface": background})
    graph.build()
    if hasattr(world, "cycles"):
        # The light is the same from everywhere, so that a small map of it will do. See `materials.new_material`.
        world.cycles.sampling_method = "MANUAL"
        world.cycles.sample_map_resolution = 16
    # What Workbench shows, which knows no nodes.
    mark(world, "color", Themed("ground.edge"))

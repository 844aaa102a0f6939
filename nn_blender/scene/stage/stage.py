"""Camera, lights, floor and background: what makes the first render handsome."""

from __future__ import annotations

import math
from collections.abc import Callable

import bpy
import numpy as np
from mathutils import Matrix, Vector

from ...core.layout.layout import Layout, Place
from ..base import contract, meshes
from ..base.find import objects
from ..base.parts import Parts
from ..base.themed import Themed, mark
from ..base.theming import use_theme
from ..base.versions import use_nodes
from ..looks import materials
from ..network.description import read_layout, require_description
from ..network.parts import network_parts
from ..nodes.graph import Graph
from .legend import legend_place
from .lights import make_light

FLOOR_DROP = 1.5
LABEL_DROP = 0.9
"""How far labels reach below what they are of."""
LENS = 65.0
MARGIN = 1.04
"""How much wider the lens is than the tightest one that shows everything."""


def add_stage(parts: Parts, layout: Layout) -> None:
    """A camera that sees the whole network and two soft lights; floor and background where no network has them."""
    camera = _add_camera(parts, layout)
    _add_lights(parts, layout)
    if not any(obj.get(contract.ROLE) == "floor" for obj in parts.scene.objects):
        _add_floor(parts, layout)
    if parts.scene.world is None or contract.NETWORK not in parts.scene.world:
        take_world(parts, fill_world)
    follow(parts, camera)


def frame_camera(scene: bpy.types.Scene, camera: bpy.types.Object, points: list[Vector]) -> None:
    """Move the camera, keeping its direction, until all points (in the anchor's space) are in the picture.

    They touch the sides of the picture, or its top and bottom, and are in the middle of it.
    """
    turned = np.array(camera.matrix_basis.to_quaternion().to_matrix())
    across, up, back = (np.array(points) @ turned).T
    corners = np.array(camera.data.view_frame(scene=scene))
    slopes = np.abs(corners[0, :2] / corners[0, 2]) / MARGIN
    place, distances = np.zeros(3), []
    for axis, (along, slope) in enumerate(zip((across, up), slopes, strict=True)):
        # The lines of sight along two opposite sides of the picture that just let all points in between them.
        low, high = (along - slope * back).min(), (along + slope * back).max()
        place[axis] = (low + high) / 2
        distances.append((high - low) / (2 * slope))
    place[2] = max(distances)
    camera.location = Vector((turned @ place).tolist())


def share_stage(scene: bpy.types.Scene, root: bpy.types.Collection, other: bpy.types.Collection) -> None:
    """Let a network without a stage of its own use another one's: its texts face that camera, which sees both.

    Only lights are made for it, since those of the other one light what is near them.

    Args:
        root: the network with the stage; where it has none, or another camera films, less or nothing happens.
        other: the one without.
    """
    camera = next(objects(root, "camera"), None)
    if camera is None:
        return
    (parts, layout), (other_parts, other_layout) = (_parts_and_layout(scene, one) for one in (root, other))
    follow(other_parts, camera)
    _add_lights(other_parts, other_layout)
    if scene.camera != camera:
        return
    scene.view_layers[0].update()
    towards = parts.anchor.matrix_world.inverted() @ other_parts.anchor.matrix_world
    points = _extent(parts, layout) + [towards @ point for point in _extent(other_parts, other_layout)]
    frame_camera(scene, camera, points)


def _parts_and_layout(scene: bpy.types.Scene, root: bpy.types.Collection) -> tuple[Parts, Layout]:
    network = require_description(root).network
    return network_parts(scene, network, root[contract.NETWORK], root), read_layout(root, network)


def follow(parts: Parts, camera: bpy.types.Object) -> None:
    """Let texts face a camera."""
    constraints = parts.focus.constraints
    deleted = (one for one in constraints if one.type == "COPY_ROTATION" and one.target is None)
    constraint = next(deleted, None) or constraints.new("COPY_ROTATION")
    constraint.name = "Follow Camera"
    constraint.target = camera


def _add_camera(parts: Parts, layout: Layout) -> bpy.types.Object:
    data = bpy.data.cameras.new(f"{parts.name} Camera")
    data.lens = LENS
    data.clip_end = 2000.0
    camera = parts.add(bpy.data.objects.new(data.name, data), contract.STAGE_COLLECTION, "camera", parts.anchor)
    camera.rotation_euler = _view(layout).to_track_quat("-Z", "Y").to_euler()
    film_with(parts, camera)
    frame_camera(parts.scene, camera, _extent(parts, layout))
    return camera


def film_with(parts: Parts, camera: bpy.types.Object) -> None:
    """Make a camera the scene's, and remember which one was that before."""
    if parts.scene.camera not in (None, camera):
        parts.root[contract.PREVIOUS_CAMERA] = parts.scene.camera
    parts.scene.camera = camera


def _view(layout: Layout) -> Vector:
    """Where the camera looks."""
    return Vector((math.cos(layout.view_angle), math.sin(layout.view_angle), -0.2))


def _extent(parts: Parts, layout: Layout) -> list[Vector]:
    """Corners of what must be in the picture: slabs and blocks with their labels, legend and boards of outputs."""
    sides: list[tuple[float, Place]] = [(place.x, place) for place in layout.slabs]
    sides += [(x, place) for place in layout.blocks.values() for x in (place.low[0], place.high[0])]
    corners = [
        Vector((x, y, z))
        for x, place in sides
        for y in (place.low[1], place.high[1])
        for z in (place.z - LABEL_DROP, place.high[2])
    ]
    for board in layout.outputs.values():
        corners += [Vector((board.high[0], board.low[1], z)) for z in (board.z, board.high[2])]
    # Boards face the camera, and are as wide as the names of classes are long.
    right = Vector((math.sin(layout.view_angle), -math.cos(layout.view_angle), 0.0))
    corners += [board.location + right * board.get(contract.WIDTH, 0.0) for board in objects(parts.root, "output")]
    x, y, _ = legend_place(layout)
    corners.append(Vector((x, y, layout.bounds.z - FLOOR_DROP)))
    return corners


def _add_lights(parts: Parts, layout: Layout) -> None:
    """Two strips along the network, so that it is lit alike from end to end however long it is.

    Key from above in front, rim from behind, which lifts slabs off the ground. Every light more costs samples.
    """
    bounds, length = layout.bounds, layout.length + 8.0
    height = bounds.height
    # Further lanes and rows make the strips wider, and stronger in proportion.
    lanes = max(place.y for place in layout.slabs) - min(place.y for place in layout.slabs)
    front, back = bounds.y - lanes / 2 - 2.6 * height, bounds.y + lanes / 2 + 2.4 * height
    for part, location, width in (
        ("key", (bounds.x - 0.25 * length, front, bounds.z + 3.2 * height), height),
        ("rim", (bounds.x + 0.15 * length, back, bounds.z + 3.4 * height), 2.0 * height),
    ):
        name, size = f"{parts.name} {part.title()}", (length, width + lanes)
        light = make_light(name, part, parts.theme, size, length * (1 + lanes / height))
        obj = parts.add(bpy.data.objects.new(light.name, light), contract.STAGE_COLLECTION, "light", parts.anchor)
        towards = Vector((location[0], *bounds.middle[1:])) - Vector(location)
        obj.matrix_local = Matrix.Translation(location) @ towards.to_track_quat("-Z", "Y").to_matrix().to_4x4()


def _add_floor(parts: Parts, layout: Layout) -> None:
    floor = meshes.box_mesh("Floor", (2000.0, 2000.0, 0.1), 0.01)
    floor.materials.append(parts.material(materials.floor))
    obj = parts.mesh_object(("floor", "", ""), "Floor", lambda: floor, contract.STAGE_COLLECTION)
    obj.location.z = layout.bounds.z - FLOOR_DROP - 0.05
    # It has nothing to cast a shadow on but itself, which EEVEE does, straight below a light.
    obj.visible_shadow = False
    # Clicks in the viewport are meant for what stands on the floor.
    obj.hide_select = True


def take_world(parts: Parts, fill: Callable[[bpy.types.World], None]) -> None:
    """Give the scene a background of the network's, and remember which one it had before.

    Args:
        fill: makes its nodes.
    """
    world = bpy.data.worlds.new(f"{parts.name} World")
    contract.tag(world, parts.network_id, "world")
    fill(world)
    use_theme(world, parts.theme)
    if parts.scene.world is not None:
        # On both, since users delete collections.
        parts.root[contract.PREVIOUS_WORLD] = world[contract.PREVIOUS_WORLD] = parts.scene.world
    parts.scene.world = world


def fill_world(world: bpy.types.World) -> None:
    """Light from all around, and what the camera sees beyond the floor."""
    tree = use_nodes(world)
    tree.nodes.clear()
    graph = Graph(tree)
    is_camera = graph.add("ShaderNodeLightPath").outputs["Is Camera Ray"]
    colour = materials.mix_colours(graph, is_camera, Themed("ground.world"), Themed("ground.distance"))
    background = graph.add("ShaderNodeBackground", {"Color": colour}).outputs[0]
    graph.add("ShaderNodeOutputWorld", {"Surface": background})
    graph.build()
    # What Workbench shows, which knows no nodes.
    mark(world, "color", Themed("ground.distance"))

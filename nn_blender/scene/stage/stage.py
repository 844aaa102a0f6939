"""Camera, lights, floor and background: what makes the first render handsome."""

from __future__ import annotations

import math

import bpy
import numpy as np
from mathutils import Matrix, Vector

from ...core.layout.layout import Layout
from ...core.network import Network
from ..base import contract, meshes
from ..base.find import objects
from ..base.versions import use_nodes
from ..looks import materials
from ..network.contents import Contents
from ..network.description import read_description, read_layout
from ..network.parts import Kit
from .legend import DISTANCE as LEGEND_DISTANCE

FLOOR_DROP = 1.5
LENS = 65.0
MARGIN = 1.04
"""How much wider the lens is than the tightest one that shows everything."""


def add_stage(kit: Kit, layout: Layout) -> None:
    """A camera that sees the whole network and two soft lights; floor and background where no network has them."""
    camera = _add_camera(kit, layout)
    _add_lights(kit, layout)
    if not any(obj.get(contract.ROLE) == "floor" for obj in kit.scene.objects):
        _add_floor(kit)
    if kit.scene.world is None or contract.NETWORK not in kit.scene.world:
        _add_world(kit)
    _follow(kit, camera)


def frame_camera(kit: Kit, camera: bpy.types.Object, points: list[Vector]) -> None:
    """Move the camera, keeping its direction, until all points (in the anchor's space) are in the picture.

    They touch the sides of the picture, or its top and bottom, and are in the middle of it.
    """
    turned = np.array(camera.matrix_basis.to_quaternion().to_matrix())
    across, up, back = (np.array(points) @ turned).T
    corners = np.array(camera.data.view_frame(scene=kit.scene))
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
    kits = [
        Kit(scene, Contents(Network.from_dict(read_description(one)["network"])), one[contract.NETWORK], one)
        for one in (root, other)
    ]
    _follow(kits[1], camera)
    _add_lights(kits[1], read_layout(kits[1].root, kits[1].contents.network))
    if scene.camera != camera:
        return
    kits[0].view_layer.update()
    towards = kits[0].anchor.matrix_world.inverted() @ kits[1].anchor.matrix_world
    points = _extent(read_layout(kits[0].root, kits[0].contents.network))
    frame_camera(
        kits[0],
        camera,
        points + [towards @ point for point in _extent(read_layout(kits[1].root, kits[1].contents.network))],
    )


def _follow(kit: Kit, camera: bpy.types.Object) -> None:
    """Let texts face a camera."""
    constraint = kit.focus.constraints.new("COPY_ROTATION")
    constraint.name = "Follow Camera"
    constraint.target = camera


def _add_camera(kit: Kit, layout: Layout) -> bpy.types.Object:
    data = bpy.data.cameras.new(f"{kit.name} Camera")
    data.lens = LENS
    data.clip_end = 2000.0
    camera = kit.add(bpy.data.objects.new(data.name, data), contract.STAGE_COLLECTION, "camera", kit.anchor)
    camera.rotation_euler = _view(layout).to_track_quat("-Z", "Y").to_euler()
    if kit.scene.camera is not None:
        kit.root[contract.PREVIOUS_CAMERA] = kit.scene.camera
    kit.scene.camera = camera
    frame_camera(kit, camera, _extent(layout))
    return camera


def _view(layout: Layout) -> Vector:
    """Where the camera looks."""
    return Vector((math.cos(layout.view_angle), math.sin(layout.view_angle), -0.2))


def _extent(layout: Layout) -> list[Vector]:
    """Corners of what must be in the picture: slabs with their labels, the legend and the output's board."""
    corners = []
    for place in (layout.input, *layout.places):
        for y in (-place.width / 2, place.width / 2):
            corners += [Vector((place.x, y, -0.9)), Vector((place.x, y, place.height))]
    last = layout.places[-1] if layout.places else layout.input
    right = _view(layout).cross(Vector((0, 0, 1))).normalized()
    board = Vector((last.x + 0.3, -layout.clear_of(last.x) - 0.45, 0.0)) + 5.2 * right
    corners += [board, board + Vector((0.0, 0.0, max(last.height, 4.5) + 0.9))]
    corners.append(Vector((layout.input.x, -layout.input.width / 2 - LEGEND_DISTANCE, -FLOOR_DROP)))
    return corners


def _add_lights(kit: Kit, layout: Layout) -> None:
    """Two strips along the network, so that it is lit alike from end to end however long it is.

    Key from above in front, rim from behind, which lifts slabs off the ground. Every light more costs samples.
    """
    middle, length, height = layout.length / 2, layout.length + 8.0, layout.height
    lights = kit.theme.lights
    for name, location, width, look in (
        ("Key", (middle - 0.25 * length, -2.6 * height, 3.2 * height), height, lights.key),
        ("Rim", (middle + 0.15 * length, 2.4 * height, 3.4 * height), 2.0 * height, lights.rim),
    ):
        light = bpy.data.lights.new(f"{kit.name} {name}", "AREA")
        light.shape = "RECTANGLE"
        light.size, light.size_y = length, width
        light.color = look.colour
        light.energy = look.power * length
        obj = kit.add(bpy.data.objects.new(light.name, light), contract.STAGE_COLLECTION, "light", kit.anchor)
        towards = Vector((location[0], 0.0, height / 2)) - Vector(location)
        obj.matrix_local = Matrix.Translation(location) @ towards.to_track_quat("-Z", "Y").to_matrix().to_4x4()


def _add_floor(kit: Kit) -> None:
    floor = meshes.box_mesh("Floor", (2000.0, 2000.0, 0.1), 0.01)
    floor.materials.append(kit.material("Floor", materials.matte, kit.theme.ground.floor))
    obj = kit.mesh_object(("floor", "", ""), "Floor", lambda: floor, contract.STAGE_COLLECTION)
    obj.location.z = -FLOOR_DROP - 0.05
    # It has nothing to cast a shadow on but itself, which EEVEE does, straight below a light.
    obj.visible_shadow = False
    # Clicks in the viewport are meant for what stands on the floor.
    obj.hide_select = True


def _add_world(kit: Kit) -> None:
    world = bpy.data.worlds.new(f"{kit.name} World")
    contract.tag(world, kit.network_id, "world")
    use_nodes(world)
    world.node_tree.nodes["Background"].inputs["Color"].default_value = (*kit.theme.ground.world, 1.0)
    if kit.scene.world is not None:
        kit.root[contract.PREVIOUS_WORLD] = kit.scene.world
    kit.scene.world = world

"""What lies under a pixel of a scene with a network, seen by its camera."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import bpy
import numpy as np
import pytest
from bpy_extras.object_utils import world_to_camera_view
from made import made_contents
from mathutils import Matrix, Vector

from nn_blender.core.layout.projection import View
from nn_blender.scene.base.find import network_modifier, objects
from nn_blender.scene.base.versions import get_modifier_input, set_modifier_input
from nn_blender.scene.build import build_network
from nn_blender.scene.maps.closeups import add_closeup
from nn_blender.scene.neurons.picking import Picked, corners_of, pick, sphere_of

WIDTH, HEIGHT = 1600, 900


@pytest.fixture
def root(tmp_path: Path, build_once: Callable[..., bpy.types.Collection]) -> bpy.types.Collection:
    root = build_once(build_network, made_contents(tmp_path), "id-1")
    bpy.context.scene.render.resolution_x, bpy.context.scene.render.resolution_y = WIDTH, HEIGHT
    bpy.context.view_layer.update()
    return root


def view() -> View:
    camera = bpy.context.scene.camera
    depsgraph = bpy.context.evaluated_depsgraph_get()
    lens = camera.calc_matrix_camera(depsgraph, x=WIDTH, y=HEIGHT)
    return View(np.array(lens @ camera.matrix_world.inverted(), np.float64), WIDTH, HEIGHT)


def look_along_data(root: bpy.types.Collection, layer: str, distance: float = 0.8) -> None:
    """Put the camera just before a layer, where no other layer is between."""
    camera = bpy.context.scene.camera
    camera.constraints.clear()
    camera.parent = None
    slab = obj(root, "slab", layer)
    place = slab.matrix_world.translation - Vector((distance, 0, 0))
    camera.matrix_world = Matrix.Translation(place) @ Matrix.Rotation(-math.pi / 2, 4, "Z") @ upright()
    bpy.context.view_layer.update()


def upright() -> Matrix:
    """From looking down to looking ahead."""
    return Matrix.Rotation(math.pi / 2, 4, "X")


def obj(root: bpy.types.Collection, role: str, layer: str) -> bpy.types.Object:
    return next(objects(root, role, layer))


def pixel(point: Vector) -> tuple[float, float]:
    """By Blender's own projection, not ours."""
    seen = world_to_camera_view(bpy.context.scene, bpy.context.scene.camera, point)
    assert seen.z > 0
    return seen.x * WIDTH, seen.y * HEIGHT


def neuron_place(root: bpy.types.Collection, layer: str, neuron: int, role: str = "neurons") -> Vector:
    neurons = obj(root, role, layer)
    return neurons.matrix_world @ neurons.data.vertices[neuron].co


def middle(root: bpy.types.Collection, layer: str) -> int:
    """The neuron before the middle of its slab, behind which the camera sees the slab."""
    slab = obj(root, "slab", layer).matrix_world.translation
    vertices = obj(root, "neurons", layer).data.vertices
    return min(vertices, key=lambda vertex: (vertex.co.yz - slab.yz).length).index


def under(point: Vector) -> Picked | None:
    return pick(bpy.context, view(), *pixel(point))


@pytest.mark.parametrize("kind", ["PERSP", "ORTHO"])
@pytest.mark.parametrize("layer", ["conv", "hidden", "output"])
def test_every_sphere_of_a_layer_is_found_by_its_own_pixel(root: bpy.types.Collection, layer: str, kind: str) -> None:
    # From further away than usual: spheres at the end of a row would hide each other.
    look_along_data(root, layer, distance=1.5)
    bpy.context.scene.camera.data.type = kind
    bpy.context.scene.camera.data.ortho_scale = 12
    bpy.context.scene.camera.data.lens = 12
    count = len(obj(root, "neurons", layer).data.vertices)
    expected = [Picked("id-1", layer, neuron, "neurons") for neuron in range(count)]
    assert [under(neuron_place(root, layer, neuron)) for neuron in range(count)] == expected


def test_a_card_is_the_neuron_of_its_map(root: bpy.types.Collection) -> None:
    look_along_data(root, "conv")
    bpy.context.scene.camera.data.lens = 12
    assert [under(neuron_place(root, "conv", neuron, "card")) for neuron in range(6)] == [
        Picked("id-1", "conv", neuron, "card") for neuron in range(6)
    ]


def test_where_there_is_no_neuron_the_slab_is_its_layer(root: bpy.types.Collection) -> None:
    look_along_data(root, "conv")
    slab = obj(root, "slab", "conv")
    corner = slab.matrix_world @ Vector((-0.05, 0.99 * slab.bound_box[0][1] + 0.06, slab.bound_box[0][2] + 0.06))
    assert under(corner) == Picked("id-1", "conv", None, "slab")


def test_a_slab_and_other_geometry_hide_what_is_behind(root: bpy.types.Collection) -> None:
    look_along_data(root, "pool", distance=5.0)
    hidden = neuron_place(root, "pool", 0, "card")
    # The camera looks through two layers before it.
    assert under(hidden).layer != "pool"
    look_along_data(root, "pool")
    assert under(hidden) == Picked("id-1", "pool", 0, "card")
    bpy.ops.mesh.primitive_plane_add(size=4, location=hidden - Vector((0.3, 0, 0)), rotation=(0, math.pi / 2, 0))
    bpy.context.view_layer.update()
    assert under(hidden) is None
    bpy.context.object.display_type = "WIRE"
    assert under(hidden) == Picked("id-1", "pool", 0, "card")


def test_what_is_hidden_is_not_found(root: bpy.types.Collection) -> None:
    look_along_data(root, "hidden")
    place = neuron_place(root, "hidden", middle(root, "hidden"))
    obj(root, "neurons", "hidden").hide_set(True)
    bpy.context.view_layer.update()
    assert under(place) == Picked("id-1", "hidden", None, "slab")
    obj(root, "slab", "hidden").hide_set(True)
    bpy.context.view_layer.update()
    assert under(place).layer != "hidden"


def test_a_network_that_was_moved_and_enlarged_is_found_where_it_is(root: bpy.types.Collection) -> None:
    anchor = obj(root, "slab", "hidden").parent
    anchor.location, anchor.scale, anchor.rotation_euler.z = (10, 5, 1), (2, 2, 2), 0.0
    bpy.context.view_layer.update()
    look_along_data(root, "hidden", distance=1.6)
    neurons = obj(root, "neurons", "hidden")
    radius = 2 * get_modifier_input(network_modifier(neurons), "Radius")
    place = neuron_place(root, "hidden", 7)
    assert under(place) == Picked("id-1", "hidden", 7, "neurons")
    assert under(place + Vector((0, 0.9 * radius, 0))) == Picked("id-1", "hidden", 7, "neurons")
    centre, found = sphere_of(root, Picked("id-1", "hidden", 7, "neurons"))
    np.testing.assert_allclose(centre, place, atol=1e-5)
    assert found == pytest.approx(radius)


def test_points_are_found_like_spheres(root: bpy.types.Collection) -> None:
    """Blender's own ray passes through them."""
    look_along_data(root, "hidden")
    neurons = obj(root, "neurons", "hidden")
    set_modifier_input(network_modifier(neurons), "Crowd", True)
    neurons.update_tag()
    bpy.context.view_layer.update()
    assert under(neuron_place(root, "hidden", 11)) == Picked("id-1", "hidden", 11, "neurons")


def test_a_large_map_is_its_neuron(root: bpy.types.Collection) -> None:
    add_closeup(bpy.context.scene, root, "conv", 4)
    bpy.context.view_layer.update()
    card = obj(root, "closeup", "conv")
    assert under(card.matrix_world.translation) == Picked("id-1", "conv", 4, "closeup")
    corners = corners_of(root, Picked("id-1", "conv", 4, "closeup"), bpy.context.evaluated_depsgraph_get())
    np.testing.assert_allclose(corners.mean(0), card.matrix_world.translation, atol=1e-5)
    # It faces the camera: its plane is seen at full size.
    sides = np.linalg.norm(np.diff(corners, axis=0), axis=1)
    np.testing.assert_allclose(sides, 3.0, rtol=1e-4)


def test_a_mesh_in_edit_mode_is_passed_over_and_one_with_other_vertices_is_no_harm(root: bpy.types.Collection) -> None:
    look_along_data(root, "hidden")
    neurons = obj(root, "neurons", "hidden")
    neuron = middle(root, "hidden")
    place = neuron_place(root, "hidden", neuron)
    bpy.context.view_layer.objects.active = neurons
    bpy.ops.object.mode_set(mode="EDIT")
    assert under(place) == Picked("id-1", "hidden", None, "slab")
    bpy.ops.mesh.select_all(action="SELECT")
    bpy.ops.mesh.duplicate()
    bpy.ops.object.mode_set(mode="OBJECT")
    assert len(neurons.data.vertices) == 80
    assert under(place) == Picked("id-1", "hidden", neuron, "neurons")
    bpy.ops.object.mode_set(mode="EDIT")
    bpy.ops.mesh.delete(type="VERT")
    bpy.ops.object.mode_set(mode="OBJECT")
    assert under(neuron_place(root, "hidden", 12)) == Picked("id-1", "hidden", 12, "neurons")
    neurons.data.clear_geometry()
    bpy.context.view_layer.update()
    assert under(place) == Picked("id-1", "hidden", None, "slab")

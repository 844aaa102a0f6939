"""Picking and selecting neurons by operators and in Edit Mode: what is chosen, selected, and undone in one step."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import bmesh
import bpy
import numpy as np
import pytest
from bl_ui.space_toolsystem_toolbar import VIEW3D_PT_tools_active
from bpy_extras.object_utils import world_to_camera_view
from made import made_contents
from mathutils import Matrix, Vector

import nn_blender
from nn_blender.core.layout.projection import View
from nn_blender.scene.base.find import network_modifier, networks, objects
from nn_blender.scene.base.meshes import read_floats
from nn_blender.scene.base.versions import get_modifier_input
from nn_blender.scene.build import build_network
from nn_blender.scene.neurons import selection
from nn_blender.scene.neurons.picking import Picked
from nn_blender.ui.neurons import hovering, picking
from nn_blender.ui.neurons.hovering import describe, hover, outline

ALONG_DATA = Matrix.Rotation(-math.pi / 2, 4, "Z") @ Matrix.Rotation(math.pi / 2, 4, "X")
"""From looking down to looking along +x."""


@pytest.fixture(autouse=True)
def built(registered: None, tmp_path: Path) -> None:
    build_network(bpy.context.scene, made_contents(tmp_path), "id-1")
    bpy.context.preferences.edit.use_global_undo = True
    bpy.context.view_layer.update()
    bpy.ops.ed.undo_push(message="start")


@pytest.fixture
def viewport(monkeypatch: pytest.MonkeyPatch) -> Iterator[bpy.types.Region]:
    """A 3D viewport that looks along the data at the layer "hidden", from nearby.

    Without a window a viewport does not know its own matrix; the camera's takes its place.
    """
    window = bpy.context.window_manager.windows[0]
    area = next(area for area in window.screen.areas if area.type == "VIEW_3D")
    region = next(region for region in area.regions if region.type == "WINDOW")
    camera = bpy.context.scene.camera
    camera.constraints.clear()
    camera.parent, camera.data.lens = None, 18
    camera.matrix_world = obj("slab", "hidden").matrix_world @ Matrix.Translation((-2.0, 0, 0)) @ ALONG_DATA
    bpy.context.view_layer.update()
    render = bpy.context.scene.render
    render.resolution_x, render.resolution_y = region.width, region.height
    lens = camera.calc_matrix_camera(bpy.context.evaluated_depsgraph_get(), x=region.width, y=region.height)
    seen = View(np.array(lens @ camera.matrix_world.inverted()), region.width, region.height)
    monkeypatch.setattr(picking, "view_of", lambda *_: seen)
    monkeypatch.setattr(hovering, "view_of", lambda *_: seen)
    with bpy.context.temp_override(window=window, area=area, region=region):
        yield region


def root() -> bpy.types.Collection:
    return networks(bpy.context.scene)[0]


def obj(role: str, layer: str) -> bpy.types.Object:
    return next(objects(root(), role, layer))


def chosen() -> dict[str, list[int]]:
    return {layer: neurons.tolist() for layer, neurons in selection.selected(root()).items()}


def active() -> tuple[str, int]:
    layers = next(child for child in root().children if child["nn_role"] == "layers")
    return layers.objects[bpy.context.scene.nn.layer]["nn_layer"], root().nn.neurons.neuron


def pixel(point: Vector) -> dict[str, int]:
    seen = world_to_camera_view(bpy.context.scene, bpy.context.scene.camera, point)
    render = bpy.context.scene.render
    return {"x": round(seen.x * render.resolution_x), "y": round(seen.y * render.resolution_y)}


def neuron_place(layer: str, neuron: int) -> Vector:
    neurons = obj("neurons", layer)
    return neurons.matrix_world @ neurons.data.vertices[neuron].co


def pick(point: Vector, **choices: bool) -> set[str]:
    return bpy.ops.nn.pick("EXEC_DEFAULT", True, **pixel(point), **choices)


def beside() -> Vector:
    """A place where there is only the slab of "hidden"."""
    slab = obj("slab", "hidden")
    return slab.matrix_world @ (Vector(slab.bound_box[0]) + Vector((0, 0.08, 0.08)))


def nowhere() -> Vector:
    return obj("slab", "hidden").matrix_world.translation + Vector((-1.0, 1.1, 1.1))


def test_a_click_chooses_and_selects_a_neuron(viewport: bpy.types.Region) -> None:
    assert pick(neuron_place("hidden", 17)) == {"FINISHED"}
    assert active() == ("hidden", 17)
    assert bpy.context.scene.nn.network == root()
    assert chosen() == {"hidden": [17]}
    pick(neuron_place("hidden", 9))
    assert chosen() == {"hidden": [9]}


def test_a_further_click_adds_or_removes_and_a_click_on_nothing_deselects(viewport: bpy.types.Region) -> None:
    pick(neuron_place("hidden", 17))
    pick(neuron_place("hidden", 9), extend=True)
    assert chosen() == {"hidden": [9, 17]}
    pick(neuron_place("hidden", 17), extend=True)
    assert chosen() == {"hidden": [9]}
    assert pick(nowhere(), extend=True) == {"CANCELLED"}
    assert chosen() == {"hidden": [9]}
    assert pick(nowhere()) == {"FINISHED"}
    assert chosen() == {}
    assert active() == ("hidden", 17)


def test_a_click_on_a_slab_chooses_its_layer_and_selects_the_slab(viewport: bpy.types.Region) -> None:
    pick(neuron_place("hidden", 17))
    obj("slab", "conv").select_set(True)
    bpy.context.scene.nn.layer = 0
    assert pick(beside()) == {"FINISHED"}
    assert active()[0] == "hidden"
    assert bpy.context.selected_objects == [obj("slab", "hidden")]
    assert bpy.context.view_layer.objects.active == obj("slab", "hidden")
    assert chosen() == {}


def test_every_pick_is_one_undo_step_and_one_that_changes_nothing_none(viewport: bpy.types.Region) -> None:
    pick(neuron_place("hidden", 17))
    pick(neuron_place("hidden", 9), extend=True)
    assert pick(nowhere(), extend=True) == {"CANCELLED"}
    pick(nowhere())
    assert pick(nowhere()) == {"CANCELLED"}
    seen = [chosen()]
    for _ in range(3):
        bpy.ops.ed.undo()
        seen.append(chosen())
    assert seen == [{}, {"hidden": [9, 17]}, {"hidden": [17]}, {}]
    bpy.ops.ed.redo()
    assert chosen() == {"hidden": [17]}
    assert active() == ("hidden", 17)


def test_picking_in_one_network_deselects_those_of_another(viewport: bpy.types.Region, tmp_path: Path) -> None:
    other = build_network(bpy.context.scene, made_contents(tmp_path), "id-2", with_stage=False)
    selection.select(other, "conv", [1])
    first = next(network for network in networks(bpy.context.scene) if network["nn_network"] == "id-1")
    pick(neuron_place("hidden", 17))
    assert selection.selected(other) == {}
    assert bpy.context.scene.nn.network == first


def test_neurons_are_selected_by_number() -> None:
    assert bpy.ops.nn.select_neurons(layer="hidden", neurons="0,3,7-9") == {"FINISHED"}
    assert chosen() == {"hidden": [0, 3, 7, 8, 9]}
    bpy.ops.nn.select_neurons(layer="conv", neurons="1", extend=True)
    assert chosen() == {"conv": [1], "hidden": [0, 3, 7, 8, 9]}
    layers = next(child for child in root().children if child["nn_role"] == "layers")
    bpy.context.scene.nn.layer = [slab["nn_layer"] for slab in layers.objects].index("output")
    bpy.ops.nn.select_neurons(neurons="2")
    assert chosen() == {"output": [2]}
    assert bpy.ops.nn.deselect_neurons() == {"FINISHED"}
    assert chosen() == {}
    with pytest.raises(RuntimeError, match="No neuron is selected"):
        bpy.ops.nn.deselect_neurons()


@pytest.mark.parametrize(
    ("layer", "neurons", "message"),
    [
        ("hidden", "3-40", "no neuron 40"),
        ("hidden", "a", "'a' is not understood"),
        ("nothing", "1", "no layer 'nothing'"),
        ("odd", "0", "has no neurons"),
    ],
)
def test_what_cannot_be_selected_is_said(layer: str, neurons: str, message: str) -> None:
    selection.select(root(), "conv", [1])
    with pytest.raises(RuntimeError, match=message):
        bpy.ops.nn.select_neurons(layer=layer, neurons=neurons)
    assert chosen() == {"conv": [1]}


def test_operators_say_why_they_cannot_run() -> None:
    with pytest.raises(RuntimeError, match="Use it in a 3D viewport"):
        bpy.ops.nn.pick(x=1, y=1)
    edit("hidden")
    with pytest.raises(RuntimeError, match="Leave Edit Mode first"):
        bpy.ops.nn.select_neurons(layer="conv", neurons="1")
    leave()


def edit(layer: str) -> Any:
    bpy.context.view_layer.objects.active = obj("neurons", layer)
    bpy.ops.object.mode_set("EXEC_DEFAULT", True, mode="EDIT")
    return bmesh.from_edit_mesh(obj("neurons", layer).data)


def leave() -> None:
    bpy.ops.object.mode_set("EXEC_DEFAULT", True, mode="OBJECT")


def select_in_edit_mode(layer: str, *neurons: int) -> None:
    shape = edit(layer)
    bpy.ops.mesh.select_all("EXEC_DEFAULT", True, action="DESELECT")
    shape.verts.ensure_lookup_table()
    for neuron in neurons:
        shape.verts[neuron].select_set(True)
    bmesh.update_edit_mesh(obj("neurons", layer).data)
    bpy.ops.ed.undo_push(message="Select")


def test_what_is_selected_in_edit_mode_becomes_the_layers_selection() -> None:
    selection.select(root(), "conv", [1])
    selection.select(root(), "hidden", [5], extend=True)
    select_in_edit_mode("hidden", 2, 3, 20)
    leave()
    assert chosen() == {"conv": [1], "hidden": [2, 3, 20]}
    select_in_edit_mode("hidden")
    leave()
    assert chosen() == {"conv": [1]}


def test_edit_mode_begins_with_the_selection_and_changes_nothing_by_itself() -> None:
    selection.select(root(), "hidden", [5, 7])
    shape = edit("hidden")
    assert [vertex.index for vertex in shape.verts if vertex.select] == [5, 7]
    leave()
    assert chosen() == {"hidden": [5, 7]}


def test_blenders_selection_of_an_older_scene_is_no_selection() -> None:
    """Blender selects every vertex that a script adds."""
    mesh = obj("neurons", "hidden").data
    mesh.vertices.foreach_set("select", np.ones(40, bool))
    edit("hidden")
    leave()
    assert chosen() == {}


def test_leaving_edit_mode_is_one_undo_step() -> None:
    bpy.ops.nn.select_neurons("EXEC_DEFAULT", True, layer="hidden", neurons="5")
    select_in_edit_mode("hidden", 2, 3)
    leave()
    bpy.ops.nn.select_neurons("EXEC_DEFAULT", True, layer="conv", neurons="1", extend=True)
    assert chosen() == {"conv": [1], "hidden": [2, 3]}
    bpy.ops.ed.undo()
    assert chosen() == {"hidden": [2, 3]}
    bpy.ops.ed.undo()
    assert obj("neurons", "hidden").data.is_editmode
    bpy.ops.ed.redo()
    assert chosen() == {"hidden": [2, 3]}
    while obj("neurons", "hidden").data.is_editmode or chosen() == {"hidden": [2, 3]}:
        bpy.ops.ed.undo()
    assert chosen() == {"hidden": [5]}
    for _ in range(9):
        if bpy.ops.ed.redo.poll():
            bpy.ops.ed.redo()
    assert chosen() == {"conv": [1], "hidden": [2, 3]}


def test_vertices_that_were_removed_in_edit_mode_do_no_harm() -> None:
    select_in_edit_mode("hidden", 38, 39)
    bpy.ops.mesh.delete(type="VERT")
    shape = bmesh.from_edit_mesh(obj("neurons", "hidden").data)
    shape.verts.ensure_lookup_table()
    shape.verts[0].select_set(True)
    leave()
    assert chosen() == {"hidden": [0]}
    bpy.ops.nn.select_neurons(layer="hidden", neurons="37-39")
    assert chosen() == {"hidden": [37]}


def test_the_selection_in_edit_mode_is_saved_and_taken_over_after_reopening(tmp_path: Path) -> None:
    select_in_edit_mode("hidden", 2, 3)
    path = str(tmp_path / "scene.blend")
    bpy.ops.wm.save_as_mainfile(filepath=path)
    bpy.ops.wm.open_mainfile(filepath=path)
    if obj("neurons", "hidden").data.is_editmode:
        leave()
    assert chosen() == {"hidden": [2, 3]}


def test_the_tooltip_tells_value_and_rank_for_the_sample_shown() -> None:
    for sample in range(3):
        bpy.context.scene.frame_set(1 + 24 * sample)
        values = read_floats(obj("neurons", "hidden").data, f"activation.{sample}")
        rank = 1 + int((values > values[17]).sum())
        assert describe(bpy.context.scene, root(), Picked("id-1", "hidden", 17, "neurons")) == [
            "hidden, neuron 17",
            f"Activation {values[17]:.3g}",
            f"Rank {rank} of 40",
        ]
    assert describe(bpy.context.scene, root(), Picked("id-1", "conv", None, "slab")) == [
        "conv",
        "Conv2D",
        "12 × 12 × 6",
    ]


def test_the_ring_runs_around_the_sphere(viewport: bpy.types.Region) -> None:
    (ring,) = outline(bpy.context, root(), Picked("id-1", "hidden", 17, "neurons"))
    middle = pixel(neuron_place("hidden", 17))
    gaps = np.hypot(*(np.array(ring) - (middle["x"], middle["y"])).T)
    radius = get_modifier_input(network_modifier(obj("neurons", "hidden")), "Radius")
    up = pixel(neuron_place("hidden", 17) + Vector((0, 0, radius)))["y"] - middle["y"]
    # The sphere is 2 pixels inside; the middle is rounded to a pixel.
    np.testing.assert_allclose(gaps, up + 2, atol=2)
    (box,) = outline(bpy.context, root(), Picked("id-1", "hidden", None, "slab"))
    assert box[0] == box[-1]
    assert outline(bpy.context, root(), Picked("id-1", "output", 99, "neurons")) == []


@pytest.fixture
def drawn(viewport: bpy.types.Region, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """What the label says whenever the viewport is drawn."""
    texts: list[str] = []
    monkeypatch.setattr(hovering, "draw_line", lambda line: None)
    monkeypatch.setattr(hovering, "draw_texts", lambda lines, mouse: texts.append(lines[0]))
    monkeypatch.setattr(hovering, "is_waiting", lambda: False)
    yield texts
    hover.clear()


def draw(texts: list[str]) -> list[str]:
    """What one more drawing of the viewport says."""
    before = len(texts)
    hover._draw()
    return texts[before:]


def look_at(neuron: int) -> tuple[int, int]:
    place = pixel(neuron_place("hidden", neuron))
    mouse = place["x"], place["y"]
    assert hovering.look(bpy.context, mouse)
    return mouse


def test_the_label_names_what_is_under_the_mouse_after_a_zoom_too(
    drawn: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    mouse = look_at(17)
    assert draw(drawn) == ["hidden, neuron 17"]
    seen = hovering.view_of()
    # What was at another neuron is now where the mouse is.
    other = pixel(neuron_place("hidden", 18))
    moved = np.eye(4)
    moved[0, 3], moved[1, 3] = (
        2 * (mouse[axis] - other[name]) / size
        for axis, (name, size) in enumerate((("x", seen.width), ("y", seen.height)))
    )
    monkeypatch.setattr(hovering, "view_of", lambda *_: View(moved @ seen.matrix, seen.width, seen.height))
    asked = []
    monkeypatch.setattr(hovering, "look_again_soon", lambda: asked.append(True))
    assert draw(drawn) == []
    assert asked == [True]
    assert hovering.look_again() is None
    assert hover.picked is not None
    assert draw(drawn) == [f"hidden, neuron {hover.picked.neuron}"]
    assert hover.picked.neuron == 18


def test_while_the_view_moves_nothing_is_looked_for(drawn: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    look_at(17)
    seen = hovering.view_of()
    for step in (1, 2):
        turned = View(np.diag([1.0 + step, 1.0, 1.0, 1.0]) @ seen.matrix, seen.width, seen.height)
        monkeypatch.setattr(hovering, "view_of", lambda *_, turned=turned: turned)
        assert hovering.look_again() == hovering.AT_REST


@pytest.mark.parametrize(
    ("pressed", "is_left"),
    [("RIGHTMOUSE", False), ("F3", False), ("Z", False), ("LEFTMOUSE", True), ("WHEELUPMOUSE", True), ("D", True)],
)
def test_the_label_is_away_when_a_menu_may_open_until_the_mouse_moves(
    drawn: list[str], pressed: str, is_left: bool
) -> None:
    mouse = look_at(17)
    hears = SimpleNamespace(_region=hover.region, _is_inside=lambda context, event: True)
    press = SimpleNamespace(type=pressed, value="PRESS")
    assert hovering.NN_OT_hover.modal(hears, bpy.context, press) == {"PASS_THROUGH"}
    assert draw(drawn) == (["hidden, neuron 17"] if is_left else [])
    move = SimpleNamespace(type="MOUSEMOVE", value="NOTHING", mouse_region_x=mouse[0], mouse_region_y=mouse[1])
    hovering.NN_OT_hover.modal(hears, bpy.context, move)
    assert draw(drawn) == ["hidden, neuron 17"]


def tools() -> list[str]:
    found = VIEW3D_PT_tools_active._tools["OBJECT"]
    flat = [tool for item in found for tool in (item if type(item) is tuple else [item])]
    return [tool.idname for tool in flat if hasattr(tool, "idname")]


def tool_keys() -> list[str]:
    keys = [keymap for configuration in bpy.context.window_manager.keyconfigs for keymap in configuration.keymaps]
    return [keymap.name for keymap in keys if "Pick Neurons" in keymap.name]


def test_the_tool_stands_below_those_that_select_and_goes_with_the_extension() -> None:
    assert "nn.pick_neurons" in tools()
    before = [name for name in tools() if name != "nn.pick_neurons"]
    assert tools().index("nn.pick_neurons") < tools().index("builtin.move")
    assert tools().index("nn.pick_neurons") > tools().index("builtin.select_lasso")
    nn_blender.unregister()
    assert tools() == before
    assert tool_keys() == []
    assert hover.picked is None
    nn_blender.register()
    assert tools().count("nn.pick_neurons") == 1

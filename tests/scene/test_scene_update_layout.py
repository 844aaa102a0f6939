"""Turning a network of before, which is one row, into blocks that open: what stands where, and what stays."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest
from made import made_contents
from network_zoo import ZOO
from test_scene_connections import made_connections
from test_scene_inputs import contents_of_four
from test_scene_outputs import three as three_outputs
from test_scene_zoo import made_contents as made_contents_of

from nn_blender.core.blocks.opening import Opening
from nn_blender.core.errors import UserError
from nn_blender.core.layout.picture import UNIT, world_point
from nn_blender.core.outputs import decide_outputs
from nn_blender.scene.base.find import network_modifier, networks, objects
from nn_blender.scene.base.versions import get_modifier_input, set_modifier_input
from nn_blender.scene.blocks.blocks import read_blocks, set_blocks
from nn_blender.scene.blocks.trays import heights_on_trays
from nn_blender.scene.build import build_network, update_network
from nn_blender.scene.maps.closeups import add_closeup
from nn_blender.scene.network.contents import Contents
from nn_blender.scene.network.description import require_description
from nn_blender.scene.neurons.connections import show_connections
from nn_blender.scene.opening.opening import open_blocks
from nn_blender.scene.stage.frames_seen import frames_seen, parts_of
from nn_blender.scene.stage.labels import show_measures
from nn_blender.scene.stage.stage import share_stage
from nn_blender.scene.update_layout import update_layout

FORMAT_1 = Path(__file__).parents[1] / "data" / "scenes" / "format_1.blend"


def opening_of(contents: Contents) -> Opening:
    render = bpy.context.scene.render
    aspect = render.resolution_x / render.resolution_y
    return Opening.fresh(
        contents.network, contents.inputs, contents.outputs, contents.classes, contents.answer_name, aspect
    )


def opened_file() -> bpy.types.Collection:
    bpy.ops.wm.open_mainfile(filepath=str(FORMAT_1))
    (root,) = networks(bpy.context.scene)
    return root


def attributes(root: bpy.types.Collection) -> dict[tuple[str, str, str], list[float]]:
    """What vertices of neurons, maps and summaries hold, but for where they are."""
    found = {}
    for role in ("neurons", "card", "composite"):
        for obj in objects(root, role):
            for attribute in obj.data.attributes:
                if attribute.name != "position":
                    own: Any = attribute.data
                    name = "vector" if hasattr(own[0], "vector") else "value"
                    found[role, obj["nn_layer"], attribute.name] = [
                        tuple(one) if name == "vector" else one for one in (getattr(item, name) for item in own)
                    ]
    return found


def inputs(root: bpy.types.Collection) -> dict[tuple[str, str, str], float]:
    """Numbers by which neurons, maps, summaries, inputs and books are drawn."""
    found = {}
    for role in ("neurons", "card", "composite", "input", "book"):
        for obj in objects(root, role):
            modifier = network_modifier(obj)
            items = modifier.node_group.interface.items_tree
            for name in ("Radius", "Width", "Height", "Card Width", "Card Height", "Cells"):
                if name in items:
                    key = (role, obj.get("nn_layer", obj.get("nn_block", "")), name)
                    found[key] = get_modifier_input(modifier, name)
    return found


def positions(obj: bpy.types.Object) -> np.ndarray:
    data: Any = obj.data
    found = np.empty(len(data.vertices) * 3, np.float32)
    data.vertices.foreach_get("co", found)
    return found.reshape(-1, 3)


Seen = dict[tuple[str, ...], tuple[np.ndarray, np.ndarray | None, tuple[bool, bool]]]


def seen(root: bpy.types.Collection) -> Seen:
    """Place, vertices and flags of all objects, by role, layer and part of each and of what carries it."""
    return {
        tuple(one.get(name, "") for one in (obj, obj.parent or {}) for name in ("nn_role", "nn_layer", "nn_part")): (
            np.array(obj.matrix_basis),
            positions(obj) if obj.type == "MESH" else None,
            (obj.hide_viewport, obj.hide_render),
        )
        for obj in root.all_objects
    }


def assert_is_as_fresh(contents: Contents, change: Callable[[bpy.types.Collection], None] = lambda root: None) -> None:
    """Insist on an updated row being what an import of the same network makes.

    Args:
        change: what users do to each of the two before.
    """
    bpy.ops.wm.read_factory_settings(use_empty=True)
    fresh = build_network(bpy.context.scene, contents, "fresh", opening=opening_of(contents))
    change(fresh)
    wanted, sizes, picture = seen(fresh), inputs(fresh), require_description(fresh).opening.picture
    bpy.ops.wm.read_factory_settings(use_empty=True)
    root = build_network(bpy.context.scene, contents, "row")
    change(root)
    update_layout(bpy.context.scene, root)
    assert require_description(root).opening.picture == picture
    assert inputs(root) == {key: pytest.approx(value, rel=1e-4) for key, value in sizes.items()}
    found = seen(root)
    assert found.keys() == wanted.keys()
    for key, (place, vertices, flags) in found.items():
        assert flags == wanted[key][2], key
        np.testing.assert_allclose(place, wanted[key][0], rtol=1e-4, atol=1e-4, err_msg=str(key))
        if vertices is not None:
            np.testing.assert_allclose(vertices, wanted[key][1], rtol=1e-4, atol=1e-4, err_msg=str(key))


def test_an_updated_row_stands_as_a_fresh_import_does(tmp_path):
    assert_is_as_fresh(made_contents(tmp_path))


@pytest.mark.parametrize("name", ["unet", "two inputs and outputs", "nested three deep"])
def test_an_updated_row_of_another_shape_stands_as_a_fresh_import_does(name):
    assert_is_as_fresh(made_contents_of(ZOO[name]()))


def test_inputs_and_outputs_of_every_kind_move_along(tmp_path):
    assert_is_as_fresh(three_outputs(tmp_path))
    four = contents_of_four(tmp_path)
    assert_is_as_fresh(replace(four, outputs=decide_outputs(four.network)))


def test_measures_lines_and_large_maps_move_along(tmp_path):
    def change(root: bpy.types.Collection) -> None:
        scene = bpy.context.scene
        show_connections(scene, root, made_connections())
        add_closeup(scene, root, "conv", 1)
        show_measures(scene, root, show=True)

    assert_is_as_fresh(made_contents(tmp_path), change)


def test_a_scene_of_before_keeps_values_and_switches(tmp_path):
    root = opened_file()
    before, intervention = attributes(root), require_description(root).intervention
    own = bpy.data.objects.new("Mine", None)
    root.children[0].objects.link(own)
    update_layout(bpy.context.scene, root)
    assert attributes(root) == before
    assert require_description(root).intervention == intervention
    assert own.name in root.children[0].objects
    title = next(obj for obj in objects(root, "title") if obj["nn_part"] == "name")
    assert title.data.body.startswith("digits (conv_2")
    assert not [obj for role in ("block", "caption") for obj in objects(root, role) if obj.parent.name == root.name]


def test_blocks_of_an_updated_scene_open_where_the_picture_has_them():
    root, scene = opened_file(), bpy.context.scene
    update_layout(scene, root)
    hierarchy = require_description(root).opening.root
    for states in ({part.id: 1.0 for part in hierarchy.blocks}, {}):
        open_blocks(scene, root, states)
        picture = require_description(root).opening.picture
        heights = heights_on_trays(hierarchy, picture.trays)
        stands = {obj.get("nn_layer", ""): obj for obj in objects(root, "stand")}
        stands |= {obj["nn_block"]: obj for obj in objects(root, "book")}
        for book in picture.books:
            if book.shown in stands and book.shown:
                place = UNIT * np.array(world_point(book.foot, heights.get(book.part, 0.0)))
                np.testing.assert_allclose(stands[book.shown].location, place, rtol=1e-5, atol=1e-5)
    scene.frame_set(scene.frame_end)
    depsgraph = bpy.context.evaluated_depsgraph_get()
    assert len(next(objects(root, "bars")).evaluated_get(depsgraph).data.vertices)


def test_what_was_hidden_and_enlarged_in_the_row_is_so_in_blocks(tmp_path):
    scene = bpy.context.scene
    root = build_network(scene, made_contents(tmp_path), "row")
    neurons = next(objects(root, "neurons", "hidden"))
    neurons.hide_render = True
    for title in objects(root, "title"):
        title.hide_viewport = title.hide_render = True
    slab = next(objects(root, "slab", "hidden"))
    slab.data.materials[0] = mine = bpy.data.materials.new("Mine")
    update_layout(scene, root)
    open_blocks(scene, root, {part.id: 1.0 for part in require_description(root).opening.root.blocks})
    assert (neurons.hide_viewport, neurons.hide_render) == (False, True)
    assert all(title.hide_render and title.hide_viewport for title in objects(root, "title"))
    assert slab.data.materials[0] == mine


def text_material(obj: bpy.types.Object) -> bpy.types.Material:
    modifier: Any = network_modifier(obj)
    return obj.data.materials[0] if modifier is None else get_modifier_input(modifier, "Material")


def test_texts_keep_materials_that_users_gave_them(tmp_path):
    root = build_network(bpy.context.scene, made_contents(tmp_path), "id-1")
    gold = bpy.data.materials.new("Gold")
    titles = sorted(objects(root, "title"), key=lambda title: title.data.size)
    titles[-1].data.materials[0] = gold
    next(obj for obj in objects(root, "legend") if obj.get("nn_part") == "low").data.materials[0] = gold
    stores = {obj["nn_part"]: obj for obj in objects(root, "texts")}
    for part in ("names", "answer"):
        set_modifier_input(network_modifier(stores[part]), "Material", gold)
    update_layout(bpy.context.scene, root)
    golden = {
        (obj["nn_role"], obj.get("nn_part"))
        for role in ("title", "legend", "texts")
        for obj in objects(root, role)
        if obj.data is not None and text_material(obj) == gold
    }
    assert golden == {("title", "name"), ("legend", "low"), ("texts", "parts"), ("texts", "answer")}


def test_an_updated_network_can_be_measured_again(tmp_path):
    scene, contents = bpy.context.scene, made_contents(tmp_path)
    root = build_network(scene, contents, "row", with_stage=False)
    update_layout(scene, root)
    assert not list(objects(root, "camera"))
    before = {obj.name: np.array(obj.matrix_world) for obj in root.all_objects}
    update_network(scene, root, contents)
    assert {obj.name for obj in root.all_objects} == before.keys()


def test_a_camera_with_keys_is_the_users_from_then_on(tmp_path):
    scene = bpy.context.scene
    root = build_network(scene, made_contents(tmp_path), "row")
    mine = next(objects(root, "camera"))
    mine.keyframe_insert("location")
    update_layout(scene, root)
    assert scene.objects[mine.name] == mine
    assert "nn_role" not in mine
    assert scene.camera == next(objects(root, "camera")) != mine


def test_a_network_that_opens_is_not_updated_and_its_layers_form_no_other_blocks(tmp_path):
    scene = bpy.context.scene
    root = build_network(scene, made_contents(tmp_path), "row")
    blocks = read_blocks(root, require_description(root).network)
    update_layout(scene, root)
    with pytest.raises(UserError) as error:
        update_layout(scene, root)
    assert error.value.code == "layout.updated"
    with pytest.raises(UserError) as error:
        set_blocks(scene, root, blocks)
    assert error.value.code == "blocks.open"


def test_two_rows_of_one_camera_are_updated_together(tmp_path):
    scene, contents = bpy.context.scene, made_contents(tmp_path)
    first = build_network(scene, contents, "first")
    second = build_network(scene, contents, "second", with_stage=False)
    share_stage(scene, first, second)
    update_layout(scene, second)
    assert all(require_description(root).opening for root in (first, second))
    assert not list(objects(second, "light"))
    (camera,) = objects(first, "camera")
    upper, lower = frames_seen(parts_of(scene, first), camera)
    assert lower.v == pytest.approx(upper.bottom, abs=1e-4)
    # Each of them is arranged for half of the picture.
    assert [frame.width / frame.height for frame in (upper, lower)] == pytest.approx([32 / 9] * 2)
    assert camera.data.ortho_scale >= UNIT * 16 / 9 * (upper.height + lower.height) * 0.999

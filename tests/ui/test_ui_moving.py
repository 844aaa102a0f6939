"""Buttons for what users move: put it back, and enter the Edit Mode of neurons, which clicks do not select."""

from __future__ import annotations

import sys
from pathlib import Path

import bpy
import numpy as np
import pytest

from nn_blender.core.blocks.opening import Opening
from nn_blender.scene.base import contract
from nn_blender.scene.base.find import objects
from nn_blender.scene.base.meshes import read_vectors
from nn_blender.scene.build import build_network
from nn_blender.ui.layers.moving import follow_all

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scene"))
from made import made_contents


@pytest.fixture
def root(registered: None, tmp_path: Path) -> bpy.types.Collection:
    contents = made_contents(tmp_path)
    opening = Opening.fresh(contents.network, contents.inputs, contents.outputs, contents.classes, contents.answer_name)
    root = build_network(bpy.context.scene, contents, "id-1", opening=opening)
    bpy.context.view_layer.update()
    return root


def seen_slab(root: bpy.types.Collection) -> bpy.types.Object:
    return next(slab for slab in objects(root, "slab") if slab.visible_get() and slab[contract.NEURONS])


def test_what_was_moved_is_put_back_at_a_press(root: bpy.types.Collection) -> None:
    assert not bpy.ops.nn.put_back.poll()
    slab = seen_slab(root)
    before = slab.location.copy()
    slab.location.x += 1.0
    follow_all()
    assert bpy.ops.nn.put_back() == {"FINISHED"}
    assert slab.location == before
    assert not bpy.ops.nn.put_back.poll()


def test_the_chosen_layers_neurons_are_edited_without_being_clicked(root: bpy.types.Collection) -> None:
    slab = seen_slab(root)
    bpy.context.view_layer.objects.active = slab
    slabs = list(objects(root, "slab"))
    bpy.context.scene.nn.layer = slabs.index(slab)
    assert bpy.ops.nn.edit_neurons() == {"FINISHED"}
    assert bpy.context.edit_object == next(objects(root, "neurons", slab[contract.LAYER]))
    assert bpy.ops.nn.edit_neurons() == {"CANCELLED"}


@pytest.mark.parametrize("jumps", [("undo",), ("undo", "redo"), ("undo", "undo"), ("undo", "undo", "redo", "redo")])
@pytest.mark.parametrize("is_settled", [False, True])
def test_labels_and_ribbons_follow_what_undo_and_redo_move(
    root: bpy.types.Collection, jumps: tuple[str, ...], is_settled: bool
) -> None:
    bpy.context.preferences.edit.use_global_undo = True
    name = root.name

    def shown() -> dict[str, np.ndarray]:
        root = bpy.data.collections[name]
        label = next(obj for obj in objects(root, "label") if obj.get(contract.PART) == "parts")
        shown = {"label": label, "ribbon": next(objects(root, "ribbon"))}
        return {role: read_vectors(obj.data, "position") for role, obj in shown.items()}

    bpy.ops.ed.undo_push(message="Import")
    root.nn.opening.part = "conv"
    bpy.ops.ed.undo_push(message="Select")
    states = [shown()] * 2
    seen_slab(root).location.x += 1.0
    bpy.ops.ed.undo_push(message="Move")
    follow_all()
    states.append(shown())
    for role, places in states[1].items():
        assert not np.array_equal(states[2][role], places)
    for jump in jumps:
        getattr(bpy.ops.ed, jump)()
        if is_settled:
            follow_all()
    follow_all()
    now = shown()
    for role, places in states[2 + jumps.count("redo") - jumps.count("undo")].items():
        np.testing.assert_allclose(now[role], places, atol=1e-5)

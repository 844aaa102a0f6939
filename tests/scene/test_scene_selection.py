"""Which neurons are selected: on their meshes, through saving, undo and Edit Mode."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import bpy
import numpy as np
import pytest
from made import made_contents

from nn_blender.scene.base import contract
from nn_blender.scene.base.find import network_modifier, networks, objects
from nn_blender.scene.base.versions import get_modifier_input
from nn_blender.scene.build import build_network
from nn_blender.scene.neurons import selection


@pytest.fixture
def root(tmp_path: Path, build_once: Callable[..., bpy.types.Collection]) -> bpy.types.Collection:
    return build_once(build_network, made_contents(tmp_path), "id-1")


def mesh(root: bpy.types.Collection, layer: str) -> bpy.types.Mesh:
    return next(objects(root, "neurons", layer)).data


def chosen(root: bpy.types.Collection) -> dict[str, list[int]]:
    return {layer: neurons.tolist() for layer, neurons in selection.selected(root).items()}


def blenders(mesh: bpy.types.Mesh) -> list[int]:
    return [vertex.index for vertex in mesh.vertices if vertex.select]


def test_a_new_network_has_nothing_selected_and_no_attribute_for_it(root: bpy.types.Collection) -> None:
    assert chosen(root) == {}
    assert all(contract.SELECTED not in obj.data.attributes for obj in objects(root, "neurons"))
    assert not any(blenders(obj.data) for obj in objects(root, "neurons"))


def test_selecting_replaces_or_extends(root: bpy.types.Collection) -> None:
    selection.select(root, "hidden", [5, 3, 39])
    assert chosen(root) == {"hidden": [3, 5, 39]}
    selection.select(root, "conv", [0], extend=True)
    selection.select(root, "hidden", [4], extend=True)
    assert chosen(root) == {"conv": [0], "hidden": [3, 4, 5, 39]}
    selection.select(root, "output", range(2, 4))
    assert chosen(root) == {"output": [2, 3]}
    assert contract.SELECTED not in mesh(root, "hidden").attributes
    values = np.empty(10, bool)
    mesh(root, "output").attributes["selected"].data.foreach_get("value", values)
    assert np.flatnonzero(values).tolist() == [2, 3]


def test_toggling_and_deselecting_leave_nothing_behind(root: bpy.types.Collection) -> None:
    selection.toggle(root, "hidden", 7)
    selection.toggle(root, "hidden", 8)
    selection.toggle(root, "hidden", 7)
    assert chosen(root) == {"hidden": [8]}
    selection.toggle(root, "hidden", 8)
    assert contract.SELECTED not in mesh(root, "hidden").attributes
    selection.select(root, "conv", [1, 2])
    selection.deselect_all(root)
    assert chosen(root) == {}
    assert contract.SELECTED not in mesh(root, "conv").attributes


def test_neurons_that_a_layer_does_not_have_are_passed_over(root: bpy.types.Collection) -> None:
    selection.select(root, "conv", [5, 6, 600])
    selection.toggle(root, "conv", 6)
    assert chosen(root) == {"conv": [5]}


def test_blenders_own_selection_is_the_same(root: bpy.types.Collection) -> None:
    selection.select(root, "hidden", [1, 30])
    assert blenders(mesh(root, "hidden")) == [1, 30]
    selection.toggle(root, "hidden", 1)
    assert blenders(mesh(root, "hidden")) == [30]
    selection.deselect_all(root)
    assert blenders(mesh(root, "hidden")) == []


def test_the_mark_is_drawn_only_where_something_is_selected(root: bpy.types.Collection) -> None:
    modifier = network_modifier(next(objects(root, "neurons", "hidden")))
    if selection.MARKED not in modifier.node_group.interface.items_tree:
        modifier.node_group.interface.new_socket(selection.MARKED, in_out="INPUT", socket_type="NodeSocketBool")
    selection.select(root, "hidden", [1])
    assert get_modifier_input(modifier, "Marked")
    selection.deselect_all(root)
    assert not get_modifier_input(modifier, "Marked")


def test_the_selection_is_in_the_file(root: bpy.types.Collection, tmp_path: Path) -> None:
    selection.select(root, "hidden", [1, 30])
    path = str(tmp_path / "scene.blend")
    bpy.ops.wm.save_as_mainfile(filepath=path)
    bpy.ops.wm.read_factory_settings(use_empty=True)
    bpy.ops.wm.open_mainfile(filepath=path)
    root = networks(bpy.context.scene)[0]
    assert chosen(root) == {"hidden": [1, 30]}
    assert blenders(mesh(root, "hidden")) == [1, 30]


def test_undo_and_redo_bring_selections_back(root: bpy.types.Collection) -> None:
    bpy.context.preferences.edit.use_global_undo = True
    bpy.ops.ed.undo_push(message="start")
    selection.select(root, "hidden", [1, 30])
    bpy.ops.ed.undo_push(message="first")
    selection.select(root, "conv", [2])
    bpy.ops.ed.undo_push(message="second")
    bpy.ops.ed.undo()
    assert chosen(networks(bpy.context.scene)[0]) == {"hidden": [1, 30]}
    bpy.ops.ed.undo()
    assert chosen(networks(bpy.context.scene)[0]) == {}
    bpy.ops.ed.redo()
    bpy.ops.ed.redo()
    assert chosen(networks(bpy.context.scene)[0]) == {"conv": [2]}


def test_a_mesh_in_edit_mode_keeps_what_it_has(root: bpy.types.Collection) -> None:
    selection.select(root, "hidden", [1, 30])
    bpy.context.view_layer.objects.active = next(objects(root, "neurons", "hidden"))
    bpy.ops.object.mode_set(mode="EDIT")
    assert chosen(root) == {}
    selection.select(root, "hidden", [2])
    selection.deselect_all(root)
    bpy.ops.object.mode_set(mode="OBJECT")
    assert chosen(root) == {"hidden": [1, 30]}

"""Editing blocks from the sidebar: names, joining, dissolving, one step of undo each; the slider of a block."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import MagicMock

import bpy
import pytest
from drawn import layout
from made import build_in_blocks, made_contents

from nn_blender.core.blocks.opening import Opening
from nn_blender.scene.base.curves import find_curve
from nn_blender.scene.base.find import networks, objects
from nn_blender.scene.network.description import read_description
from nn_blender.scene.opening.opening import opened
from nn_blender.ui.common.choices import choose_part
from nn_blender.ui.inspector import block


@pytest.fixture(autouse=True)
def built(registered: None, tmp_path: Path) -> None:
    build_in_blocks(bpy.context.scene, made_contents(tmp_path), "id-1")
    bpy.context.preferences.edit.use_global_undo = True
    bpy.context.view_layer.update()
    bpy.ops.ed.undo_push(message="start")


def root() -> bpy.types.Collection:
    return networks(bpy.context.scene)[0]


def book(id_: str) -> bpy.types.Object:
    return next(obj for obj in objects(root(), "book") if obj["nn_block"] == id_)


def choose(part: str) -> None:
    choose_part(root(), part)


def top() -> list[str]:
    """Names of the network's parts, its input first."""
    return [part.name for part in read_description(root()).opening.root.children]


def reason(operator: Any) -> str:
    """Why a button is grey."""
    with pytest.raises(RuntimeError) as refused:
        operator()
    return str(refused.value)


def test_a_block_gets_another_name_as_one_step_of_undo() -> None:
    assert "Choose a block or a layer in the list first" in reason(bpy.ops.nn.rename_part)
    choose("front")
    assert bpy.ops.nn.rename_part("EXEC_DEFAULT", True, name="Entrance") == {"FINISHED"}
    assert top() == ["picture", "Entrance", "back", "output"]
    with pytest.raises(RuntimeError, match="is called 'back'"):
        bpy.ops.nn.rename_part(name="back")
    bpy.ops.ed.undo()
    assert top() == ["picture", "front", "back", "output"]
    bpy.ops.ed.redo()
    assert top() == ["picture", "Entrance", "back", "output"]


def test_the_dialog_begins_with_the_name_of_the_block(monkeypatch: pytest.MonkeyPatch) -> None:
    choose("front")
    operator, manager = SimpleNamespace(name=""), MagicMock()
    context = SimpleNamespace(scene=bpy.context.scene, window_manager=manager)
    assert bpy.types.NN_OT_rename_part.invoke(operator, context, None) == {"RUNNING_MODAL"}
    assert operator.name == "front"
    manager.invoke_props_dialog.assert_called_once_with(operator)


def test_a_block_is_joined_with_the_next_one_and_dissolved_again() -> None:
    choose("front")
    assert bpy.ops.nn.join_next("EXEC_DEFAULT", True) == {"FINISHED"}
    assert top() == ["picture", "front", "output"]
    joined = root().nn.opening.part
    assert not book(joined).hide_viewport
    assert bpy.context.selected_objects == [book(joined)]
    assert bpy.ops.nn.dissolve_block("EXEC_DEFAULT", True) == {"FINISHED"}
    assert top() == ["picture", "front", "back", "output"]
    assert root().nn.opening.part == ""
    bpy.ops.ed.undo()
    assert top() == ["picture", "front", "output"]
    bpy.ops.ed.undo()
    assert top() == ["picture", "front", "back", "output"]


def test_what_is_selected_in_the_viewport_is_joined() -> None:
    assert "Select blocks or layers that stand beside each other" in reason(bpy.ops.nn.join_selected)
    choose("back")
    next(objects(root(), "slab", "output")).select_set(True)
    assert bpy.ops.nn.join_selected() == {"FINISHED"}
    assert top() == ["picture", "front", "back"]
    assert read_description(root()).opening.root.children[2].layers == 4


def test_what_cannot_be_done_is_said_on_the_button() -> None:
    choose("output")
    assert "It is the last one in its block" in reason(bpy.ops.nn.join_next)
    assert "Choose a block in the list first" in reason(bpy.ops.nn.dissolve_block)
    bpy.ops.nn.open_block(block="front")
    choose("pair")
    assert "The two are all that their block consists of" in reason(bpy.ops.nn.join_next)


def test_parts_apart_from_each_other_are_refused_with_the_reason() -> None:
    choose("front")
    next(objects(root(), "slab", "output")).select_set(True)
    with pytest.raises(RuntimeError, match="come back to it"):
        bpy.ops.nn.join_selected()
    assert top() == ["picture", "front", "back", "output"]


def test_blocks_are_found_again_as_in_a_fresh_import() -> None:
    choose("front")
    bpy.ops.nn.rename_part(name="Entrance")
    assert bpy.ops.nn.find_hierarchy() == {"FINISHED"}
    about = read_description(root())
    assert about.opening.root == Opening.of(about.network).root


def test_the_slider_shows_and_sets_how_far_a_block_is_open() -> None:
    choose("front")
    settings = root().nn.opening
    assert settings.open == 0
    settings.open = 0.25
    assert opened(root()) == {"front": 0.25}
    assert settings.open == 0.25
    assert not book("pair").hide_viewport
    settings.open = 0.0
    assert opened(root()) == {}


def test_a_block_is_keyed_as_far_open_as_the_slider_says() -> None:
    scene = bpy.context.scene
    choose("front")
    for frame, value in ((1, 0.25), (11, 0.75)):
        scene.frame_set(frame)
        root().nn.opening.open = value
        _press_key_opening()
    curve = find_curve(book("front"), '["nn_open"]')
    assert [tuple(point.co) for point in curve.keyframe_points] == [(1.0, 0.25), (11.0, 0.75)]
    scene.frame_set(6)
    assert root().nn.opening.open == pytest.approx(0.5, abs=1e-5)
    assert opened(root()) == {"front": 0.25}
    bpy.ops.nn.clear_opening_keys()
    assert root().nn.opening.open == 0.25


def _press_key_opening() -> None:
    """As the panel's button does: with what it was drawn with."""
    made = layout()
    buttons: list[tuple[str, SimpleNamespace]] = []

    def operator(name: str, **_: object) -> SimpleNamespace:
        buttons.append((name, SimpleNamespace()))
        return buttons[-1][1]

    made.operator = operator
    block.draw(made, bpy.context, root())
    choices = next(vars(own) for name, own in buttons if name == "nn.key_opening")
    assert bpy.ops.nn.key_opening(**choices) == {"FINISHED"}


@pytest.mark.parametrize("is_open", [False, True])
def test_the_camera_comes_nearer_to_the_chosen_block(is_open: bool) -> None:
    camera = bpy.context.scene.camera
    before = camera.data.ortho_scale
    choose("front")
    if is_open:
        bpy.ops.nn.open_block(block="front")
    assert bpy.ops.nn.frame(what="BLOCK", camera=True) == {"FINISHED"}
    assert camera.data.ortho_scale < before

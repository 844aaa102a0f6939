"""Undo and redo do not stop between what a user did by Blender's own means and what follows from that."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bpy
import pytest

from nn_blender.actions.network.remove_network import has_leftovers, remove_leftovers
from nn_blender.core.blocks.answers import answers_of
from nn_blender.core.blocks.opening import Opening
from nn_blender.scene.base import contract
from nn_blender.scene.base.find import networks, objects
from nn_blender.scene.build import build_network
from nn_blender.scene.moved_layers import is_film_behind
from nn_blender.scene.opening.film import key_opening
from nn_blender.scene.opening.opening import require_opening
from nn_blender.scene.opening.together import fit_together
from nn_blender.scene.stage.frame import share_frame
from nn_blender.scene.stage.startup import hide_cube
from nn_blender.ui.common import half_steps
from nn_blender.ui.layers import moving
from nn_blender.ui.layers.moving import follow_all
from nn_blender.ui.network import leftovers

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scene"))
from made import made_contents, made_hierarchy

UNDO, REDO = bpy.ops.ed.undo, bpy.ops.ed.redo


@pytest.fixture
def build(registered: None, tmp_path: Path) -> Callable[..., bpy.types.Collection]:
    bpy.context.preferences.edit.use_global_undo = True

    def build(network_id: str, **options: Any) -> bpy.types.Collection:
        contents = made_contents(tmp_path)
        answers = answers_of(contents.network, contents.outputs, contents.classes)
        blocks = made_hierarchy(contents)
        opening = Opening.of(contents.network, ("front",), answers, root=blocks, inputs=contents.inputs)
        return build_network(bpy.context.scene, contents, network_id, opening=opening, **options)

    return build


def push(name: str) -> None:
    bpy.context.view_layer.update()
    bpy.ops.ed.undo_push(message=name)


def go(jump: Any) -> None:
    """What a key does in a window."""
    jump()
    half_steps.pass_over(jump)


def delete_network(number: int) -> None:
    network_id = networks(bpy.context.scene)[number][contract.NETWORK]
    for obj in bpy.context.scene.objects:
        if obj.visible_get():
            obj.select_set(obj.get(contract.NETWORK) == network_id)
    push("Select")
    bpy.ops.object.delete()
    push("Delete")
    assert remove_leftovers()
    push("Delete")
    assert not remove_leftovers()


def test_undo_hides_the_startup_cube_again(build: Callable[..., bpy.types.Collection]) -> None:
    bpy.ops.mesh.primitive_cube_add()
    cube = bpy.context.object.name
    push("Start")
    hide_cube(build("id-1"), bpy.data.objects[cube])
    push("Import")
    delete_network(0)
    assert not bpy.data.objects[cube].hide_render
    go(UNDO)
    assert networks(bpy.context.scene)
    assert bpy.data.objects[cube].hide_render
    go(REDO)
    assert not networks(bpy.context.scene)
    assert not has_leftovers()
    assert not bpy.data.objects[cube].hide_render


def test_undo_gives_camera_and_lights_back_to_a_network(build: Callable[..., bpy.types.Collection]) -> None:
    scene = bpy.context.scene
    first, second = build("id-1"), build("id-2", with_stage=False)
    share_frame(scene, first, second)
    fit_together(scene, first)
    push("Import")

    def state() -> list[tuple[int, int, float]]:
        return [
            (
                len(list(objects(root, "camera"))),
                len(list(objects(root, "light"))),
                round(require_opening(root)[1].picture.frame.height, 3),
            )
            for root in networks(bpy.context.scene)
        ]

    before = state()
    assert [cameras for cameras, *_ in before] == [1, 0]
    delete_network(0)
    after = state()
    assert [cameras for cameras, *_ in after] == [1]
    go(UNDO)
    assert state() == before
    go(REDO)
    assert state() == after


def test_a_film_follows_what_is_moved_and_undo_moves_it_back(build: Callable[..., bpy.types.Collection]) -> None:
    root = build("id-1")
    for frame, value in ((1, 0.0), (10, 1.0)):
        key_opening(bpy.context.scene, root, "front", value, frame)
    push("Import")
    root.nn.opening.part = "front"
    push("Select")

    def book() -> bpy.types.Object:
        return next(obj for obj in objects(networks(bpy.context.scene)[0], "book") if obj[contract.BLOCK] == "back")

    def film() -> list[list[float]]:
        places = []
        for frame in (1, 5, 10):
            bpy.context.scene.frame_set(frame)
            places.append([round(x, 4) for x in book().location])
        return places

    before = film()
    bpy.context.scene.frame_set(1)
    slab = next(objects(root, "slab", "output"))
    slab.location.x += 1.0
    push("Move")
    assert is_film_behind(root)
    follow_all()
    assert not is_film_behind(root)
    go(UNDO)
    (root,) = networks(bpy.context.scene)
    assert not is_film_behind(root)
    assert next(objects(root, "slab", "output")).location.x == pytest.approx(
        next(objects(root, "slab", "output"))[contract.HOME][0]
    )
    assert film() == before
    go(REDO)
    (root,) = networks(bpy.context.scene)
    assert not is_film_behind(root)
    follow_all()
    assert film() == before


def test_steps_of_what_follows_have_names_of_their_own() -> None:
    """What Blender would do again by the name of a step is the user's own."""
    assert not {moving.FILM_STEP, leftovers.STEP} & {
        bpy.ops.transform.translate.get_rna_type().name,
        bpy.ops.object.delete.get_rna_type().name,
    }

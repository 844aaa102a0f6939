"""What Blender's own selecting makes active is what the panels show, and what a list chooses is active."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import bpy
import pytest
from made import made_contents

from nn_blender.scene.base import contract
from nn_blender.scene.base.find import networks, objects
from nn_blender.scene.build import build_network
from nn_blender.scene.samples.timeline import show_sample, shown_sample
from nn_blender.ui.common.active import active_network, active_slab
from nn_blender.ui.common.choices import KeptChoices
from nn_blender.ui.inspector import following
from nn_blender.ui.inspector.following import follow_active_object


@pytest.fixture(autouse=True)
def built(registered: None, tmp_path: Path) -> None:
    for name in ("id-1", "id-2"):
        build_network(bpy.context.scene, made_contents(tmp_path), name)
    bpy.context.view_layer.update()


def activate(number: int, role: str, layer: str) -> bpy.types.Object:
    """What Blender does at a click with its own tool, and then we."""
    obj = next(objects(networks(bpy.context.scene)[number], role, layer))
    bpy.context.view_layer.objects.active = obj
    follow_active_object(bpy.context.scene, obj)
    return obj


def chosen() -> tuple[str, str]:
    return active_network(bpy.context)[contract.NETWORK], active_slab(bpy.context)[contract.LAYER]


def test_every_object_of_a_layer_chooses_its_network_and_layer() -> None:
    slabs = [slab[contract.LAYER] for slab in objects(networks(bpy.context.scene)[0], "slab")]
    for number, layer in ((0, slabs[2]), (1, slabs[0]), (0, slabs[-1])):
        for role in ("slab", "neurons"):
            obj = activate(number, role, layer)
            assert chosen() == (f"id-{number + 1}", layer)
            assert bpy.context.view_layer.objects.active == obj


def test_neurons_that_were_clicked_are_what_edit_mode_edits() -> None:
    layer = next(objects(networks(bpy.context.scene)[1], "slab"))[contract.LAYER]
    neurons = activate(1, "neurons", layer)
    bpy.ops.object.mode_set(mode="EDIT")
    assert neurons.mode == "EDIT"
    bpy.context.scene.nn.layer = 2
    assert bpy.context.view_layer.objects.active == neurons


def test_objects_of_the_user_change_nothing() -> None:
    layer = next(objects(networks(bpy.context.scene)[0], "slab"))[contract.LAYER]
    activate(0, "slab", layer)
    mine = bpy.data.objects.new("Mine", None)
    for obj in (mine, None):
        follow_active_object(bpy.context.scene, obj)
        assert chosen() == ("id-1", layer)


def test_a_layer_that_is_chosen_in_the_list_is_the_active_object() -> None:
    bpy.context.scene.nn.network = networks(bpy.context.scene)[1]
    for number in (3, 1):
        bpy.context.scene.nn.layer = number
        active = bpy.context.view_layer.objects.active
        assert active == active_slab(bpy.context)
        assert active[contract.NETWORK] == "id-2"


@pytest.fixture
def two_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two windows that show the same scene."""
    window = SimpleNamespace(scene=bpy.context.scene, view_layer=bpy.context.view_layer)
    context = SimpleNamespace(window_manager=SimpleNamespace(windows=[window, window]))
    monkeypatch.setattr(following, "bpy", SimpleNamespace(app=bpy.app, context=context))


@pytest.mark.usefixtures("two_windows")
def test_what_a_list_chooses_stays_chosen_however_many_windows_show_it() -> None:
    scene = bpy.context.scene
    bpy.ops.nn.choose_neuron(layer="hidden", neuron=3)
    following._after_activation()
    assert (scene.nn.chosen, active_network(bpy.context).nn.neurons.neuron) == ("NEURON", 3)
    bpy.context.view_layer.objects.active = next(objects(active_network(bpy.context), "slab", "conv"))
    following._after_activation()
    assert (scene.nn.chosen, active_slab(bpy.context)[contract.LAYER]) == ("LAYER", "conv")


@pytest.mark.usefixtures("two_windows")
def test_undo_in_a_render_is_followed_once_it_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    app = SimpleNamespace(is_job_running=lambda _: True)
    monkeypatch.setattr(following.bpy, "app", app)
    assert following._catch_up() > 0
    app.is_job_running = lambda _: False
    assert following._catch_up() is None


def test_undo_brings_back_the_input_or_output_that_was_clicked_though_no_way_is_lit() -> None:
    scene, root = bpy.context.scene, active_network(bpy.context)
    board = bpy.data.objects.new("Board", None)
    board[contract.NETWORK] = root[contract.NETWORK]
    for role, kind in (("input", "SAMPLE"), ("output", "OUTPUT")):
        board[contract.ROLE] = role
        root.nn.opening.part, scene.nn.chosen = "", "NETWORK"
        follow_active_object(scene, board, is_clicked=False)
        assert scene.nn.chosen == kind


def test_undo_goes_to_a_frame_only_in_the_scene_in_which_it_was_gone_to() -> None:
    scene, other, kept = bpy.context.scene, bpy.data.scenes.new("other"), KeptChoices()
    show_sample(scene, active_network(bpy.context), 2)
    kept.keep_frame(scene)
    kept.keep(scene)
    kept.before_jump()
    scene.frame_set(1)
    other.frame_set(7)
    assert not kept.after_jump(other)
    assert other.frame_current == 7
    assert kept.after_jump(scene)
    assert shown_sample(scene, active_network(bpy.context)) == 2

"""What panels believe for a while, and when they look again."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import FrameType, SimpleNamespace
from unittest.mock import MagicMock

import bpy
import numpy as np
import pytest
from drawn import SAME
from made import build_in_blocks, made_contents
from made_explanations import made_explanation, packed_values
from test_scene_explanations import TWO

from nn_blender.scene.base import contract, find, meshes
from nn_blender.scene.base.find import objects
from nn_blender.scene.build import build_network
from nn_blender.scene.interventions.switches import set_neurons
from nn_blender.scene.looks.visibility import PARTS, is_shown, objects_of, show_part, shown_parts
from nn_blender.scene.neurons.neuron_facts import shown_activations
from nn_blender.scene.opening.film import key_opening
from nn_blender.scene.opening.keys import is_keyed
from nn_blender.scene.samples.timeline import has_samples
from nn_blender.scene.show_explanation import show_explanation
from nn_blender.ui import CLASSES
from nn_blender.ui.card.card_operators import card_subject
from nn_blender.ui.card.content import content_of
from nn_blender.ui.common import knowing
from nn_blender.ui.common.active import choose
from nn_blender.ui.common.knowing import known
from nn_blender.ui.common.needs import edit_mode_reason
from nn_blender.ui.common.rooms import ROOMS


@pytest.fixture
def root(registered: None, tmp_path: Path) -> bpy.types.Collection:
    root = build_in_blocks(bpy.context.scene, made_contents(tmp_path), "id-1")
    bpy.context.view_layer.update()
    return root


class Asked:
    """A fact that tells how often it was asked for."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, root: bpy.types.Collection, *about: str) -> int:
        self.count += 1
        return self.count


def test_a_fact_is_told_once_until_something_changes(root: bpy.types.Collection) -> None:
    ask = Asked()
    assert [known(root, ask), known(root, ask), known(root, ask, "conv")] == [1, 1, 2]
    next(objects(root, "slab", "conv")).hide_viewport = True
    bpy.context.view_layer.update()
    assert known(root, ask) == 3
    set_neurons(root, "hidden", [1], enabled=False)
    assert known(root, ask) == 4
    bpy.context.scene.frame_set(2)
    assert known(root, ask) == 5
    assert known(root, ask) == 5


def test_a_fact_is_told_again_after_a_while_though_nobody_said_that_anything_changed(
    root: bpy.types.Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = Asked()
    assert known(root, ask) == 1
    later = knowing.time.monotonic() + knowing.LONGER + 0.1
    monkeypatch.setattr(knowing.time, "monotonic", lambda: later)
    assert known(root, ask) == 2


def test_edit_mode_is_noticed_at_once(registered: None, tmp_path: Path) -> None:
    root = build_network(bpy.context.scene, made_contents(tmp_path), "id-1")
    neurons = next(objects(root, "neurons", "hidden"))
    mine = bpy.data.objects.new("Mine", bpy.data.meshes.new("Mine"))
    bpy.context.scene.collection.objects.link(mine)
    for _ in range(2):
        for obj, reason in ((neurons, "Leave Edit Mode first"), (mine, "")):
            assert edit_mode_reason(root) == ""
            bpy.context.view_layer.objects.active = obj
            bpy.ops.object.mode_set(mode="EDIT")
            assert edit_mode_reason(root) == reason
            bpy.ops.object.mode_set(mode="OBJECT")


def test_parts_that_are_shown_are_those_of_which_anything_is(root: bpy.types.Collection) -> None:
    for part in ("slab", "ribbon", "title"):
        show_part(root, part, False)
        found = shown_parts(root)
        assert list(found) == [one for one in PARTS if any(objects_of(root, one))]
        assert found == {one: is_shown(root, one) for one in found}
        assert not found[part]


def test_blocks_with_keys_are_not_opened_though_panels_do_not_know_of_the_keys_yet(root: bpy.types.Collection) -> None:
    assert bpy.ops.nn.open_block.poll()
    assert not bpy.ops.nn.update_opening_keys.poll()
    key_opening(bpy.context.scene, root, "front", 0.0)
    assert is_keyed(root)
    with pytest.raises(RuntimeError, match="Keys say which blocks are open"):
        bpy.ops.nn.open_block(block="front")
    assert bpy.ops.nn.clear_opening_keys() == {"FINISHED"}
    assert bpy.ops.nn.open_block(block="front") == {"FINISHED"}


def test_samples_are_there_where_the_first_is(root: bpy.types.Collection) -> None:
    assert has_samples(root)
    mesh = next(objects(root, "neurons")).data
    for name in meshes.sampled_names(mesh, contract.ACTIVATION):
        mesh.attributes.remove(mesh.attributes[name])
    assert not has_samples(root)


def test_values_of_a_neuron_in_the_inspector_are_those_in_the_scene_after_a_change(root: bpy.types.Collection) -> None:
    mesh = next(objects(root, "neurons", "hidden")).data
    before = known(root, shown_activations, "hidden", 3)
    meshes.write_floats(mesh, contract.sampled(contract.ACTIVATION, 1), np.full(40, 7.0))
    mesh.update()
    next(objects(root, "neurons", "hidden")).update_tag()
    bpy.context.view_layer.update()
    after = known(root, shown_activations, "hidden", 3)
    assert after[1] == 7.0
    assert before[0] == after[0]


def drawing(root: bpy.types.Collection) -> MagicMock:
    """A layout that looks, as Blender does, whether the operators that it draws can run, and what properties say."""
    made = MagicMock()
    for name in SAME:
        getattr(made, name).return_value = made
    made.panel_prop.return_value = made, made

    def operator(name: str, **_: object) -> MagicMock:
        room, function = name.split(".")
        getattr(getattr(bpy.ops, room), function).poll()
        return MagicMock()

    made.operator.side_effect = operator
    made.prop.side_effect = lambda owner, name, **_: getattr(owner, name, None)
    return made


def walked(draw: Callable[[], None]) -> Counter[str]:
    """How often all objects of a network are gone through."""
    found: Counter[str] = Counter()
    codes = {function.__code__ for function in (find.objects, find.all_objects, find._make_index)}

    def count(frame: FrameType, event: str, _: object) -> None:
        if event == "call" and frame.f_code in codes:
            found[f"{frame.f_back.f_code.co_filename}: {frame.f_back.f_code.co_name}"] += 1

    sys.setprofile(count)
    try:
        draw()
    finally:
        sys.setprofile(None)
    return found


@pytest.mark.parametrize("is_explained", [False, True])
@pytest.mark.parametrize("kind", ["NETWORK", "BLOCK", "LAYER", "NEURON", "SAMPLE"])
def test_what_is_drawn_again_goes_through_no_networks_objects(
    root: bpy.types.Collection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, is_explained: bool
) -> None:
    if is_explained:
        explanation = made_explanation(root)
        show_explanation(bpy.context.scene, root, explanation, [(0, packed_values(tmp_path, "map", TWO[0], "picture"))])
    now = knowing.time.monotonic()
    monkeypatch.setattr(knowing.time, "monotonic", lambda: now)
    bpy.ops.nn.choose_neuron(layer="hidden", neuron=3)
    choose(bpy.context.scene, root, "front" if kind == "BLOCK" else "hidden")
    bpy.context.scene.nn.chosen = kind
    panels = [cls for cls in CLASSES if issubclass(cls, bpy.types.Panel) and cls.bl_space_type == "VIEW_3D"]

    def draw() -> None:
        for room, *_ in ROOMS:
            bpy.context.workspace.nn.room = room
            for panel in panels:
                if not hasattr(panel, "poll") or panel.poll(bpy.context):
                    panel.draw(SimpleNamespace(layout=drawing(root)), bpy.context)
            subject = card_subject(bpy.context)
            if subject is not None:
                content_of(bpy.context.scene, subject)

    assert walked(draw)
    draw()
    assert dict(walked(draw)) == {}

"""Marks of neurons that speak for or against an answer: where they are, what hides them, and how they go again."""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np
import pytest
from made import build_in_blocks, made_contents

from nn_blender.core.description.answers import InterventionResult
from nn_blender.core.interventions.intervention import Intervention, LayerIntervention
from nn_blender.core.neurons.reasons import KeptReasons, NeuronReason, Reasons
from nn_blender.scene.base import contract, meshes
from nn_blender.scene.base.find import is_closed, network_modifier, objects
from nn_blender.scene.base.versions import get_modifier_input
from nn_blender.scene.build import build_network
from nn_blender.scene.explanations.reasons import reasons_key
from nn_blender.scene.network.description import change_description, require_description
from nn_blender.scene.network.parts import network_parts
from nn_blender.scene.neurons.orders import set_order
from nn_blender.scene.neurons.placing import shown_positions
from nn_blender.scene.neurons.reason_marks import (
    AGAINST,
    FOR,
    MARK,
    NUMBER,
    are_reasons_marked,
    mark_reasons_again,
    remove_reason_marks,
    show_reason_marks,
)
from nn_blender.scene.opening.editing import join_parts, take_apart
from nn_blender.scene.opening.film import key_opening
from nn_blender.scene.opening.opening import OpeningChange, open_blocks
from nn_blender.scene.stage.outdated import OUTDATED, tell_outdated

REASONS = Reasons(
    predicted=1,
    target=1,
    classes=(),
    speak_for=(
        NeuronReason("hidden", 7, 1.0, 2.0, 1),
        NeuronReason("conv", 2, 0.5, 0.6, 1),
        NeuronReason("hidden", 31, 0.2, 0.1, 1),
    ),
    speak_against=(NeuronReason("conv", 5, -1.0, -2.0, 1),),
)


@pytest.fixture
def row(tmp_path: Path) -> bpy.types.Collection:
    return build_network(bpy.context.scene, made_contents(tmp_path), "id-1")


@pytest.fixture
def blocks(tmp_path: Path) -> bpy.types.Collection:
    return build_in_blocks(bpy.context.scene, made_contents(tmp_path), "id-1")


def show(root: bpy.types.Collection, reasons: Reasons = REASONS) -> int:
    about = require_description(root)
    sample = about.shown_samples[0]
    kept = KeptReasons(sample, None, reasons_key(about, sample), 0, reasons)
    left_out = show_reason_marks(bpy.context.scene, root, kept)
    bpy.context.view_layer.update()
    return left_out


def middles(mark: bpy.types.Object) -> np.ndarray:
    """Where the middles of a mark's rings are in the world, by the numbers of their neurons."""
    numbers = meshes.read_integers(mark.data, contract.NEURON)
    points = np.array([mark.matrix_world @ vertex.co for vertex in mark.data.vertices])
    return np.array([points[numbers == neuron].mean(axis=0) for neuron in dict.fromkeys(numbers.tolist())])


def test_rings_are_around_the_neurons_and_numbers_are_their_ranks(row: bpy.types.Collection) -> None:
    assert show(row) == 0
    mark = next(obj for obj in objects(row, MARK, "hidden"))
    neurons = next(objects(row, "neurons", "hidden"))
    np.testing.assert_allclose(middles(mark), shown_positions(neurons)[[7, 31]], atol=1e-4)
    texts = {(obj[contract.LAYER], obj[contract.PART]): obj.data.body for obj in objects(row, NUMBER)}
    assert texts == {
        ("hidden", f"{FOR} 7"): "1",
        ("conv", f"{FOR} 2"): "2",
        ("hidden", f"{FOR} 31"): "3",
        ("conv", f"{AGAINST} 5"): "1",
    }


def test_frames_are_around_feature_maps(row: bpy.types.Collection) -> None:
    show(row)
    mark = next(obj for obj in objects(row, MARK, "conv") if obj[contract.PART] == AGAINST)
    cards = next(objects(row, "card", "conv"))
    (middle,) = middles(mark)
    expected = shown_positions(cards)[5]
    np.testing.assert_allclose(middle[1:], expected[1:], atol=1e-3)
    assert mark.data.materials[0] != next(iter(objects(row, MARK, "hidden"))).data.materials[0]


def test_marks_follow_neurons_that_are_sorted(row: bpy.types.Collection) -> None:
    show(row)
    assert set_order(bpy.context.scene, row, "hidden", "activation")
    mark, neurons = next(objects(row, MARK, "hidden")), next(objects(row, "neurons", "hidden"))
    bpy.context.view_layer.update()
    np.testing.assert_allclose(middles(mark), shown_positions(neurons)[[7, 31]], atol=1e-4)
    set_order(bpy.context.scene, row, "hidden", "index")
    np.testing.assert_allclose(middles(mark), shown_positions(neurons)[[7, 31]], atol=1e-4)


def test_a_closed_block_has_the_mark_of_what_is_inside(blocks: bpy.types.Collection) -> None:
    show(blocks)
    books = {obj[contract.BLOCK]: obj for obj in objects(blocks, "book")}
    bodies = {
        name: sorted(child.data.body for child in book.children if child[contract.ROLE] == NUMBER)
        for name, book in books.items()
    }
    assert bodies == {"front": ["1", "2"], "pair": ["1", "2"], "back": ["1, 3"]}
    own = [obj for obj in objects(blocks, MARK) if contract.LAYER in obj]
    assert own
    assert all(is_closed(obj) for obj in own)
    seen = {obj.parent[contract.BLOCK] for obj in objects(blocks, MARK) if not is_closed(obj)}
    assert seen == {"front", "back"}


def test_opening_a_block_shows_the_marks_inside_and_hides_its_own(blocks: bpy.types.Collection) -> None:
    show(blocks)
    open_blocks(bpy.context.scene, blocks, {"back": 1.0})
    seen = {
        obj.get(contract.LAYER) or obj.parent[contract.BLOCK] for obj in objects(blocks, MARK) if not is_closed(obj)
    }
    assert seen == {"front", "hidden"}


def test_marks_of_a_block_go_with_it(blocks: bpy.types.Collection) -> None:
    show(blocks)
    take_apart(bpy.context.scene, blocks, "front")
    marks = [*objects(blocks, MARK), *objects(blocks, NUMBER)]
    assert all(obj.parent is not None for obj in marks)
    assert {obj.parent[contract.BLOCK] for obj in marks if contract.LAYER not in obj} == {"pair", "back"}


def test_a_block_that_is_made_of_marked_parts_is_marked_too(blocks: bpy.types.Collection) -> None:
    scene = bpy.context.scene
    show(blocks)
    made = join_parts(scene, blocks, [part.id for part in require_description(blocks).opening.root.children[1:3]])
    frames = [obj.parent[contract.BLOCK] for obj in objects(blocks, MARK) if contract.LAYER not in obj]
    assert made not in frames
    mark_reasons_again(scene, blocks)
    frames = [obj.parent[contract.BLOCK] for obj in objects(blocks, MARK) if contract.LAYER not in obj]
    assert made in frames


def test_the_legend_says_of_which_network_marks_and_maps_are(blocks: bpy.types.Collection) -> None:
    def told() -> str:
        return "".join(obj.data.body for obj in objects(blocks, "legend") if obj.get(contract.PART) == OUTDATED)

    def switch(result: InterventionResult | None) -> None:
        change_description(blocks, intervention=result)
        network = require_description(blocks).network
        tell_outdated(network_parts(bpy.context.scene, network, blocks[contract.NETWORK], blocks))

    off = InterventionResult(Intervention({"hidden": LayerIntervention.of({3: 0.0})}))
    show(blocks)
    assert told() == ""
    switch(off)
    assert told() == "neurons explained: of the network as it was before"
    show(blocks)
    assert told() == ""
    switch(None)
    assert told().startswith("neurons explained")
    remove_reason_marks(bpy.context.scene, blocks)
    assert told() == ""


def test_in_a_film_marks_are_seen_with_what_they_mark(blocks: bpy.types.Collection) -> None:
    scene = bpy.context.scene
    key_opening(scene, blocks, "back", 0.0, 1)
    key_opening(scene, blocks, "back", 1.0, 11)
    scene.frame_set(1)
    show(blocks)
    seen = {}
    for frame in (1, 11, 1):
        scene.frame_set(frame)
        marks = (obj for obj in objects(blocks, MARK) if not obj.hide_render)
        seen[frame] = {obj.get(contract.LAYER) or obj.parent[contract.BLOCK] for obj in marks}
    assert seen == {1: {"front", "back"}, 11: {"front", "hidden"}}
    remove_reason_marks(bpy.context.scene, blocks)
    scene.frame_set(11)
    assert not next(objects(blocks, "neurons", "hidden")).hide_render


def test_they_are_removed_and_made_anew_without_leaving_anything(row: bpy.types.Collection) -> None:
    before = {kind: len(getattr(bpy.data, kind)) for kind in ("objects", "meshes", "curves")}
    show(row)
    show(row)
    assert are_reasons_marked(row)
    remove_reason_marks(bpy.context.scene, row)
    assert not are_reasons_marked(row)
    assert before == {kind: len(getattr(bpy.data, kind)) for kind in before}


def test_neurons_that_are_not_drawn_are_counted(row: bpy.types.Collection) -> None:
    far = Reasons(predicted=1, target=1, classes=(), speak_for=(NeuronReason("hidden", 900, 1.0),))
    assert show(row, far) == 1
    assert not are_reasons_marked(row)


def test_marks_cannot_be_selected_and_cast_no_shadow(row: bpy.types.Collection) -> None:
    show(row)
    marks = [*objects(row, MARK), *objects(row, NUMBER)]
    assert all(obj.hide_select and not obj.visible_shadow for obj in marks)


def test_where_the_distance_opens_blocks_marks_are_seen_with_what_they_mark(blocks: bpy.types.Collection) -> None:
    OpeningChange(bpy.context.scene, blocks, {}, by_distance=True).finish()
    show(blocks)
    for mark in (*objects(blocks, MARK), *objects(blocks, NUMBER)):
        marked = mark.parent if contract.LAYER not in mark else next(objects(blocks, "neurons", mark[contract.LAYER]))
        chosen = [
            network_modifier(obj, contract.DISTANCE) or network_modifier(obj, contract.GROWTH) for obj in (mark, marked)
        ]
        for name in ("Inside", "Instead"):
            assert get_modifier_input(chosen[0], name) == get_modifier_input(chosen[1], name), mark.name

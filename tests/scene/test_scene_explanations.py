"""Maps that explain answers in the scene: their places, their words, and what becomes of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest
from made import build_in_blocks, made_contents
from made_explanations import TWO, find, halves, made_explanation, packed_values, show
from seen import seen_things
from test_scene_inputs import contents_of_four

from nn_blender.core.blocks.answers import answers_of
from nn_blender.core.blocks.opening import Opening
from nn_blender.core.description.explanation import ExplainedTarget
from nn_blender.core.explanations import Target
from nn_blender.core.layout.legible import PICTURE_HEIGHT
from nn_blender.scene.base import contract, meshes
from nn_blender.scene.base.find import network_modifier, objects
from nn_blender.scene.base.versions import get_modifier_input
from nn_blender.scene.build import build_network, show_whole_timeline, update_network
from nn_blender.scene.explanations.texts import words_of
from nn_blender.scene.looks.explanation_look import ExplanationLook, get_look
from nn_blender.scene.looks.visibility import show_part
from nn_blender.scene.network.contents import Contents
from nn_blender.scene.network.description import read_description, require_description
from nn_blender.scene.opening.by_distance import set_by_distance
from nn_blender.scene.opening.film import key_opening
from nn_blender.scene.opening.opening import OpeningChange, open_blocks
from nn_blender.scene.remove import remove_network
from nn_blender.scene.resize_network import resize_network
from nn_blender.scene.show_explanation import ROLES, remove_explanation, set_look, show_explanation
from nn_blender.scene.update_layout import update_layout


@pytest.fixture
def contents(tmp_path: Path) -> Contents:
    return made_contents(tmp_path, samples=3)


@pytest.fixture
def root(contents: Contents) -> bpy.types.Collection:
    root = build_in_blocks(bpy.context.scene, contents, "id-1")
    show_whole_timeline(bpy.context.scene, root)
    return root


def test_samples_that_were_not_explained_have_no_map(root: bpy.types.Collection, tmp_path: Path) -> None:
    show(root, tmp_path, [halves((0.0, 2.0))], samples=(1,), classes=((7,),), outputs=((0.98,),))
    seen = {}
    for frame in (1, 25, 49):
        bpy.context.scene.frame_set(frame)
        instances = bpy.context.evaluated_depsgraph_get().object_instances
        seen[frame] = {
            shown.parent.original["nn_role"]
            for shown in instances
            if shown.is_instance and shown.parent.original.get("nn_role") in ("explanation card", "explanation overlay")
        }
    assert seen == {1: set(), 25: {"explanation card", "explanation overlay"}, 49: set()}
    heading = get_modifier_input(network_modifier(find(root, "explanation texts", "heading")), "Texts")
    assert heading.split("\n") == ["Gradient", "not explained", "Gradient", "", "Gradient", "not explained"]


def test_words_say_method_class_and_probability_at_every_sample(root: bpy.types.Collection, tmp_path: Path) -> None:
    show(root, tmp_path)
    texts = {
        obj["nn_part"]: get_modifier_input(network_modifier(obj), "Texts").split("\n")
        for obj in objects(root, "explanation texts")
    }
    assert texts["0"] == ["7 · 98.0 %", "1 · 50.0 %", "5 · 25.0 %"]
    assert texts["1"] == ["2 · 1.0 %", "3 · 40.0 %", "4 · 20.0 %"]
    assert [line for line in texts["heading"] if line] == ["Gradient"] * 3
    assert find(root, "legend", "explanation high").data.body == (
        "most   Gradient (derived), by 40 % of the largest of the sample"
    )


@pytest.mark.parametrize(
    ("kind", "activation", "words"),
    [
        ("classes", "softmax", "dog · 75.0 %"),
        ("classes", "", "dog · 0.75"),
        ("multi-label", "", "dog · 0.75"),
        # What follows from the logit of two cases is a probability.
        ("binary", "", "dog · 75.0 %"),
        ("values", "", "value 1 · 0.75"),
    ],
)
def test_words_name_the_class_and_tell_probabilities_as_such(
    root: bpy.types.Collection, kind: str, activation: str, words: str
) -> None:
    about = require_description(root)
    output = replace(about.answer_output, kind=kind, activation=activation)
    described = replace(about, outputs=(output,), classes=("cat", "dog"))
    explained = ExplainedTarget(Target(1), (1,), (2.0,), (0.75,))
    assert words_of(described, explained, 0, 40.0) == words


def test_neurons_are_named_with_their_layer(root: bpy.types.Collection, tmp_path: Path) -> None:
    explanation = made_explanation(root, "grad-cam", layer="conv")
    neuron = replace(explanation.targets[0], target=Target(3, layer="hidden"), indices=(3, 3, 3), outputs=(None,) * 3)
    pictures = [(0, packed_values(tmp_path, "map", TWO[0], "picture"))]
    show_explanation(bpy.context.scene, root, replace(explanation, targets=(neuron,)), pictures)
    texts = {
        obj["nn_part"]: get_modifier_input(network_modifier(obj), "Texts").split("\n")
        for obj in objects(root, "explanation texts")
    }
    assert texts["0"] == ["neuron 3 · 4"] * 3
    assert texts["heading"][:2] == ["Grad-CAM", "hidden · of conv"]


def boxes(root: bpy.types.Collection) -> dict[str, tuple[float, float, float, float]]:
    """Where cards, words, heading and all else of the network is in the picture, by what it is."""
    things, ratio = seen_things(bpy.context.scene)
    found = {f"{one.kind} {one.name}": one.corners for one in things if one.kind != "tray"}
    found["picture"] = (0.0, 0.0, ratio, 1.0)
    return found


def overlap(one: Sequence[float], other: Sequence[float]) -> bool:
    across, down = (min(one[k + 2], other[k + 2]) - max(one[k], other[k]) for k in (0, 1))
    return across > 1e-3 and down > 1e-3


@pytest.mark.parametrize("opened", [(), ("front",), ("front", "pair", "back")])
@pytest.mark.parametrize("count", [1, 2, 5])
def test_cards_overlap_nothing_and_all_is_in_the_picture(
    root: bpy.types.Collection, tmp_path: Path, opened: tuple[str, ...], count: int
) -> None:
    open_blocks(bpy.context.scene, root, dict.fromkeys(opened, 1.0))
    classes, outputs = ((7, 1, 5),) * count, ((0.98, 0.5, 0.25),) * count
    show(root, tmp_path, [TWO[0]] * count, classes=classes, outputs=outputs)
    found = boxes(root)
    _, _, right, lower = found.pop("picture")
    ours = {name: box for name, box in found.items() if name.startswith("explanation")}
    assert len(ours) == 2 * count + 1
    for name, box in found.items():
        assert box[0] > 0 and box[1] > 0 and box[2] < right and box[3] < lower, name  # noqa: PT018
    for (name, box), (other, room) in combinations(found.items(), 2):
        if name in ours or other in ours:
            assert not overlap(box, room), (name, other)
    words = [box for name, box in ours.items() if "words" in name]
    assert all((box[3] - box[1]) * PICTURE_HEIGHT > 12 for box in words)  # Of figures, of letters of 24 pixels.


def test_a_card_is_as_large_as_its_slab_allows_and_the_overlay_as_the_input(
    root: bpy.types.Collection, tmp_path: Path
) -> None:
    show(root, tmp_path)
    over, picture = (network_modifier(find(root, role)) for role in ("explanation overlay", "input"))
    for name in ("Width", "Height"):
        assert get_modifier_input(over, name) == get_modifier_input(picture, name)
    places = [find(root, role).data.vertices[0].co for role in ("explanation overlay", "input")]
    # Just before it.
    np.testing.assert_allclose(places[0] - places[1], (-0.006, 0, 0), atol=1e-5)
    assert find(root, "explanation overlay").parent == find(root, "input").parent


def test_blocks_that_open_leave_room_for_cards(root: bpy.types.Collection, tmp_path: Path) -> None:
    show(root, tmp_path)
    before = find(root, "explanation stand", "0").scale.copy()
    open_blocks(bpy.context.scene, root, {"front": 1.0})
    about = require_description(root)
    assert about.opening.maps.count == 2
    assert about.opening.picture.maps is not None
    stand = find(root, "explanation stand", "0")
    assert stand.scale != before
    assert read_description(root).explanation is not None


def names_of(root: bpy.types.Collection) -> set[str]:
    kinds = ("objects", "meshes", "curves", "materials", "images", "node_groups")
    return {f"{kind} {block.name}" for kind in kinds for block in getattr(bpy.data, kind)}


def test_removing_an_explanation_leaves_what_was_there(root: bpy.types.Collection, tmp_path: Path) -> None:
    before, frame = names_of(root), require_description(root).opening.picture.frame
    show(root, tmp_path)
    assert names_of(root) - before
    remove_explanation(bpy.context.scene, root)
    assert names_of(root) == before
    about = require_description(root)
    assert about.explanation is None
    assert about.opening.maps is None
    assert about.opening.picture.frame == frame
    remove_explanation(bpy.context.scene, root)


def test_removing_the_network_removes_its_explanation(root: bpy.types.Collection, tmp_path: Path) -> None:
    show(root, tmp_path)
    remove_network(bpy.context.scene, root)
    assert not [name for name in names_of(root) if "xplanation" in name or "xplained" in name]


def test_everything_made_is_marked_and_has_a_role_of_explanations(root: bpy.types.Collection, tmp_path: Path) -> None:
    known = names_of(root)
    show(root, tmp_path)
    made = names_of(root) - known
    for kind in ("objects", "meshes", "curves", "materials", "images", "node_groups"):
        for block in getattr(bpy.data, kind):
            if f"{kind} {block.name}" in made:
                assert block["nn_network"] == "id-1"
                assert block["nn_role"] in (*ROLES, "legend", "material", "nodes", *(
                    "explanation atlas", "explanation atlas over"
                ))  # fmt: skip
    images = [image for image in bpy.data.images if image["nn_role"].startswith("explanation atlas")]
    assert len(images) == 3
    assert all(image.packed_file is not None for image in images)
    assert {image.colorspace_settings.name for image in images} == {"Non-Color"}
    assert all(tree.animation_data is None or all(not fcurve.driver.expression.startswith("#") and
               fcurve.driver.type == "SUM" for fcurve in tree.animation_data.drivers)
               for tree in bpy.data.node_groups)  # fmt: skip


def test_another_explanation_takes_the_place_of_the_first_and_keeps_its_look(
    root: bpy.types.Collection, tmp_path: Path
) -> None:
    show(root, tmp_path)
    known = names_of(root)
    find(root, "explanation")["nn_opacity"] = 0.3
    set_look(bpy.context.scene, root, ExplanationLook("magma", "samples"))
    show(root, tmp_path, [TWO[1], TWO[0]])
    assert names_of(root) == known
    holder = find(root, "explanation")
    assert holder["nn_opacity"] == pytest.approx(0.3)
    assert get_look(holder) == ExplanationLook("magma", "samples")
    show(root, tmp_path, TWO[:1], method="gradient-x-input")
    assert len(list(objects(root, "explanation card"))) == 1
    assert get_look(find(root, "explanation")).colours == "diverging"


def test_measuring_the_same_samples_keeps_the_explanation_and_others_remove_it(
    root: bpy.types.Collection, contents: Contents, tmp_path: Path
) -> None:
    show(root, tmp_path)
    update_network(bpy.context.scene, root, contents)
    assert require_description(root).explanation is not None
    assert require_description(root).opening.picture.maps is not None
    samples = tuple(replace(one, name=f"other-{k}") for k, one in enumerate(contents.recording.samples))
    others = replace(contents, recording=replace(contents.recording, samples=samples))
    update_network(bpy.context.scene, root, others)
    assert require_description(root).explanation is None
    assert not [obj for role in ROLES for obj in objects(root, role)]
    assert require_description(root).opening.picture.maps is None


def test_layers_of_other_sizes_have_no_explanation(
    root: bpy.types.Collection, contents: Contents, tmp_path: Path
) -> None:
    show(root, tmp_path)
    resize_network(bpy.context.scene, root, contents)
    about = require_description(root)
    assert (about.explanation, about.opening.maps) == (None, None)
    assert not [obj for role in ROLES for obj in objects(root, role)]


def test_overlay_and_cards_are_switched_each(root: bpy.types.Collection, tmp_path: Path) -> None:
    show(root, tmp_path)
    show_part(root, "explanation overlay", False)
    assert find(root, "explanation overlay").hide_render
    assert not find(root, "explanation card", "0").hide_render
    show_part(root, "explanation overlay", True)
    show_part(root, "explanation card", False)
    roles = ("explanation card", "explanation frame", "explanation label")
    assert all(obj.hide_render for role in roles for obj in objects(root, role))
    assert not find(root, "explanation overlay").hide_render


def test_a_row_of_layers_has_the_overlay_and_keeps_it_in_blocks(contents: Contents, tmp_path: Path) -> None:
    root = build_network(bpy.context.scene, contents, "id-1")
    show(root, tmp_path)
    assert not list(objects(root, "explanation card"))
    update_layout(bpy.context.scene, root)
    bpy.context.view_layer.update()
    middles = [
        obj.matrix_world @ obj.data.vertices[0].co for obj in (find(root, "explanation overlay"), find(root, "input"))
    ]
    assert (middles[0] - middles[1]).length < 0.05


def test_every_input_has_its_maps_over_it(tmp_path: Path) -> None:
    contents = contents_of_four(tmp_path)
    network = contents.network
    opening = Opening.of(network, answers=answers_of(network, contents.outputs), inputs=contents.inputs)
    root = build_network(bpy.context.scene, contents, "id-1", opening=opening)
    shapes = {"photo": (12, 12), "facts": (1, 5), "words": (3, 4), "signal": (4, 40)}
    pictures = [
        (0, packed_values(tmp_path, f"map-{name}", np.full((3, *shape), 2.0, np.float32), name))
        for name, shape in shapes.items()
    ]
    explanation = replace(made_explanation(root), inputs=tuple(shapes))
    show_explanation(bpy.context.scene, root, explanation, pictures)
    assert {obj.get("nn_part", "") for obj in objects(root, "explanation overlay")} == {"", "facts", "words", "signal"}
    (card,) = objects(root, "explanation card")
    assert get_modifier_input(network_modifier(card), "Cell Width") == 12
    sizes = {
        part: [
            get_modifier_input(network_modifier(find(root, role, part)), side)
            for role in ("explanation overlay", "input")
            for side in ("Width", "Height")
        ]
        for part in ("", "facts", "words", "signal")
    }
    assert all(found[:2] == found[2:] for found in sizes.values())


def test_another_input_has_cards_of_its_own_shape(tmp_path: Path) -> None:
    contents = contents_of_four(tmp_path)
    network = contents.network
    opening = Opening.of(network, answers=answers_of(network, contents.outputs), inputs=contents.inputs)
    root = build_network(bpy.context.scene, contents, "id-1", opening=opening)
    shapes, seen = {"photo": (12, 12), "signal": (4, 40)}, []
    for name in ("photo", "signal", "photo"):
        pictures = [(0, packed_values(tmp_path, "map", np.full((3, *shapes[name]), 2.0, np.float32), name))]
        show_explanation(bpy.context.scene, root, replace(made_explanation(root), inputs=(name,)), pictures)
        (frame,), (card,) = objects(root, "explanation frame"), objects(root, "explanation card")
        modifier, room = network_modifier(card), np.ptp(meshes.read_vectors(frame.data, "position"), axis=0)
        for side, axis in (("Width", 1), ("Height", 2)):
            assert room[axis] > get_modifier_input(modifier, side) > 0.9 * room[axis]
        assert card.data.vertices[0].co.z == pytest.approx(room[2] / 2, rel=0.01)
        nodes = get_modifier_input(modifier, "Material").node_tree.nodes
        (colours,) = (node for node in nodes if "Sample" in node.inputs)
        seen.append((bool(list(objects(root, "explanation picture"))), colours.inputs["Sample"].default_value))
    assert seen == [(True, 1.0), (False, 0.0), (True, 1.0)]


def test_the_stored_cells_and_ranges_are_those_of_the_samples(root: bpy.types.Collection, tmp_path: Path) -> None:
    show(root, tmp_path, [TWO[0][[0, 2]]], samples=(0, 2), classes=((7, 5),), outputs=((0.98, 0.25),))
    mesh: Any = find(root, "explanation card", "0").data
    assert meshes.sampled_names(mesh, contract.EXPLAINED) == [
        "explained.0",
        "explained.2",
    ]
    assert tuple(mesh.attributes["explained.2"].data[0].vector) == (1.0, 1.0, 0.0)
    assert tuple(mesh.attributes["map_range.2"].data[0].vector) == (0.5, 1.0)


def test_cards_move_in_a_film_of_blocks_that_open(root: bpy.types.Collection, tmp_path: Path) -> None:
    scene = bpy.context.scene
    key_opening(scene, root, "front", 0.0, 1)
    key_opening(scene, root, "front", 1.0, 11)
    show(root, tmp_path)
    stand, places = find(root, "explanation stand", "0"), {}
    for frame in (1, 6, 11):
        scene.frame_set(frame)
        places[frame] = stand.location.copy(), stand.scale.x
        found = boxes(root)
        _, _, right, lower = found.pop("picture")
        ours = {name: box for name, box in found.items() if name.startswith("explanation")}
        assert all(box[0] > 0 and box[1] > 0 and box[2] < right and box[3] < lower for box in ours.values())
    assert places[1] != places[11]
    assert places[6] not in (places[1], places[11])
    remove_explanation(scene, root)
    assert not list(objects(root, "explanation stand"))
    scene.frame_set(6)


def test_cards_stay_where_the_distance_opens_blocks(root: bpy.types.Collection, tmp_path: Path) -> None:
    show(root, tmp_path)
    set_by_distance(bpy.context.scene, root, True)
    seen = require_description(root).opening.seen
    assert seen.maps is not None
    card = find(root, "explanation card", "0")
    bpy.context.view_layer.update()
    drawn = [
        shown
        for shown in bpy.context.evaluated_depsgraph_get().object_instances
        if shown.is_instance and shown.parent.original == card
    ]
    assert len(drawn) == 1


def test_cards_go_along_on_the_way_from_one_state_to_another(root: bpy.types.Collection, tmp_path: Path) -> None:
    show(root, tmp_path)
    change = OpeningChange(bpy.context.scene, root, {"front": 1.0})
    start = require_description(root).opening.picture.maps
    rows = [start.cards[0].rect]
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        change.show(share)
        rows.append(change._motion.at(share).maps.cards[0].rect)
    assert rows[1] == start.cards[0].rect
    assert rows[-1] == change.end.picture.maps.cards[0].rect
    steps = [abs(after.x - before.x) for before, after in pairwise(rows[1:])]
    assert max(steps) < 0.75 * abs(rows[-1].x - rows[1].x) + 1e-6

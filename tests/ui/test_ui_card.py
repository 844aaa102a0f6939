"""The card in the viewport: where it lies, and what it says of neurons and layers."""

from __future__ import annotations

from pathlib import Path

import bpy
import pytest
from made import build_in_blocks, made_contents

from nn_blender.scene.base import contract
from nn_blender.scene.base.find import networks, objects
from nn_blender.scene.build import build_network, show_whole_timeline
from nn_blender.scene.interventions.switches import set_neurons
from nn_blender.scene.network.contents import Contents
from nn_blender.scene.samples.timeline import show_sample
from nn_blender.ui.card.card_gizmos import buttons_of
from nn_blender.ui.card.card_operators import card_subject, pinned_subject
from nn_blender.ui.card.content import Subject, content_of, next_samples
from nn_blender.ui.card.geometry import Box, free_part, place_beside, place_within, plan_card, size_of
from nn_blender.ui.common.sidebar import format_number

FREE = Box(40.0, 0.0, 900.0, 600.0)


@pytest.mark.parametrize("scale", [1.0, 2.0])
@pytest.mark.parametrize("has_large", [False, True])
def test_all_parts_lie_inside_and_apart(scale: float, has_large: bool) -> None:
    plan = plan_card((10.0, 20.0), lines=3, tiles=4, buttons=3, corner=2, scale=scale, has_large=has_large)
    parts = [plan.title, *plan.lines, *plan.tiles, *plan.buttons, *plan.corner, *([plan.large] if plan.large else [])]
    assert len(parts) == 1 + 3 + 4 + 3 + 2 + has_large
    card = plan.card
    for part in parts:
        assert card.left <= part.left
        assert part.right <= card.right + 1e-6
        assert card.bottom <= part.bottom
        assert part.top <= card.top
    for number, one in enumerate(parts):
        for other in parts[number + 1 :]:
            apart = one.right <= other.left + 1e-6 or other.right <= one.left + 1e-6
            assert apart or one.top <= other.bottom + 1e-6 or other.top <= one.bottom + 1e-6
    assert (card.width, card.height) == size_of(3, 4, 3, scale, has_large=has_large)


@pytest.mark.parametrize(
    "about", [Box(300, 300, 40, 40), Box(880, 10, 40, 40), Box(45, 590, 4, 4), Box(40, 0, 900, 600)]
)
def test_a_card_lies_beside_what_it_tells_of_and_inside_the_view(about: Box) -> None:
    left, bottom = place_beside((236.0, 300.0), about, FREE, 1.0)
    assert FREE.left <= left
    assert left + 236 <= FREE.right
    assert FREE.bottom <= bottom
    assert bottom + 300 <= FREE.top
    if about.width < 100:
        assert left >= about.right or left + 236 <= about.left


def test_a_card_that_was_moved_out_comes_back_in() -> None:
    assert place_within((5000.0, -90.0), (236.0, 300.0), FREE) == (FREE.right - 236, FREE.bottom)


def test_bars_over_the_viewport_are_left_free() -> None:
    bars = [("LEFT", 56, 700), ("RIGHT", 300, 700), ("TOP", 1000, 26), ("NONE", 10, 10)]
    assert free_part(1000, 700, bars) == Box(56, 0, 644, 674)


def test_the_next_samples_begin_again_after_the_last() -> None:
    assert next_samples(4, 6) == [5, 0, 1, 2]
    assert next_samples(0, 3) == [1, 2]
    assert next_samples(0, 1) == []


def root() -> bpy.types.Collection:
    return networks(bpy.context.scene)[0]


@pytest.fixture
def made(tmp_path: Path) -> Contents:
    """Three samples of a small network with feature maps, its values in the scene."""
    contents = made_contents(tmp_path, samples=3)
    scene = bpy.context.scene
    show_whole_timeline(scene, build_network(scene, contents, "made", with_stage=False))
    return contents


def value(contents: Contents, layer: str, neuron: int, sample: int) -> float:
    columns = contents.network.neuron_slices()[layer]
    return float(contents.recording.activations[sample, columns.start + neuron])


def test_a_neurons_card_says_its_value_rank_and_values_for_the_next_samples(made: Contents) -> None:
    show_sample(bpy.context.scene, root(), 1)
    subject = Subject(root()[contract.NETWORK], "hidden", 3)
    content = content_of(bpy.context.scene, subject)
    columns = made.network.neuron_slices()["hidden"]
    layer = made.recording.activations[1, columns]
    rank = 1 + int((layer > layer[3]).sum())
    assert content.title == "hidden · neuron 3"
    assert content.lines[0] == f"Activation {format_number(layer[3])}"
    assert content.lines[1].startswith(f"Rank {rank} of {len(layer)} for ")
    captions = [format_number(value(made, "hidden", 3, sample)) for sample in (2, 0)]
    assert [tile.caption for tile in content.tiles] == captions
    assert not content.is_off
    assert buttons_of(subject, content)[0] == "disable"
    assert len(content.points) == 1


def test_a_neuron_that_is_off_is_said_to_be_and_can_be_enabled(made: Contents) -> None:
    set_neurons(root(), "hidden", [3], enabled=False)
    subject = Subject(root()[contract.NETWORK], "hidden", 3)
    content = content_of(bpy.context.scene, subject)
    assert content.is_off
    assert "Off" in content.lines
    assert buttons_of(subject, content)[0] == "enable"


def test_a_layers_card_counts_its_neurons_that_are_off(made: Contents) -> None:
    set_neurons(root(), "hidden", [0, 2], enabled=False)
    content = content_of(bpy.context.scene, Subject(root()[contract.NETWORK], "hidden", None))
    count = made.network.layer("hidden").neurons
    assert content.title == "hidden"
    assert content.lines[-1] == f"{count} neurons, 2 off"


def test_what_is_gone_has_no_card(made: Contents) -> None:
    network = root()[contract.NETWORK]
    assert content_of(bpy.context.scene, Subject("another", "hidden", 0)) is None
    assert content_of(bpy.context.scene, Subject(network, "nowhere", 0)) is None
    assert content_of(bpy.context.scene, Subject(network, "hidden", 10_000)) is None


def test_a_pinned_card_keeps_its_neuron_while_another_is_chosen(made: Contents) -> None:
    bpy.ops.nn.choose_neuron(layer="hidden", neuron=3)
    network = root()[contract.NETWORK]
    assert card_subject(bpy.context) == Subject(network, "hidden", 3)
    bpy.ops.nn.pin_card()
    bpy.ops.nn.choose_neuron(layer="conv", neuron=1)
    assert card_subject(bpy.context) == Subject(network, "hidden", 3)
    bpy.ops.nn.pin_card()
    assert card_subject(bpy.context) == Subject(network, "conv", 1)
    bpy.ops.nn.toggle_card()
    assert card_subject(bpy.context) is None


def test_a_pinned_card_gives_way_where_what_it_is_pinned_to_is_not_in_the_scene(made: Contents, tmp_path: Path) -> None:
    bpy.ops.nn.choose_neuron(layer="hidden", neuron=3)
    bpy.ops.nn.pin_card()
    first, other = bpy.context.scene, bpy.data.scenes.new("other")
    bpy.context.window.scene = other
    assert pinned_subject(bpy.context) is None
    assert card_subject(bpy.context) is None
    build_network(other, made_contents(tmp_path, samples=3), "second", with_stage=False)
    bpy.ops.nn.choose_neuron(layer="conv", neuron=1)
    assert card_subject(bpy.context) == Subject("second", "conv", 1)
    bpy.context.window.scene = first
    assert card_subject(bpy.context) == Subject("made", "hidden", 3)
    bpy.context.window.scene = other
    bpy.ops.nn.pin_card()
    bpy.context.window.scene = first
    assert pinned_subject(bpy.context) is None


def test_a_layers_card_lies_anywhere_once_what_its_network_is_moved_by_is_deleted(tmp_path: Path) -> None:
    made_root = build_in_blocks(bpy.context.scene, made_contents(tmp_path, samples=3), "blocks")
    bpy.data.objects.remove(next(objects(made_root, "anchor")))
    content = content_of(bpy.context.scene, Subject("blocks", "hidden", None))
    assert content is not None
    assert len(content.points) == 0

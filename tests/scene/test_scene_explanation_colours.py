"""The colours of maps that explain answers, as they are rendered: over the input, on cards, and with what look."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest
from made import build_in_blocks, made_contents
from made_explanations import TWO, find, halves, made_explanation, packed_values, show
from mathutils import Euler, Matrix
from test_scene_inputs import contents_of_four

from nn_blender.core.blocks.answers import answers_of
from nn_blender.core.blocks.opening import Opening
from nn_blender.scene.base.colour_maps import COLOUR_MAPS
from nn_blender.scene.base.find import network_modifier, networks, objects
from nn_blender.scene.base.themes import theme_of
from nn_blender.scene.base.versions import get_modifier_input
from nn_blender.scene.build import build_network, show_whole_timeline
from nn_blender.scene.looks.explanation_look import ExplanationLook, get_look
from nn_blender.scene.network.description import require_description
from nn_blender.scene.set_theme import set_theme
from nn_blender.scene.show_explanation import set_look, show_explanation


@pytest.fixture
def root(tmp_path: Path) -> bpy.types.Collection:
    root = build_in_blocks(bpy.context.scene, made_contents(tmp_path, samples=3), "id-1")
    show_whole_timeline(bpy.context.scene, root)
    return root


def colours_of(obj: bpy.types.Object, shown: Sequence[bpy.types.Object], folder: Path) -> np.ndarray:
    """What an upright card shows in the middles of its left and of its right half, float (2, 3), 0 to 255."""
    scene = bpy.context.scene
    for other in scene.objects:
        other.hide_render = other not in shown
    bpy.context.view_layer.update()
    place = obj.matrix_world @ Matrix.Translation(obj.data.vertices[0].co)
    width = get_modifier_input(network_modifier(obj), "Width") * place.to_scale().x
    camera: Any = bpy.data.objects.new("Near", bpy.data.cameras.new("Near"))
    scene.collection.objects.link(camera)
    camera.data.type, camera.data.ortho_scale = "ORTHO", width
    # From before the card, which faces -X, with up as up.
    turn = Euler((np.pi / 2, 0.0, -np.pi / 2)).to_matrix().to_4x4()
    camera.matrix_world = Matrix.Translation(place.translation) @ place.to_3x3().normalized().to_4x4() @ (
        Matrix.Translation((-0.5, 0.0, 0.0)) @ turn
    )  # fmt: skip
    camera.data.clip_start = 0.01
    scene.camera = camera
    scene.render.engine, scene.cycles.samples, scene.cycles.use_denoising = "CYCLES", 4, False
    scene.render.resolution_x = scene.render.resolution_y = 40
    scene.render.resolution_percentage = 100
    scene.view_settings.view_transform = "Standard"
    scene.render.filepath = str(folder / "near.png")
    bpy.ops.render.render(write_still=True)
    image = bpy.data.images.load(scene.render.filepath)
    pixels = np.array(image.pixels[:]).reshape(40, 40, 4)[..., :3] * 255
    bpy.data.images.remove(image)
    bpy.data.objects.remove(camera)
    return np.stack([pixels[20, 10], pixels[20, 30]])


def ramp_at(root: bpy.types.Collection, colours: str, place: float) -> np.ndarray:
    """Linear."""
    ramp = theme_of(root).ramp(COLOUR_MAPS[colours].ramp)
    stops = [stop for stop, _ in ramp]
    return np.array([np.interp(place, stops, [colour[part] for _, colour in ramp]) for part in range(3)])


def displayed(linear: np.ndarray) -> np.ndarray:
    return np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055) * 255


def plain(root: bpy.types.Collection) -> bpy.types.Object:
    """The object of the look, with opaque maps and nothing below them."""
    holder = find(root, "explanation")
    holder["nn_sample_below"], holder["nn_opacity"], holder["nn_threshold"] = 0.0, 1.0, 0.0
    set_look(bpy.context.scene, root, replace(get_look(holder), full_at=1.0))
    return holder


@pytest.mark.parametrize(("frame", "sample"), [(1, 0), (24, 0), (25, 1), (49, 2)])
def test_cards_have_the_colours_of_their_values_on_one_scale_for_a_sample(
    root: bpy.types.Collection, tmp_path: Path, frame: int, sample: int
) -> None:
    show(root, tmp_path)
    plain(root)
    bpy.context.scene.frame_set(frame)
    largest = (4.0, 6.0, 1.0)[sample]
    for part, values in enumerate(TWO):
        card = find(root, "explanation card", str(part))
        expected = [displayed(ramp_at(root, "heat", value / largest)) for value in values[sample, 0, [0, -1]]]
        np.testing.assert_allclose(colours_of(card, [card], tmp_path), expected, atol=4)


def test_one_scale_for_all_samples_can_be_chosen(root: bpy.types.Collection, tmp_path: Path) -> None:
    show(root, tmp_path)
    plain(root)
    set_look(bpy.context.scene, root, ExplanationLook("viridis", "samples"))
    bpy.context.scene.frame_set(49)
    card = find(root, "explanation card", "0")
    expected = [displayed(ramp_at(root, "viridis", value / 6.0)) for value in (0.5, 1.0)]
    np.testing.assert_allclose(colours_of(card, [card], tmp_path), expected, atol=4)
    assert "all samples" in find(root, "legend", "explanation high").data.body


def test_values_with_a_sign_have_colours_around_0(root: bpy.types.Collection, tmp_path: Path) -> None:
    show(root, tmp_path, [halves((-1.0, 2.0), (-4.0, 1.0), (0.0, 1.0))], method="gradient-x-input")
    plain(root)
    bpy.context.scene.frame_set(25)
    card = find(root, "explanation card", "0")
    expected = [displayed(ramp_at(root, "diverging", 0.5 + value / 8)) for value in (-4.0, 1.0)]
    np.testing.assert_allclose(colours_of(card, [card], tmp_path), expected, atol=4)


def test_the_input_is_seen_where_the_map_says_little(root: bpy.types.Collection, tmp_path: Path) -> None:
    show(root, tmp_path, TWO[:1])
    holder = find(root, "explanation")
    plain(root)
    holder["nn_opacity"], holder["nn_threshold"] = 0.5, 0.4
    holder.update_tag()
    bpy.context.scene.frame_set(25)
    over, picture = find(root, "explanation overlay"), find(root, "input")
    alone = colours_of(picture, [picture], tmp_path)
    both = colours_of(over, [picture, over], tmp_path)
    # A third of the largest is below the threshold; the largest covers half.
    np.testing.assert_allclose(both[0], alone[0], atol=2)
    linear = np.where(alone[1] / 255 <= 0.04045, alone[1] / 255 / 12.92, ((alone[1] / 255 + 0.055) / 1.055) ** 2.4)
    np.testing.assert_allclose(both[1], displayed(linear / 2 + ramp_at(root, "heat", 1.0) / 2), atol=4)


def test_opacity_and_threshold_can_be_animated(root: bpy.types.Collection, tmp_path: Path) -> None:
    show(root, tmp_path, TWO[:1])
    holder = find(root, "explanation")
    for frame, opacity in ((1, 1.0), (9, 0.0)):
        holder["nn_opacity"] = opacity
        holder.keyframe_insert('["nn_opacity"]', frame=frame)
    over, picture = find(root, "explanation overlay"), find(root, "input")
    bpy.context.scene.frame_set(9)
    alone = colours_of(picture, [picture], tmp_path)
    np.testing.assert_allclose(colours_of(over, [picture, over], tmp_path), alone, atol=2)
    bpy.context.scene.frame_set(1)
    assert np.abs(colours_of(over, [picture, over], tmp_path)[1] - alone[1]).max() > 50


def test_a_saved_scene_shows_explanations_without_the_extension(root: bpy.types.Collection, tmp_path: Path) -> None:
    show(root, tmp_path)
    plain(root)
    for file in tmp_path.glob("map-*.png"):
        file.unlink()
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "saved.blend"))
    bpy.ops.wm.read_factory_settings(use_empty=True)
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "saved.blend"))
    (root,) = networks(bpy.context.scene)
    bpy.context.scene.frame_set(25)
    card = find(root, "explanation card", "1")
    expected = [displayed(ramp_at(root, "heat", place)) for place in (0.0, 1.0)]
    np.testing.assert_allclose(colours_of(card, [card], tmp_path), expected, atol=4)
    assert require_description(root).explanation.targets[0].indices == (7, 1, 5)
    stored = json.loads(root["nn_text"].as_string())["explanation"]
    assert (stored["method"], stored["targets"][0]["outputs"]) == ("gradient", [0.98, 0.5, 0.25])


def test_a_theme_changes_the_colours_of_explanations(root: bpy.types.Collection, tmp_path: Path) -> None:
    show(root, tmp_path)
    plain(root)
    set_theme(bpy.context.scene, "paper")
    card = find(root, "explanation card", "0")
    expected = [displayed(ramp_at(root, "heat", place)) for place in (0.0, 0.5)]
    np.testing.assert_allclose(colours_of(card, [card], tmp_path), expected, atol=4)


def test_an_input_in_colours_has_its_map_beside_it_and_not_over_it(tmp_path: Path) -> None:
    contents = contents_of_four(tmp_path)
    network = contents.network
    opening = Opening.of(network, answers=answers_of(network, contents.outputs), inputs=contents.inputs)
    root = build_network(bpy.context.scene, contents, "id-1", opening=opening)
    pictures = [(0, packed_values(tmp_path, "map", np.full((3, 4, 40), 2.0, np.float32), "signal"))]
    show_explanation(bpy.context.scene, root, replace(made_explanation(root), inputs=("signal",)), pictures)
    over, card = find(root, "explanation overlay", "signal"), find(root, "explanation card", "0")
    assert over.hide_render
    assert not card.hide_render
    assert not list(objects(root, "explanation picture"))
    # Nothing is below the map, so all of it is opaque.
    find(root, "explanation")["nn_threshold"] = 1.0
    find(root, "explanation").update_tag()
    np.testing.assert_allclose(colours_of(card, [card], tmp_path)[0], displayed(ramp_at(root, "heat", 1.0)), atol=4)

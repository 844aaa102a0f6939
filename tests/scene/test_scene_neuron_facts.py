"""What the scene knows of single neurons: statistics, means per class, and the colours of their maps."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import bpy
import numpy as np
import pytest
from made import made_composite, made_contents, made_recording, with_ranges, write_png

from nn_blender.core.description.measurements import ClassCounts
from nn_blender.core.maps.packing import COMPOSITES
from nn_blender.core.recording import ClassMeans, Statistics
from nn_blender.scene.base import contract
from nn_blender.scene.base.colour_maps import COLOUR_MAPS
from nn_blender.scene.base.find import objects
from nn_blender.scene.base.meshes import read_samples, sampled_names
from nn_blender.scene.base.themes.studio import STUDIO
from nn_blender.scene.build import build_network, update_network
from nn_blender.scene.layers.statistics import layer_statistic, neuron_class_means, neuron_statistics
from nn_blender.scene.looks.map_looks import MAP_RULES, MapLook, set_map_look
from nn_blender.scene.maps.map_pixels import Scale, colour_composite, colour_map, composite_scale, find_atlas, map_scale
from nn_blender.scene.maps.summaries import set_composite
from nn_blender.scene.network.contents import Contents
from nn_blender.scene.network.description import change_description, read_description
from nn_blender.scene.neurons.neuron_facts import neuron_facts, shown_activations

CLASSES = ("cat", "dog", "bird")


@pytest.fixture
def contents(tmp_path: Path) -> Contents:
    contents = made_contents(tmp_path, samples=3)
    everything = made_recording(contents.network, samples=30, seed=5).activations
    means = np.stack([everything[k::3].mean(axis=0) for k in range(3)])
    means[1, 5], means[2, 6] = np.nan, np.inf
    recording = dataclasses.replace(
        contents.recording,
        statistics=Statistics.of(everything),
        class_means=ClassMeans(CLASSES, (10, 10, 9), means, more=2),
    )
    return dataclasses.replace(contents, recording=recording)


def saved_and_opened(tmp_path: Path) -> bpy.types.Collection:
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "saved.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "saved.blend"))
    return next(root for root in bpy.data.collections if root.get(contract.ROLE) == "network")


def test_means_per_class_are_in_the_file(contents: Contents, tmp_path: Path) -> None:
    build_network(bpy.context.scene, contents, "id-1")
    root = saved_and_opened(tmp_path)
    assert read_description(root).class_means == ClassCounts(CLASSES, (10, 10, 9), 2)
    stored = read_samples(root[contract.STATISTICS], "class_mean")
    np.testing.assert_array_equal(stored, contents.recording.class_means.means)
    for layer, neuron in (("conv", 5), ("hidden", 39), ("output", 0)):
        column = contents.network.neuron_slices()[layer].start + neuron
        found = neuron_class_means(root, layer, neuron)
        np.testing.assert_array_equal(found.means[:, 0], contents.recording.class_means.means[:, column])
        assert (found.names, found.counts, found.more) == (CLASSES, (10, 10, 9), 2)
        for name in ("mean", "spread", "active", "lowest"):
            values = getattr(contents.recording.overall, name)
            assert neuron_statistics(root, layer, neuron)[name] == values[column]
            np.testing.assert_array_equal(
                layer_statistic(root, layer, name), values[contents.network.neuron_slices()[layer]]
            )
    assert read_description(root).network == contents.network


def test_other_measurements_replace_them_and_leave_none_behind(contents: Contents) -> None:
    scene = bpy.context.scene
    root = build_network(scene, contents, "id-1")
    fewer = dataclasses.replace(
        contents.recording.class_means, names=("cat",), counts=(3,), means=contents.recording.class_means.means[:1]
    )
    update_network(
        scene,
        root,
        dataclasses.replace(contents, recording=dataclasses.replace(contents.recording, class_means=fewer)),
    )
    assert sampled_names(root[contract.STATISTICS], "class_mean") == ["class_mean.0"]
    unlabelled = dataclasses.replace(contents.recording, class_means=None)
    update_network(scene, root, dataclasses.replace(contents, recording=unlabelled))
    assert sampled_names(root[contract.STATISTICS], "class_mean") == []
    assert neuron_class_means(root, "hidden", 0) is None


def test_facts_that_a_scene_does_not_know_are_absent(contents: Contents) -> None:
    root = build_network(bpy.context.scene, contents, "id-1")
    values = contents.recording.activations[:, contents.network.neuron_slices()["hidden"]]
    np.testing.assert_array_equal(shown_activations(root, "hidden", 7), values[:, 7])
    assert shown_activations(root, "hidden", 40) is None
    assert shown_activations(root, "odd", 0) is None
    about = read_description(root)
    change_description(root, class_means=dataclasses.replace(about.class_means, names=(*CLASSES, "fish")))
    assert neuron_class_means(root, "hidden", 0) is None
    bpy.data.meshes.remove(root[contract.STATISTICS])
    assert neuron_facts(root, "hidden", 7, 1).activation == values[1, 7]
    assert neuron_statistics(root, "hidden", 7) is None
    assert layer_statistic(root, "hidden", "mean") is None


def srgb(linear: np.ndarray) -> np.ndarray:
    return np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)


def ramp_colour(place: float, colours: str) -> np.ndarray:
    stops = STUDIO.ramp(COLOUR_MAPS[colours].ramp)
    return srgb(np.array([np.interp(place, [at for at, _ in stops], [c[part] for _, c in stops]) for part in range(3)]))


@pytest.mark.parametrize("colours", list(COLOUR_MAPS))
@pytest.mark.parametrize("rule", MAP_RULES)
def test_a_map_has_the_colours_of_its_card(contents: Contents, tmp_path: Path, colours: str, rule: str) -> None:
    low, high = np.float32([[0.0, -1.0, 0.5]] * 6).T, np.float32([[1.0, 3.0, 0.75]] * 6).T
    high[1, 2] = 4.0
    ranges = np.stack([low, high])
    atlases = [with_ranges(maps, ranges) if maps.layer == "conv" else maps for maps in contents.atlases]
    root = build_network(bpy.context.scene, dataclasses.replace(contents, atlases=tuple(atlases)), "id-1")
    set_map_look(root, MapLook(colours, rule))
    image = find_atlas(root, "atlas", "conv")
    for sample, neuron in ((0, 0), (1, 2), (1, 3), (2, 5)):
        scale = map_scale(root, image, neuron, sample)
        bottom, top = {
            "samples": (-1.0, 4.0),
            "layer": (low[sample].min(), high[sample].max()),
            "map": (low[sample, neuron], high[sample, neuron]),
        }[rule]
        if colours in ("activation", "diverging"):
            top = max(abs(bottom), abs(top))
            bottom = -top
        cell = np.zeros((1, 3, 4), np.uint8)
        cell[0, :, 0], cell[0, :, 3] = (0, 200, 255), (255, 255, 0)
        pixels = colour_map(cell, scale)
        assert pixels.dtype == np.float32
        for place, level in enumerate((0, 200)):
            value = low[sample, neuron] + level / 255 * (high[sample, neuron] - low[sample, neuron])
            share = min(max((value - bottom) / (top - bottom), 0), 1)
            np.testing.assert_allclose(pixels[0, place, :3], ramp_colour(share, colours), atol=1e-5)
        np.testing.assert_allclose(pixels[0, 2, :3], srgb(np.array(STUDIO.glow.not_finite)), atol=1e-6)
        assert (pixels[..., 3] == 1).all()
    assert map_scale(root, image, 6, 0) is None
    assert map_scale(root, image, 0, 3) is None


def test_summaries_have_the_colours_of_their_cards(contents: Contents, tmp_path: Path) -> None:
    composites = (made_composite(tmp_path, "conv", 12, 3),)
    root = build_network(bpy.context.scene, dataclasses.replace(contents, composites=composites), "id-1")
    set_map_look(root, MapLook("grey", "samples"))
    cell = np.zeros((1, 1, 4), np.uint8)
    cell[:] = (100, 200, 128, 255)
    ranges = {"mean": (0.0, 1.0), "max": (1.0, 2.0)}
    for kind in COMPOSITES:
        set_composite(root, kind)
        scale = composite_scale(root, "conv", 1)
        assert (scale.low, scale.high) == ranges["mean" if kind == "mean" else "max"]
        share = (scale.low + (100 if kind == "mean" else 200) / 255 - scale.bottom) / (scale.top - scale.bottom)
        pixels = colour_composite(cell, scale, kind)[0, 0, :3]
        if kind == "strongest":
            # The middle hue out of red to violet, as bright as the maximum.
            linear = np.where(pixels <= 0.04045, pixels / 12.92, ((pixels + 0.055) / 1.055) ** 2.4)
            faint = STUDIO.glow.nothing[1]
            assert linear.max() == pytest.approx(faint + (1 - faint) * share, abs=1e-3)
            assert int(np.argmax(linear)) == 1
        else:
            np.testing.assert_allclose(pixels, ramp_colour(share, "grey"), atol=1e-5)
    (card,) = objects(root, "composite", "conv")
    bpy.data.objects.remove(card)
    assert composite_scale(root, "conv", 1) is None


def test_icons_and_renders_agree(contents: Contents, tmp_path: Path) -> None:
    """The same level on a card, rendered, and in a picture of a panel."""
    flat = np.full((2 * 12, 3 * 12), 140, np.uint8)
    write_png(tmp_path / "conv.png", flat)
    root = build_network(bpy.context.scene, contents, "id-1")
    (cards,) = objects(root, "card", "conv")
    cell = np.full((1, 1, 4), (140, 0, 0, 255), np.uint8)
    expected = colour_map(cell, map_scale(root, find_atlas(root, "atlas", "conv"), 0, 0))[0, 0, :3]
    assert Scale(0.0, 1.0, -1.0, 1.0, "activation", STUDIO) == map_scale(root, find_atlas(root, "atlas", "conv"), 0, 0)
    np.testing.assert_allclose(rendered(cards, tmp_path / "card.png"), expected, atol=2 / 255)


def rendered(cards: bpy.types.Object, file: Path) -> np.ndarray:
    """The middle pixel of a picture straight of a card, sRGB from 0 to 1."""
    scene = bpy.context.scene
    for other in scene.objects:
        other.hide_render = other.type == "MESH" and other != cards
    camera = scene.camera
    camera.parent = None
    camera.constraints.clear()
    camera.data.type, camera.data.ortho_scale = "ORTHO", 0.05
    at = cards.matrix_world @ cards.data.vertices[0].co
    camera.location, camera.rotation_euler = (at.x - 1.0, at.y, at.z), (np.pi / 2, 0.0, -np.pi / 2)
    scene.render.engine, scene.cycles.samples, scene.cycles.use_denoising = "CYCLES", 1, False
    scene.view_settings.view_transform = "Standard"
    scene.render.resolution_x = scene.render.resolution_y = 8
    scene.render.filepath, scene.render.image_settings.file_format = str(file), "PNG"
    bpy.ops.render.render(write_still=True)
    picture = bpy.data.images.load(str(file))
    pixels = np.empty(8 * 8 * 4, np.float32)
    picture.pixels.foreach_get(pixels)
    return pixels.reshape(8, 8, 4)[4, 4, :3]

"""The panels of the chosen neuron and the chosen layer: numbers, pictures and clicks."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

import bpy
import numpy as np
import pytest
from drawn import drawn, inspected
from made import made_composite, made_contents

from nn_blender.core.neurons.weights import NeuronWeights
from nn_blender.core.recording import ClassMeans, Statistics
from nn_blender.scene.base import contract, meshes
from nn_blender.scene.base.find import networks, objects
from nn_blender.scene.base.themes.studio import STUDIO
from nn_blender.scene.build import build_network, show_whole_timeline
from nn_blender.scene.looks.hiding import hidden
from nn_blender.scene.looks.map_looks import MapLook, set_map_look
from nn_blender.scene.maps.map_pixels import colour_map, displayed, find_atlas, map_scale
from nn_blender.scene.network.description import read_description
from nn_blender.scene.neurons.selection import selected
from nn_blender.scene.samples.timeline import show_sample
from nn_blender.ui.common.active import active_slab
from nn_blender.ui.common.sidebar import format_number, format_share
from nn_blender.ui.inspector import layer as layer_part
from nn_blender.ui.inspector import neuron as neuron_part
from nn_blender.ui.layers.histogram_store import BINS, SIDE, draw_histogram, layer_store
from nn_blender.ui.maps.thumbnails import KEPT, Thumbnails, thumbnails
from nn_blender.ui.neurons.neuron_operators import chosen_neuron
from nn_blender.ui.neurons.weight_reader import KEPT as KEPT_WEIGHTS
from nn_blender.ui.neurons.weight_reader import Neuron, WeightReader, weight_reader

DIGITS = Path(__file__).resolve().parents[2] / "sample_scenes" / "digits"
CELL = 12


def root() -> bpy.types.Collection:
    """Undo makes all data-blocks anew, so it is asked for again and again."""
    return networks(bpy.context.scene)[0]


def choose(layer: str, neuron: int = 0) -> None:
    bpy.ops.nn.choose_neuron(layer=layer, neuron=neuron)


def of_neuron(draw: Callable[..., None]) -> list[str]:
    """All texts of a section of the inspector of the chosen neuron."""
    return drawn(draw, root(), active_slab(bpy.context)[contract.LAYER], root().nn.neurons.neuron)


def values(layer: str) -> np.ndarray:
    """Float32 (samples, neurons)."""
    return meshes.read_samples(next(objects(root(), "neurons", layer)).data, contract.ACTIVATION)


@pytest.fixture
def imported(with_tensorflow: None) -> None:
    bpy.context.preferences.edit.use_global_undo = True
    bpy.ops.nn.import_network(filepath=str(DIGITS / "digits.keras"), shown=100)


@pytest.fixture
def made(tmp_path: Path) -> None:
    contents = made_contents(tmp_path, samples=3)
    everything = contents.recording.activations
    columns = contents.network.neuron_slices()
    everything[:, columns["hidden"]] = np.abs(everything[:, columns["hidden"]])
    everything[:, columns["hidden"].start + 4] = 0
    everything[:, columns["hidden"].start + 9] = 0
    everything[:, columns["hidden"].start + 11] = np.nan
    everything[:, columns["output"].start] = 0.999
    recording = dataclasses.replace(contents.recording, statistics=Statistics.of(everything))
    composites = (made_composite(tmp_path, "conv", CELL, 3),)
    contents = dataclasses.replace(contents, recording=recording, composites=composites)
    scene = bpy.context.scene
    show_whole_timeline(scene, build_network(scene, contents, "made", with_stage=False))


@pytest.mark.usefixtures("imported")
def test_class_means_in_the_panel_are_those_of_the_activations() -> None:
    about = read_description(root())
    labels = np.array([int(shown.sample.label) for shown in about.samples])
    assert len(labels) == about.evaluated == 100
    assert about.class_means.counts == tuple(int((labels == k).sum()) for k in range(10))
    rows = values("dense_1").astype(np.float64)
    means = np.stack([rows[labels == k].mean(axis=0) for k in range(10)])
    start = about.network.neuron_slices()["dense_1"].start
    stored = meshes.read_samples(root()[contract.STATISTICS], contract.CLASS_MEAN)[:, start : start + 64]
    np.testing.assert_allclose(stored, means, rtol=1e-5, atol=1e-6 * np.abs(means).max())

    neuron = int(rows.std(axis=0).argmax())
    choose("dense_1", neuron)
    texts = of_neuron(neuron_part.draw_classes)
    best = int(means[:, neuron].argmax())
    others = np.delete(means[:, neuron], best).mean()
    index = (means[best, neuron] - others) / (means[best, neuron] + others)
    assert {f"{k}   {format_number(means[k, neuron])}" for k in range(10)} <= set(texts)
    assert texts[texts.index("Preferred Class") + 1] == str(best)
    assert texts[texts.index("Selectivity") + 1] == f"{index:.2f} of at most 1"
    assert texts[texts.index("Mean") + 1] == format_number(rows[:, neuron].mean())
    assert texts[texts.index("Active") + 1] == format_share((rows[:, neuron] > 0).mean())

    texts = of_neuron(neuron_part.draw_samples)
    order = np.argsort(-rows[:, neuron], kind="stable")[:5]
    names = [about.samples[k].sample.name for k in order]
    assert [text for text in texts if text.endswith(".png")] == names
    assert texts[texts.index(names[0]) + 1] == format_number(rows[order[0], neuron])


@pytest.mark.usefixtures("imported")
def test_weights_are_read_on_demand_and_lead_to_the_neuron_at_the_other_end() -> None:
    choose("digit", 3)
    assert weight_reader.remembered(chosen_neuron(root(), "digit")) is None
    bpy.ops.nn.read_weights()
    found = weight_reader.remembered(chosen_neuron(root(), "digit"))
    assert found.formula.startswith("softmax(sum of 64 inputs times weights, plus bias")
    assert format_number(found.bias) in found.formula
    assert found.more_incoming == 64 - len(found.incoming)
    texts = of_neuron(neuron_part.draw_weights)
    strongest = found.incoming[0]
    text = f"{strongest.layer} {strongest.neuron}"
    assert texts[texts.index(text) + 1] == format_number(strongest.weight)
    assert f"+{found.more_incoming} more" in texts
    assert "Read Weights" not in texts

    bpy.ops.nn.choose_neuron(layer=strongest.layer, neuron=strongest.neuron)
    assert root().nn.neurons.neuron == strongest.neuron
    bpy.ops.nn.read_weights()
    back = weight_reader.remembered(chosen_neuron(root(), strongest.layer))
    weights_out = {(one.layer, one.neuron): one.weight for one in back.outgoing}
    if ("digit", 3) in weights_out:
        assert weights_out["digit", 3] == strongest.weight
    assert abs(back.outgoing[0].weight) >= abs(strongest.weight)
    bpy.ops.wm.read_factory_settings(use_empty=True)
    assert not weight_reader._results


@pytest.mark.usefixtures("imported")
def test_a_model_that_changed_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    choose("digit", 3)
    network = read_description(root()).network
    text = root()[contract.TEXT]
    body = text.as_string().replace(network.sha256, "1" * 64)
    text.clear()
    text.write(body)
    with pytest.raises(RuntimeError, match="not the file that the scene was made from"):
        bpy.ops.nn.read_weights()


def test_reading_weights_needs_tensorflow(made: None) -> None:
    choose("hidden")
    with pytest.raises(RuntimeError, match="Set up TensorFlow first"):
        bpy.ops.nn.read_weights()
    assert of_neuron(neuron_part.draw_weights) == []


@pytest.mark.usefixtures("made")
def test_a_click_in_a_list_is_no_step_of_undo_and_outlives_it() -> None:
    bpy.context.preferences.edit.use_global_undo = True
    bpy.ops.ed.undo_push(message="Start")
    bpy.ops.nn.go_to_sample("EXEC_DEFAULT", True, sample=2)
    assert bpy.context.scene.frame_current == 49
    bpy.ops.nn.choose_neuron("EXEC_DEFAULT", True, layer="hidden", neuron=7)
    bpy.ops.nn.toggle_layer_part("EXEC_DEFAULT", True, layer="conv", role="neurons")
    assert hidden(next(objects(root(), "neurons", "conv")))[0]
    assert "Neuron 7 · hidden" in inspected()
    bpy.ops.ed.undo()
    assert not hidden(next(objects(root(), "neurons", "conv")))[0]
    assert root().nn.neurons.neuron == 7
    assert inspected()[0] == "Neuron 7 · hidden"
    assert {layer: list(neurons) for layer, neurons in selected(root()).items()} == {"hidden": [7]}
    assert bpy.context.scene.frame_current == 49
    with pytest.raises(RuntimeError, match="Neuron 40 of hidden is not in the scene"):
        bpy.ops.nn.choose_neuron(layer="hidden", neuron=40)
    with pytest.raises(RuntimeError, match="Neuron 0 of picture is not in the scene"):
        bpy.ops.nn.choose_neuron(layer="picture", neuron=0)


def shown_pixels(store: Thumbnails, name: str) -> np.ndarray:
    """What a large picture holds, one value per pixel of the map: (height, width, 4)."""
    preview = store._previews[name]
    pixels = np.array(preview.image_pixels_float, np.float32).reshape(*preview.image_size, 4)
    step = preview.image_size[0] // CELL
    return pixels[step // 2 :: step, step // 2 :: step]


@pytest.mark.usefixtures("made")
@pytest.mark.parametrize("look", [MapLook(), MapLook("magma", "map"), MapLook("grey", "layer")])
def test_pictures_of_maps_are_the_cells_of_the_atlas_in_the_colours_of_the_scene(look: MapLook) -> None:
    set_map_look(root(), look)
    store = Thumbnails()
    store.maps(root(), "conv", 4, [0, 2], "gallery")
    assert not store._results
    store.finish()
    store.maps(root(), "conv", 4, [0, 2], "gallery")
    for place, sample in enumerate((0, 2)):
        levels = np.zeros((CELL, CELL, 4), np.uint8)
        levels[...] = (10 * sample + 4 + 1, 0, 0, 255)
        levels[CELL // 2 :, CELL // 2 :, 0] = 200  # The upper right quarter; the lowest row comes first.
        expected = colour_map(levels, map_scale(root(), find_atlas(root(), "atlas", "conv"), 4, sample))
        np.testing.assert_allclose(shown_pixels(store, f"gallery {place} made"), expected, atol=1 / 255)
    assert store.maps(root(), "conv", 6, [0], "map") == [0]
    assert store.maps(root(), "hidden", 0, [0], "map") == [0]
    before = shown_pixels(store, "gallery 0 made")
    store.maps(root(), "conv", 3, [0], "gallery")
    assert len(store._previews) == 2
    assert not np.array_equal(shown_pixels(store, "gallery 0 made"), before)
    store.forget()


@pytest.mark.usefixtures("made")
def test_only_the_last_atlases_are_kept() -> None:
    store = Thumbnails()
    for layer in ("conv", "norm", "pool"):
        store.maps(root(), layer, 0, [0], "map")
        store.finish()
    store.large(root(), 0)
    store.composite(root(), "conv", 0)
    store.finish()
    kept = set(store._results)
    assert len(kept) == KEPT
    assert find_atlas(root(), "atlas", "conv").session_uid not in kept
    store.forget()


@pytest.mark.usefixtures("made")
def test_the_summary_is_shown_in_the_layers_panel() -> None:
    choose("conv")
    inspected("LAYER")
    thumbnails.finish()
    texts = inspected("LAYER")
    assert texts[texts.index("Summary") + 1] == "Mean"
    assert texts[texts.index("Activation") + 1] == "relu"
    pixels = shown_pixels(thumbnails, "composite 0 made")
    place = 100 / 255 / 4 + 0.5  # The mean of 0 to 1 in the first sample; colours reach from -2 to 2.
    stops = [at for at, _ in STUDIO.glow.signed]
    linear = tuple(float(np.interp(place, stops, [c[part] for _, c in STUDIO.glow.signed])) for part in range(3))
    show_sample(bpy.context.scene, root(), 1)
    inspected("LAYER")
    pixels = shown_pixels(thumbnails, "composite 0 made")
    np.testing.assert_allclose(pixels[..., :3], np.broadcast_to(displayed(linear), (CELL, CELL, 3)), atol=2 / 255)


@pytest.mark.usefixtures("made")
def test_the_gallery_has_pages() -> None:
    choose("conv", 2)
    page = root().nn.neuron_maps
    page.page = 7
    assert page.page == 1
    thumbnails.maps(root(), "conv", 2, [0], "map")
    thumbnails.finish()
    texts = inspected()
    assert {"picture-0", "picture-1", "picture-2", "Samples 1 to 3 of 3"} <= set(texts)
    choose("hidden")
    texts = inspected()
    assert "Show Large in the Scene" not in texts
    low, high = read_description(root()).ranges["hidden"]
    assert any(text.endswith(f"of at most {format_number(max(-low, high))}") for text in texts)


@pytest.mark.usefixtures("made")
def test_the_layers_panel_counts_dead_and_saturated_neurons() -> None:
    choose("hidden", 5)
    assert "Counting activations" in inspected("LAYER")
    found = layer_store.find_now(root(), "hidden")
    rows = values("hidden")
    assert layer_part.dead_neurons(root(), "hidden") == [4, 9]
    texts = inspected("LAYER")
    assert {"Never active in 3 samples: 2", "This Sample"} <= set(texts)
    assert "Saturated: none, activation is unbounded" in " ".join(texts)
    assert "All 3 Shown" in texts
    finite = rows[np.isfinite(rows)]
    assert f"{format_number(finite.min())} to {format_number(finite.max())}" in texts
    assert f"Left out, exactly 0: {2 / 40:.1%} and {6 / 120:.1%}" in texts
    assert "Not finite: 1 and 3" in texts
    counts, _ = np.histogram(finite[finite != 0].astype(np.float64), BINS, (finite.min(), finite.max()))
    np.testing.assert_array_equal(found.of_all.counts, counts)
    bpy.ops.nn.select_idle(kind="DEAD")
    assert root().nn.neurons.neuron == 4
    assert {layer: list(neurons) for layer, neurons in selected(root()).items()} == {"hidden": [4, 9]}

    choose("output", 3)
    found = layer_store.find_now(root(), "output")
    rows = values("output")
    near = ((rows <= 0.01) | (rows >= 0.99)).mean(axis=0) >= 0.95
    assert found.saturated == tuple(np.flatnonzero(near))
    assert 0 in found.saturated
    assert f"Saturated in 95% of shown: {near.sum()}" in inspected("LAYER")
    bpy.ops.nn.select_idle(kind="SATURATED")
    np.testing.assert_array_equal(selected(root())["output"], np.flatnonzero(near))
    choose("pool")
    assert bpy.ops.nn.select_idle(kind="SATURATED") == {"CANCELLED"}


@pytest.mark.usefixtures("made")
def test_histograms_follow_what_is_measured_and_wait_in_edit_mode() -> None:
    before = layer_store.find_now(root(), "hidden")
    assert layer_store.find(root(), "hidden") is before
    root()[contract.RECORDED] = "another intervention"
    mesh = next(objects(root(), "neurons", "hidden"))
    meshes.write_floats(mesh.data, "activation.1", np.full(40, 5, np.float32))
    assert layer_store.find(root(), "hidden") is None
    bpy.context.view_layer.objects.active = mesh
    bpy.ops.object.mode_set(mode="EDIT")
    assert not layer_store.step()
    bpy.ops.object.mode_set(mode="OBJECT")
    after = layer_store.find_now(root(), "hidden")
    assert after.of_all.high == 5
    assert after.of_samples[1].counts[-1] == 40


def test_a_histograms_picture_has_bars_as_high_as_their_counts(made: None) -> None:
    histogram = layer_store.find_now(root(), "conv").of_all
    pixels = draw_histogram(histogram, STUDIO)
    assert pixels.shape == (SIDE, SIDE, 4)
    ground = np.float32(displayed(STUDIO.glow.nothing))
    width = SIDE // BINS
    edges = np.linspace(histogram.low, histogram.high, BINS + 1)
    for place, count in enumerate(histogram.counts):
        column = pixels[:, place * width, :3]
        height = int((np.abs(column - ground).max(axis=-1) > 1e-6).sum())
        assert abs(height - count / histogram.counts.max() * SIDE) <= 2
        if count:
            is_green = column[0, 1] > column[0, 2]
            assert is_green == (edges[place] + edges[place + 1] >= 0)


@pytest.mark.usefixtures("made")
def test_scenes_without_the_new_facts_are_still_shown() -> None:
    """As files are that were saved before means per class were measured."""
    text = root()[contract.TEXT]
    about = json.loads(text.as_string())
    assert about.pop("class_means") is None
    del about["version"]
    text.clear()
    text.write(json.dumps(about, indent=1))
    choose("hidden", 3)
    texts = of_neuron(neuron_part.draw_classes)
    assert "Measure again to see means per class" in " ".join(texts)
    assert "Mean per True Class" not in texts
    bpy.data.meshes.remove(root()[contract.STATISTICS])
    assert of_neuron(neuron_part.draw_classes) == ["No samples were measured"]
    assert texts
    assert "Rank" in inspected()
    assert "Activation" in inspected("LAYER")


def test_many_classes_are_listed_by_their_means() -> None:
    means = np.random.default_rng(3).normal(size=30)
    means[4] = np.nan
    listed = neuron_part.listed_classes(means)
    assert listed == [int(k) for k in np.argsort(-np.where(np.isnan(means), -np.inf, means))[:10]]
    facts = ClassMeans(tuple(str(k) for k in range(30)), (1,) * 30, means[:, np.newaxis].astype(np.float32), more=5)
    layout = MagicMock()
    neuron_part._draw_classes(layout, facts, is_nonnegative=False)
    texts: list[Any] = [call.kwargs.get("text") for call in layout.mock_calls]
    words = " ".join(text for text in texts if text)
    assert "+25 more classes, 5 of them not measured" in words
    assert "Bars show magnitudes, without the sign" in words


def test_weights_of_the_last_neurons_are_remembered() -> None:
    found = NeuronWeights("f", None, (), 0, (), 0)
    reader = WeightReader()
    keys = [Neuron("id", "sha", "layer", k) for k in range(KEPT_WEIGHTS + 1)]
    for key in keys:
        reader.keep(key, found)
    assert reader.remembered(keys[0]) is None
    assert reader.remembered(keys[-1]) is found

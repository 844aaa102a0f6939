"""Samples on the timeline: cross-fades, markers, and measuring again without rebuilding."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import bpy
import numpy as np
import pytest
from made import made_contents, made_recording

from nn_blender.core.recording import Recording
from nn_blender.scene.base import meshes
from nn_blender.scene.base.find import objects
from nn_blender.scene.build import build_network, show_whole_timeline, update_network
from nn_blender.scene.network.contents import Contents
from nn_blender.scene.network.description import read_description
from nn_blender.scene.remove import remove_network
from nn_blender.scene.samples.timeline import sample_count, set_timing, shown_sample


@pytest.fixture
def contents(tmp_path: Path) -> Contents:
    return made_contents(tmp_path, samples=3)


@pytest.fixture
def root(contents: Contents, build_once: Callable[..., bpy.types.Collection]) -> bpy.types.Collection:
    root = build_once(build_network, contents, "id-1")
    show_whole_timeline(bpy.context.scene, root)
    return root


def evaluated(obj: bpy.types.Object, attribute: str) -> np.ndarray:
    return meshes.read_floats(obj.evaluated_get(bpy.context.evaluated_depsgraph_get()).data, attribute)


def hidden_values(contents: Contents) -> np.ndarray:
    return contents.recording.activations[:, contents.network.neuron_slices()["hidden"]]


@pytest.mark.parametrize(
    ("frame", "sample", "share"),
    [(1, 0, 0), (5, 0, 0), (6, 0, 0), (7, 0, 0.25), (9, 0, 0.75), (10, 1, 0), (18, 1, 0.75), (19, 2, 0), (27, 2, 0)],
)
def test_frames_before_the_next_sample_fade_to_it(
    root: bpy.types.Collection, contents: Contents, frame: int, sample: int, share: float
) -> None:
    scene = bpy.context.scene
    set_timing(scene, root, 9, 4)
    scene.frame_set(frame)
    values = hidden_values(contents)
    following = values[min(sample + 1, 2)]
    expected = values[sample] * np.float32(1 - share) + following * np.float32(share)
    hidden = next(objects(root, "neurons", "hidden"))
    np.testing.assert_allclose(evaluated(hidden, "activation"), expected, atol=1e-6)
    probabilities = contents.recording.outputs
    mixed = probabilities[sample] * (1 - share) + probabilities[min(sample + 1, 2)] * share
    np.testing.assert_allclose(evaluated(next(objects(root, "bars")), "probability"), mixed, atol=1e-6)


def test_infinity_shows_in_its_own_sample_only(tmp_path: Path) -> None:
    contents = made_contents(tmp_path, samples=2)
    hidden_values(contents)[1, 0] = np.inf
    root = build_network(bpy.context.scene, contents, "id-1")
    scene = bpy.context.scene
    set_timing(scene, root, 10, 5)
    hidden = next(objects(root, "neurons", "hidden"))
    for frame, finite in ((5, True), (8, False), (11, False)):
        scene.frame_set(frame)
        assert np.isfinite(evaluated(hidden, "activation")[0]) == finite


def test_markers_name_the_samples_and_move_with_the_timing(root: bpy.types.Collection) -> None:
    scene = bpy.context.scene
    mine = scene.timeline_markers.new("mine", frame=25)
    names = [f"picture-{k}.png" for k in range(3)]
    assert [(m.frame, m.name) for m in scene.timeline_markers if m != mine] == list(
        zip((1, 25, 49), names, strict=True)
    )
    scene.frame_set(30)
    set_timing(scene, root, 10, 2)
    assert [m.frame for m in scene.timeline_markers if m != mine] == [1, 11, 21]
    assert (shown_sample(scene, root), scene.frame_current, scene.frame_end) == (1, 11, 30)
    remove_network(scene, root)
    assert [m.name for m in scene.timeline_markers] == ["mine"]


def more_samples(contents: Contents, folder: Path) -> Contents:
    """The same first samples and one more, with other maps."""
    new = made_contents(folder, samples=4)
    grown = made_recording(contents.network, samples=4, seed=9)
    grown.activations[:3], grown.outputs[:3] = contents.recording.activations, contents.recording.outputs
    names = (*contents.recording.samples, dataclasses.replace(grown.samples[3], name="new.png"))
    return dataclasses.replace(new, recording=Recording(names, grown.activations, grown.outputs))


def test_measuring_again_keeps_the_objects_and_what_users_did_to_them(
    root: bpy.types.Collection, contents: Contents, tmp_path: Path
) -> None:
    scene = bpy.context.scene
    before = {obj.as_pointer() for obj in root.all_objects}
    neurons = next(objects(root, "neurons", "hidden"))
    neurons.name, neurons.hide_render = "renamed", True
    cards = next(objects(root, "card", "conv"))
    cards.location.x += 1
    folder = tmp_path / "new"
    folder.mkdir()
    grown = more_samples(contents, folder)
    update_network(scene, root, grown)
    assert {obj.as_pointer() for obj in root.all_objects} == before
    assert (neurons.name, neurons.hide_render, cards.location.x) == ("renamed", True, pytest.approx(1))
    assert sample_count(root) == 4
    assert [sample.name for sample in read_description(root).shown_samples][-1] == "new.png"
    assert [marker.name for marker in scene.timeline_markers][-1] == "new.png"
    columns = contents.network.neuron_slices()["hidden"]
    np.testing.assert_array_equal(
        meshes.read_samples(neurons.data, "activation"), grown.recording.activations[:, columns]
    )
    scene.frame_set(73)
    np.testing.assert_array_equal(evaluated(neurons, "activation"), grown.recording.activations[3, columns])
    atlas = next(image for image in bpy.data.images if image.get("nn_layer") == "conv")
    assert tuple(atlas.size) == (36, 48)
    assert atlas.packed_file.size == (folder / "conv.png").stat().st_size


def test_fewer_samples_leave_no_old_values(root: bpy.types.Collection, tmp_path: Path) -> None:
    folder = tmp_path / "one"
    folder.mkdir()
    update_network(bpy.context.scene, root, made_contents(folder, samples=1))
    for role, quantity in (("neurons", "activation"), ("card", "map_range"), ("bars", "probability")):
        for obj in objects(root, role):
            assert meshes.sampled_names(obj.data, quantity) == [f"{quantity}.0"]
    bpy.context.scene.frame_set(60)
    hidden = next(objects(root, "neurons", "hidden"))
    assert np.isfinite(evaluated(hidden, "activation")).all()


def test_structure_gets_its_measurements_later(contents: Contents) -> None:
    scene = bpy.context.scene
    root = build_network(scene, Contents(contents.network), "id-1")
    update_network(scene, root, contents)
    show_whole_timeline(scene, root)
    scene.frame_set(25)
    hidden = next(objects(root, "neurons", "hidden"))
    np.testing.assert_array_equal(evaluated(hidden, "activation"), hidden_values(contents)[1])
    assert len(list(objects(root, "card"))) == 3


def test_undo_brings_back_values_and_pictures(contents: Contents, tmp_path: Path) -> None:
    scene = bpy.context.scene
    bpy.context.preferences.edit.use_global_undo = True
    bpy.ops.ed.undo_push(message="empty")
    build_network(scene, contents, "id-1")
    bpy.ops.ed.undo_push(message="import")
    folder = tmp_path / "new"
    folder.mkdir()
    grown = more_samples(contents, folder)
    update_network(scene, _root(), grown)
    bpy.ops.ed.undo_push(message="measure again")
    for go, samples in ((bpy.ops.ed.undo, 3), (bpy.ops.ed.redo, 4)):
        go()
        assert sample_count(_root()) == samples
        atlas = next(image for image in bpy.data.images if image.get("nn_layer") == "conv" and image.users)
        assert tuple(atlas.size) == (36, {3: 24, 4: 48}[samples])
        pixels = np.empty(len(atlas.pixels), np.float32)
        atlas.pixels.foreach_get(pixels)
        # The last sample's first cell, lower left: blue of the first block, red of the second one; see made_atlas.
        assert round(float(pixels[12 * 36 * 4 + {3: 2, 4: 0}[samples]]) * 255) == 10 * (samples - 1) + 1


def _root() -> bpy.types.Collection:
    return next(child for child in bpy.context.scene.collection.children if "nn_network" in child)

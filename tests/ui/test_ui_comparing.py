"""Comparing with the intact network from the sidebar, and interventions under names."""

from __future__ import annotations

import json
from pathlib import Path

import bpy
import numpy as np
import pytest

from nn_blender.actions.interventions.rerun import is_up_to_date
from nn_blender.scene.base import meshes
from nn_blender.scene.base.find import networks, objects
from nn_blender.scene.interventions.switches import set_neurons
from nn_blender.scene.network.description import read_description
from nn_blender.ui.common.reruns import keep_up_to_date

DIGITS = Path(__file__).resolve().parents[2] / "sample_scenes" / "digits"


@pytest.fixture
def imported(with_tensorflow: None) -> None:
    bpy.context.preferences.edit.use_global_undo = True
    bpy.ops.ed.undo_push(message="start")
    bpy.ops.nn.import_network(filepath=str(DIGITS / "digits.keras"), max_samples=40, shown=4)


def root() -> bpy.types.Collection:
    return networks(bpy.context.scene)[0]


def switch(layer: str, neurons: range) -> None:
    set_neurons(root(), layer, neurons, enabled=False)
    keep_up_to_date("Switch")


def values(layer: str, of: bpy.types.Collection | None = None) -> np.ndarray:
    return meshes.read_samples(next(objects(of or root(), "neurons", layer)).data, "activation")


def test_all_images_are_compared_and_undo_takes_back_the_switches_alone(imported: None) -> None:
    assert not bpy.ops.nn.compare.poll()
    switch("conv_2", range(28))
    assert bpy.ops.nn.compare.poll()
    bpy.ops.nn.compare("EXEC_DEFAULT", True)
    stored = read_description(root()).comparison
    comparison = stored.comparison
    assert stored.key == root()["nn_recorded"]
    assert (comparison.samples, comparison.labelled) == (40, 40)
    assert comparison.right_before == round(read_description(root()).accuracy * 40)
    assert comparison.flipped == len(comparison.flips) > 0
    switch("dense_1", range(8))
    assert read_description(root()).comparison.key != root()["nn_recorded"]
    bpy.ops.ed.undo()
    assert read_description(root()).comparison == stored
    bpy.ops.ed.undo()
    assert read_description(root()).comparison is None
    assert is_up_to_date(root())
    bpy.ops.ed.redo()
    assert root()["nn_recorded"] == stored.key
    assert read_description(root()).comparison == stored


def test_undo_brings_back_no_comparison_of_other_samples_than_those_measured(imported: None) -> None:
    switch("conv_2", range(28))
    bpy.ops.nn.compare("EXEC_DEFAULT", True)
    key = read_description(root()).comparison.key
    root().nn.input.max_samples = 20
    bpy.ops.nn.measure_again("EXEC_DEFAULT", True)
    assert read_description(root()).comparison is None
    bpy.ops.nn.rerun("EXEC_DEFAULT", True)
    switch("dense_1", range(8))
    bpy.ops.ed.undo()
    assert root()["nn_recorded"] == key
    assert read_description(root()).evaluated == 20
    assert read_description(root()).comparison is None


def test_one_goes_to_a_changed_answer_that_is_in_the_scene(imported: None) -> None:
    bpy.ops.ed.undo_push(message="before")
    assert bpy.ops.nn.go_to_sample("EXEC_DEFAULT", True, sample=2) == {"FINISHED"}
    assert bpy.context.scene.frame_current == 1 + 2 * 24
    with pytest.raises(RuntimeError, match="0 to 3"):
        bpy.ops.nn.go_to_sample(sample=4)
    assert bpy.context.scene.frame_current == 1 + 2 * 24


def test_interventions_are_kept_under_names_and_switched_between(imported: None) -> None:
    assert not bpy.ops.nn.keep_intervention.poll()
    intact = values("digit")
    switch("conv_2", range(3))
    first = values("digit")
    bpy.ops.nn.keep_intervention()
    switch("dense_1", range(5))
    second = values("digit")
    bpy.ops.nn.keep_intervention(name="both")
    bpy.ops.nn.keep_intervention(name="both")
    kept = json.loads(root()["nn_interventions"])["kept"]
    assert [one["name"] for one in kept] == ["conv_2: 3 off", "both", "both 2"]
    assert kept[0]["intervention"] == {"layers": {"conv_2": {"off": [0, 1, 2]}}}
    bpy.ops.ed.undo_push(message="kept")
    bpy.ops.nn.use_intervention("EXEC_DEFAULT", True, index=0)
    np.testing.assert_allclose(values("digit"), first, atol=1e-6)
    bpy.ops.nn.use_intervention("EXEC_DEFAULT", True)
    np.testing.assert_array_equal(values("digit"), intact)
    bpy.ops.nn.use_intervention("EXEC_DEFAULT", True, index=1)
    np.testing.assert_allclose(values("digit"), second, atol=1e-6)
    bpy.ops.ed.undo()
    np.testing.assert_array_equal(values("digit"), intact)
    bpy.ops.nn.rename_intervention(index=2, name="spare")
    bpy.ops.nn.forget_intervention(index=1)
    kept = json.loads(root()["nn_interventions"])["kept"]
    assert [one["name"] for one in kept] == ["conv_2: 3 off", "spare"]
    for operator in (bpy.ops.nn.use_intervention, bpy.ops.nn.forget_intervention):
        with pytest.raises(RuntimeError, match="none with the number 2"):
            operator(index=2)


def test_broken_entries_are_passed_over(imported: None) -> None:
    switch("conv_2", range(3))
    bpy.ops.nn.keep_intervention(name="good")
    kept = json.loads(root()["nn_interventions"])["kept"]
    unknown = {"name": "other", "intervention": {"layers": {"conv_9": {"off": [0]}}}}
    root()["nn_interventions"] = json.dumps({"kept": [unknown, 3, {"name": "none"}, *kept]})
    bpy.ops.nn.use_intervention()
    bpy.ops.nn.use_intervention(index=0)
    assert read_description(root()).intervention.to_dict()["layers"] == {"conv_2": {"off": [0, 1, 2]}}
    for broken in ("{", "[]", '{"kept": 1}', 7):
        root()["nn_interventions"] = broken
        with pytest.raises(RuntimeError, match="0 interventions"):
            bpy.ops.nn.use_intervention(index=0)


def test_two_networks_side_by_side_are_one_step(imported: None) -> None:
    scene = bpy.context.scene
    intact = values("digit")
    switch("conv_2", range(3))
    changed = values("digit")
    camera = scene.camera.location.copy()
    scene.frame_set(25)
    bpy.ops.ed.undo_push(message="look")
    bpy.ops.nn.show_side_by_side("EXEC_DEFAULT", True)
    first, second = networks(bpy.context.scene)
    assert second.name == "NN digits (conv_2: 3 off)"
    np.testing.assert_array_equal(values("digit", first), intact)
    np.testing.assert_allclose(values("digit", second), changed, atol=1e-6)
    kept = meshes.read_samples(next(objects(second, "neurons", "digit")).data, "intact")
    np.testing.assert_allclose(kept, intact, rtol=1e-4, atol=1e-6)  # Samples ran in batches of other sizes.
    assert is_up_to_date(first)
    assert is_up_to_date(second)
    assert bpy.context.scene.frame_current == 25
    assert len(bpy.context.scene.timeline_markers) == 4
    bodies = {title.data.body for title in objects(second, "title")}
    assert "digits (conv_2: 3 off)" in bodies
    assert "digits" in {title.data.body for title in objects(first, "title")}
    (focus,) = objects(second, "focus")
    assert focus.constraints[0].target == bpy.context.scene.camera
    assert (bpy.context.scene.camera.location - camera).length > 1
    bpy.ops.ed.undo()
    assert len(networks(bpy.context.scene)) == 1
    np.testing.assert_allclose(values("digit"), changed, atol=1e-6)
    assert (bpy.context.scene.camera.location - camera).length < 1e-5


def test_what_fails_half_way_leaves_no_second_network(imported: None, tmp_path: Path) -> None:
    folder = tmp_path / "images"
    folder.mkdir()
    for k in range(3):
        (folder / f"{k}.png").write_bytes((DIGITS / "images" / f"digit-00{k}.png").read_bytes())
    settings = root().nn.input
    settings.samples.clear()
    settings.samples.add().path = str(folder)
    bpy.ops.nn.measure_again()
    switch("conv_2", range(3))
    before = {kind: len(getattr(bpy.data, kind)) for kind in ("objects", "meshes", "images", "materials", "texts")}
    (folder / "0.png").unlink()
    with pytest.raises(RuntimeError, match="samples are not those"):
        bpy.ops.nn.show_side_by_side()
    assert len(networks(bpy.context.scene)) == 1
    assert {kind: len(getattr(bpy.data, kind)) for kind in before} == before
    assert not values("conv_2")[:, :3].any()

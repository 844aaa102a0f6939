"""Scenes that earlier versions of the extension saved, one per format: each opens, plays and is read."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import bpy
import numpy as np
import pytest

from nn_blender.core.blocks.blocks import merge_blocks
from nn_blender.core.description.versions import VERSION
from nn_blender.scene.base import contract, meshes
from nn_blender.scene.base.find import networks, objects
from nn_blender.scene.blocks.blocks import set_blocks
from nn_blender.scene.interventions.kept_interventions import keep_intervention, kept_interventions
from nn_blender.scene.interventions.switches import read_intervention
from nn_blender.scene.network.description import (
    change_description,
    parse_description,
    read_description,
    read_layout,
    require_description,
    unreadable,
)
from nn_blender.scene.neurons.influence import layer_facts, read_influence
from nn_blender.scene.nodes.lod_of_layers import CLOSED_MOVE, CLOSED_SHIFT
from nn_blender.scene.samples.timeline import shown_sample
from nn_blender.scene.upgrade import upgrade_network

DATA = Path(__file__).parents[1] / "data"
FORMATS = range(1, contract.FORMAT_NOW + 1)


@pytest.fixture(params=FORMATS)
def root(request: pytest.FixtureRequest) -> bpy.types.Collection:
    bpy.ops.wm.open_mainfile(filepath=str(DATA / "scenes" / f"format_{request.param}.blend"))
    (root,) = networks(bpy.context.scene)
    assert root["nn_format"] == request.param
    return root


def evaluated(obj: bpy.types.Object, attribute: str) -> np.ndarray:
    return meshes.read_floats(obj.evaluated_get(bpy.context.evaluated_depsgraph_get()).data, attribute)


def test_a_saved_scene_plays_the_values_that_were_stored(root: bpy.types.Collection) -> None:
    scene, neurons = bpy.context.scene, list(objects(root, "neurons"))
    assert len(neurons) == 10
    glows = []
    for sample, frame in enumerate((1, 25, 49, 73)):
        scene.frame_set(frame)
        assert shown_sample(scene, root) == sample
        for obj in neurons:
            stored = meshes.read_floats(obj.data, f"activation.{sample}")
            np.testing.assert_array_equal(evaluated(obj, "activation"), stored)
        glows.append(evaluated(next(objects(root, "neurons", "dense_1")), "glow"))
    assert all(np.isfinite(glow).all() and glow.max() > 0.1 for glow in glows)
    assert all(np.abs(one - other).max() > 0.1 for one, other in itertools.pairwise(glows))


def test_a_saved_scene_says_what_its_objects_say(root: bpy.types.Collection) -> None:
    about = require_description(root)
    assert {obj["nn_layer"]: obj["nn_neurons"] for obj in objects(root, "slab")} == {
        layer.path: layer.neurons for layer in about.network.layers
    }
    assert read_intervention(root, about.network) == about.intervention.intervention
    assert about.intervention.intervention.key == root["nn_recorded"]
    digits = meshes.read_samples(next(objects(root, "neurons", "digit")).data, "activation")
    intact = meshes.read_samples(next(objects(root, "neurons", "digit")).data, "intact")
    for values, answers in ((digits, about.intervention.answers), (intact, [shown.answer for shown in about.samples])):
        assert [answer.best for answer in answers] == [str(k) for k in values.argmax(axis=1)]
        assert [answer.predictions[0].probability for answer in answers] == pytest.approx(values.max(axis=1).tolist())


def test_influence_in_a_saved_scene_is_still_up_to_date(root: bpy.types.Collection) -> None:
    for layer in require_description(root).network.layers:
        facts = layer_facts(root, layer.path)
        assert (facts.kind, facts.samples, facts.is_current) == ("estimate", 4, True)
        assert np.isfinite(read_influence(root, layer.path)).all()


def test_a_saved_description_is_upgraded_when_it_is_changed(root: bpy.types.Collection) -> None:
    before = read_description(root)
    upgrade_network(bpy.context.scene, root)
    assert root["nn_format"] == contract.FORMAT_NOW
    change_description(root, notes=(*before.notes, "one more"))
    text = root["nn_text"].as_string()
    assert json.loads(text)["version"] == VERSION
    after = read_description(root)
    assert after.notes[-1] == "one more"
    assert parse_description(text) is after
    change_description(root, notes=before.notes)
    assert read_description(root) == before
    keep_intervention(root, "two off", before.intervention.intervention)
    assert [kept.name for kept in kept_interventions(root)] == ["two off"]


def test_summaries_in_a_saved_scene_stay_on_their_slabs_where_blocks_are_changed(root: bpy.types.Collection) -> None:
    about, mesh = require_description(root), next(objects(root, "detail")).data
    before = meshes.read_floats(mesh, CLOSED_SHIFT)
    set_blocks(bpy.context.scene, root, merge_blocks(about.blocks, about.network, 0, len(about.blocks) - 1))
    moves = meshes.read_vectors(mesh, CLOSED_MOVE)
    assert not moves[:, 1:].any()
    np.testing.assert_array_equal(meshes.read_floats(mesh, CLOSED_SHIFT), moves[:, 0])
    assert (np.abs(moves[:, 0] - before) > 0.01).any()


def test_a_saved_scene_says_where_everything_stands(root: bpy.types.Collection) -> None:
    layout = read_layout(root, require_description(root).network)
    for slab in objects(root, "slab"):
        assert slab.location[:] == pytest.approx(layout.layers[slab["nn_layer"]].middle, abs=1e-5)


def test_a_description_of_a_newer_version_is_left_as_it_is_and_says_why_it_is_not_read(
    root: bpy.types.Collection,
) -> None:
    newer = json.dumps({**json.loads(root["nn_text"].as_string()), "version": VERSION + 1}, indent=1)
    root["nn_text"].from_string(newer)
    assert read_description(root) is None
    assert unreadable(root).code == "description.newer"
    change_description(root, notes=())
    assert json.loads(root["nn_text"].as_string()) == json.loads(newer)
    bpy.data.texts.remove(root["nn_text"])
    assert unreadable(root).code == "description.missing"

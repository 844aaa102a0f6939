"""A scene that an earlier version of the extension saved is changed as one that was made today."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import bpy
import numpy as np
import pytest

from nn_blender.actions.interventions.rerun import is_up_to_date, rerun
from nn_blender.actions.network.import_network import ImportOptions, import_network
from nn_blender.actions.network.measure_again import chosen_options, measure_again
from nn_blender.core.interventions.intervention import Intervention
from nn_blender.core.recording import SampleValue
from nn_blender.engine.jobs import Job
from nn_blender.engine.registry import workers
from nn_blender.scene.base import contract, meshes
from nn_blender.scene.base.find import network_modifier, networks, objects
from nn_blender.scene.base.versions import get_modifier_input
from nn_blender.scene.interventions.switches import read_intervention, set_neurons, write_intervention
from nn_blender.scene.network.description import change_description, require_description
from nn_blender.scene.update_layout import update_layout

PYTHON = Path(os.environ["NN_BLENDER_WORKER_PYTHON"])
DIGITS = Path(__file__).resolve().parents[2] / "sample_scenes" / "digits"
SCENES = Path(__file__).parents[1] / "data" / "scenes"


@pytest.fixture(autouse=True)
def close_workers(kept_workers: None) -> Iterator[None]:
    yield
    workers.close_all()


@pytest.fixture(
    params=[(number, laid_out) for number in range(1, contract.FORMAT_NOW + 1) for laid_out in (False, True)]
)
def saved(request: pytest.FixtureRequest) -> bpy.types.Collection:
    """The network of a saved scene, told where its model and images are now; as it was, and laid out as today."""
    number, laid_out = request.param
    bpy.ops.wm.open_mainfile(filepath=str(SCENES / f"format_{number}.blend"))
    (root,) = networks(bpy.context.scene)
    about = require_description(root)
    moved = [DIGITS / "images" / sample.name for sample in about.shown_samples]
    change_description(
        root,
        network=replace(about.network, file=str(DIGITS / "digits.keras")),
        samples=tuple(
            replace(shown, sample=replace(shown.sample, values=(SampleValue(str(file)),)))
            for shown, file in zip(about.samples, moved, strict=True)
        ),
        source=replace(
            about.source,
            options=replace(about.source.options, samples=(DIGITS / "images",), labels=DIGITS / "labels.csv"),
        ),
    )
    if laid_out:
        update_layout(bpy.context.scene, root)
    return root


def values(root: bpy.types.Collection) -> dict[str, np.ndarray]:
    return {obj[contract.LAYER]: meshes.read_samples(obj.data, "activation") for obj in objects(root, "neurons")}


def fresh_values(intervention: Intervention) -> dict[str, np.ndarray]:
    """What an import of today shows of the same samples under an intervention."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    options = ImportOptions(file=DIGITS / "digits.keras", max_samples=20, shown=4)
    Job(import_network(PYTHON, options), "import").wait(timeout=180)
    (root,) = networks(bpy.context.scene)
    write_intervention(root, intervention)
    Job(rerun(PYTHON, root), "rerun").wait(timeout=120)
    return values(root)


def assert_close(found: dict[str, np.ndarray], expected: dict[str, np.ndarray]) -> None:
    assert found.keys() == expected.keys()
    for layer, measured in expected.items():
        np.testing.assert_allclose(found[layer], measured, rtol=1e-4, atol=1e-5 * np.abs(measured).max(), err_msg=layer)


def assert_covers_follow(root: bpy.types.Collection) -> None:
    """Covers of layers show what the layers' neurons hold; a row has none."""
    found = values(root)
    for cover in objects(root, "cover"):
        shown = meshes.read_samples(cover.data, "activation")
        if len(shown):
            count = get_modifier_input(network_modifier(cover), "Cells")
            chosen = meshes.read_samples(cover.data, "neuron")[:, :count].astype(int)
            wanted = np.take_along_axis(found[cover[contract.LAYER]], chosen, axis=1)
            np.testing.assert_array_equal(shown[:, :count], wanted)


def test_a_saved_scene_reruns_with_other_switches(saved: bpy.types.Collection) -> None:
    assert is_up_to_date(saved)
    stored = values(saved)
    set_neurons(saved, "conv_2", [3], enabled=True)
    set_neurons(saved, "dense_1", range(8), enabled=False)
    assert not is_up_to_date(saved)
    Job(rerun(PYTHON, saved), "rerun").wait(timeout=180)
    assert is_up_to_date(saved)
    about = require_description(saved)
    wanted = read_intervention(saved, about.network)
    assert wanted.to_dict() == {"layers": {"conv_2": {"off": [0]}, "dense_1": {"off": list(range(8))}}}
    assert about.intervention.intervention == wanted
    assert saved["nn_format"] == contract.FORMAT_NOW
    found = values(saved)
    assert np.abs(found["digit"] - stored["digit"]).max() > 1e-3
    assert_covers_follow(saved)
    assert_close(found, fresh_values(wanted))


def test_a_saved_scene_becomes_intact_and_is_measured_again(saved: bpy.types.Collection) -> None:
    network_id = saved[contract.NETWORK]
    write_intervention(saved, Intervention())
    Job(rerun(None, saved), "rerun").wait()
    intact = values(saved)
    Job(measure_again(PYTHON, saved, replace(chosen_options(saved), shown=6)), "measure").wait(timeout=180)
    (root,) = networks(bpy.context.scene)
    about = require_description(root)
    assert (root[contract.NETWORK], len(about.samples), about.evaluated) == (network_id, 6, 20)
    found = values(root)
    assert_covers_follow(root)
    assert_close({layer: measured[:4] for layer, measured in found.items()}, intact)
    assert_close(intact, fresh_values(Intervention()))

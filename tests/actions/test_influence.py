"""Influence in the scene equals what plain Keras loses without single neurons, and stays as far as it came."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import bpy
import numpy as np
import pytest
from keras_scripts import run_script

from nn_blender.actions.interventions.rerun import rerun
from nn_blender.actions.network.import_network import ImportOptions, import_network
from nn_blender.actions.neurons.export_influence import COLUMNS, export_influence
from nn_blender.actions.neurons.sweep import preview_influence, sweep_layer, sweep_neurons
from nn_blender.core.errors import Cancelled, UserError
from nn_blender.core.neurons.rank_correlation import spearman
from nn_blender.core.requests.interventions import SweepBlock, SweepRequest
from nn_blender.engine.jobs import Job
from nn_blender.engine.registry import workers
from nn_blender.engine.worker import Worker
from nn_blender.scene.base import contract, meshes
from nn_blender.scene.base.find import network_modifier, networks, objects
from nn_blender.scene.base.versions import get_modifier_input
from nn_blender.scene.interventions.switches import set_neurons
from nn_blender.scene.network.description import change_description, read_description
from nn_blender.scene.neurons.influence import (
    layer_facts,
    neuron_influence,
    read_estimate,
    read_influence,
    read_losses,
)
from nn_blender.scene.samples.timeline import show_sample
from nn_blender.scene.stage.legend import set_colour_by

PYTHON = Path(os.environ["NN_BLENDER_WORKER_PYTHON"])
DIGITS = Path(__file__).resolve().parents[2] / "sample_scenes" / "digits"
ORACLE = Path(__file__).with_name("masks_oracle.py")
SHOWN, MEASURED = 6, 20


@pytest.fixture(autouse=True)
def digits(kept_workers: None) -> Iterator[None]:
    bpy.ops.wm.read_factory_settings(use_empty=True)
    options = ImportOptions(file=DIGITS / "digits.keras", max_samples=MEASURED, shown=SHOWN)
    Job(import_network(PYTHON, options), "import").wait(timeout=180)
    yield
    workers.close_all()


def root() -> bpy.types.Collection:
    return networks(bpy.context.scene)[0]


def finish(steps: object) -> None:
    Job(steps, "test").wait(timeout=180)


def after_blocks(monkeypatch: pytest.MonkeyPatch, look: Callable[[SweepBlock], None]) -> None:
    """Call something whenever the scene has taken in one of the answers to a sweep, however fast they come."""
    called = Worker.stream

    def stream(worker: Worker, request: SweepRequest, on_partial: Callable[[SweepBlock], None]) -> object:
        def take(block: SweepBlock) -> None:
            on_partial(block)
            look(block)

        return called(worker, request, take)

    monkeypatch.setattr(Worker, "stream", stream)


def losses_by_masks(
    folder: Path,
    layer: str,
    neurons: list[int],
    count: int = SHOWN,
    off: dict[str, list[int]] | None = None,
    first: int = 0,
    target: int | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """What Keras loses, (5, neurons), and activation times slope, (neurons of the layer,).

    Args:
        first: number of the first of the samples.
        target: the class that is looked at, instead of the true ones.
    """
    with (DIGITS / "labels.csv").open(encoding="utf-8") as table:
        labels = {row["file"]: int(row["label"]) for row in csv.DictReader(table)}
    files = sorted((DIGITS / "images").glob("*.png"))[first : first + count]
    request = {
        "model": str(DIGITS / "digits.keras"),
        "samples": [str(file) for file in files],
        "labels": [labels[file.name] if target is None else target for file in files],
        "layer": layer,
        "neurons": neurons,
        "off": off or {},
        "to": str(folder),
    }
    (folder / "request.json").write_text(json.dumps(request))
    run_script(ORACLE, folder / "request.json")
    return np.load(folder / "losses.npy"), np.load(folder / "slopes.npy")


def check_equal(layer: str, neurons: list[int], expected: np.ndarray) -> None:
    losses = read_losses(root(), layer)
    scale = max(np.abs(expected[1]).max(), 1)
    np.testing.assert_allclose(losses.influence[neurons], -expected[1], atol=2e-5 * scale)
    np.testing.assert_allclose(losses.accuracy[neurons], expected[0], atol=1e-6)
    np.testing.assert_allclose(losses.change[neurons], expected[4], atol=2e-5)
    is_clear = np.abs(expected[4]) > 1e-4
    np.testing.assert_array_equal(losses.most[neurons][is_clear], expected[3][is_clear])


def test_a_sweep_equals_masks_in_plain_keras(tmp_path: Path) -> None:
    finish(sweep_layer(PYTHON, root(), "conv_2"))
    neurons = [0, 5, 11, 15]
    expected, slopes = losses_by_masks(tmp_path, "conv_2", neurons)
    check_equal("conv_2", neurons, expected)
    np.testing.assert_allclose(read_estimate(root(), "conv_2"), slopes, atol=2e-5 * np.abs(slopes).max())
    facts = layer_facts(root(), "conv_2")
    values = read_influence(root(), "conv_2")
    assert (facts.kind, facts.samples, facts.swept, facts.is_current) == ("exact", SHOWN, len(values), True)
    assert facts.rank_correlation == pytest.approx(spearman(values, slopes), abs=1e-9)
    assert layer_facts(root(), "conv_1").kind == "estimate"
    np.testing.assert_array_equal(read_influence(root(), "conv_1"), read_estimate(root(), "conv_1"))
    (obj,) = objects(root(), "neurons", "conv_2")
    highest = get_modifier_input(network_modifier(obj), "Influence Highest")
    assert highest == pytest.approx(np.abs(values).max())
    one = neuron_influence(root(), "conv_2", 5)
    assert one.influence == pytest.approx(-expected[1][1], abs=2e-5)
    assert one.estimate == pytest.approx(slopes[5], abs=1e-5)


@pytest.mark.parametrize(("which", "first", "count"), [("one", 2, 1), ("shown", 0, SHOWN)])
def test_influence_on_one_class_equals_masks_in_plain_keras(which: str, first: int, count: int, tmp_path: Path) -> None:
    show_sample(bpy.context.scene, root(), first)
    finish(sweep_layer(PYTHON, root(), "dense_1", [0, 7, 21], which, "3"))
    expected, slopes = losses_by_masks(tmp_path, "dense_1", [0, 7, 21], count, first=first, target=3)
    losses, scale = read_losses(root(), "dense_1"), max(np.abs(expected[1]).max(), 1)
    np.testing.assert_allclose(losses.influence[[0, 7, 21]], -expected[1], atol=2e-5 * scale)
    np.testing.assert_allclose(read_estimate(root(), "dense_1"), slopes, atol=2e-5 * np.abs(slopes).max())
    facts = layer_facts(root(), "dense_1")
    assert (facts.subject, facts.samples, facts.is_current) == ("3", count, True)
    assert facts.sample == ("digit-002.png" if which == "one" else "")
    # How many samples are right does not depend on the class that is looked at.
    truth, _ = losses_by_masks(tmp_path, "dense_1", [0, 7, 21], count, first=first)
    np.testing.assert_allclose(losses.accuracy[[0, 7, 21]], truth[0], atol=1e-6)


def test_influence_on_the_predicted_class_is_that_on_the_class_of_each_sample(tmp_path: Path) -> None:
    finish(preview_influence(PYTHON, root(), "one", "predicted"))
    predicted = int(read_description(root()).samples[0].answer.best)
    _, slopes = losses_by_masks(tmp_path, "conv_2", [0], 1, target=predicted)
    np.testing.assert_allclose(read_estimate(root(), "conv_2"), slopes, atol=2e-5 * np.abs(slopes).max())
    assert layer_facts(root(), "conv_2").subject == "the predicted class"


def test_influence_on_another_class_takes_the_place_of_what_was_swept(tmp_path: Path) -> None:
    finish(sweep_layer(PYTHON, root(), "conv_2"))
    finish(preview_influence(PYTHON, root(), target="3"))
    assert {layer_facts(root(), layer).kind for layer in ("conv_1", "conv_2")} == {"estimate"}
    assert {layer_facts(root(), layer).subject for layer in ("conv_1", "conv_2")} == {"3"}
    set_colour_by(root(), "influence")
    rule = next(obj for obj in objects(root(), "legend") if obj.get(contract.PART) == "rule").data.body
    assert "on 3" in rule
    with pytest.raises(UserError, match="there is no class 10"):
        finish(preview_influence(PYTHON, root(), target="10"))


def test_all_measured_images_and_some_neurons(tmp_path: Path) -> None:
    finish(sweep_layer(PYTHON, root(), "dense_1", [3, 9], "all"))
    finish(sweep_layer(PYTHON, root(), "digit"))
    of_shown = layer_facts(root(), "digit")
    assert (of_shown.which, of_shown.samples) == ("shown", SHOWN)
    expected, _ = losses_by_masks(tmp_path, "dense_1", [3, 9], MEASURED)
    check_equal("dense_1", [3, 9], expected)
    facts, values = layer_facts(root(), "dense_1"), read_influence(root(), "dense_1")
    assert (facts.kind, facts.which, facts.samples, facts.swept) == ("partial", "all", MEASURED, 2)
    assert np.flatnonzero(~np.isnan(values)).tolist() == [3, 9]
    finish(sweep_layer(PYTHON, root(), "dense_1", which="all"))
    assert layer_facts(root(), "dense_1").kind == "exact"
    check_equal("dense_1", [3, 9], expected)
    finish(preview_influence(PYTHON, root(), "all"))
    assert layer_facts(root(), "digit") == of_shown
    finish(sweep_layer(PYTHON, root(), "digit", which="all"))
    facts = layer_facts(root(), "digit")
    assert (facts.which, facts.samples, facts.kind) == ("all", MEASURED, "exact")
    assert facts.rank_correlation is not None


def test_the_intervention_in_force_is_the_base_and_another_one_makes_it_out_of_date(tmp_path: Path) -> None:
    finish(preview_influence(PYTHON, root()))
    intact = read_estimate(root(), "dense_1")
    set_neurons(root(), "conv_2", [0, 1, 2], enabled=False)
    finish(rerun(PYTHON, root()))
    assert not layer_facts(root(), "dense_1").is_current
    finish(sweep_layer(PYTHON, root(), "dense_1", [1, 2]))
    expected, slopes = losses_by_masks(tmp_path, "dense_1", [1, 2], off={"conv_2": [0, 1, 2]})
    check_equal("dense_1", [1, 2], expected)
    np.testing.assert_allclose(read_estimate(root(), "dense_1"), slopes, atol=2e-5 * np.abs(slopes).max())
    assert np.abs(intact - slopes).max() > 1e-3
    assert read_influence(root(), "conv_2")[[0, 1, 2]].tolist() == [0, 0, 0]
    facts = layer_facts(root(), "dense_1")
    assert facts.is_current
    set_neurons(root(), "conv_2", [0, 1, 2], enabled=True)
    finish(rerun(PYTHON, root()))
    assert not layer_facts(root(), "dense_1").is_current
    finish(preview_influence(PYTHON, root()))
    assert layer_facts(root(), "dense_1").kind == "estimate"
    np.testing.assert_allclose(read_influence(root(), "dense_1"), intact, atol=1e-6)
    assert read_losses(root(), "dense_1") is None


def test_what_was_swept_before_a_cancel_stays_and_is_gone_on_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cancel(_block: SweepBlock) -> None:
        raise Cancelled

    with monkeypatch.context() as patch:
        after_blocks(patch, cancel)
        with pytest.raises(Cancelled):
            finish(sweep_layer(PYTHON, root(), "flatten"))
    values = read_influence(root(), "flatten")
    known = np.flatnonzero(~np.isnan(values)).tolist()
    assert 0 < len(known) < len(values)
    assert known == list(range(len(known)))
    facts = layer_facts(root(), "flatten")
    assert (facts.kind, facts.swept) == ("partial", len(known))
    expected, _ = losses_by_masks(tmp_path, "flatten", known[:4])
    check_equal("flatten", known[:4], expected)
    file = tmp_path / "partial.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(file))
    bpy.ops.wm.open_mainfile(filepath=str(file))
    np.testing.assert_array_equal(read_influence(root(), "flatten"), values)
    assert layer_facts(root(), "flatten") == facts
    asked: list[SweepRequest] = []
    called = Worker.stream

    def stream(worker: Worker, request: SweepRequest, on_partial: Callable[[SweepBlock], None]) -> object:
        asked.append(request)
        return called(worker, request, on_partial)

    monkeypatch.setattr(Worker, "stream", stream)
    finish(sweep_layer(PYTHON, root(), "flatten"))
    assert [request.neurons for request in asked] == [{"flatten": tuple(range(len(known), len(values)))}]
    assert layer_facts(root(), "flatten").kind == "exact"


def test_one_request_sweeps_all_layers_and_results_are_shown_while_it_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    came, shown = [], []

    def look(block: SweepBlock) -> None:
        came.append((block.layer, len(block.neurons)))
        shown.append(int(read_losses(root(), block.layer).is_swept.sum()))

    after_blocks(monkeypatch, look)
    finish(sweep_neurons(PYTHON, root(), {"flatten": None, "digit": [2, 5]}))
    layers, counts = zip(*came, strict=True)
    assert layers == ("flatten",) * (len(came) - 1) + ("digit",)
    assert len(came) > 2
    assert shown == [*np.cumsum(counts[:-1]), 2]
    assert layer_facts(root(), "flatten").kind == "exact"
    assert np.flatnonzero(read_losses(root(), "digit").is_swept).tolist() == [2, 5]


def test_losses_that_come_while_somebody_edits_a_mesh_are_shown_afterwards() -> None:
    Job(preview_influence(PYTHON, root()), "estimate").wait(timeout=180)
    job = Job(sweep_layer(PYTHON, root(), "digit"), "sweep")
    job.step()
    edited = next(objects(root(), "neurons", "conv_1"))
    bpy.context.view_layer.objects.active = edited
    bpy.ops.object.mode_set(mode="EDIT")
    while job.step() and not job.progress.message.startswith("Waiting"):
        pass
    assert job.running
    assert read_losses(root(), "digit") is None
    bpy.ops.object.mode_set(mode="OBJECT")
    job.wait(timeout=60)
    assert layer_facts(root(), "digit").kind == "exact"


def test_the_table_holds_what_the_meshes_hold(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="No influence"):
        export_influence(root(), tmp_path / "none.csv")
    finish(sweep_layer(PYTHON, root(), "digit", [0, 4]))
    file = tmp_path / "influence.csv"
    count = export_influence(root(), file)
    with file.open(encoding="utf-8", newline="") as stream:
        reader = csv.DictReader(stream)
        rows = list(reader)
    assert tuple(reader.fieldnames) == COLUMNS
    assert count == len(rows) == sum(len(obj.data.vertices) for obj in objects(root(), "neurons"))
    for obj in objects(root(), "neurons"):
        layer, own = obj[contract.LAYER], [row for row in rows if row["layer"] == obj[contract.LAYER]]
        assert [int(row["neuron"]) for row in own] == list(range(len(obj.data.vertices)))
        for column, name in (("influence", "influence"), ("estimate", "influence_estimate")):
            stored = meshes.read_floats(obj.data, name)
            written = np.array([row[column] or "nan" for row in own], np.float32)
            np.testing.assert_array_equal(written, stored)
        kinds = {"exact", ""} if layer == "digit" else {"estimate"}
        assert {row["kind"] for row in own} == kinds
    swept = [row for row in rows if row["kind"] == "exact"]
    assert [row["neuron"] for row in swept] == ["0", "4"]
    losses, classes = read_losses(root(), "digit"), read_description(root()).classes
    for row in swept:
        neuron = int(row["neuron"])
        assert np.float32(row["accuracy_loss"]) == losses.accuracy[neuron]
        assert np.float32(row["class_change"]) == losses.change[neuron]
        assert row["class"] == (classes or [str(k) for k in range(10)])[int(losses.most[neuron])]
    with pytest.raises(UserError, match="cannot be written"):
        export_influence(root(), tmp_path / "no folder" / "influence.csv")


def test_the_legend_says_what_the_colours_mean(tmp_path: Path) -> None:
    def legend() -> dict[str, str]:
        return {obj["nn_part"]: obj.data.body for obj in objects(root(), "legend") if obj.type == "FONT"}

    before = legend()
    finish(preview_influence(PYTHON, root()))
    assert legend() == before
    set_colour_by(root(), "influence")
    assert "estimated" in legend()["rule"]
    assert (legend()["low"], legend()["high"]) == ("against the class", "for the class")
    finish(sweep_layer(PYTHON, root(), "digit"))
    assert "partly estimated" in legend()["rule"]
    set_colour_by(root(), "activation")
    assert legend() == before


def test_without_labels_there_is_no_accuracy_and_the_predicted_class_counts(tmp_path: Path) -> None:
    images = tmp_path / "images"
    images.mkdir()
    for k in range(2):
        (images / f"{k}.png").write_bytes((DIGITS / "images" / f"digit-00{k}.png").read_bytes())
    bpy.ops.wm.read_factory_settings(use_empty=True)
    workers.close_all()
    options = ImportOptions(file=DIGITS / "digits.keras", samples=(images,))
    Job(import_network(PYTHON, options), "import").wait(timeout=180)
    finish(sweep_layer(PYTHON, root(), "digit"))
    losses = read_losses(root(), "digit")
    assert np.isnan(losses.accuracy).all()
    predicted = {
        int(meshes.read_floats(next(objects(root(), "neurons", "digit")).data, f"activation.{k}").argmax())
        for k in range(2)
    }
    assert set(np.flatnonzero(losses.influence > 1e-3)) == predicted
    rows = tmp_path / "influence.csv"
    export_influence(root(), rows)
    assert all(row["accuracy_loss"] == "" for row in csv.DictReader(rows.read_text().splitlines()))


def test_a_missing_model_is_an_error_and_nothing_is_written(tmp_path: Path) -> None:
    about = read_description(root())
    change_description(root(), network=replace(about.network, file=str(tmp_path / "gone.keras")))
    with pytest.raises(UserError, match=r"gone\.keras"):
        finish(preview_influence(PYTHON, root()))
    assert read_influence(root(), "dense_1") is None


def test_a_cancelled_estimate_writes_nothing() -> None:
    job = Job(preview_influence(PYTHON, root()), "estimate")
    job.step()
    job.cancel()
    with pytest.raises(Cancelled):
        job.wait()
    assert read_influence(root(), "dense_1") is None

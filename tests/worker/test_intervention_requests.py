"""Runs, maps, toggles and comparisons under an intervention, from cached tensors and without."""

from __future__ import annotations

import numpy as np
import pytest
from cells import cell
from PIL import Image
from plain import served
from recordings import measure, record

from nn_blender.core.errors import UserError
from nn_blender.core.interventions.intervention import Intervention
from nn_blender.core.maps.packing import Atlas
from nn_blender.core.requests.interventions import CompareRequest, ToggleRequest
from nn_blender.core.requests.maps import MapsRequest
from nn_blender.core.requests.samples import RunRequest
from nn_blender.worker.common.caches import Cache
from nn_blender.worker.common.events import EventLog, Task
from nn_blender.worker.interventions import toggling
from nn_blender.worker.maps import atlases
from nn_blender.worker.running import runs
from nn_blender.worker.running.loading import load_model
from nn_blender.worker.running.recorders.functional import segments
from nn_blender.worker.running.recorders.functional.boundaries import Boundaries
from nn_blender.worker.running.recorders.functional.recorder import FunctionalRecorder

CHOICES = {"size": [28, 28], "channels": 1, "range": [0.0, 1.0], "resize": "fit", "invert": False}
EARLY = {"layers": {"conv_1": {"off": [0, 2]}}}
LATE = {"layers": {"conv_2": {"off": [1], "gain": {"3": 1.5}}}}
INTACT = {"layers": {}}


@pytest.fixture
def task(tmp_path):
    return Task(1, EventLog(tmp_path), lambda: False)


@pytest.fixture(scope="module")
def model(digits):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(segments, "SMALLEST_COST", 1.0)
        loaded = load_model(digits / "digits.keras")
        recorder = FunctionalRecorder(loaded)
    assert len(recorder.segments) >= 3
    return runs.ReadyModel(loaded, recorder, "digits")


@pytest.fixture(autouse=True)
def forgotten(monkeypatch, model):
    monkeypatch.setattr(runs, "_rows", Cache(1 << 28))
    monkeypatch.setattr(atlases, "_blocks", Cache(1 << 28))
    monkeypatch.setattr(runs, "_means", {})
    monkeypatch.setattr(model.recorder, "boundaries", Boundaries())


@pytest.fixture
def started(monkeypatch):
    """The places that runs start from."""
    starts = []
    original = FunctionalRecorder.run_from

    def run_from(recorder, start, *more, **named):
        starts.append(start.place)
        return original(recorder, start, *more, **named)

    monkeypatch.setattr(FunctionalRecorder, "run_from", run_from)
    return starts


@pytest.fixture
def batch(digit_samples):
    return np.stack([np.asarray(Image.open(s["file"])) for s in digit_samples[:6]])[..., None] / np.float32(255)


def run(task, model, samples, folder, **more):
    value = served(runs.run_samples, RunRequest, task, model, samples=samples, preprocessing=CHOICES, **more)
    files = {
        "activations": value["activations"],
        "outputs": value["outputs"][0]["values"],
        "statistics": value["statistics"],
    }
    return value, {name: np.load(folder / file) for name, file in files.items()}


def toggle(task, model, sample, folder, intervention, since, **more):
    params = {"sample": sample, "preprocessing": CHOICES, "intervention": intervention, "since": since, **more}
    value = served(toggling.toggle, ToggleRequest, task, model, **params)
    values = np.load(folder / value["values"])
    return value["layers"], values


def fresh(model, batch, data, **more):
    """Activations and outputs of a recorder that never ran before."""
    intervention = Intervention.from_dict(data, model.network)
    values, (outputs,) = measure(model.recorder, batch, switches=model.recorder.switches(intervention, **more))
    return values, outputs


def close(measured, expected):
    return np.abs(measured - expected).max() <= 1e-5 * np.abs(expected).max()


def test_a_run_under_an_intervention_resumes_and_equals_a_fresh_one(
    task, model, digit_samples, tmp_path, batch, started
):
    run(task, model, digit_samples[:6], tmp_path)
    started.clear()
    _, late = run(task, model, digit_samples[:6], tmp_path, intervention=LATE)
    assert min(started) > 0
    expected, outputs = fresh(model, batch, LATE)
    assert close(late["activations"], expected)
    assert close(late["outputs"], outputs)


def test_without_room_a_run_starts_from_the_input_and_gives_the_same(
    task, model, digit_samples, tmp_path, batch, started, monkeypatch
):
    monkeypatch.setattr(model.recorder.boundaries, "recorded", Cache(1000))
    run(task, model, digit_samples[:6], tmp_path)
    _, late = run(task, model, digit_samples[:6], tmp_path, intervention=LATE)
    assert set(started) == {0}
    assert close(late["activations"], fresh(model, batch, LATE)[0])


def test_replaced_neurons_give_their_mean_over_the_samples(task, model, digit_samples, tmp_path, batch):
    held = {"layers": {"conv_1": {"off": [3], "replace": [3]}}}
    intact, _ = fresh(model, batch, INTACT)
    mean = intact.astype(np.float64).mean(axis=0).astype(np.float32)
    expected, outputs = fresh(model, batch, held, means=mean)
    assert expected[0, 3] == pytest.approx(mean[3], rel=1e-5)
    _, whole = run(task, model, digit_samples[:6], tmp_path, intervention=held)
    assert close(whole["activations"], expected)
    _, alone = toggle(task, model, digit_samples[1], tmp_path, held, None, mean_samples=digit_samples[:6])
    assert close(alone, expected[1])
    assert close(alone[-10:], outputs[1])


def test_a_toggle_sends_the_layers_that_change_and_starts_at_the_change(
    task, model, digit_samples, tmp_path, batch, started
):
    paths = [layer.path for layer in model.network.layers]
    layers, first = toggle(task, model, digit_samples[0], tmp_path, INTACT, None)
    assert layers == paths
    assert close(first, fresh(model, batch[:1], INTACT)[0][0])
    started.clear()
    slices = model.network.neuron_slices()
    since = INTACT
    for change in (LATE, EARLY, {"layers": {**EARLY["layers"], **LATE["layers"]}}):
        layers, values = toggle(task, model, digit_samples[0], tmp_path, change, since)
        expected, classes = fresh(model, batch[:1], change)
        assert layers == paths[paths.index("conv_1" if change is EARLY else "conv_2") :]
        assert close(values, expected[0, slices[layers[0]].start :])
        assert close(values[-10:], classes[0])
        first_layer = model.recorder.number_of(layers[0])
        assert max(started) == model.recorder.entries(first_layer)[-1]
        started.clear()
        since = change
    layers, values = toggle(task, model, digit_samples[0], tmp_path, INTACT, since)
    assert started == []
    assert np.array_equal(values, first)


def test_switching_other_neurons_of_a_layer_traces_nothing_anew(task, model, digit_samples, tmp_path, batch, traced):
    toggle(task, model, digit_samples[0], tmp_path, INTACT, None)
    since = INTACT
    for neuron in range(4):
        change = {"layers": {"conv_2": {"off": [neuron]}}}
        _, values = toggle(task, model, digit_samples[0], tmp_path, change, since)
        assert neuron == 0 or not traced
        traced.clear()
        since = change
    expected, _ = fresh(model, batch[:1], since)
    assert close(values, expected[0, model.network.neuron_slices()["conv_2"].start :])


def test_a_neuron_that_is_silent_anyway_changes_nothing(task, model, digit_samples, tmp_path, batch, started):
    intact, _ = fresh(model, batch[:1], INTACT)
    relu = next(layer.path for layer in model.network.layers if layer.class_name == "Dense")
    columns = model.network.neuron_slices()[relu]
    silent = np.flatnonzero(intact[0, columns] == 0)
    assert silent.size
    toggle(task, model, digit_samples[0], tmp_path, INTACT, None)
    started.clear()
    off = {"layers": {relu: {"off": [int(silent[0])]}}}
    layers, values = toggle(task, model, digit_samples[0], tmp_path, off, INTACT)
    assert (layers, values.size, started) == ([], 0, [])
    lively = int(intact[0, columns].argmax())
    layers, _ = toggle(task, model, digit_samples[0], tmp_path, {"layers": {relu: {"off": [lively]}}}, INTACT)
    assert layers[0] == relu


def test_a_comparison_gives_the_outputs_of_all_samples(task, model, digit_samples, tmp_path, batch, started):
    params = {"samples": digit_samples[:6], "preprocessing": CHOICES, "intervention": LATE}
    for _ in range(2):
        value = served(toggling.compare, CompareRequest, task, model, **params)
        assert close(np.load(tmp_path / value["outputs"]), fresh(model, batch, LATE)[1])
        assert len(value["samples"]) == 6
    comparisons = [start for start in started if start]
    assert comparisons
    assert comparisons == started[-len(comparisons) - 1 : -1]


def test_maps_show_the_intervention_and_are_remembered_apart(task, model, digit_samples, tmp_path, batch, started):
    params = {"samples": digit_samples[:2], "preprocessing": CHOICES, "layers": ["conv_1", "pool_1"]}

    def ranges(**more):
        value = served(atlases.make_atlases, MapsRequest, task, model, **params, **more)
        return [np.load(tmp_path / atlas["ranges"]) for atlas in value["atlases"][1:]]

    intact, changed = ranges(), ranges(intervention=EARLY)
    assert (changed[0][:, :, [0, 2]] == 0).all()
    assert np.array_equal(changed[0][:, :, 1], intact[0][:, :, 1])
    chosen = model.recorder.switches(Intervention.from_dict(EARLY, model.network))
    expected = np.asarray(record(model.recorder, batch[:2], paths=["pool_1"], switches=chosen)["pool_1"])
    assert close(changed[1][1], expected.max(axis=(1, 2)))
    started.clear()
    assert all(map(np.array_equal, ranges(), intact))
    assert started == []


def test_maps_of_the_change_are_the_exact_difference(task, model, digit_samples, tmp_path, batch, started):
    params = {"samples": digit_samples[:3], "preprocessing": CHOICES, "layers": ["conv_1", "pool_1", "conv_2"]}
    wanted = {**params, "intervention": LATE, "difference": True, "composites": True}
    value = served(atlases.make_atlases, MapsRequest, task, model, **wanted)
    assert [atlas["layer"] for atlas in value["atlases"]] == ["conv_2"]
    assert value["composites"] == []
    atlas = Atlas.from_dict(value["atlases"][0])
    chosen = model.recorder.switches(Intervention.from_dict(LATE, model.network))
    changed = np.asarray(record(model.recorder, batch[:3], paths=["conv_2"], switches=chosen)["conv_2"])
    intact = np.asarray(record(model.recorder, batch[:3], paths=["conv_2"])["conv_2"])
    difference = changed.astype(float) - intact
    assert np.abs(difference).max() > 0.1
    lows, highs = np.load(tmp_path / atlas.ranges)
    levels = np.asarray(Image.open(tmp_path / atlas.file)).astype(float)
    for sample, neuron in np.ndindex(lows.shape):
        step = (highs[sample, neuron] - lows[sample, neuron]) / 255
        shown = lows[sample, neuron] + step * cell(levels, atlas, sample, neuron)
        assert np.abs(shown - difference[sample, :, :, neuron]).max() <= 0.501 * step + 1e-5 * np.abs(intact).max()
    started.clear()
    again = served(atlases.make_atlases, MapsRequest, task, model, **wanted)
    assert started == []
    assert np.array_equal(np.load(tmp_path / again["atlases"][0]["ranges"]), [lows, highs])


def test_what_stays_infinite_has_not_changed():
    intact = np.float32([np.inf, -np.inf, np.inf, np.nan, 1, 2])
    changed = np.float32([np.inf, -np.inf, -np.inf, np.nan, np.inf, 1.5])
    np.testing.assert_array_equal(atlases.subtract(changed, intact), [0, 0, -np.inf, np.nan, np.inf, -0.5])


def test_an_unknown_layer_is_named(task, model, digit_samples):
    unknown = {"layers": {"conv_9": {"off": [0]}}}
    params = {"samples": digit_samples[:1], "preprocessing": CHOICES, "intervention": unknown}
    with pytest.raises(UserError, match="conv_9"):
        served(toggling.compare, CompareRequest, task, model, **params)

"""The method `run` over a real worker."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest
from PIL import Image


@pytest.fixture(scope="module")
def digits_run(warm_worker, digits, digit_samples, digit_preprocessing):
    request = warm_worker.send(
        "run",
        model={"file": str(digits / "digits.keras"), "allow_code": False},
        samples=digit_samples,
        preprocessing=digit_preprocessing,
        statistic="mean",
    )
    return request, warm_worker.end_of(request).data["value"]


def test_predictions_equal_model_predict_and_are_mostly_right(digits_run, warm_worker, digits, digit_samples):
    _, value = digits_run
    outputs = np.load(warm_worker.folder / value["outputs"][0]["values"])
    batch = np.stack([np.asarray(Image.open(s["file"])) for s in digit_samples])[..., None] / np.float32(255)
    expected = keras.models.load_model(digits / "digits.keras").predict(batch, verbose=0)
    assert outputs.dtype == np.float32
    assert np.abs(outputs - expected).max() <= 1e-5
    right = [int(row.argmax()) == int(sample["label"]) for row, sample in zip(outputs, digit_samples, strict=True)]
    assert sum(right) >= 95


def test_activations_hold_every_neuron_of_every_sample_side_by_side(digits_run, warm_worker, digits):
    request, value = digits_run
    activations = np.load(warm_worker.folder / value["activations"], mmap_mode="r")
    assert activations.shape == (100, 1386)
    assert activations.dtype == np.float32
    assert str(request) in value["activations"]
    outputs = np.load(warm_worker.folder / value["outputs"][0]["values"])
    assert np.array_equal(activations[:, -10:], outputs)


def test_progress_comes_in_steps_up_to_the_number_of_samples(digits_run, warm_worker):
    request, _ = digits_run
    steps = [e.data["step"] for e in warm_worker.events if e.id == request and e.kind == "progress" and e.data["total"]]
    assert steps == sorted(steps)
    assert steps[-1] == 100
    assert len(set(steps)) > 1  # A warm worker takes 64 of them in a batch, and a quick one says little.


def test_unreadable_pictures_are_skipped_with_a_reason(
    warm_worker, digits, digit_samples, digit_preprocessing, tmp_path
):
    (tmp_path / "text.png").write_text("no picture")
    cut = tmp_path / "cut.png"
    cut.write_bytes(Path(digit_samples[0]["file"]).read_bytes()[:150])
    bad = [{"name": n, "file": str(tmp_path / n), "label": ""} for n in ("text.png", "cut.png", "missing.png")]
    samples = [bad[0], digit_samples[3], bad[1], digit_samples[4], bad[2]]
    request = {"model": {"file": str(digits / "digits.keras")}, "preprocessing": digit_preprocessing}
    value = warm_worker.ask("run", samples=samples, **request)
    assert [sample["name"] for sample in value["samples"]] == [digit_samples[k]["name"] for k in (3, 4)]
    assert [skipped["file"] for skipped in value["skipped"]] == [sample["file"] for sample in bad]
    assert all(skipped["reason"] for skipped in value["skipped"])
    error = warm_worker.error_of("run", samples=bad, **request)
    assert error["code"] == "samples.none"
    assert "text.png" in error["message"]
    assert error["fix"]


def test_pictures_prepared_for_another_input_are_refused(warm_worker, digits, digit_samples, digit_preprocessing):
    for change in ({"size": [32, 32]}, {"channels": 3}):
        error = warm_worker.error_of(
            "run",
            model={"file": str(digits / "digits.keras")},
            samples=digit_samples[:1],
            preprocessing={**digit_preprocessing, **change},
        )
        assert error["code"] == "input.unsupported"


def test_a_network_for_any_size_takes_pictures_of_different_sizes(warm_worker, tmp_path):
    layers = keras.layers
    pixels = keras.Input((None, None, 3), name="pixels")
    model = keras.Model(pixels, layers.GlobalMaxPooling2D(name="most")(layers.Rescaling(0.5, name="half")(pixels)))
    model.save(tmp_path / "any.keras")
    samples = []
    for k, size in enumerate(((8, 8), (8, 8), (20, 4), (8, 8))):
        file = tmp_path / f"{k}.png"
        Image.new("RGB", size, (40 * k, 10, 0)).save(file)
        samples.append({"name": file.name, "file": str(file), "label": ""})
    value = warm_worker.ask(
        "run",
        model={"file": str(tmp_path / "any.keras")},
        samples=samples,
        preprocessing={"size": None, "channels": 3, "range": [0.0, 255.0], "resize": "fit", "invert": False},
    )
    assert np.load(warm_worker.folder / value["outputs"][0]["values"]).tolist() == [
        [20.0 * k, 5.0, 0.0] for k in range(4)
    ]


def test_a_changed_model_file_is_loaded_anew(warm_worker, tmp_path):
    file = tmp_path / "changing.keras"
    for units in (2, 3):
        keras.Sequential([keras.Input((4,)), keras.layers.Dense(units, name="dense")]).save(file)
        network = warm_worker.ask("load", file=str(file))["network"]
        assert network["layers"][0]["output_shape"] == [units]

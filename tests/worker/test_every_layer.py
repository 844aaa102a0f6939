"""Every public class of `keras.layers` is measured as Keras computes it, or the documents say why not."""

from __future__ import annotations

import inspect
from pathlib import Path

import keras
import numpy as np
import pytest
from every_layer import CASES

from nn_blender.core.inputs import decide_inputs
from nn_blender.core.network import FEATURE_AXES, Network
from nn_blender.worker.models.keras_names import LAYERS

L = keras.layers
DOCUMENT = Path(__file__).parents[2] / "docs" / "models.md"


def test_every_public_class_is_tried_or_the_documents_say_why_not():
    told = {line.split("`")[1] for line in DOCUMENT.read_text().splitlines() if line.startswith("| `")}
    tried = {getattr(L, name) for name in CASES}
    public = {name for name, value in vars(L).items() if inspect.isclass(value)}
    assert {name for name in public if getattr(L, name) not in tried} == told


def test_every_class_is_known_by_the_name_that_hdf5_files_have():
    assert {getattr(L, name).__name__ for name in CASES} <= LAYERS


@pytest.mark.parametrize("name", CASES)
def test_a_network_around_the_layer_gives_what_the_layer_gives(name, warm_worker, tmp_path):
    case = CASES[name]
    model, expected = case.model()
    model.save(tmp_path / "model.keras")
    file = tmp_path / "x.npz"
    np.savez(file, **{tensor.name: values for tensor, values in zip(model.inputs, case.inputs, strict=True)})
    network = Network.from_dict(warm_worker.ask("load", file=str(tmp_path / "model.keras"))["network"])
    chosen = {spec.name: "text" if spec.dtype == "string" else "array" for spec in network.inputs}
    values = [{"file": str(file), "member": tensor.name} for tensor in model.inputs]
    samples = [{"name": str(k), "values": [value | {"index": k} for value in values]} for k in range(3)]
    inputs = [one.to_dict() for one in decide_inputs(network, chosen=chosen)]
    about = {"model": {"file": str(tmp_path / "model.keras")}, "samples": samples, "inputs": inputs}

    answer = warm_worker.ask("run", **about)
    assert answer["skipped"] == []
    layer = network.layer("layer")
    assert layer.output_shape == expected[0].shape[1:]
    measured = np.load(warm_worker.folder / answer["activations"])[:, network.neuron_slices()["layer"]]
    assert_equal(measured, neuron_means(layer, expected[0]))
    for given, output in zip(answer["outputs"], expected, strict=True):
        flat = output.reshape(3, -1).astype(np.float64)
        summary = np.load(warm_worker.folder / given["summary"])
        assert_equal(summary, np.stack([flat.min(1), flat.mean(1), flat.max(1)], 1))

    written = warm_worker.ask("activations", **about, folder=str(tmp_path / "out"), whole=True)
    files = {entry["layer"]: entry["file"] for entry in written["files"]}
    with np.load(tmp_path / "out" / files["layer"]) as arrays:
        whole = arrays["activations"]
    assert whole.dtype == expected[0].dtype
    assert_equal(whole, expected[0])


def neuron_means(layer, output):
    """Means over positions in double precision."""
    positions = tuple(k for k, axis in enumerate(layer.axes, 1) if axis not in FEATURE_AXES)
    exact = output.astype(np.float64)
    return exact.mean(positions) if positions else exact


def assert_equal(measured, expected):
    assert measured.shape == expected.shape
    scale = max(np.abs(expected).max(), 1e-30)
    assert np.abs(measured.astype(np.float64) - expected).max() <= 1e-5 * scale

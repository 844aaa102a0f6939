"""Networks with several inputs and outputs: every layer's values and every output equal those of plain Keras."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from nn_blender.core.inputs import decide_inputs
from nn_blender.core.network import Network
from nn_blender.core.outputs import answer_of, decide_outputs

L = keras.layers
RNG = np.random.default_rng(3)


def two_pictures():
    left, right = keras.Input((12, 12, 3), name="left"), keras.Input((8, 10, 1), name="right")
    branches = [
        L.Flatten(name=f"flat_{k}")(L.Conv2D(3, 3, activation="relu", name=f"conv_{k}")(each))
        for k, each in enumerate((left, right))
    ]
    same = L.Dense(3, activation="softmax", name="same")(L.Concatenate(name="both")(branches))
    return keras.Model([left, right], same, name="pairs")


def picture_and_facts():
    picture, facts = keras.Input((12, 12, 3), name="picture"), keras.Input((5,), name="facts")
    seen = L.GlobalAveragePooling2D(name="pool")(L.Conv2D(4, 3, name="conv")(picture))
    known = L.Dense(6, activation="relu", name="hidden")(facts)
    return keras.Model([picture, facts], L.Dense(1, name="price")(L.Concatenate(name="both")([seen, known])))


def three_outputs():
    picture = keras.Input((12, 12, 3), name="picture")
    trunk = L.Conv2D(6, 3, padding="same", activation="relu", name="trunk")(picture)
    box = L.Dense(4, name="box")(L.GlobalMaxPooling2D(name="peak")(trunk))
    kind = L.Dense(4, activation="softmax", name="kind")(L.GlobalAveragePooling2D(name="pool")(trunk))
    mask = L.Conv2D(3, 3, padding="same", activation="sigmoid", name="mask")(trunk)
    return keras.Model(picture, [box, kind, mask], name="three")


def halves():
    numbers = keras.Input((6,), name="numbers")
    first, second = keras.ops.split(L.Dense(8, name="dense")(numbers), 2, axis=1)
    return keras.Model(numbers, [second, first], name="halves")


ARRAYS = {
    "left": RNG.random((5, 12, 12, 3), np.float32),
    "right": RNG.random((5, 8, 10, 1), np.float32),
    "picture": RNG.random((5, 12, 12, 3), np.float32),
    "facts": RNG.normal(size=(5, 5)).astype(np.float32),
    "numbers": RNG.normal(size=(5, 6)).astype(np.float32),
}


@pytest.fixture(params=[two_pictures, picture_and_facts, three_outputs, halves])
def ran(request, warm_worker, tmp_path):
    """A model, its batch, its description, and what the worker answered to a run of it."""
    model = request.param()
    model.save(tmp_path / "model.keras")
    batch = [ARRAYS[tensor.name] for tensor in model.inputs]
    np.savez(tmp_path / "x.npz", **{tensor.name: values for tensor, values in zip(model.inputs, batch, strict=True)})
    network = Network.from_dict(warm_worker.ask("load", file=str(tmp_path / "model.keras"))["network"])
    inputs = [one.to_dict() | {"kind": "array", "preprocessing": None} for one in decide_inputs(network)]
    file = str(tmp_path / "x.npz")
    samples = [
        {"name": str(k), "values": [{"file": file, "index": k, "member": tensor.name} for tensor in model.inputs]}
        for k in range(5)
    ]
    about = {"model": {"file": str(tmp_path / "model.keras")}, "samples": samples, "inputs": inputs}
    return model, batch, network, about, warm_worker.ask("run", **about)


def test_every_output_and_every_layer_is_what_keras_computes(ran, warm_worker):
    model, batch, network, _, value = ran
    expected = model(batch)
    expected = expected if isinstance(expected, (list, tuple)) else [expected]
    assert [len(network.outputs), len(value["outputs"])] == [len(expected)] * 2
    for output, given in zip(expected, value["outputs"], strict=True):
        exact = np.asarray(output)
        flat = exact.reshape(5, -1)
        summary = np.load(warm_worker.folder / given["summary"])
        np.testing.assert_allclose(summary, np.stack([flat.min(1), flat.mean(1), flat.max(1)], 1), rtol=1e-5, atol=1e-6)
        if exact.ndim == 2:
            np.testing.assert_allclose(np.load(warm_worker.folder / given["values"]), exact, rtol=1e-5, atol=1e-6)
        else:
            assert given["values"] is None
    activations, slices = np.load(warm_worker.folder / value["activations"]), network.neuron_slices()
    layers = [
        layer for layer in model.layers if not isinstance(layer, keras.layers.InputLayer) and layer.name in slices
    ]
    outputs = {layer.name: layer.output for layer in layers}
    tensors = {name: one[0] if isinstance(one, (list, tuple)) else one for name, one in outputs.items()}
    computed = keras.Model(model.inputs, tensors)(batch)
    for layer in layers:
        values = np.asarray(computed[layer.name])
        mean = values.reshape(5, -1, values.shape[-1]).mean(axis=1)
        np.testing.assert_allclose(activations[:, slices[layer.name]], mean, rtol=1e-5, atol=1e-5, err_msg=layer.name)


def test_outputs_have_names_of_their_own_and_one_is_the_answer(ran):
    model, _, network, _, _ = ran
    assert len({*network.outputs}) == len(network.outputs)
    if model.name == "halves":
        split = network.layers[-2].path
        assert network.outputs == (f"{split}[1]", split)
    if model.name == "three":
        outputs = decide_outputs(network)
        assert [answer_of(outputs, name) for name in ("box", "kind", "mask")] == [0, 1, 2]
        assert answer_of(outputs, "") == 1  # The first that tells classes.


def test_without_a_neuron_every_output_behind_it_changes(ran, warm_worker):
    model, batch, _, about, _ = ran
    layer = next(layer for layer in model.layers if layer.weights)
    change = {"layers": {layer.name: {"off": [1]}}}
    value = warm_worker.ask("run", **about, intervention=change)
    kernel, bias = layer.get_weights()
    kernel[..., 1], bias[1] = 0, 0
    layer.set_weights([kernel, bias])
    expected = model(batch)
    expected = expected if isinstance(expected, (list, tuple)) else [expected]
    for output, given in zip(expected, value["outputs"], strict=True):
        flat = np.asarray(output).reshape(5, -1)
        summary = np.load(warm_worker.folder / given["summary"])
        np.testing.assert_allclose(summary[:, 1], flat.mean(1), rtol=1e-5, atol=1e-6)


def test_files_of_whole_outputs_are_what_keras_computes(ran, warm_worker, tmp_path):
    model, batch, network, about, _ = ran
    answer = warm_worker.ask("activations", **about, folder=str(tmp_path / "out"), whole=True)
    assert [file["layer"] for file in answer["files"]] == [layer.path for layer in network.layers]
    for file in answer["files"]:
        path, _, part = file["layer"].rstrip("]").partition("[")
        with np.load(tmp_path / "out" / file["file"]) as arrays:
            given = arrays["activations"]
        output = next((one.output for one in model.operations if one.name == path), None)
        if isinstance(output, (list, tuple)):
            output = output[int(part or 0)]
        expected = np.asarray(keras.Model(model.inputs, output)(batch))
        assert (given.shape, given.dtype) == (expected.shape, expected.dtype)
        np.testing.assert_allclose(given, expected, rtol=1e-5, atol=1e-6)

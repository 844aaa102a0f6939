"""The strongest weights between neurons, against loops over the kernels of the Keras model."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from plain import served

from nn_blender.core.errors import Cancelled
from nn_blender.core.neurons.connections import Connections
from nn_blender.core.requests.neurons import ConnectionsRequest
from nn_blender.worker.common.events import EventLog, Task
from nn_blender.worker.neurons import connections as connecting
from nn_blender.worker.neurons.connections import connections
from nn_blender.worker.running import runs

L = keras.layers


@pytest.fixture
def asked(tmp_path):
    """Asks for connections, and reads the arrays of the answer."""

    def ask(file, most=3, **params):
        model = runs.ready_model(file, allow_code=False)
        task = Task(1, EventLog(tmp_path), lambda: False)
        value = served(connections, ConnectionsRequest, task, model, most=most, **params)
        edges, weights = (np.load(tmp_path / value[name]) for name in ("edges", "weights"))
        assert (edges.dtype, weights.dtype) == (np.int32, np.float32)
        return Connections.from_edges(edges, weights, value["more"], model.network, most, tuple(value["left_out"]))

    return ask


def signed_norm(weights):
    """Of single weights themselves, of several their norm with the sign of the sum."""
    if len(weights) == 1:
        return float(weights[0])
    exact = np.asarray(weights, np.float64)
    return float(np.sqrt((exact**2).sum()) * (-1 if exact.sum() < 0 else 1))


def read_by(layer, shape_before=None):
    """What every neuron of a layer reads: a list of (source, weight) per neuron, by plain loops."""
    kernel = np.asarray(layer.get_weights()[0])
    kind = type(layer).__name__
    found = []
    if kind == "Dense":
        channels = shape_before[-1] if shape_before else kernel.shape[0]
        for neuron in range(kernel.shape[1]):
            column = kernel[:, neuron].reshape(-1, channels)
            found.append([(source, signed_norm(column[:, source])) for source in range(channels)])
    elif kind == "DepthwiseConv2D":
        for source in range(kernel.shape[2]):
            copies = (kernel[:, :, source, copy].ravel() for copy in range(kernel.shape[3]))
            found += [[(source, signed_norm(weights))] for weights in copies]
    elif kind == "SeparableConv2D":
        pointwise = np.asarray(layer.get_weights()[1])[0, 0]
        for neuron in range(pointwise.shape[1]):
            own = [
                (source, signed_norm((kernel[:, :, source, 0] * pointwise[source, neuron]).ravel()))
                for source in range(kernel.shape[2])
            ]
            found.append(own)
    else:
        in_group = kernel.shape[2]
        for neuron in range(kernel.shape[3]):
            first = neuron // (kernel.shape[3] // layer.groups) * in_group
            found.append([(first + k, signed_norm(kernel[:, :, k, neuron].ravel())) for k in range(in_group)])
    return found


def assert_strongest(found, layer, source, expected, most):
    (own,) = [one for one in found.layers if one.layer == layer]
    assert own.source == source
    listed = {}
    for (start, end), weight in zip(own.neurons.tolist(), own.weights.tolist(), strict=True):
        listed.setdefault(end, []).append((start, weight))
    total = 0
    for neuron, weights in enumerate(expected):
        by_source, total = dict(weights), total + len(weights)
        sizes = sorted((abs(weight) for weight in by_source.values()), reverse=True)[:most]
        assert [abs(weight) for _, weight in listed[neuron]] == pytest.approx(sizes, rel=1e-6)
        assert len({start for start, _ in listed[neuron]}) == len(sizes)
        for start, weight in listed[neuron]:
            assert weight == pytest.approx(by_source[start], rel=1e-6)
    assert own.more == total - len(own.weights)


def test_the_digits_networks_connections_are_its_strongest_weights(asked, digits):
    found, model = asked(digits / "digits.keras"), keras.models.load_model(digits / "digits.keras", compile=False)
    assert [layer.layer for layer in found.layers] == ["conv_2", "dense_1", "digit"]
    assert (found.left_out, found.most) == (("conv_1",), 3)
    shape = model.get_layer("dropout").output.shape[1:]
    for name, source, before in (
        ("conv_2", "pool_1", None),
        ("dense_1", "dropout", shape),
        ("digit", "dense_1", None),
    ):
        assert_strongest(found, name, source, read_by(model.get_layer(name), before), 3)


def test_a_network_that_nobody_here_trained(asked, emotion_file):
    found, model = asked(emotion_file, most=5), keras.models.load_model(emotion_file, compile=False)
    checked = 0
    for own in found.layers:
        layer = model.get_layer(own.layer)
        expected = read_by(layer)
        if type(layer).__name__ == "SeparableConv2D":
            assert len(expected) == layer.output.shape[-1]
        assert_strongest(found, own.layer, own.source, expected, 5)
        checked += 1
    weighted = [layer.name for layer in model.layers if "Conv" in type(layer).__name__ or type(layer) is L.Dense]
    assert checked == len(weighted) - len(found.left_out)
    assert len(found.left_out) == 1


@pytest.fixture(scope="module")
def mixed(tmp_path_factory):
    """A block as in MobileNetV2, a grouped and a separable convolution."""
    keras.utils.set_random_seed(7)
    pixels = keras.Input((8, 8, 3), name="pixels")
    x = start = L.Conv2D(4, 3, padding="same", name="stem")(pixels)
    x = L.Conv2D(12, 1, use_bias=False, name="expand")(x)
    x = L.ReLU(6.0, name="expand_relu")(L.BatchNormalization(name="expand_BN")(x))
    x = L.DepthwiseConv2D(3, padding="same", use_bias=False, name="depthwise")(x)
    x = L.ReLU(6.0, name="depthwise_relu")(L.BatchNormalization(name="depthwise_BN")(x))
    x = L.Conv2D(4, 1, use_bias=False, name="project")(x)
    x = L.Add(name="add")([start, x])
    x = L.Conv2D(8, 3, groups=2, name="grouped")(x)
    x = L.SeparableConv2D(6, 3, name="separable")(x)
    x = L.Dropout(0.1, name="drop")(L.Flatten(name="flat")(x))
    model = keras.Model(pixels, L.Dense(5, name="last")(x))
    file = tmp_path_factory.mktemp("models") / "mixed.keras"
    model.save(file)
    return file, model


@pytest.mark.parametrize("most", [1, 2, 50])
def test_every_kind_of_convolution(asked, mixed, most, monkeypatch):
    monkeypatch.setattr(connecting, "AT_ONCE", 40)
    file, model = mixed
    found = asked(file, most=most)
    assert found.left_out == ("stem",)
    shape = model.get_layer("separable").output.shape[1:]
    for name, source in (
        ("expand", "stem"),
        ("depthwise", "expand_relu"),
        ("project", "depthwise_relu"),
        ("grouped", "add"),
        ("separable", "grouped"),
        ("last", "separable"),
    ):
        before = shape if name == "last" else None
        assert_strongest(found, name, source, read_by(model.get_layer(name), before), most)


def test_a_budget_keeps_the_strongest_of_every_layer_and_counts_the_others(asked, mixed):
    everything, few = asked(mixed[0], most=50), asked(mixed[0], most=50, budget=40)
    assert sum(len(layer.weights) for layer in few.layers) == 40
    shares, kept = [], []
    for layer in everything.layers:
        own = next((one for one in few.layers if one.layer == layer.layer), None)
        assert own is not None
        assert own.more + len(own.weights) == layer.more + len(layer.weights)
        largest = np.abs(layer.weights).max()
        shares += (np.abs(layer.weights) / largest).tolist()
        kept += (np.abs(own.weights) / largest).tolist()
    assert sorted(kept) == pytest.approx(sorted(shares)[-40:])


def test_weights_of_zero_connect_nothing_and_what_is_not_finite_comes_first(asked, tmp_path):
    kernel = np.array([[0, 0, 5.0], [0, 1, np.nan], [0, -2, -np.inf]], np.float32)
    model = keras.Sequential([keras.Input((2,)), L.Dense(3, name="first"), L.Dense(3, use_bias=False, name="second")])
    model.layers[1].set_weights([kernel])
    model.save(tmp_path / "odd.keras")
    (own,) = asked(tmp_path / "odd.keras", most=2).layers
    assert own.neurons.tolist()[:2] == [[2, 1], [1, 1]]
    assert sorted(own.neurons[2:].tolist()) == [[1, 2], [2, 2]]
    assert own.weights[:2].tolist() == [-2.0, 1.0]
    assert not np.isfinite(own.weights[2:]).any()
    assert own.more == 1
    (least,) = asked(tmp_path / "odd.keras", most=3, budget=2).layers
    assert (least.neurons[:, 1] == 2).all()
    assert least.more == 3


def test_a_network_without_such_weights_has_none(asked, tmp_path):
    model = keras.Sequential([keras.Input((4, 4, 1)), L.MaxPooling2D(2, name="pool")])
    model.save(tmp_path / "none.keras")
    found = asked(tmp_path / "none.keras")
    assert (found.layers, found.left_out) == ((), ())


def test_it_can_be_cancelled(digits, tmp_path):
    model = runs.ready_model(digits / "digits.keras", allow_code=False)
    with pytest.raises(Cancelled):
        served(connections, ConnectionsRequest, Task(1, EventLog(tmp_path), lambda: True), model)


def test_the_worker_serves_it(warm_worker, digits):
    value = warm_worker.ask("connections", model={"file": str(digits / "digits.keras")}, most=2)
    edges = np.load(warm_worker.folder / value["edges"])
    assert edges.shape == (32 * 2 + 64 * 2 + 10 * 2, 4)
    assert value["left_out"] == ["conv_1"]

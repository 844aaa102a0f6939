"""A neuron's formula and its strongest weights, against the weights of the Keras model."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest

from nn_blender.core.errors import UserError
from nn_blender.core.neurons.formulas import formula_words
from nn_blender.core.neurons.weights import Connection
from nn_blender.core.requests.base import ModelReference
from nn_blender.core.requests.neurons import NeuronRequest
from nn_blender.worker.neurons.weights import neuron_weights
from nn_blender.worker.running import runs

L = keras.layers


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    keras.utils.set_random_seed(5)
    pixels = keras.Input((6, 6, 2), name="pixels")
    x = L.Conv2D(4, 3, activation="relu", bias_initializer="normal", name="conv")(pixels)
    x = L.BatchNormalization(name="norm")(x)
    x = L.Conv2D(6, 2, groups=2, name="grouped")(x)
    x = L.DepthwiseConv2D(2, depth_multiplier=2, name="depthwise")(x)
    x = L.SeparableConv2D(3, 1, name="separable")(x)
    x = L.MaxPooling2D(1, name="pool")(x)
    x = L.Dropout(0.5, name="drop")(L.Flatten(name="flat")(x))
    x = L.Dense(5, activation="tanh", name="hidden")(x)
    model = keras.Model(pixels, L.Dense(3, name="last")(x))
    file = tmp_path_factory.mktemp("models") / "m.keras"
    model.save(file)
    return model, runs.ready_model(file, allow_code=False)


def facts(made, layer, neuron, most=10):
    return neuron_weights(made[1], NeuronRequest(ModelReference(Path("ready")), layer, neuron, most))


def weights(model, name):
    return [np.asarray(weight) for weight in model.get_layer(name).weights]


def strongest(strengths):
    return [int(k) for k in np.argsort(-np.abs(strengths), kind="stable")]


def test_a_dense_neuron_has_the_weights_of_the_kernel_in_order_of_their_size(made):
    kernel, bias = weights(made[0], "last")
    value = facts(made, "last", 2, most=3)
    assert value.formula == formula_words({"kind": "dense", "inputs": 5, "activation": ""}, 2, bias[2])
    assert value.bias == bias[2]
    order = strongest(kernel[:, 2])[:3]
    assert value.incoming == tuple(Connection("hidden", k, float(kernel[k, 2])) for k in order)
    assert (value.more_incoming, value.outgoing, value.more_outgoing) == (2, (), 0)
    outgoing = facts(made, "hidden", 1).outgoing
    assert [(one.neuron, one.weight) for one in outgoing] == [(k, float(kernel[1, k])) for k in strongest(kernel[1])]
    assert not any(one.is_norm for one in outgoing)


def test_through_a_flatten_layer_there_are_channels_and_positions(made):
    kernel, _ = weights(made[0], "hidden")
    shape = tuple(made[0].get_layer("pool").output.shape[1:])
    incoming = facts(made, "hidden", 0, most=1000).incoming
    assert len(incoming) == len(kernel)
    for one in incoming:
        index = np.ravel_multi_index((*one.position, one.neuron), shape)
        assert (one.layer, one.weight, one.is_norm) == ("pool", float(kernel[index, 0]), False)
    by_channel = kernel.reshape(*shape, 5)
    for one in facts(made, "separable", 1).outgoing:
        assert (one.layer, one.is_norm) == ("hidden", True)
        assert one.weight == pytest.approx(np.linalg.norm(by_channel[:, :, 1, one.neuron]))


def test_convolutions_have_a_norm_per_channel(made):
    kernel, bias = weights(made[0], "conv")
    value = facts(made, "conv", 3)
    assert value.bias == bias[3]
    formula = {
        "kind": "convolution", "inputs": 2, "kernel_size": [3, 3], "strides": [1, 1], "dilation_rate": [1, 1],
        "padding": "valid", "activation": "relu",
    }  # fmt: skip
    assert value.formula == formula_words(formula, 3, bias[3])
    norms = np.linalg.norm(kernel[..., 3].reshape(9, 2), axis=0)
    assert [(one.layer, one.neuron, one.is_norm) for one in value.incoming] == [
        ("pixels", k, True) for k in strongest(norms)
    ]
    assert value.incoming[0].weight == pytest.approx(norms.max())
    grouped, _ = weights(made[0], "grouped")
    incoming = facts(made, "grouped", 4).incoming
    assert sorted((one.layer, one.neuron) for one in incoming) == [("norm", 2), ("norm", 3)]
    outgoing = {one.neuron: one.weight for one in value.outgoing if one.is_norm}
    assert sorted(outgoing) == [3, 4, 5]
    assert outgoing[4] == pytest.approx(np.linalg.norm(grouped[:, :, 1, 4]))


def test_depthwise_and_separable_convolutions_have_the_weights_of_their_kernels(made):
    kernel, _ = weights(made[0], "depthwise")
    value = facts(made, "depthwise", 7)
    assert "of channel 3 times weights" in value.formula
    (one,) = value.incoming
    assert (one.layer, one.neuron, one.is_norm) == ("grouped", 3, True)
    assert one.weight == pytest.approx(np.linalg.norm(kernel[:, :, 3, 1]))
    depthwise, pointwise, _ = weights(made[0], "separable")
    incoming = {one.neuron: one.weight for one in facts(made, "separable", 2, most=99).incoming}
    for k in range(12):
        assert incoming[k] == pytest.approx(float(depthwise[0, 0, k, 0] * pointwise[0, 0, k, 2]), abs=1e-7)


def test_layers_without_a_kernel(made):
    formula = {"kind": "normalisation", "mean": 0.0, "variance": 1.0, "scale": 1.0, "offset": 0.0, "epsilon": 0.001}
    assert facts(made, "norm", 1).formula == formula_words(formula, 1, 0.0)
    pool = facts(made, "pool", 0)
    assert pool.formula.startswith("highest value in a window of 1 × 1 of channel 0")
    assert (pool.bias, pool.incoming, pool.more_incoming) == (None, (), 0)
    assert facts(made, "flat", 0).formula == formula_words({"kind": "other", "class_name": "Flatten"}, 0, None)
    with pytest.raises(UserError, match="0 to 3, there is no neuron 4"):
        facts(made, "conv", 4)

"""What networks take in and give: decided from their structure, by kinds that are a file each."""

from __future__ import annotations

import numpy as np
import pytest

from nn_blender.core.inputs import INPUT_KINDS, InputKind, NetworkInput, decide_inputs
from nn_blender.core.layout.row import lay_out
from nn_blender.core.network import Layer, Network, TensorSpec
from nn_blender.core.outputs import OUTPUT_KINDS, decide_outputs
from nn_blender.core.recording import Recording, Sample, SampleValue


def network(inputs: tuple[TensorSpec, ...], outputs: tuple[Layer, ...]) -> Network:
    return Network("made", "/made.keras", "", outputs, inputs, tuple(layer.path for layer in outputs), 0)


def dense(path: str, shape: tuple[int, ...], activation: str = "", class_name: str = "Dense") -> Layer:
    axes = ("time", "unit")[2 - len(shape) :] if len(shape) <= 2 else ("height", "width", "channel")
    return Layer(path, class_name, shape, axes, 0, (), activation)


OUTPUT = dense("out", (10,), "softmax")


@pytest.mark.parametrize(
    ("shape", "kind", "reason"),
    [
        ((28, 28), "image", "it is height × width, as long as wide"),
        ((28, 28, 1), "image", "it is height × width × channels"),
        ((-1, -1, 3), "image", "it is height × width × channels"),
        ((40, 5, 7), "array", "its shape is 40 × 5 × 7"),
        ((40, 5), "sequence", "it is 40 × 5, time × features"),
        ((4,), "table", "it is 4 numbers in a row"),
        ((), "table", "it is a single number"),
    ],
)
def test_kind_of_an_input_that_no_layer_reads_follows_from_its_shape(shape, kind, reason):
    assert decide_inputs(network((TensorSpec("in", shape),), (OUTPUT,))) == (NetworkInput("in", kind, reason),)


@pytest.mark.parametrize(
    ("layer", "kind", "reason"),
    [
        (dense("out", (10,), "softmax"), "classes", "it gives 10 values after softmax"),
        (dense("out", (1,), "sigmoid"), "binary", "it gives one value after sigmoid"),
        (dense("out", (28, 28, 3)), "image", "it is height × width × 3, red, green and blue"),
        (dense("out", (28, 28, 7)), "array", "its shape is 28 × 28 × 7"),
    ],
)
def test_kind_of_an_output_follows_from_its_layer(layer, kind, reason):
    (decided,) = decide_outputs(network((TensorSpec("in", (4,)),), (layer,)))
    assert (decided.name, decided.kind, decided.reason) == ("out", kind, reason)


def test_every_input_and_output_has_a_kind_of_its_own():
    several = network(
        (TensorSpec("left", (8, 8, 3)), TensorSpec("right", (4,))),
        (dense("a", (3,), "softmax"), dense("b", (1,), "sigmoid"), dense("c", (8, 8, 1))),
    )
    assert [one.name for one in decide_inputs(several)] == ["left", "right"]
    assert [one.kind for one in decide_outputs(several)] == ["classes", "binary", "image"]


def test_an_input_that_is_passed_on_is_an_output_too():
    passed = Network("made", "", "", (), (TensorSpec("in", (4,)),), ("in",), 0)
    assert [(one.name, one.kind) for one in decide_outputs(passed)] == [("in", "array")]


@pytest.mark.parametrize(
    ("kind", "outputs", "values"),
    [
        ("binary", [[0.25]], [[0.75, 0.25]]),
        ("classes", [[0.25, 0.75]], [[0.25, 0.75]]),
    ],
)
def test_an_output_is_read_as_its_kind_says(kind, outputs, values):
    recording = Recording(
        (Sample("a", (SampleValue("a"),)),),
        np.zeros((1, 0), np.float32),
        np.float32(outputs),
        kind=OUTPUT_KINDS.find(kind),
    )
    assert recording.class_values.tolist() == values


def test_a_further_kind_is_one_that_registers_itself(monkeypatch):
    monkeypatch.setattr(INPUT_KINDS, "_entries", dict(INPUT_KINDS._entries), raising=True)
    list(INPUT_KINDS)
    INPUT_KINDS.register(
        InputKind(
            "strip",
            "Strip",
            claims=lambda evidence: "it is long" if evidence.spec.shape == (500, 2) else "",
            takes="a strip is 500 × 2",
            fits=lambda spec: len(spec.shape) == 2,
            proportions=lambda shape: (1, 8),
            as_picture=lambda values: values[:8, :1].T[..., np.newaxis],
            describe=lambda preprocessing: "Strips enter as they are.",
        ),
        rank=-20,
    )
    strip = network((TensorSpec("in", (500, 2)),), (OUTPUT,))
    assert decide_inputs(strip) == (NetworkInput("in", "strip", "it is long"),)
    (place,) = lay_out(strip).inputs.values()
    assert place.grid.card[0] / place.grid.card[1] == pytest.approx(3.2 / 0.6)

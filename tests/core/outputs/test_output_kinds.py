"""What networks give is decided from what made it, from names and from right answers."""

from __future__ import annotations

import numpy as np
import pytest

from nn_blender.core.network import Layer, Network, TensorSpec
from nn_blender.core.outputs import OUTPUT_KINDS, NetworkOutput, decide_outputs, kinds_that_fit, output_as
from nn_blender.core.outputs.endings import Evidence

AXES: dict[int, tuple[str, ...]] = {0: (), 1: ("unit",), 2: ("time", "unit"), 3: ("height", "width", "channel")}
PICTURE = TensorSpec("picture", (28, 28, 1))
COLOURS = TensorSpec("picture", (64, 64, 3))
VECTOR = TensorSpec("vector", (8,))
NO_EVIDENCE = Evidence()


def layer(
    path: str, class_name: str, shape: tuple[int, ...], activation: str = "", inputs: tuple[str, ...] = ()
) -> Layer:
    return Layer(path, class_name, shape, AXES[len(shape)], 0, inputs, activation)


def chain(*layers: Layer) -> tuple[Layer, ...]:
    """Each reads the one before it."""
    before = "body"
    read = []
    for one in layers:
        read.append(Layer(one.path, one.class_name, one.output_shape, one.axes, 0, (before,), one.activation))
        before = one.path
    return tuple(read)


def decide(
    *layers: Layer,
    enters: tuple[TensorSpec, ...] = (VECTOR,),
    evidence: Evidence = NO_EVIDENCE,
    name: str = "made",
) -> NetworkOutput:
    body = layer("body", "Dense", (16,), "relu", (enters[0].name,))
    network = Network(name, "", "", (body, *chain(*layers)), enters, (layers[-1].path,), 0)
    (output,) = decide_outputs(network, evidence)
    return output


def labelled(*labels: str) -> Evidence:
    return Evidence(labels)


@pytest.mark.parametrize(
    ("layers", "kind", "reason"),
    [
        ([layer("out", "Dense", (10,), "softmax")], "classes", "it gives 10 values after softmax"),
        (
            [layer("out", "Dense", (10,)), layer("soft", "Softmax", (10,))],
            "classes",
            "it gives 10 values after softmax",
        ),
        (
            [layer("out", "Dense", (10,)), layer("act", "Activation", (10,), "softmax"), layer("d", "Dropout", (10,))],
            "classes",
            "it gives 10 values after softmax",
        ),
        (
            [layer("out", "Dense", (10,))],
            "classes",
            "it gives 10 values without an activation, which are taken for logits of classes",
        ),
        (
            [layer("logits", "Dense", (3,))],
            "classes",
            "it gives 3 values without an activation, and a name says logits",
        ),
        (
            [layer("conv", "Conv2D", (7, 7, 5)), layer("mean", "GlobalAveragePooling2D", (5,))],
            "classes",
            "it gives 5 values without an activation, which are taken for logits of classes",
        ),
        (
            [layer("conv", "Conv2D", (7, 7, 5)), layer("pool", "GlobalAveragePooling2D", (5,))],
            "classes",
            "it gives 5 values without an activation, which are taken for logits of classes",
        ),
        (
            [layer("conv", "Conv2D", (7, 7, 512), "relu"), layer("pool", "GlobalAveragePooling2D", (512,))],
            "values",
            "it gives 512 values after relu, and nothing says that it tells classes apart",
        ),
        ([layer("out", "Dense", (1,), "sigmoid")], "binary", "it gives one value after sigmoid"),
        (
            [layer("out", "Dense", (1,)), layer("sig", "Activation", (1,), "sigmoid"), layer("r", "Reshape", (1,))],
            "binary",
            "it gives one value after sigmoid",
        ),
        (
            [layer("out", "Dense", (1,))],
            "values",
            "it gives one value without an activation, and nothing says that it tells classes apart",
        ),
        (
            [layer("price", "Dense", (1,))],
            "values",
            "it gives one value without an activation, and its name says price",
        ),
        (
            [layer("logit", "Dense", (1,))],
            "binary",
            "it gives one value without an activation, and a name says logit: it is a logit, whose sign is the answer",
        ),
        (
            [layer("out", "Dense", (1,), "tanh")],
            "values",
            "it gives one value after tanh, and nothing says that it tells classes apart",
        ),
        (
            [layer("out", "Dense", (5,), "sigmoid")],
            "multi-label",
            "it gives 5 values after sigmoid, each from 0 to 1 for itself",
        ),
        (
            [layer("bounding_box", "Dense", (4,), "sigmoid")],
            "values",
            "it gives 4 values after sigmoid, and its name says bounding",
        ),
        ([layer("bbox", "Dense", (4,))], "values", "it gives 4 values without an activation, and its name says bbox"),
        (
            [layer("zMean", "Dense", (2,))],
            "values",
            "it gives 2 values without an activation, and its name says mean",
        ),
        (
            [layer("out", "LSTM", (20,), "tanh")],
            "values",
            "it gives 20 values without an activation, and nothing says that it tells classes apart",
        ),
        ([layer("out", "LSTM", (7, 4), "tanh")], "sequence", "it gives 4 values at every step"),
        (
            [layer("out", "TimeDistributed", (7, 4), "softmax")],
            "sequence",
            "it gives 4 values after softmax at every step",
        ),
        (
            [Layer("out", "EinsumDense", (4, 2, 8), ("time", "head", "unit"), 0)],
            "array",
            "its shape is 4 × 2 × 8",
        ),
    ],
)
def test_kind_follows_from_what_makes_the_output(layers, kind, reason):
    output = decide(*layers)
    assert (output.kind, output.reason) == (kind, reason)


@pytest.mark.parametrize(
    ("activation", "labels", "kind"),
    [
        ("", ("cat", "dog", "dog"), "binary"),
        ("", ("0", "1", "1"), "binary"),
        ("", ("0.0", "1.0"), "binary"),
        ("", ("-1", "1"), "binary"),
        ("", ("cat", "", "cat"), "binary"),
        ("", ("16.28", "8.08", "18.40"), "values"),
        ("", ("23", "31"), "values"),
        ("", ("3,5", "4,25"), "values"),
        ("", ("low", "middle", "high"), "values"),
        ("tanh", ("cat", "dog"), "binary"),
        ("tanh", ("-1", "1"), "binary"),
        ("tanh", ("0.25", "-0.5"), "values"),
        ("sigmoid", ("cat", "dog"), "binary"),
        ("sigmoid", ("0.25", "0.5"), "values"),
        ("sigmoid", ("1", "2"), "binary"),
    ],
)
def test_labels_tell_a_logit_from_a_value(activation, labels, kind):
    assert decide(layer("out", "Dense", (1,), activation), evidence=labelled(*labels)).kind == kind


@pytest.mark.parametrize(
    ("out", "evidence", "kind"),
    [
        (layer("out", "Dense", (2,)), labelled("0.5;0.25", "1;2"), "values"),
        (layer("out", "Dense", (2,)), labelled("cat", "dog"), "classes"),
        (layer("out", "Dense", (3,), "relu"), labelled("cat", "dog", "owl"), "classes"),
        (layer("out", "Dense", (3,), "relu"), Evidence(classes=("a", "b", "c")), "classes"),
        (layer("out", "Dense", (4,), "sigmoid"), labelled("0.1 0.2 0.5 0.75"), "values"),
        (layer("out", "Dense", (4,), "sigmoid"), labelled("0 1 0 1", "1 1 0 0"), "multi-label"),
        (layer("out", "Dense", (1,)), Evidence(classes=("ham", "spam")), "binary"),
        (layer("embedding", "Dense", (64,)), labelled("0", "9"), "values"),
    ],
)
def test_right_answers_tell_classes_from_values(out, evidence, kind):
    assert decide(out, evidence=evidence).kind == kind


@pytest.mark.parametrize(
    ("layers", "enters", "shape"),
    [
        ([layer("out", "Dense", (784,), "sigmoid")], PICTURE, (28, 28, 1)),
        ([layer("out", "Dense", (784,))], PICTURE, (28, 28, 1)),
        ([layer("out", "Dense", (784,), "sigmoid")], TensorSpec("flat", (784,)), (28, 28)),
        ([layer("out", "Dense", (784,))], TensorSpec("flat", (784,)), (28, 28)),
        ([layer("out", "Dense", (784,), "tanh")], VECTOR, (28, 28)),
        ([layer("out", "Dense", (3072,), "sigmoid")], VECTOR, (32, 32, 3)),
        ([layer("c", "Conv2D", (28, 28, 1), "sigmoid"), layer("out", "Flatten", (784,))], PICTURE, (28, 28, 1)),
        ([layer("d", "Dense", (784,), "sigmoid"), layer("out", "Reshape", (28, 28))], VECTOR, (28, 28)),
        ([layer("out", "Reshape", (28, 28))], PICTURE, (28, 28)),
        ([layer("out", "Conv2DTranspose", (64, 64, 3), "tanh")], VECTOR, (64, 64, 3)),
        ([layer("out", "Conv2D", (-1, -1, 1))], COLOURS, (-1, -1, 1)),
    ],
)
def test_pixels_are_a_picture(layers, enters, shape):
    output = decide(*layers, enters=(enters,))
    assert (output.kind, output.shape, output.of_classes) == ("image", shape, False)
    assert output.axes == ("height", "width", "channel")[: len(shape)]


@pytest.mark.parametrize(
    ("out", "enters", "kind"),
    [
        (layer("out", "Dense", (784,), "softmax"), PICTURE, "classes"),
        (layer("out", "Dense", (512,), "sigmoid"), VECTOR, "multi-label"),
        (layer("out", "Dense", (1024,)), COLOURS, "classes"),
        (layer("out", "Dense", (100,)), TensorSpec("table", (100,)), "classes"),
        (layer("out", "Dense", (256,)), TensorSpec("table", (256,)), "classes"),
    ],
)
def test_not_every_row_of_numbers_is_a_picture(out, enters, kind):
    assert decide(out, enters=(enters,)).kind == kind


@pytest.mark.parametrize(
    ("out", "evidence", "kind", "of_classes"),
    [
        (layer("out", "Conv2D", (64, 64, 21), "softmax"), Evidence(), "image", True),
        (layer("out", "Conv2D", (64, 64, 3), "softmax"), Evidence(), "image", True),
        (layer("out", "Conv2D", (64, 64, 3)), Evidence(), "image", False),
        (layer("out", "Conv2D", (64, 64, 3)), Evidence(are_masks=True), "image", True),
        (layer("out", "Conv2D", (64, 64, 3)), Evidence(classes=("a", "b", "c")), "image", True),
        (layer("out", "Conv2D", (64, 64, 1), "sigmoid"), Evidence(), "image", False),
        (layer("out", "Conv2D", (64, 64, 1), "sigmoid"), Evidence(are_masks=True), "image", True),
        (layer("out", "Conv2D", (64, 64, 21)), Evidence(), "image", True),
        (layer("out", "Conv2D", (32, 32, 21), "softmax"), Evidence(), "image", True),
        (layer("flow", "Conv2D", (64, 64, 2)), Evidence(), "array", False),
        (layer("out", "Conv2D", (8, 8, 30)), Evidence(), "array", False),
        (layer("out", "Conv2D", (64, 64, 16), "relu"), Evidence(), "array", False),
        (layer("out", "Conv2D", (1, 1, 10), "softmax"), Evidence(), "array", False),
    ],
)
def test_pictures_of_classes_are_told_from_colours_and_feature_maps(out, evidence, kind, of_classes):
    output = decide(out, enters=(COLOURS,), evidence=evidence)
    assert (output.kind, output.of_classes) == (kind, of_classes)


def test_an_embedding_makes_logits_of_words() -> None:
    words = layer("words", "Embedding", (12, 16))
    of_words = decide(words, layer("out", "Dense", (12, 500)), enters=(TensorSpec("tokens", (12,), "int32"),))
    assert (of_words.kind, of_words.of_classes) == ("sequence", True)
    of_values = decide(layer("out", "Dense", (12, 3)), enters=(TensorSpec("series", (12, 3)),))
    assert (of_values.kind, of_values.of_classes) == ("sequence", False)


def test_right_answers_are_about_the_output_that_tells_classes() -> None:
    layers = (
        layer("age", "Dense", (1,), inputs=("vector",)),
        layer("gate", "Dense", (1,), inputs=("vector",)),
        layer("boxes", "Dense", (4,), inputs=("vector",)),
        layer("animal", "Dense", (3,), "softmax", inputs=("vector",)),
    )
    network = Network("made", "", "", layers, (VECTOR,), tuple(one.path for one in layers), 0)
    outputs = decide_outputs(network, labelled("cat", "dog"))
    assert [(one.name, one.kind) for one in outputs] == [
        ("age", "values"),
        ("gate", "values"),
        ("boxes", "values"),
        ("animal", "classes"),
    ]


def test_values_that_are_read_on_are_a_stage() -> None:
    code = layer("small", "Dense", (2,), inputs=("vector",))
    network = Network("made", "", "", (code, layer("out", "Dense", (8,), inputs=("small",))), (VECTOR,), ("small",), 0)
    (output,) = decide_outputs(network)
    assert (output.kind, output.reason) == (
        "values",
        "it gives 2 values without an activation, and other layers read them too",
    )


def test_activations_of_several_sources_count_where_they_agree() -> None:
    heads = tuple(layer(name, "Dense", (1,), "sigmoid", ("vector",)) for name in "ab")
    both = layer("both", "Concatenate", (2,), inputs=("a", "b"))
    network = Network("made", "", "", (*heads, both), (VECTOR,), ("both",), 0)
    assert [(one.kind, one.activation) for one in decide_outputs(network)] == [("multi-label", "sigmoid")]
    heads = tuple(layer(name, "Dense", (3,), "softmax", ("vector",)) for name in "ab")
    mean = layer("mean", "Average", (3,), inputs=("a", "b"))
    network = Network("made", "", "", (*heads, mean), (VECTOR,), ("mean",), 0)
    assert [(one.kind, one.activation) for one in decide_outputs(network)] == [("classes", "softmax")]


def test_an_output_may_be_taken_for_any_kind_that_its_shape_allows() -> None:
    out = layer("out", "Dense", (784,), "sigmoid")
    network = Network("made", "", "", (out,), (VECTOR,), ("out",), 0)
    assert kinds_that_fit(network, "out") == ("image", "classes", "multi-label", "values", "array")
    assert output_as(network, "out", "image").shape == (28, 28)
    one = layer("out", "Dense", (1,))
    network = Network("made", "", "", (one,), (VECTOR,), ("out",), 0)
    assert kinds_that_fit(network, "out") == ("binary", "values", "array")
    chosen = output_as(network, "out", "binary")
    assert (chosen.kind, chosen.reason, chosen.activation) == ("binary", "it was chosen", "")


@pytest.mark.parametrize(
    ("activation", "outputs", "values"),
    [
        ("sigmoid", [[0.25], [0.75]], [[0.75, 0.25], [0.25, 0.75]]),
        ("", [[0.0], [-1000.0], [1000.0]], [[0.5, 0.5], [1.0, 0.0], [0.0, 1.0]]),
        ("tanh", [[-0.5]], [[0.5, -0.5]]),
    ],
)
def test_one_value_answers_two_classes(activation, outputs, values):
    output = NetworkOutput("out", "binary", "", activation)
    assert output.class_values(np.float32(outputs)).tolist() == values


def test_the_sigmoid_of_logits_is_exact() -> None:
    logits = np.linspace(-30, 30, 601, dtype=np.float32)[:, None]
    exact = 1 / (1 + np.exp(-logits.astype(np.float64)))
    values = NetworkOutput("out", "binary", "").class_values(logits)
    assert np.abs(values[:, 1] - exact[:, 0]).max() < 1e-7
    assert np.isnan(NetworkOutput("out", "binary", "").class_values(np.float32([[np.nan]]))).all()


def test_values_and_several_labels_have_no_class_of_their_own() -> None:
    outputs = np.zeros((2, 3), np.float32)
    for kind in OUTPUT_KINDS:
        values = NetworkOutput("out", kind.name, "").class_values(outputs[:, :1] if kind.name == "binary" else outputs)
        assert (values is not None) == (kind.name in ("classes", "binary")), kind.name

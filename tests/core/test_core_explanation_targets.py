"""What is to be explained, as users write it."""

from __future__ import annotations

import pytest

from nn_blender.core.errors import UserError
from nn_blender.core.explanations import Target
from nn_blender.core.explanations.targets import Answers, layer_called, read_target
from nn_blender.core.network import Layer, Network, TensorSpec
from nn_blender.core.outputs import NetworkOutput

LAYERS = (
    Layer("stem/conv", "Conv2D", (6, 6, 4), ("height", "width", "channel"), 40, ("image",), "relu"),
    Layer("odd:name:2", "Dense", (5,), ("unit",), 30, ("stem/conv",), "relu"),
    Layer("flat", "Reshape", (5,), ("time",), 0, ("odd:name:2",)),
    Layer("answer", "Dense", (3,), ("unit",), 18, ("flat",), "softmax"),
)
NETWORK = Network("pets", "/pets.keras", "0", LAYERS, (TensorSpec("image", (8, 8, 3)),), ("answer",), 88)


def answers(*classes: str, kind: str = "classes", number: int = 0) -> Answers:
    return Answers(NETWORK, NetworkOutput("answer", kind, "a test says so", "softmax"), number, classes)


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("predicted", Target()),
        ("2", Target(2)),
        (" 0 ", Target(0)),
        ("dog", Target(1)),
        ("black: cat", Target(2)),
        ("stem/conv:3", Target(3, layer="stem/conv")),
        ("odd:name:2:4", Target(4, layer="odd:name:2")),
    ],
)
def test_classes_and_neurons_are_read(text: str, target: Target) -> None:
    assert read_target(text, answers("cat", "dog", "black: cat")) == target


def test_a_number_is_that_of_a_class_even_where_another_class_is_called_so() -> None:
    assert read_target("1", answers("1", "2", "0")) == Target(1)
    assert read_target("01", answers("01", "1", "x")) == Target(1)


def test_classes_are_those_of_the_answer() -> None:
    assert read_target("predicted", answers(number=2)) == Target(output=2)
    assert read_target("dog", answers("cat", "dog", number=2)) == Target(1, output=2)


@pytest.mark.parametrize(
    ("text", "kind", "words"),
    [
        ("3", "classes", ["no class 3", "answer has classes 0 to 2"]),
        ("-1", "classes", ["no class -1", "0 to 2"]),
        ("3", "values", ["no value 3", "values 0 to 2"]),
        ("2", "binary", ["no class 2", "0 to 1"]),
        ("Dog", "classes", ["no class 'Dog'", "Did you mean dog?"]),
        ("black", "classes", ["'black'", "black: cat"]),
        ("zebra", "classes", ["'zebra'", "Choose one of cat, dog, black: cat."]),
        ("stem/conv:4", "classes", ["stem/conv has the neurons 0 to 3", "no neuron 4"]),
        ("flat:0", "classes", ["flat has no neurons"]),
        ("stem/conv:x", "classes", ["'stem/conv:x'", "'x' is no number"]),
        ("stem/conv:0-3", "classes", ["'0-3' is no number", "several times"]),
    ],
)
def test_what_does_not_exist_is_refused_with_what_does(text: str, kind: str, words: list[str]) -> None:
    with pytest.raises(UserError) as refused:
        read_target(text, answers("cat", "dog", "black: cat", kind=kind))
    for word in words:
        assert word in str(refused.value)


def test_a_layer_that_does_not_exist_is_refused_with_near_names() -> None:
    with pytest.raises(UserError, match=r"no layer 'stem/cnv'. Did you mean stem/conv\?"):
        read_target("stem/cnv:1", answers())
    with pytest.raises(UserError, match=r"no layer 'conv'. Did you mean stem/conv\?"):
        layer_called(NETWORK, "conv")
    assert layer_called(NETWORK, "flat") is LAYERS[2]


def test_classes_without_names_are_asked_for_by_number() -> None:
    with pytest.raises(UserError, match="no names") as refused:
        read_target("dog", answers())
    assert "a number 0 to 2" in str(refused.value)
    assert "--classes" in str(refused.value)

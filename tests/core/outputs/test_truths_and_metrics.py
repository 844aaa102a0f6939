"""Right answers are read by the kind of the output, and measured as Keras and scikit-learn measure them."""

from __future__ import annotations

import math

import numpy as np
import pytest

from nn_blender.core.outputs import OUTPUT_KINDS, NetworkOutput, sequence
from nn_blender.core.outputs.image import as_picture, class_map, compare, true_classes
from nn_blender.core.outputs.metrics import (
    MetricValue,
    absolute_error,
    evaluate,
    f1_scores,
    intersection_over_union,
    label_accuracy,
    root_mean_square_error,
    subset_accuracy,
)
from nn_blender.core.outputs.sequence import step_classes
from nn_blender.core.outputs.verdicts import describe_unread, judge, read_truths
from nn_blender.core.samples.class_names import names_by_labels

ANIMALS = ("cat", "dog", "sea lion")
MAPS = ("height", "width", "channel")


def output(kind: str, activation: str = "", **more: object) -> NetworkOutput:
    return NetworkOutput("out", kind, "", activation, **more)


def truth(of: NetworkOutput, text: str, units: int, classes: tuple[str, ...] = ()) -> object:
    read = OUTPUT_KINDS.find(of.kind).read_truth(of, text, units, classes)
    return None if read is None else read.tolist()


@pytest.mark.parametrize(
    ("kind", "text", "units", "right"),
    [
        ("classes", "dog", 3, 1),
        ("classes", " 2 ", 3, 2),
        ("classes", "2.0", 3, 2),
        ("classes", "3", 3, None),
        ("classes", "-1", 3, None),
        ("classes", "owl", 3, None),
        ("classes", "", 3, None),
        ("binary", "dog", 1, 1),
        ("binary", "1", 1, 1),
        ("binary", "0.0", 1, 0),
        ("binary", "-1", 1, 0),
        ("binary", "0.5", 1, None),
        ("multi-label", "dog", 3, [False, True, False]),
        ("multi-label", "sea lion", 3, [False, False, True]),
        ("multi-label", "cat; sea lion", 3, [True, False, True]),
        ("multi-label", "cat|dog", 3, [True, True, False]),
        ("multi-label", "cat,2", 3, [True, False, True]),
        ("multi-label", "[0, 1, 1]", 3, [False, True, True]),
        ("multi-label", "0 0 0", 3, [False, False, False]),
        ("multi-label", "cat;owl", 3, None),
        ("multi-label", "", 3, None),
        ("values", "3.20", 1, [3.2]),
        ("values", "3,5", 1, [3.5]),
        ("values", "-2e-1", 1, [-0.2]),
        ("values", "1 2.5;3", 3, [1.0, 2.5, 3.0]),
        ("values", "1;2", 3, None),
        ("values", "nan", 1, None),
        ("values", "cat", 1, None),
        ("array", "cat", 3, None),
    ],
)
def test_a_label_is_read_by_kind(kind, text, units, right):
    assert truth(output(kind), text, units, ANIMALS) == right


@pytest.mark.parametrize(
    ("kind", "labels", "units", "said"),
    [
        ("classes", ["1", "", "3", "4"], 3, "the labels of 2 samples say nothing of it, such as '3'; it has 3 classes"),
        ("binary", ["cat", "cow"], 1, "the label of 1 sample says nothing of it, such as 'cow'; it has 2 classes"),
        ("values", ["1;2", "3"], 2, "the label of 1 sample says nothing of it, such as '3'; it gives 2 values."),
        ("classes", ["cat", "2", ""], 3, ""),
        ("image", ["cat"], 3, ""),
        ("array", ["cat"], 3, ""),
    ],
)
def test_labels_that_say_nothing_of_an_output_are_named(kind, labels, units, said):
    sentences = describe_unread(output(kind), labels, units, ANIMALS[:2])
    assert [sentence.startswith(f"{output(kind).name}: {said}") for sentence in sentences] == [True] * bool(said)


def test_steps_have_a_label_each() -> None:
    steps = output("sequence", "softmax", shape=(3, 3), axes=("time", "unit"), of_classes=True)
    assert truth(steps, "cat dog 2", 9, ANIMALS[:2]) == [0, 1, 2]
    assert truth(steps, "cat dog", 9, ANIMALS) is None
    values = output("sequence", shape=(2, 2), axes=("time", "unit"))
    assert truth(values, "1 2;3 4", 4) == [[1.0, 2.0], [3.0, 4.0]]
    assert truth(values, "1 2 3", 4) is None


def measured(of: NetworkOutput, values: list[object], truths: list[object]) -> dict[str, MetricValue]:
    arrays = [np.float32(one) for one in values]
    known = [None if one is None else np.array(one) for one in truths]
    found = evaluate(of, OUTPUT_KINDS.find(of.kind).metrics(of), arrays, known)
    return {one.name: one for one in found}


def test_accuracy_is_over_samples_whose_class_is_known() -> None:
    found = measured(output("classes", "softmax"), [[0.9, 0.1], [0.2, 0.8], [0.5, 0.5]], [0, 0, None])
    assert found == {"accuracy": MetricValue("out", "accuracy", 0.5, 2)}
    assert measured(output("classes", "softmax"), [[0.9, 0.1]], [None]) == {}


@pytest.mark.parametrize(("activation", "values"), [("sigmoid", [0.75, 0.25, 0.5]), ("", [2.0, -2.0, 0.0])])
def test_one_value_is_right_by_its_side_of_the_threshold(activation, values):
    found = measured(output("binary", activation), [[value] for value in values], [1, 1, 0])
    assert found["accuracy"].value == pytest.approx(2 / 3)


def test_values_that_are_not_finite_are_named() -> None:
    found = measured(output("values"), [[1.0], [math.nan], [4.0], [math.inf]], [[2.0], [2.0], [2.0], [None]])
    assert (found["mae"].value, found["mae"].samples, found["mae"].not_finite) == (1.5, 2, 2)
    assert found["rmse"].value == pytest.approx(math.sqrt(2.5))
    nothing = measured(output("values"), [[math.nan]], [[2.0]])["mae"]
    assert (math.isnan(nothing.value), nothing.samples, nothing.not_finite) == (True, 0, 1)


def test_errors_equal_plain_numpy() -> None:
    random = np.random.default_rng(3)
    predicted, true = random.normal(size=(50, 4)).astype(np.float32), random.normal(size=(50, 4))
    assert absolute_error(predicted, true) == pytest.approx(
        np.mean([abs(a - b) for a, b in zip(predicted.ravel(), true.ravel(), strict=True)])
    )
    assert root_mean_square_error(predicted, true) == pytest.approx(np.linalg.norm(predicted - true) / math.sqrt(200))


def test_several_labels_are_measured_as_by_plain_loops() -> None:
    random = np.random.default_rng(4)
    predicted, true = random.random((60, 5)) > 0.4, random.random((60, 5)) > 0.6
    predicted[:, 4] = true[:, 4] = False
    scores = f1_scores(predicted, true)
    for label in range(4):
        pairs = list(zip(predicted[:, label], true[:, label], strict=True))
        hits, false, missed = (sum(pair == of for pair in pairs) for of in ((True, True), (True, False), (False, True)))
        assert scores[label] == pytest.approx(2 * hits / (2 * hits + false + missed))
    assert np.isnan(scores[4])
    assert label_accuracy(predicted, true)[4] == 1.0
    assert (
        subset_accuracy(predicted, true)
        == sum(a.tolist() == b.tolist() for a, b in zip(predicted, true, strict=True)) / 60
    )


def test_labels_above_the_threshold_are_the_answer() -> None:
    tags = output("multi-label", "sigmoid")
    found = measured(tags, [[0.9, 0.2, 0.5], [0.6, 0.7, 0.1]], [[True, False, False], [True, False, False]])
    assert found["subset_accuracy"].value == 0.5
    assert found["label_accuracy"].per_class == (1.0, 0.5, 1.0)
    assert (found["f1"].per_class[:2], math.isnan(found["f1"].per_class[2]), found["f1"].value) == (
        (1.0, 0.0),
        True,
        0.5,
    )


def test_overlap_of_classes_by_hand() -> None:
    predicted, true = np.array([0, 0, 1, 1, 2, 0]), np.array([0, 1, 1, 1, 255, 3])
    assert intersection_over_union(predicted, true, 3).tolist()[:2] == [0.5, pytest.approx(2 / 3)]
    assert np.isnan(intersection_over_union(predicted, true, 3)[2])


def test_pictures_of_classes_are_measured_by_overlap() -> None:
    of_classes = output("image", "softmax", shape=(2, 2, 3), axes=MAPS, of_classes=True)
    values = np.eye(3, dtype=np.float32)[[[0, 1], [2, 2]]]
    assert class_map(of_classes, values).tolist() == [[0, 1], [2, 2]]
    assert class_map(of_classes, values.ravel()).tolist() == [[0, 1], [2, 2]]
    found = measured(of_classes, [values], [[[0, 1], [2, 1]]])
    assert found["mean_iou"].per_class == (1.0, 0.5, 0.5)
    assert found["mean_iou"].value == pytest.approx(2 / 3)
    one_hot = np.eye(3, dtype=np.uint8)[[[0, 1], [2, 1]]]
    assert true_classes(of_classes, one_hot).tolist() == [[0, 1], [2, 1]]


def test_a_mask_of_one_channel_has_two_classes() -> None:
    mask = output("image", "sigmoid", shape=(1, 3, 1), axes=MAPS, of_classes=True)
    assert class_map(mask, np.float32([[[0.2], [0.6], [0.9]]])).tolist() == [[0, 1, 1]]
    assert true_classes(mask, np.uint8([[[0], [255], [0]]])).tolist() == [[0, 1, 0]]
    assert measured(mask, [[[[0.2], [0.6], [0.9]]]], [[[0, 255, 0]]])["mean_iou"].per_class == (0.5, 0.5)


def test_pictures_in_colours_are_measured_by_their_values() -> None:
    picture = output("image", "sigmoid", shape=(2, 2, 3), axes=MAPS)
    values = np.linspace(0, 1, 12, dtype=np.float32).reshape(2, 2, 3)
    assert measured(picture, [values, values.ravel()], [np.zeros((2, 2, 3)), np.ones((2, 2, 3))])[
        "pixel_mae"
    ].value == pytest.approx(0.5)
    first = output("image", "sigmoid", shape=(3, 2, 4), axes=("channel", "height", "width"))
    assert as_picture(first, np.arange(24)).shape == (2, 4, 3)
    assert as_picture(first, np.arange(24))[0, 0].tolist() == [0, 8, 16]


def test_classes_of_steps() -> None:
    steps = output("sequence", "softmax", shape=(3, 2), axes=("time", "unit"), of_classes=True)
    values = np.float32([[0.9, 0.1], [0.2, 0.8], [math.nan, 0.1]])
    assert step_classes(steps, values).tolist() == [0, 1, 1]
    assert measured(steps, [values[:2]], [[0, 0]])["step_accuracy"].value == 0.5


@pytest.mark.parametrize(
    ("labels", "count", "names"),
    [
        (["dog", "cat", "dog"], 2, ("cat", "dog")),
        (["b", "A", "a"], 3, ("A", "a", "b")),
        (["dog", "cat", ""], 3, ()),
        (["0", "1"], 2, ()),
        ([], 0, ()),
    ],
)
def test_folders_name_as_many_classes_as_the_network_has(labels, count, names):
    assert names_by_labels(labels, count) == names


@pytest.mark.parametrize(
    ("kind", "activation", "values", "text"),
    [
        ("classes", "softmax", [0.25, 0.75], "dog  75.0 %"),
        ("classes", "", [13.7, 2.0], "cat  13.7"),
        ("binary", "sigmoid", [0.25], "cat  75.0 %"),
        ("binary", "", [3.0], "dog  95.3 %"),
        ("binary", "tanh", [-0.5], "cat  0.5"),
        ("multi-label", "sigmoid", [0.6, 0.2, 0.9], "sea lion, cat"),
        ("multi-label", "sigmoid", [0.5, math.nan, 0.1], "no label"),
        ("values", "", [13.6852], "13.69"),
        ("values", "", [math.nan, -0.5], "NaN, -0.5"),
        ("values", "", [1.0] * 8, "1, 1, 1, 1, 1, 1, … 8 values"),
        ("array", "", [1.0], ""),
    ],
)
def test_an_answer_as_text(kind, activation, values, text):
    of = output(kind, activation)
    assert OUTPUT_KINDS.find(kind).text(of, np.float32(values), ANIMALS) == text


def test_a_verdict_is_right_or_wrong_or_an_error() -> None:
    tags = output("multi-label", "sigmoid")
    values = np.float32([[0.9, 0.1, 0.2], [0.9, 0.1, 0.2], [0.9, 0.1, 0.2]])
    truths = read_truths(tags, ("cat", "cat;dog", ""), 3, ANIMALS)
    assert [one.right for one in judge(tags, values, truths)] == [True, False, None]
    sizes = output("values")
    errors = judge(sizes, np.float32([[1.5], [math.nan], [2.0]]), read_truths(sizes, ("1", "2", "big"), 1, ()))
    assert [one.right for one in errors] == [None, None, None]
    assert errors[0].error == 0.5
    assert all(math.isnan(one.error) for one in errors[1:])


def test_a_picture_is_compared_in_the_values_of_the_network() -> None:
    sigmoid = output("image", "sigmoid", shape=(2, 2, 1), axes=MAPS)
    levels = np.uint8([[[0], [255]], [[51], [102]]])
    values = np.float32([[[0.5], [1.0]], [[0.2], [0.4]]])
    assert compare(sigmoid, values, levels) == (pytest.approx(0.125), None)
    assert compare(sigmoid, values.ravel(), levels[..., 0]) == (pytest.approx(0.125), None)
    assert compare(output("image", "tanh", shape=(2, 2, 1), axes=MAPS), values * 2 - 1, levels)[0] == pytest.approx(
        0.25
    )
    assert compare(sigmoid, values, np.uint8([[0, 1], [0, 1]])) == (pytest.approx(0.325), None)
    assert math.isnan(compare(sigmoid, values, levels[:1])[0])
    classes = output("image", "softmax", shape=(1, 3, 2), axes=MAPS, of_classes=True)
    error, table = compare(classes, np.eye(2, dtype=np.float32)[[[0, 1, 1]]], np.uint8([[0, 0, 1]]))
    assert (error, table.tolist()) == (0.5, [[1, 1], [0, 1]])


def test_a_sequence_is_compared_step_by_step() -> None:
    tags = output("sequence", "softmax", shape=(3, 2), axes=("time", "unit"), of_classes=True)
    values = np.float32([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]])
    for truth in ([0, 1, 1], [[0], [1], [1]], [[1, 0], [0, 1], [0, 1]]):
        assert sequence.compare(tags, values, np.array(truth)) == (pytest.approx(2 / 3), None)
    assert math.isnan(sequence.compare(tags, values, np.array([0, 1]))[0])
    numbers = output("sequence", shape=(3, 2), axes=("time", "unit"))
    off = values + np.array([0.5, 0.25])
    for of_rows in (off, off.ravel()):
        assert sequence.compare(numbers, values, of_rows) == (pytest.approx(0.375), None)
    assert math.isnan(sequence.compare(numbers, values, np.zeros(5))[0])

"""Facts about single neurons and layers: classes, formulas, histograms, saturation."""

from __future__ import annotations

import json

import numpy as np
import pytest

from nn_blender.core.codec import from_dict, to_dict
from nn_blender.core.neurons.formulas import formula_words
from nn_blender.core.neurons.histograms import BINS, HistogramMaker
from nn_blender.core.neurons.saturation import bounds_of
from nn_blender.core.neurons.selectivity import selectivity, strongest
from nn_blender.core.neurons.weights import Connection, NeuronWeights
from nn_blender.core.recording import MOST_CLASSES, Sample, SampleValue
from nn_blender.core.samples.grouping import group_by_class


def labelled(*labels: str) -> list[Sample]:
    return [Sample(f"{k}.png", (SampleValue(f"/{k}.png"),), label) for k, label in enumerate(labels)]


def test_samples_are_grouped_by_class_whether_labels_are_names_or_numbers() -> None:
    samples, classes = labelled("cat", "1", "", "0", "bird", "dog", "cat"), ("cat", "dog")
    grouping = group_by_class(samples, classes)
    assert grouping.names == ("cat", "dog", "bird")
    assert grouping.numbers(samples, classes) == [0, 1, None, 0, 2, 1, 0]
    assert grouping.class_means(samples[:4], classes, np.zeros((3, 2), np.float32)).counts == (2, 1, 0)
    assert group_by_class(labelled("", ""), ()).numbers(labelled("", ""), ()) is None
    assert group_by_class(labelled("10", "9", "b", "a"), ()).names == ("9", "10", "a", "b")


def test_of_many_classes_those_with_most_samples_are_measured() -> None:
    labels = [f"class {k}" for k in range(MOST_CLASSES + 6)] + [f"class {k}" for k in range(6, MOST_CLASSES + 6)]
    grouping = group_by_class(labelled(*labels), ())
    assert len(grouping.names) == MOST_CLASSES
    assert grouping.more == 6
    assert not {f"class {k}" for k in range(6)} & set(grouping.names)


def test_the_selectivity_index_is_that_of_morcos_and_others() -> None:
    means = np.float32([0.2, 0.8, 0.0, 0.4])
    found = selectivity(means, is_nonnegative=True)
    assert found.best == 1
    assert found.index == pytest.approx((0.8 - 0.2) / (0.8 + 0.2))
    assert found.distance == pytest.approx(0.6)
    assert selectivity(np.float32([0, 3, 0]), is_nonnegative=True).index == 1
    assert selectivity(np.float32([2, 2]), is_nonnegative=True).index == 0
    assert selectivity(np.float32([-1, 1]), is_nonnegative=False).index is None
    assert selectivity(np.float32([0, 0]), is_nonnegative=True).index is None
    odd = selectivity(np.float32([np.nan, 1, 3]), is_nonnegative=True)
    assert (odd.best, odd.index, odd.distance) == (2, None, 2)
    assert selectivity(np.float32([np.nan, 1]), is_nonnegative=True) is None


def test_the_strongest_leave_out_nan() -> None:
    assert strongest(np.float32([1, np.nan, np.inf, 1, -2]), 3) == [2, 0, 3]
    assert strongest(np.float32([np.nan, -np.inf]), 3) == [1]


@pytest.mark.parametrize(
    ("formula", "bias", "words"),
    [
        (
            {"kind": "dense", "inputs": 784, "activation": "relu"},
            0.0123,
            "relu(sum of 784 inputs times weights, plus bias 0.0123)",
        ),
        ({"kind": "dense", "inputs": 1, "activation": ""}, None, "sum of 1 input times weight"),
        (
            {"kind": "convolution", "inputs": 16, "kernel_size": [3, 3], "strides": [2, 2], "dilation_rate": [1, 1],
             "padding": "same", "activation": "linear"},
            -1.0,
            "sum over a window of 3 × 3 of 16 channels times weights, plus bias -1, moved by 2 × 2, edges padded",
        ),
        (
            {"kind": "depthwise", "source": 3, "kernel_size": [2, 2], "strides": [1, 1], "activation": "relu6"},
            None,
            "relu6(sum over a window of 2 × 2 of channel 3 times weights)",
        ),
        ({"kind": "pooling", "how": "max", "global": True}, None, "highest value of channel 7 over all positions"),
        (
            {"kind": "pooling", "how": "average", "global": False, "pool_size": [2, 2], "strides": [2, 2]},
            None,
            "mean in a window of 2 × 2 of channel 7, moved by 2 × 2",
        ),
        (
            {"kind": "normalisation", "mean": 0.5, "variance": 4.0, "scale": 2.0, "offset": 0.0, "epsilon": 0.001},
            None,
            "(input 7 minus 0.5) / √(4 + 0.001), times 2, plus 0",
        ),
        (
            {"kind": "normalisation", "mean": None, "variance": None, "scale": 1.5, "offset": None, "epsilon": 0.1},
            None,
            "input minus its mean, divided by its standard deviation, times 1.5",
        ),
        ({"kind": "activation", "activation": "tanh"}, None, "tanh of input 7"),
        ({"kind": "other", "class_name": "LSTM"}, None, "what Keras's LSTM computes"),
    ],
)  # fmt: skip
def test_a_formula_is_written_in_words(formula: dict, bias: float | None, words: str) -> None:
    assert formula_words(formula, 7, bias) == words


def test_weights_are_read_as_the_worker_sends_them() -> None:
    sent = NeuronWeights(
        formula="tanh(sum of 2 inputs times weights, plus bias 0.5)",
        bias=0.5,
        incoming=(Connection("pool", 1, -2.0, position=(3, 4)),),
        more_incoming=7,
        outgoing=(Connection("last", 0, 1.5, is_norm=True),),
        more_outgoing=0,
    )
    assert from_dict(NeuronWeights, json.loads(json.dumps(to_dict(sent)))) == sent


def made(rows: np.ndarray, activation: str = "") -> HistogramMaker:
    maker = HistogramMaker(len(rows), bounds_of("Dense", activation))
    while maker.result is None:
        maker.step(lambda sample: rows[sample])
    return maker


def test_histograms_equal_those_of_numpy() -> None:
    rows = np.random.default_rng(0).normal(0, 3, (5, 200)).astype(np.float32)
    rows[rows < -2] = 0
    rows[1, 3], rows[2, 4] = np.nan, np.inf
    found = made(rows).result
    finite = rows[np.isfinite(rows)].astype(np.float64)
    for histogram, values in ((found.of_all, rows.ravel()), (found.of_samples[1], rows[1])):
        kept = values[np.isfinite(values) & (values != 0)].astype(np.float64)
        expected, _ = np.histogram(kept, BINS, (finite.min(), finite.max()))
        np.testing.assert_array_equal(histogram.counts, expected)
        assert histogram.zeros == np.count_nonzero(values == 0)
        assert histogram.not_finite == np.count_nonzero(~np.isfinite(values))
        assert histogram.total == values.size
        assert (histogram.low, histogram.high) == (finite.min(), finite.max())
    assert found.saturated is None
    nothing = made(np.full((2, 3), np.nan, np.float32)).result.of_all
    assert (nothing.not_finite, nothing.counts.sum()) == (6, 0)
    same = made(np.full((2, 3), 5, np.float32)).result.of_all
    assert same.counts.sum() == 6


@pytest.mark.parametrize(("activation", "at"), [("sigmoid", (0.001, 0.999)), ("tanh", (-0.99, 0.99)), ("relu6", (6,))])
def test_saturated_neurons_are_at_a_bound_nearly_always(activation: str, at: tuple[float, ...]) -> None:
    rows = np.full((20, 3), 0.5, np.float32)
    for neuron, times in enumerate((20, 19, 18)):
        rows[:times, neuron] = np.resize(at, times)
    assert made(rows, activation).result.saturated == (0, 1)
    rest = made(np.zeros((20, 1), np.float32), "relu6").result
    assert rest.saturated == ()

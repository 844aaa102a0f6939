"""Which samples the list shows, and in which order."""

from __future__ import annotations

import math

import pytest

from nn_blender.core.description.answers import Answer, Predicted, ShownSample
from nn_blender.core.recording import Sample, SampleValue
from nn_blender.ui.samples.sample_filter import Filter, choose, labels, neighbour


def sample(name: str, label: str, best: str, certainty: float) -> ShownSample:
    answer = Answer(label == best if label else None, (Predicted(best, 0.5),))
    return ShownSample(Sample(name, (SampleValue(f"/{name}"),), label), answer, certainty)


SAMPLES = [
    sample("a.png", "7", "7", 0.9),
    sample("b.png", "7", "1", 0.2),
    sample("c.png", "10", "10", math.nan),
    sample("d.png", "", "7", 0.1),
    sample("Cat.png", "cat", "dog", 0.5),
]


@pytest.mark.parametrize(
    ("wanted", "chosen"),
    [
        (Filter(), [0, 1, 2, 3, 4]),
        (Filter(only_wrong=True), [1, 4]),
        (Filter(label="7"), [0, 1]),
        (Filter(only_wrong=True, label="7"), [1]),
        (Filter(text="CAT"), [4]),
        (Filter(text="dog"), [4]),
        (Filter(text="nothing"), []),
        (Filter(order="uncertain"), [3, 1, 4, 0, 2]),
        (Filter(only_wrong=True, order="uncertain"), [1, 4]),
    ],
)
def test_the_filter_chooses_and_orders(wanted: Filter, chosen: list[int]) -> None:
    assert choose(SAMPLES, wanted) == chosen


@pytest.mark.parametrize(
    ("chosen", "shown", "step", "expected"),
    [
        ([0, 1, 2], 1, 1, 2),
        ([0, 1, 2], 2, 1, 2),
        ([0, 1, 2], 1, -5, 0),
        ([3, 1, 4], 1, 1, 4),
        ([3, 1, 4], 1, -1, 3),
        ([1, 4], 2, 1, 4),
        ([1, 4], 2, -1, 1),
        ([1, 4], 5, 1, 4),
        ([1, 4], 0, -1, 1),
        ([], 2, 1, 2),
    ],
)
def test_steps_lead_along_the_chosen_samples(chosen: list[int], shown: int, step: int, expected: int) -> None:
    assert neighbour(chosen, shown, step) == expected


def test_true_classes_are_in_the_order_of_their_numbers() -> None:
    assert labels(SAMPLES) == ["7", "10", "cat"]

"""What changes in a network's answers, against counts made by hand and by plain loops."""

from __future__ import annotations

import json

import numpy as np
import pytest

from nn_blender.core.errors import UserError
from nn_blender.core.interventions.comparison import ClassChange, Comparison, ConfusionChange, Flip, compare
from nn_blender.core.outputs.binary import BINARY
from nn_blender.core.recording import Recording, Sample, SampleValue

CLASSES = ("cat", "dog", "owl")


def recording(outputs: object, labels: list[str], **more: object) -> Recording:
    samples = tuple(Sample(f"{k}.png", (SampleValue(f"/{k}.png"),), label) for k, label in enumerate(labels))
    values = np.array(outputs, np.float32)
    return Recording(samples, np.zeros((len(samples), 0), np.float32), values, **more)


def answers(*best: int) -> np.ndarray:
    return np.eye(3, dtype=np.float32)[list(best)]


def test_a_small_table_by_hand() -> None:
    labels = ["cat", "cat", "cat", "dog", "2", "", "fish"]
    before = recording(answers(0, 0, 1, 1, 2, 0, 0), labels)
    after = recording(answers(1, 1, 1, 0, 2, 2, 0), labels)
    found = compare(before, after, CLASSES)
    assert (found.samples, found.labelled, found.right_before, found.right_after) == (7, 5, 4, 1)
    assert (found.accuracy_before, found.accuracy_after) == (0.8, 0.2)
    assert found.classes == (
        ClassChange("cat", 3, 2, 0),
        ClassChange("dog", 1, 1, 0),
        ClassChange("owl", 1, 1, 1),
    )
    assert found.confusion == (
        ConfusionChange("cat", "cat", 2, 0),
        ConfusionChange("cat", "dog", 1, 3),
        ConfusionChange("dog", "cat", 0, 1),
        ConfusionChange("dog", "dog", 1, 0),
    )
    assert found.flips == (
        Flip(0, "0.png", "cat", "cat", "dog", True, False),
        Flip(1, "1.png", "cat", "cat", "dog", True, False),
        Flip(3, "3.png", "dog", "dog", "cat", True, False),
        Flip(5, "5.png", "", "cat", "owl", None, None),
    )


def test_many_samples_equal_plain_loops() -> None:
    random = np.random.default_rng(5)
    labels = [str(k) for k in random.integers(0, 12, 500)]
    outputs = [random.normal(size=(500, 10)).astype(np.float32) for _ in range(2)]
    outputs[1][::7, 3] = np.nan
    outputs[1][::11, 4] = np.inf
    outputs[0][::13] = np.nan
    classes = tuple("abcdefgh")
    both = [recording(values, labels) for values in outputs]
    found = compare(*both, classes)
    verdicts = [[one.is_right(k, classes) for k in range(500)] for one in both]
    best = [[one.predictions(k, classes, 1)[0].label for k in range(500)] for one in both]
    assert (found.accuracy_before, found.accuracy_after) == tuple(one.accuracy(classes) for one in both)
    assert [flip.sample for flip in found.flips] == [k for k in range(500) if best[0][k] != best[1][k]]
    for flip in found.flips:
        assert (flip.before, flip.after) == (best[0][flip.sample], best[1][flip.sample])
        assert (flip.was_right, flip.is_right) == (verdicts[0][flip.sample], verdicts[1][flip.sample])
    table: dict[tuple[str, str], list[int]] = {}
    for k, label in enumerate(labels):
        if int(label) < 10:
            true = classes[int(label)] if int(label) < 8 else label
            for place in range(2):
                table.setdefault((true, best[place][k]), [0, 0])[place] += 1
    expected = {pair: tuple(counts) for pair, counts in table.items() if counts[0] != counts[1]}
    assert {(one.true, one.predicted): (one.before, one.after) for one in found.confusion} == expected
    sizes = [abs(one.after - one.before) for one in found.confusion]
    assert sizes == sorted(sizes, reverse=True)
    for one in found.classes:
        rows = [k for k, label in enumerate(labels) if one.label in (label, *classes[int(label) : int(label) + 1])]
        assert one.samples == len(rows)
        assert (one.before, one.after) == tuple(sum(verdict[k] for k in rows) for verdict in verdicts)


def test_a_single_unit_has_two_cases() -> None:
    before = recording([[0.2], [0.7], [0.9]], ["0", "1", "1"], kind=BINARY)
    after = recording([[0.6], [0.7], [np.nan]], ["0", "1", "1"], kind=BINARY)
    found = compare(before, after, ("no", "yes"))
    assert (found.right_before, found.right_after) == (3, 1)
    assert [(flip.before, flip.after) for flip in found.flips] == [("no", "yes"), ("yes", "no")]


def test_without_labels_only_answers_are_compared() -> None:
    found = compare(recording(answers(0, 1), ["", ""]), recording(answers(0, 2), ["", ""]), CLASSES)
    assert (found.labelled, found.accuracy_before, found.classes, found.confusion) == (0, None, (), ())
    assert found.flipped == 1


def test_it_survives_json_and_says_what_is_left_out() -> None:
    found = compare(recording(answers(0, 1, 2), ["0"] * 3), recording(answers(1, 2, 0), ["0"] * 3), CLASSES)
    assert Comparison.from_dict(json.loads(json.dumps(found.to_dict()))) == found
    short = Comparison.from_dict({**found.shortened(1).to_dict(), "key": "more"})
    assert (len(short.flips), short.flipped, len(short.classes)) == (1, 3, 1)


@pytest.mark.parametrize("outputs", [None, [[3.0], [5.0]]])
def test_an_output_without_classes_is_refused(outputs: object) -> None:
    one = recording(outputs, ["", ""]) if outputs else Recording((), np.zeros((0, 0), np.float32), None)
    with pytest.raises(UserError, match="one value per class"):
        compare(one, one, CLASSES)

"""A network's answers to the samples in a scene: the dataclasses of its description."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from ..interventions.intervention import Intervention
from ..network import Network, plain
from ..outputs import NetworkOutput
from ..outputs.verdicts import judge, read_truths
from ..recording import Answers, Sample, SampleValue, Truth, class_name, json_number
from .output_answers import OutputAnswer

MOST_PREDICTIONS = 10
"""How many classes of an answer are kept."""


@dataclass(frozen=True)
class Predicted:
    """A class and the value that the network's output gives it; NaN where that is not finite.

    Attributes:
        index: the class's number, since several may have one name; None in scenes that do not tell it.
    """

    label: str
    probability: float
    index: int | None = None


@dataclass(frozen=True)
class Answer:
    """What a network says of a sample.

    Attributes:
        right: whether the first prediction is the sample's label; None where that is unknown.
        predictions: best first, at most `MOST_PREDICTIONS`; empty where the output is not one value per class.
    """

    right: bool | None = None
    predictions: tuple[Predicted, ...] = ()

    @property
    def best(self) -> str:
        """The class that the network takes the sample for; empty where it has no classes."""
        return self.predictions[0].label if self.predictions else ""

    @property
    def certainty(self) -> float:
        """How far the best prediction is above the second; NaN without two."""
        if len(self.predictions) < 2:
            return math.nan
        return self.predictions[0].probability - self.predictions[1].probability

    @classmethod
    def of(cls, answers: Answers, sample: int, classes: tuple[str, ...]) -> Answer:
        """The answer for one of the samples that were run."""
        output = answers.kind
        if isinstance(output, NetworkOutput) and output.kind == "multi-label" and answers.outputs is not None:
            return cls._of_labels(output, answers, sample, classes)
        best = answers.predictions(sample, classes, MOST_PREDICTIONS)
        return cls(
            answers.is_right(sample, classes),
            tuple(Predicted(one.label, finite_or_nan(one.probability), one.index) for one in best),
        )

    @classmethod
    def _of_labels(cls, output: NetworkOutput, answers: Answers, sample: int, classes: tuple[str, ...]) -> Answer:
        """Of several labels at once; right where all of them are."""
        assert answers.outputs is not None
        values = answers.outputs[sample]
        truths = read_truths(output, [answers.samples[sample].label], len(values), classes)
        order = np.argsort(-np.nan_to_num(values, nan=-np.inf), kind="stable")[:MOST_PREDICTIONS]
        return cls(
            judge(output, [values], truths)[0].right,
            tuple(Predicted(class_name(classes, k), finite_or_nan(float(values[k])), k) for k in map(int, order)),
        )

    def to_dict(self) -> dict[str, Any]:
        predictions: list[dict[str, Any]] = []
        for one in self.predictions:
            predictions.append({"label": one.label, "probability": json_number(one.probability)})
            if one.index is not None:
                predictions[-1]["index"] = one.index
        return {"right": self.right, "predictions": predictions}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Answer:
        """Read what `to_dict` gives; further entries are left alone."""
        predictions = tuple(
            Predicted(one["label"], number(one["probability"]), one.get("index")) for one in data["predictions"]
        )
        return cls(data["right"], predictions)


@dataclass(frozen=True)
class ShownSample:
    """A sample in the scene and what the intact network says of it.

    Attributes:
        certainty: how far the highest output is above the second, see `Recording.certainty`; NaN without classes.
        outputs: what each output of the network says, in their order.
    """

    sample: Sample
    answer: Answer = Answer()
    certainty: float = math.nan
    outputs: tuple[OutputAnswer, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        sample = self.sample
        return {
            "name": sample.name,
            "file": sample.file,
            "index": sample.index,
            "label": sample.label,
            "values": [plain(value) for value in sample.values],
            "truths": [asdict(truth) for truth in sample.truths],
            "certainty": json_number(self.certainty),
            "outputs": [output.to_dict() for output in self.outputs],
            **self.answer.to_dict(),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> ShownSample:
        """Read what `to_dict` gives; further entries are left alone."""
        values = tuple(_value(value) for value in data["values"])
        truths = tuple(
            Truth(truth["output"], truth["text"], _value(truth["value"]) if truth["value"] else None)
            for truth in data["truths"]
        )
        sample = Sample(data["name"], values, data["label"], truths)
        outputs = tuple(map(OutputAnswer.from_dict, data["outputs"]))
        return cls(sample, Answer.from_dict(data), number(data["certainty"]), outputs)


@dataclass(frozen=True)
class InterventionResult:
    """What a network does under the intervention whose values the scene shows.

    Attributes:
        reached: paths of the layers whose output it changes.
        notes: what about the intervention is not as one might expect, for users.
        accuracy: share of the samples in the scene that are predicted right, 0 to 1; None without labels.
        answers: one for each sample in the scene.
    """

    intervention: Intervention
    reached: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    accuracy: float | None = None
    answers: tuple[Answer, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        return {
            **self.intervention.to_dict(),
            "reached": list(self.reached),
            "notes": list(self.notes),
            "accuracy": self.accuracy,
            "samples": [answer.to_dict() for answer in self.answers],
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], network: Network) -> InterventionResult:
        """Read what `to_dict` gives; further entries are left alone.

        Raises:
            UserError: the network has no such layer or neuron, or a factor is not from 0 to 2.
        """
        return cls(
            Intervention.from_dict(data, network),
            tuple(data["reached"]),
            tuple(data["notes"]),
            data["accuracy"],
            tuple(map(Answer.from_dict, data["samples"])),
        )


def _value(data: Mapping[str, Any]) -> SampleValue:
    return SampleValue(data["file"], data["index"], data["member"])


def number(value: float | None) -> float:
    """A number of a description, where null stands for what is not finite: NaN."""
    return math.nan if value is None else value


def finite_or_nan(value: float) -> float:
    """The number as a description keeps it; infinity has no place in JSON."""
    return value if math.isfinite(value) else math.nan


def right_counts(answers: Iterable[Answer]) -> tuple[int, int]:
    """How many answers are right, and of how many that is known."""
    known = [answer.right for answer in answers if answer.right is not None]
    return sum(known), len(known)

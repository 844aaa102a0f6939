"""Why a network answers as it does for one sample: its classes, neurons that speak for and against, similar samples."""

from __future__ import annotations

from dataclasses import dataclass

from ..recording import Sample


@dataclass(frozen=True)
class ClassScore:
    """What a class gets.

    Attributes:
        index: its number.
        score: before softmax or sigmoid.
        output: after it.
    """

    index: int
    score: float
    output: float


@dataclass(frozen=True)
class NeuronReason:
    """A neuron that speaks for or against a class.

    Attributes:
        layer: path; of a shared layer that of its first call, which stands for all.
        neuron: its number in the layer.
        estimate: activation times gradient of the class's score, summed over positions: to the first order, what the
            score loses without the neuron.
        loss: what it does lose, measured by switching the neuron off; None before that.
        answer: number of the class that has the highest output without it, likewise.
    """

    layer: str
    neuron: int
    estimate: float
    loss: float | None = None
    answer: int | None = None

    @property
    def weight(self) -> float:
        """What is known best of how much it speaks for the class; below 0 against it."""
        return self.estimate if self.loss is None else self.loss


@dataclass(frozen=True)
class Turn:
    """Neurons without which the network answers something else: the smallest set that was found.

    Attributes:
        neurons: layers' paths and neurons' numbers; empty where no such set was found.
        answer: number of the class that is answered without them; of labels of which several may be right, the one that
            is or is not among them any more. None where no set was found.
        output: of this class, without them.
        tried: how many neurons were off at once, at most.
        runs: of the network.
    """

    neurons: tuple[tuple[str, int], ...]
    answer: int | None
    output: float | None
    tried: int
    runs: int


@dataclass(frozen=True)
class SimilarSample:
    """A sample that the last hidden layer takes for similar.

    Attributes:
        similarity: cosine of the activations, -1 to 1.
        predicted: number of the class with the highest output; None without classes.
        output: of this class.
    """

    sample: Sample
    similarity: float
    predicted: int | None
    output: float


@dataclass(frozen=True)
class Reasons:
    """What is known so far of why a network gives a sample's class its score.

    Attributes:
        predicted: number of the class with the highest output.
        target: number of the class that is explained.
        classes: those with the highest outputs, and the one that is explained.
        speak_for: neurons whose removal lowers the class's score, those that lower it most first.
        speak_against: those whose removal raises it, likewise.
        is_measured: whether all of them were switched off.
        answer_layers: paths of layers that are left out since their neurons are the answer's own values.
        repeating_layers: paths of those that are left out since their neurons are those of other layers.
        turn: None before it was looked for, or where nothing can turn.
        hidden: paths of the layers by which samples are similar; empty where there is none.
        similar: the most similar samples, without the sample itself; None before they were looked for.
        notes: what is not as one might expect, for users.
    """

    predicted: int
    target: int
    classes: tuple[ClassScore, ...]
    speak_for: tuple[NeuronReason, ...] = ()
    speak_against: tuple[NeuronReason, ...] = ()
    is_measured: bool = False
    answer_layers: tuple[str, ...] = ()
    repeating_layers: tuple[str, ...] = ()
    turn: Turn | None = None
    hidden: tuple[str, ...] = ()
    similar: tuple[SimilarSample, ...] | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class KeptReasons:
    """Reasons as a scene keeps them.

    Attributes:
        sample: whose they are.
        asked: number of the class that was asked for; None for the one with the highest output.
        key: of all that they depend on.
        compared: among how many samples similar ones were looked for.
    """

    sample: Sample
    asked: int | None
    key: str
    compared: int
    reasons: Reasons

"""What networks give: one file per kind of output, which says how its values are read as an answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from ..errors import UserError
from ..network import CHOSEN, Network, plain
from ..registry import Registry
from .endings import Ending, Evidence, ending_of
from .metrics import Metric

PROBABILITIES = ("softmax", "sigmoid", "hard_sigmoid", "sparsemax")
"""Activations whose values are probabilities."""


@dataclass(frozen=True)
class NetworkOutput:
    """An output of a network in a scene.

    Attributes:
        name: path of the layer that gives it, or name of the input that is passed on.
        kind: name of its `OutputKind`.
        reason: why it is of that kind, as a part of a sentence.
        activation: Keras's name of the activation that its values come out of; empty where there is none.
        shape: of a sample's values where these are read as a picture or a sequence; `UNKNOWN` where a size is open.
        axes: one name per size: height, width and channel, or time and unit.
        of_classes: whether each place of the picture or sequence is of a class: that of the highest value along the
            last axis, or, where there is one value, whether that is above the threshold.
    """

    name: str
    kind: str
    reason: str
    activation: str = ""
    shape: tuple[int, ...] = ()
    axes: tuple[str, ...] = ()
    of_classes: bool = False

    def to_dict(self) -> dict[str, Any]:
        return plain(self) | {"shape": list(self.shape), "axes": list(self.axes)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> NetworkOutput:
        """Read what `to_dict` gives; further entries are left alone."""
        return cls(
            data["name"],
            data["kind"],
            data["reason"],
            data["activation"],
            tuple(data["shape"]),
            tuple(data["axes"]),
            data["of_classes"],
        )

    @property
    def truth(self) -> str:
        """What a sample's label is called in texts, in small letters."""
        return OUTPUT_KINDS.find(self.kind).truth

    @property
    def gives_probabilities(self) -> bool:
        """Whether the network itself makes the values probabilities of classes."""
        return self.activation in PROBABILITIES and OUTPUT_KINDS.find(self.kind).is_answer

    @property
    def class_values_are_probabilities(self) -> bool:
        """Whether `class_values` are, as the network gives them or derived from logits."""
        return self.gives_probabilities or (self.kind == "binary" and not self.activation)

    def probabilities(self, class_values: np.ndarray) -> np.ndarray | None:
        """Probabilities of classes: what the network gives, or what follows from logits; None where nothing does.

        Args:
            class_values: float32 (…, classes).
        """
        if self.class_values_are_probabilities:
            return class_values
        if self.kind != "classes" or self.activation:
            return None
        with np.errstate(invalid="ignore", over="ignore"):
            shares = np.exp(class_values - class_values.max(axis=-1, keepdims=True))
        softmax: np.ndarray = shares / shares.sum(axis=-1, keepdims=True)
        return softmax

    @property
    def threshold(self) -> float:
        """Above which a value says that something is the case."""
        return 0.5 if self.activation in PROBABILITIES else 0.0

    def class_values(self, outputs: np.ndarray) -> np.ndarray | None:
        """From float32 (samples, units) to (samples, classes); None where the kind has no classes."""
        return OUTPUT_KINDS.find(self.kind).class_values(outputs, self.activation)


@dataclass(frozen=True)
class Claim:
    """That an output is of a kind.

    Attributes:
        reason: why, as a part of a sentence.
        shape, axes, of_classes: as `NetworkOutput` has them.
    """

    reason: str
    shape: tuple[int, ...] = ()
    axes: tuple[str, ...] = ()
    of_classes: bool = False


class ClassValues(Protocol):
    """How an output's values are read as values of classes."""

    def __call__(self, outputs: np.ndarray, activation: str = ...) -> np.ndarray | None:
        """From float32 (samples, units) to (samples, classes); None where there are no classes.

        Args:
            activation: that the values come out of; empty for none.
        """


def no_class_values(outputs: np.ndarray, activation: str = "") -> None:
    """Of an output that tells no classes apart."""


@dataclass(frozen=True)
class OutputKind:
    """A kind of output; which one an output is of is decided once, when the network is imported, see `decide_outputs`.

    Attributes:
        name: as scenes have it.
        title: what panels call it.
        claims: whether an output is of this kind, and why; None where it is not.
        fits: how an output is read that somebody says is of this kind; None where its shape allows no such thing.
        read_truth: what is right for a sample, from a label's text, the number of values that a sample gives and the
            names of the classes; None where the text says nothing of this kind.
        text: a sample's values, float32 (units,), as an answer in a line, with the names of the classes; empty where
            they do not fit into one.
        metrics: how an output's values are measured against what is right; the first is told of each sample as well.
        class_values: one value per class, of which the highest is the answer.
        picture: a sample's values, of the output's shape, as a picture: float32 (height, width, 1 or 3), or uint8
            (height, width, 3) where colours stand for classes; None where the kind has no pictures.
        compare: how far a sample's values, of the output's shape, are from a true array, by the first metric; for
            classes at every place also int (classes, classes), how many of each are taken for which.
        is_right: whether a sample's values, float32 (units,), are what is right; None where that cannot be said, or
            the kind has an error instead.
        truth: what a label is called in texts.
        is_answer: whether an output of this kind is rather the network's answer than one of another kind.
    """

    name: str
    title: str
    claims: Callable[[Ending], Claim | None]
    fits: Callable[[Ending], Claim | None]
    read_truth: Callable[[NetworkOutput, str, int, Sequence[str]], np.ndarray | None] = lambda *_: None
    text: Callable[[NetworkOutput, np.ndarray, Sequence[str]], str] = lambda *_: ""
    metrics: Callable[[NetworkOutput], tuple[Metric, ...]] = lambda _: ()
    class_values: ClassValues = no_class_values
    picture: Callable[[NetworkOutput, np.ndarray], np.ndarray] | None = None
    compare: Callable[[NetworkOutput, np.ndarray, np.ndarray], tuple[float, np.ndarray | None]] | None = None
    is_right: Callable[[NetworkOutput, np.ndarray, np.ndarray], bool] | None = None
    truth: str = "truth"
    is_answer: bool = False


OUTPUT_KINDS: Registry[OutputKind] = Registry(__name__)


def decide_outputs(
    network: Network, evidence: Evidence | None = None, chosen: Mapping[str, str] | None = None
) -> tuple[NetworkOutput, ...]:
    """The kind of every output: the first that claims it, of those in the order of the registry.

    Args:
        evidence: what is known of right answers. They are those of one output, so that they are no evidence for the
            others: the first that is of classes without them, else the first.
        chosen: names of kinds that users chose instead, by the output's name.

    Raises:
        UserError: code ``output.kind``, where there is no such kind or it does not fit.
    """
    alone, chosen = tuple(_decide(network, path, Evidence()) for path in network.outputs), chosen or {}
    answer = answer_of(alone)
    return tuple(
        _choose(network, one, chosen[one.name])
        if one.name in chosen
        else _decide(network, one.name, evidence)
        if evidence and k == answer
        else one
        for k, one in enumerate(alone)
    )


def answer_of(outputs: Sequence[NetworkOutput], chosen: str = "") -> int:
    """The number of the output that is the network's answer: the first one that says something about classes.

    Args:
        chosen: the name of the one that the user takes for it; where it is none of them, it does not count.
    """
    named = [number for number, output in enumerate(outputs) if chosen and output.name == chosen]
    telling = [number for number, output in enumerate(outputs) if OUTPUT_KINDS.find(output.kind).is_answer]
    return next(iter((*named, *telling)), 0)


def output_at(outputs: Sequence[NetworkOutput], number: int) -> NetworkOutput:
    """The output of that number; an array where there is none."""
    return outputs[number] if outputs else NetworkOutput("", "array", "the network has no output")


def kinds_that_fit(network: Network, name: str) -> tuple[str, ...]:
    """Names of the kinds that an output may be taken for."""
    ending = ending_of(network, name)
    return tuple(kind.name for kind in OUTPUT_KINDS if ending and kind.fits(ending)) or ("array",)


def output_as(network: Network, name: str, kind: str, reason: str = CHOSEN) -> NetworkOutput:
    """An output as one of a kind that it fits; where it does not, without shape and axes.

    Raises:
        KeyError: there is no such kind.
    """
    ending = ending_of(network, name)
    claim = OUTPUT_KINDS.find(kind).fits(ending) if ending else None
    activation = ending.activation if ending else ""
    claim = claim or Claim(reason)
    return NetworkOutput(name, kind, reason, activation, claim.shape, claim.axes, claim.of_classes)


def _choose(network: Network, output: NetworkOutput, kind: str) -> NetworkOutput:
    known = kinds_that_fit(network, output.name)
    if kind not in OUTPUT_KINDS:
        raise UserError(
            "output.kind", f"There is no kind of output called {kind!r}.", f"Use one of: {', '.join(known)}."
        )
    if kind not in known:
        raise UserError(
            "output.kind", f"The output {output.name} cannot be read as {kind}.", f"Use one of: {', '.join(known)}."
        )
    return output_as(network, output.name, kind)


def _decide(network: Network, name: str, evidence: Evidence) -> NetworkOutput:
    ending = ending_of(network, name, evidence)
    if ending is None:
        layer = network.layer_of_output(name)
        # Of an output that is not the first one of a layer, nothing is known before the network runs.
        reason = f"it is a further output of {layer.path}" if layer else "it is an input that is passed on"
        return NetworkOutput(name, "array", reason)
    claims = ((kind.name, kind.claims(ending)) for kind in OUTPUT_KINDS)
    return next(
        NetworkOutput(name, kind, claim.reason, ending.activation, claim.shape, claim.axes, claim.of_classes)
        for kind, claim in claims
        if claim
    )

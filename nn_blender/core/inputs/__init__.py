"""What networks take in: one file per kind of input, which says all that is known of it without reading a sample."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..network import Network, TensorSpec
from ..registry import Registry
from .preprocessing import Guess, Preprocessing


@dataclass(frozen=True)
class InputKind:
    """A kind of input; which one an input is of is decided once, when the network is imported, see `decide_inputs`.

    Attributes:
        name: as scenes and requests have it.
        title: what panels call it.
        claims: why an input of a network is of this kind, as a part of a sentence; empty where it is not.
        side_lengths: height and width of a sample as a picture, from the shape without the batch axis; -1 where open.
        describe: one sentence that says how samples enter the network.
        guess: what is to be done to samples, for the first input of a network; None where they enter as they are.
    """

    name: str
    title: str
    claims: Callable[[Network, TensorSpec], str]
    side_lengths: Callable[[tuple[int, ...]], tuple[int, int]]
    describe: Callable[[Preprocessing | None], str]
    guess: Callable[[Network], Guess] | None = None


INPUT_KINDS: Registry[InputKind] = Registry(__name__)


@dataclass(frozen=True)
class NetworkInput:
    """An input of a network in a scene.

    Attributes:
        name: of the input, as Keras has it.
        kind: name of its `InputKind`.
        reason: why it is of that kind, as a part of a sentence.
    """

    name: str
    kind: str
    reason: str

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> NetworkInput:
        """Read what `dataclasses.asdict` gives; further entries are left alone."""
        return cls(data["name"], data["kind"], data["reason"])


def decide_inputs(network: Network) -> tuple[NetworkInput, ...]:
    """The kind of every input: the first that claims it, of those in the order of the registry."""
    return tuple(_decide(network, spec) for spec in network.inputs)


def first_input_kind(inputs: Sequence[NetworkInput]) -> InputKind:
    """The kind of the input that samples enter by, the first; an array where there is none."""
    return INPUT_KINDS.find(inputs[0].kind if inputs else "array")


def kind_of(network: Network, spec: TensorSpec) -> InputKind:
    """The kind of one input."""
    return INPUT_KINDS.find(_decide(network, spec).kind)


def _decide(network: Network, spec: TensorSpec) -> NetworkInput:
    claims = ((kind.name, kind.claims(network, spec)) for kind in INPUT_KINDS)
    return next(NetworkInput(spec.name, name, reason) for name, reason in claims if reason)

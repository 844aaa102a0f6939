"""What a neuron is made of: its formula, its bias, and its strongest weights from and to other neurons."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .formulas import formula_words


@dataclass(frozen=True)
class Connection:
    """A weight between a neuron and one at its other end.

    Attributes:
        layer: path of the other neuron's layer, or name of a network input.
        weight: the weight itself, or where there is one per position of a window, their norm.
        is_norm: which of both it is.
        position: of the other neuron's value, where its layer has positions that are told apart.
    """

    layer: str
    neuron: int
    weight: float
    is_norm: bool = False
    position: tuple[int, ...] = ()

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Connection:
        is_norm = "norm" in data
        weight = data["norm"] if is_norm else data["weight"]
        return cls(data["layer"], data["neuron"], weight, is_norm, tuple(data.get("position", ())))


@dataclass(frozen=True)
class NeuronWeights:
    """What the worker's method ``neuron`` gives, the strongest connections first.

    Attributes:
        formula: in words.
        bias: None where the layer has none.
        more_incoming, more_outgoing: how many further connections there are.
    """

    formula: str
    bias: float | None
    incoming: tuple[Connection, ...]
    more_incoming: int
    outgoing: tuple[Connection, ...]
    more_outgoing: int

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> NeuronWeights:
        incoming, outgoing = data["incoming"], data["outgoing"]
        return cls(
            formula_words(data["formula"], data["neuron"], data["bias"]),
            data["bias"],
            tuple(map(Connection.from_dict, incoming["weights"])),
            incoming["more"],
            tuple(map(Connection.from_dict, outgoing["weights"])),
            outgoing["more"],
        )

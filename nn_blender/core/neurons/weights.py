"""Weights of one neuron: formula, bias, and strongest weights from and to other neurons."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Connection:
    """A weight between a neuron and one at its other end.

    Attributes:
        layer: path of the other neuron's layer, or name of a network input.
        weight: the weight itself, or where there is one per position of a window, their norm.
        is_norm: which of both it is.
        position: of the other neuron's value, where its layer has positions that are told apart
            (before a Flatten layer).
    """

    layer: str
    neuron: int
    weight: float
    is_norm: bool = False
    position: tuple[int, ...] = ()


@dataclass(frozen=True)
class NeuronWeights:
    """What a neuron is made of, the strongest connections first.

    Attributes:
        formula: in words, see `formulas.formula_words`.
        bias: None where the layer has none.
        outgoing: to the next layers with weights.
        more_incoming, more_outgoing: how many further connections there are.
    """

    formula: str
    bias: float | None
    incoming: tuple[Connection, ...]
    more_incoming: int
    outgoing: tuple[Connection, ...]
    more_outgoing: int

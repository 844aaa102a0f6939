"""What networks take in: one file per kind of input, which says all that is known of it without reading a sample."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import UserError
from ..network import CHOSEN, Network, TensorSpec, plain
from ..registry import Registry
from ..texts import format_shape
from .evidence import Evidence, SampleHints, gather_evidence
from .preprocessing import Guess, Preprocessing
from .ranges import InputRange
from .sizes import InputSize


@dataclass(frozen=True)
class InputKind:
    """A kind of input; which one an input is of is decided once, when the network is imported, see `decide_inputs`.

    Attributes:
        name: as scenes and requests have it.
        title: what panels call it.
        claims: why an input of a network is of this kind, as a part of a sentence; empty where it is not.
        takes: what an input must be to be of this kind, as a part of a sentence.
        fits: whether an input can be of this kind, whatever the network does with it.
        proportions: height and width of a sample as it is drawn, from the shape without the batch axis, -1 where open.
        as_picture: a sample's values as a picture: numbers, float32 (height, width, 1), NaN where there is none; of
            images their levels; uint8 (height, width, 3) where `has_own_colours`.
        in_cells: numbers in the shape of a sample, of texts (steps,), as float32 (height, width, 1), each where
            `as_picture` shows what it belongs to; None where that does it.
        describe: one sentence that says how samples enter the network.
        guess: what is to be done to samples, by what is known of the values that the input expects; None where they
            enter as they are.
        is_coloured: whether numbers are drawn in the colours of `pictures.heat`, and the picture fills its place
            whatever its proportions; else they are grey, and every number is a square.
        is_curve: whether one number per step is drawn as a curve, where the atlas has room for it.
        has_own_colours: whether the colours say nothing of a range.
        scales_each: whether each number is drawn over its own range, since they measure different things.
        usual_size: of an open axis where no sample tells another one.
        unit: what is counted along a single open axis, in the plural; empty where that has no name.
        tiles: rows and columns of a picture in which every number has room for itself as text, from the shape without
            the batch axis; None where it has not.
    """

    name: str
    title: str
    claims: Callable[[Evidence], str]
    takes: str
    fits: Callable[[TensorSpec], bool]
    proportions: Callable[[tuple[int, ...]], tuple[float, float]]
    as_picture: Callable[[np.ndarray], np.ndarray]
    describe: Callable[[Preprocessing | None], str]
    guess: Callable[[Network, TensorSpec, InputRange], Guess] | None = None
    is_coloured: bool = False
    is_curve: bool = False
    has_own_colours: bool = False
    scales_each: bool = False
    usual_size: int = 32
    unit: str = ""
    tiles: Callable[[tuple[int, ...]], tuple[int, int] | None] = lambda _: None
    in_cells: Callable[[np.ndarray], np.ndarray] | None = None


INPUT_KINDS: Registry[InputKind] = Registry(__name__)


@dataclass(frozen=True)
class NetworkInput:
    """An input of a network in a scene.

    Attributes:
        name: of the input, as Keras has it.
        kind: name of its `InputKind`.
        reason: why it is of that kind, as a part of a sentence.
        preprocessing: what is done to samples; None where they enter as they are, or nothing was measured.
        guess: where that came from, before users chose otherwise; None likewise.
        size: what was chosen where the network leaves the input's size open; None where it does not.
    """

    name: str
    kind: str
    reason: str
    preprocessing: Preprocessing | None = None
    guess: Guess | None = None
    size: InputSize | None = None

    def to_dict(self) -> dict[str, Any]:
        # `asdict` copies every part deeply, and requests to switch a neuron wait for it.
        parts = {"preprocessing": self.preprocessing, "guess": self.guess, "size": self.size}
        told = plain(self) | {name: part and part.to_dict() for name, part in parts.items()}
        if self.size is None:
            del told["size"]
        return told

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> NetworkInput:
        """Read what `to_dict` gives; further entries are left alone."""
        described = data["preprocessing"]
        preprocessing = Preprocessing.from_dict(described) if described else None
        guess = Guess.from_dict(data["guess"]) if data.get("guess") else None
        size = InputSize.from_dict(data["size"]) if data.get("size") else None
        return cls(data["name"], data["kind"], data["reason"], preprocessing, guess, size)


def decide_inputs(
    network: Network, hints: Mapping[str, SampleHints] | None = None, chosen: Mapping[str, str] | None = None
) -> tuple[NetworkInput, ...]:
    """The kind of every input: the first that claims it, of those in the order of the registry.

    Args:
        hints: what was seen of the samples for an input, by its name.
        chosen: names of kinds that users chose instead, by the input's name; other names do not count.

    Raises:
        UserError: code ``input.unsupported``, where a chosen kind does not fit.
    """
    hints, chosen = hints or {}, chosen or {}
    return tuple(
        _choose(spec, chosen[spec.name]) if spec.name in chosen else _decide(network, spec, hints.get(spec.name))
        for spec in network.inputs
    )


def kinds_for(spec: TensorSpec) -> list[InputKind]:
    """The kinds that an input can be of."""
    return [kind for kind in INPUT_KINDS if kind.fits(spec)]


def kind_of(network: Network, spec: TensorSpec) -> InputKind:
    """The kind of one input, as far as the network tells."""
    return INPUT_KINDS.find(_decide(network, spec).kind)


def _decide(network: Network, spec: TensorSpec, hints: SampleHints | None = None) -> NetworkInput:
    evidence = gather_evidence(network, spec, hints or SampleHints())
    claims = ((kind.name, kind.claims(evidence)) for kind in INPUT_KINDS if kind.fits(spec))
    return next(NetworkInput(spec.name, name, reason) for name, reason in claims if reason)


def _choose(spec: TensorSpec, name: str) -> NetworkInput:
    titles = ", ".join(kind.name for kind in kinds_for(spec))
    if name not in INPUT_KINDS:
        raise UserError("input.unsupported", f"There is no kind of input {name!r}.", f"Choose one of {titles}.")
    kind = INPUT_KINDS.find(name)
    if not kind.fits(spec):
        raise UserError(
            "input.unsupported",
            f"The input {spec.name} is {format_shape(spec.shape)} of {spec.dtype}, but {kind.takes}.",
            f"Choose one of {titles}.",
        )
    return NetworkInput(spec.name, name, CHOSEN)

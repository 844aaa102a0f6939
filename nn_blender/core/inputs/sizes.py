"""Sizes of inputs that a network leaves open, such as the length of sequences: one is chosen, and it is said why."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..errors import UserError
from ..network import UNKNOWN, Network, TensorSpec, plain
from ..texts import format_sizes

Sizes = tuple[int, ...]
"""Of the open axes of an input alone, in their order."""

ONLY = ""
"""In place of an input's name: the only one with an open size."""
LARGEST = 10_000_000
"""Of a single size that may be asked for."""
OF_SAMPLES = "taken from the samples"
WITHOUT_SAMPLES = "usual for such inputs as long as there are no samples"
AS_CHOSEN = "as it was chosen"


@dataclass(frozen=True)
class InputSize:
    """The size that was chosen for an input of which the network leaves one open.

    Attributes:
        stated: the input's shape as the network states it, without the batch axis, `UNKNOWN` where open.
        chosen: the sizes of its open axes.
        reason: where they come from, as a part of a sentence.
        padding: what is added to samples that are smaller, where they are not resized.
    """

    stated: tuple[int, ...]
    chosen: Sizes
    reason: str
    padding: float = 0.0

    @property
    def shape(self) -> tuple[int, ...]:
        """The input's shape with the chosen sizes."""
        return filled(self.stated, self.chosen)

    @property
    def title(self) -> str:
        """The sizes in words."""
        return f"Size {format_sizes(self.chosen)}, open, {self.reason}"

    def sentence(self, name: str) -> str:
        """What to say of it in a list of notes; ``name`` is the input's."""
        sizes = format_sizes(self.chosen)
        return f"The network leaves the size of its input {name} open; here it is {sizes}, {self.reason}."

    def to_dict(self) -> dict[str, Any]:
        return plain(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> InputSize:
        """Read what `to_dict` gives; further entries are left alone."""
        return cls(tuple(data["stated"]), tuple(data["chosen"]), data["reason"], data["padding"])


def is_open(spec: TensorSpec) -> bool:
    """Whether a network leaves a size of an input open."""
    return UNKNOWN in spec.shape


def filled(stated: tuple[int, ...], chosen: Sizes) -> tuple[int, ...]:
    """A shape with sizes in place of the open ones."""
    sizes = iter(chosen)
    return tuple(next(sizes) if size == UNKNOWN else size for size in stated)


def opened(stated: tuple[int, ...], shape: tuple[int, ...]) -> Sizes:
    """The reverse: sizes of the axes that are open in ``stated``."""
    return tuple(size for size, is_fixed in zip(shape, stated, strict=True) if is_fixed == UNKNOWN)


def as_stated(network: Network, sizes: Sequence[InputSize | None]) -> Network:
    """A network whose inputs have the sizes that its file states."""
    if not any(sizes):
        return network
    pairs = zip(network.inputs, sizes, strict=True)
    return replace(network, inputs=tuple(replace(spec, shape=one.stated) if one else spec for spec, one in pairs))


def parse_sizes(text: str) -> Sizes:
    """Sizes as people write them, such as ``128x96`` or ``100``.

    Raises:
        UserError: code ``input.size``.
    """
    parts = re.split(r"\s*[x×]\s*", text.strip().lower())
    if not all(part.isdecimal() and 1 <= int(part) <= LARGEST for part in parts):
        raise UserError("input.size", f"{text!r} is no size.", f"Write whole numbers from 1 to {LARGEST:,}, as 128x96.")
    return tuple(map(int, parts))


def sizes_by_input(inputs: Sequence[TensorSpec], wanted: Mapping[str, Sizes]) -> dict[str, Sizes]:
    """The sizes of open axes that somebody chose, by the input's name.

    Args:
        inputs: as the network states them.
        wanted: sizes of the open axes, or of the first axes or all of them, by the input's name or `ONLY`.

    Raises:
        UserError: code ``input.size``, where there is no such input or it has no such size.
    """
    by_name = {spec.name: spec for spec in inputs}
    still_open = [spec.name for spec in inputs if is_open(spec)]
    found = {}
    for name, sizes in wanted.items():
        if name == ONLY and len(still_open) != 1:
            which = ", ".join(still_open) or "none"
            raise UserError(
                "input.size",
                f"Which input is to have the size {format_sizes(sizes)} is not clear; inputs of open size: {which}.",
                "Name one, as NAME=SIZE." if still_open else "Leave the size out.",
            )
        spec = by_name.get(name or still_open[0])
        if spec is None:
            listed = ", ".join(by_name)
            raise UserError("input.size", f"The network has no input called {name!r}.", f"Its inputs are: {listed}.")
        if (chosen := _fitting(spec.shape, sizes)) is not None:
            found[spec.name] = chosen
            continue
        count = sum(size == UNKNOWN for size in spec.shape)
        raise UserError(
            "input.size",
            f"The input {spec.name} is {format_sizes(spec.shape)}, which cannot be {format_sizes(sizes)}.",
            f"Give {count} numbers, one for each open size." if count > 1 else "Give one number, for its open size."
            if count
            else "Leave the size out: the network does not leave it open.",
        )  # fmt: skip
    return {name: sizes for name, sizes in found.items() if sizes}


def _fitting(stated: tuple[int, ...], sizes: Sizes) -> Sizes | None:
    """Sizes of the open axes; None where they do not fit."""
    if len(sizes) == sum(size == UNKNOWN for size in stated) > 0:
        return sizes
    first = stated[: len(sizes)]
    if len(first) < len(sizes) or UNKNOWN in stated[len(sizes) :]:
        return None
    if all(size in (UNKNOWN, wanted) for size, wanted in zip(first, sizes, strict=True)):
        return opened(first, sizes)
    return None


def choose_size(
    stated: tuple[int, ...], seen: Sequence[Sizes], usual: int, ignores_padding: bool = False
) -> tuple[Sizes, str]:
    """The sizes to take for an input, and where they come from.

    Where samples differ, most of them should enter as they are, so it is the commonest size, of equally common ones the
    largest. A network that does not look at what is added to sequences takes the longest: nothing has to be cut.

    Args:
        stated: the input's shape.
        seen: sizes of its open axes in samples.
        usual: of every open axis where there are no samples.
        ignores_padding: whether the network leaves out what is added to samples.
    """
    if not seen:
        return (usual,) * sum(size == UNKNOWN for size in stated), WITHOUT_SAMPLES
    counts = Counter(seen)
    if len(counts) == 1:
        return seen[0], OF_SAMPLES
    if ignores_padding:
        longest = tuple(max(sizes) for sizes in zip(*seen, strict=True))
        return longest, "the largest among the samples, since the network leaves out what is added to smaller ones"
    commonest = max(counts, key=lambda sizes: (counts[sizes], math.prod(sizes), sizes))
    if counts[commonest] == 1:
        return commonest, f"the largest of {len(counts):,} sizes among the samples"
    return commonest, f"the commonest of {len(counts):,} sizes among the samples"


def chosen_size(stated: tuple[int, ...], sizes: Sizes) -> InputSize:
    """The size that a user asked for."""
    return InputSize(stated, sizes, AS_CHOSEN)

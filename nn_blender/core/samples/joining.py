"""Puts the values of several inputs together into samples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from ..errors import UserError
from ..recording import WHOLE, Sample


def join_by_input(found: Mapping[str, Sequence[Sample]]) -> list[Sample]:
    """One sample out of a value for every input.

    Values whose files bear the same name, but for the ending, belong together, whatever their order. Where names do
    not tell that, as between entries of arrays, they belong together in their order.

    Args:
        found: by the inputs' names, in the network's order, what was found for each alone; at least one input.

    Raises:
        UserError: code ``samples.inputs``, where a value has no counterpart.
    """
    first, *others = found.values()
    named = next(iter(found))
    rows = [_in_order_of(first, other) for other in others]
    for name, row, other in zip(list(found)[1:], rows, others, strict=True):
        if row is None:
            raise UserError(
                "samples.inputs",
                f"There are {len(first):,} samples for the input {named}, but {len(other):,} for {name}, and their "
                "names do not tell which belong together.",
                "Give as many for every input, or files of the same names.",
            )
    return [_joined(values) for values in zip(first, *filter(None, rows), strict=True)]


def _in_order_of(first: Sequence[Sample], other: Sequence[Sample]) -> list[Sample] | None:
    by_name = {_stem(sample): sample for sample in other}
    matching = [by_name.get(_stem(sample)) for sample in first]
    known = [sample for sample in matching if sample is not None]
    if len(known) == len(first) and len({*by_name}) == len(other):
        return known
    return list(other) if len(other) == len(first) else None


def _stem(sample: Sample) -> str:
    """The name of a file of one sample without its folder and ending; the place of an entry."""
    if sample.index not in (None, WHOLE):
        return str(sample.index)
    return sample.name.rpartition("/")[2].rpartition(".")[0].lower()


def _joined(parts: Sequence[Sample]) -> Sample:
    label = next((part.label for part in parts if part.label), "")
    truths = tuple(truth for part in parts for truth in part.truths)
    return replace(parts[0], values=tuple(part.values[0] for part in parts), label=label, truths=truths)

"""Finds in a graph where the gradients of a score can be measured for the inputs of a network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from .recorders.slopes import InputPlace
from .switches import is_decimal

SIZES = frozenset(["Shape", "ShapeN", "Size", "Rank", "ZerosLike", "OnesLike"])
"""Operations that tell how large a tensor is and nothing of what is in it."""
LOOKING_UP = frozenset(["Gather", "GatherNd", "GatherV2", "OneHot", "ResourceGather", "ResourceGatherNd"])
"""Operations that whole numbers choose from."""


class Gradients:
    """Those of a score, each put into the graph once."""

    def __init__(self, score: Any) -> None:
        self.score = score
        self._known: dict[str, Any] = {}

    def at(self, tensors: Sequence[Any]) -> list[Any]:
        """The gradients with respect to some tensors, None where there is none. One call costs less than several."""
        new = [tensor for tensor in tensors if tensor.name not in self._known]
        found = tf.gradients(self.score, new) if new else []
        self._known |= {tensor.name: slope for tensor, slope in zip(new, found, strict=True)}
        return [self._known[tensor.name] for tensor in tensors]


class PlaceFinder:
    """Finds where slopes of a score can be measured for inputs.

    Args:
        index: the number of the class, which the score does not count as made from.
    """

    def __init__(self, gradients: Gradients, index: Any) -> None:
        self._gradients = gradients
        self._index = index

    def places(self, inputs: Sequence[Any]) -> tuple[list[tuple[Any, ...]], tuple[InputPlace, ...]]:
        """The tensors of every input, none where there are no slopes, and what is to be said of them."""
        found = [self._place(tensor) for tensor in inputs]
        return [tensors for tensors, _ in found], tuple(place for _, place in found)

    def _place(self, tensor: Any) -> tuple[tuple[Any, ...], InputPlace]:
        computed = {} if tensor is None else computed_from(tensor, self._index)
        if self._gradients.score.name not in computed:
            return (), InputPlace(is_ignored=True)
        looked_up = [one for one in computed.values() if self._is_first(one, computed, tensor)]
        if holds_decimals(tensor) and self._differentiable([tensor]):
            partly = any(one.op.type in LOOKING_UP for one in looked_up)
            return (tensor,), InputPlace(is_partly_looked_up=partly)
        # Truths are masks, which say nothing of what is masked, unless nothing else is made of the input.
        of_truths = [one for one in looked_up if any(read.dtype == tf.bool for read in one.op.inputs)]
        of_numbers = [one for one in looked_up if all(one is not other for other in of_truths)]
        decimals = [one for one in computed.values() if holds_decimals(one)]
        for candidates in (of_numbers, of_truths, decimals):
            embedded = self._differentiable(_surest([one for one in candidates if _has_features(one, tensor)], tensor))
            if embedded:
                # Several that are looked up stand side by side; what is computed from decimals follows from the first.
                return tuple(embedded[:1] if candidates is decimals else embedded), InputPlace(has_features=True)
        if not holds_decimals(tensor):  # Decimals that are made whole first are others behind it.
            same = self._differentiable([one for one in (*of_numbers, *of_truths) if _is_alike(one, tensor)])
            if same:
                return tuple(same[:1]), InputPlace()
        return (), InputPlace(_why_none(tensor, bool(self._differentiable(looked_up))))

    def _is_first(self, tensor: Any, computed: dict[str, Any], source: Any) -> bool:
        """Whether a tensor is of decimals and what it is made from of an input are whole numbers, truths or texts."""
        read = [one for one in tensor.op.inputs if one.name in computed or one is source]
        return holds_decimals(tensor) and all(one.dtype.is_integer or one.dtype in (tf.bool, tf.string) for one in read)

    def _differentiable(self, tensors: Sequence[Any]) -> list[Any]:
        slopes = self._gradients.at(tensors)
        return [tensor for tensor, slope in zip(tensors, slopes, strict=True) if slope is not None]


def computed_from(tensor: Any, without: Any) -> dict[str, Any]:
    """All tensors that depend on what is in a tensor by other ways than over another, by name, the nearest first."""
    found: dict[str, Any] = {}
    waiting = [tensor]
    for one in waiting:
        for operation in one.consumers():
            if operation.type not in SIZES:
                new = [one for one in operation.outputs if one.name not in found and one is not without]
                found |= {output.name: output for output in new}
                waiting += new
    return found


def _why_none(tensor: Any, is_differentiable: bool) -> str:
    if is_differentiable and not holds_decimals(tensor):
        return "what the network makes of it has no place of its own for every one of its entries"
    what = {tf.string: "texts"}.get(tensor.dtype, "decimal numbers" if holds_decimals(tensor) else "whole numbers")
    return f"the score changes with these {what} only in jumps, so there are no gradients"


def holds_decimals(tensor: Any) -> bool:
    return tensor is not None and is_decimal(tensor.dtype.name)


def _has_features(tensor: Any, source: Any) -> bool:
    """Whether a tensor has a row of features for every entry of an input, or for every step of its texts."""
    if tensor.shape.rank is None:
        return False
    if source.dtype == tf.string:
        return bool(tensor.shape.rank == 3)
    return bool(tensor.shape.rank == source.shape.rank + 1 and tensor.shape[:-1].is_compatible_with(source.shape))


def _surest(tensors: Sequence[Any], source: Any) -> list[Any]:
    """Of tensors with a row of features for every entry of an input, those whose sizes are known to be its sizes."""
    known = [one for one in tensors if one.shape[:-1].as_list() == source.shape.as_list()]
    return known or list(tensors)


def _is_alike(tensor: Any, source: Any) -> bool:
    return tensor.shape.rank == source.shape.rank and bool(tensor.shape.is_compatible_with(source.shape))

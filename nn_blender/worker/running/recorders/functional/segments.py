"""Cuts a flattened model into pieces, so that a change in the middle need not run the model from its beginning."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from math import prod
from typing import Any

from .....core.network import FEATURE_AXES, Layer
from ....models.call_graph import INPUT, Flat, Slot, Step
from ...keras_internals import keras_mask_of

MOST_SEGMENTS = 8
SMALLEST_COST = 2e8
"""Below this a segment costs more in calls than it saves; about 2 ms on a processor of today."""
ENTRIES = 8
"""Places in a segment where a run for one sample may begin."""
LAYER_COST = 5e6
"""What calling a layer costs, whatever its size, in multiplications."""
NUMBER_COST = 60.0
"""What writing and reading a number costs, in multiplications."""


@dataclass(frozen=True)
class Piece:
    """Steps ``start`` to ``stop``, without the last.

    Attributes:
        needs: the tensors from before that these steps or later ones read.
        gives: the tensors that later steps read, or the network gives.
    """

    start: int
    stop: int
    needs: tuple[Slot, ...]
    gives: tuple[Slot, ...]


class Cutter:
    """Knows where a model may be cut, and what has to cross a cut.

    Args:
        layers: one per step of ``flat``.
        inputs: Keras's symbolic tensors of the network's inputs.
        batch: how many samples the model takes at once; None for any number.
    """

    def __init__(self, flat: Flat, layers: Sequence[Layer], inputs: Sequence[Any], batch: int | None = None) -> None:
        self._batch = batch
        self._flat = flat
        self._layers = layers
        self._symbolic = {Slot(INPUT, k): tensor for k, tensor in enumerate(inputs)}
        for number, step in enumerate(flat.steps):
            self._symbolic |= {Slot(number, k): tensor for k, tensor in enumerate(step.payload.outputs)}
        self._batches = {tensor.shape[0] for tensor in inputs}
        self._carrying = self._slots_with_masks()
        self._live = self._live_slots()
        self._done = [0.0, *accumulate(map(_cost, layers))]

    def spec(self, slot: Slot) -> tuple[tuple[int | None, ...], str]:
        """Shape with the batch axis, and dtype of a tensor."""
        tensor = self._symbolic[slot]
        return (None if self.is_shared(slot) else self._batch, *tensor.shape[1:]), tensor.dtype

    def is_shared(self, slot: Slot) -> bool:
        """Whether a tensor is not one part per sample, so that all samples of a batch share it."""
        shape = self._symbolic[slot].shape
        return len(shape) == 0 or shape[0] not in self._batches

    def piece(self, start: int, stop: int) -> Piece:
        return Piece(start, stop, self._live[start], self._live[stop])

    def may_cut(self, place: int) -> bool:
        """Whether all tensors that cross the place before step ``place`` are plain and belong to samples one by one."""
        return all(
            slot not in self._carrying and len(self._symbolic[slot].shape) > 0 and self._symbolic[slot].shape[0] is None
            for slot in self._live[place]
        )

    def last_cut(self, place: int) -> int:
        """The last place up to ``place`` where the model may be cut."""
        return next((k for k in range(place, 0, -1) if self.may_cut(k)), 0)

    def segments(self) -> list[Piece]:
        """The whole model in pieces that cost about the same."""
        wanted = int(max(1, min(MOST_SEGMENTS, self._done[-1] // SMALLEST_COST)))
        whole = self.piece(0, len(self._flat.steps))
        return [self.piece(start, stop) for start, stop in pairwise(self._places(whole, wanted))] or [whole]

    def entries(self, piece: Piece) -> list[int]:
        """Where a run may begin in a segment: at its start, and at about the same cost from each other."""
        return self._places(piece, ENTRIES)[:-1]

    def _places(self, piece: Piece, parts: int) -> list[int]:
        """Start, cuts and end of a piece in parts that cost about the same."""
        cuts = {piece.start, piece.stop}
        allowed = [place for place in range(piece.start + 1, piece.stop) if self.may_cut(place)]
        before, cost = self._done[piece.start], self._done[piece.stop] - self._done[piece.start]
        for part in range(1, parts):
            cuts |= self._best_cut(allowed, before + cost * part / parts, 0.25 * cost / parts)
        return sorted(cuts)

    def _best_cut(self, allowed: list[int], cost: float, slack: float) -> set[int]:
        """The cut near a cost from the beginning that fewest numbers cross, in a set; none where there is none."""
        near = [place for place in allowed if abs(self._done[place] - cost) <= slack]
        return {min(near, key=lambda place: (self._numbers(place), abs(self._done[place] - cost)))} if near else set()

    def _numbers(self, place: int) -> int:
        return sum(prod(size or 1 for size in self._symbolic[slot].shape[1:]) for slot in self._live[place])

    def _live_slots(self) -> list[tuple[Slot, ...]]:
        """For every place, the tensors from before it that are read after it."""
        live: set[Slot] = set(self._flat.outputs)
        places = [_sorted(live)]
        for number in reversed(range(len(self._flat.steps))):
            live = {slot for slot in live if slot.step != number} | set(self._flat.steps[number].sources)
            places.append(_sorted(live))
        return places[::-1]

    def _slots_with_masks(self) -> set[Slot]:
        """Tensors that may carry a mask over time steps, which cannot cross from one function to the next."""
        carrying: set[Slot] = set()
        for number, step in enumerate(self._flat.steps):
            if self._gives_mask(step, carrying):
                carrying |= {Slot(number, k) for k in range(len(step.payload.outputs))}
        return carrying

    def _gives_mask(self, step: Step, carrying: set[Slot]) -> bool:
        if any(keras_mask_of(tensor) is not None for tensor in step.payload.outputs):
            return True
        known = any(keras_mask_of(tensor) is not None for tensor in step.payload.arguments.keras_tensors)
        # A nested model was built without the mask that reaches it where it is used.
        arrives = not known and any(slot in carrying for slot in step.sources)
        return arrives and bool(getattr(step.payload.operation, "supports_masking", False))


def _cost(layer: Layer) -> float:
    """What a layer costs for one sample, in multiplications."""
    positions = prod(
        max(size, 1) for size, axis in zip(layer.output_shape, layer.axes, strict=True) if axis not in FEATURE_AXES
    )
    numbers = prod(max(size, 1) for size in layer.output_shape)
    return LAYER_COST + layer.parameters * positions + NUMBER_COST * numbers


def _sorted(slots: set[Slot]) -> tuple[Slot, ...]:
    return tuple(sorted(slots, key=lambda slot: (slot.step, slot.output)))

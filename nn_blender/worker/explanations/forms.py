"""What explanations of an input look like: which axes are positions, and what is summed up along others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...core.inputs import NetworkInput
from ...core.inputs.preprocessing import has_channels_first
from ...core.network import Network


@dataclass(frozen=True)
class InputForm:
    """How an input is explained.

    Attributes:
        number: of the input in the network.
        shape: without the batch axis, `UNKNOWN` where open.
        kind: name of the kind of input.
    """

    number: int
    name: str
    shape: tuple[int, ...]
    kind: str

    @property
    def channel_axis(self) -> int | None:
        """Of an image with the batch axis; None where it has none, or for anything else."""
        if self.kind != "image" or len(self.shape) != 3:
            return None
        return 1 if has_channels_first(self.shape) else 3

    @property
    def positions(self) -> int:
        """How many axes of positions it has; 0 where its values have no order, as in a table."""
        rank = len(self.shape)
        return {
            "image": 2,
            "volume": min(rank, 3),
            "sequence": 1,
            "tokens": rank,
            "text": 1,
            "table": 0,
        }.get(self.kind, rank - 1 if rank > 1 else rank)

    def lies_under(self, axes: int) -> bool:
        """Whether maps with so many axes of positions lie over it; a network may read time × features as a picture."""
        return axes == self.positions or (self.kind in ("sequence", "array") and axes == len(self.shape))

    def position_sizes(self, axes: int) -> tuple[int, ...]:
        """Those of its first axes, which are positions, -1 where open; an image's channels may come before."""
        first = 1 if self.channel_axis == 1 else 0
        return self.shape[first : first + axes]

    @property
    def can_be_covered(self) -> bool:
        """Whether parts of it can be replaced by numbers."""
        return self.kind != "text"

    @property
    def is_separate(self) -> bool:
        """Whether each of its values says something by itself."""
        return self.kind in ("tokens", "table")

    @property
    def covered_axes(self) -> tuple[int, ...]:
        """Along which axes parts of it are covered, without the batch axis."""
        if self.is_separate:
            return tuple(range(len(self.shape)))
        first = 1 if self.channel_axis == 1 else 0
        return tuple(range(first, first + self.positions))

    def place(self, window: Sequence[slice]) -> tuple[slice, ...]:
        """A window along `covered_axes` as a place in a sample."""
        return (slice(None), *window) if self.channel_axis == 1 else tuple(window)

    def summed(self, values: np.ndarray, has_features: bool, is_signed: bool) -> np.ndarray:
        """Values at the place where an input has gradients, as its explanation.

        Args:
            values: float32 (batch, …).
            has_features: whether the last axis is what each number of the input is embedded as.
            is_signed: whether they are added up; else the largest counts.
        """
        axis = values.ndim - 1 if has_features else self.channel_axis
        if axis is None:
            return values
        return values.sum(axis=axis) if is_signed else values.max(axis=axis)

    def spread(self, maps: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
        """Maps over positions, resized to an input; numbers that share a position get the same.

        Args:
            maps: float32 (batch, positions…).
            shape: of the input without the batch axis; of texts the number of steps.
        """
        if maps.shape[1:] == shape:
            return maps
        if self.channel_axis is not None:
            return resized(maps, shape[:2] if self.channel_axis == 3 else shape[1:])
        given = resized(maps, shape[: maps.ndim - 1])
        further = shape[maps.ndim - 1 :]
        whole = given.reshape(given.shape + (1,) * len(further))
        return np.ascontiguousarray(np.broadcast_to(whole, (*given.shape, *further)))


def forms_of(network: Network, inputs: Sequence[NetworkInput]) -> tuple[InputForm, ...]:
    """Those of all inputs of a network."""
    pairs = zip(network.inputs, inputs, strict=True)
    return tuple(InputForm(k, spec.name, spec.shape, about.kind) for k, (spec, about) in enumerate(pairs))


def resized(maps: np.ndarray, sizes: Sequence[int]) -> np.ndarray:
    """Maps in other sizes, by straight lines between the middles of their pixels, as ``tf.image.resize`` does it.

    Args:
        maps: float32 (batch, positions…).
        sizes: one per axis of positions.
    """
    for axis, size in enumerate(sizes, 1):
        given = maps.shape[axis]
        if given == size:
            continue
        places = np.clip((np.arange(size, dtype=np.float64) + 0.5) * given / size - 0.5, 0, given - 1)
        before = np.floor(places).astype(int)
        after = np.minimum(before + 1, given - 1)
        share = (places - before).astype(np.float32).reshape([-1 if k == axis else 1 for k in range(maps.ndim)])
        maps = maps.take(before, axis=axis) * (1 - share) + maps.take(after, axis=axis) * share
    return maps

"""Keeps the tensors between segments, so that after a change a run starts where the change is."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import tensorflow as tf

from ....common.caches import Cache
from ...switches import Switches

RECORDED_BYTES = 1 << 29
"""Of tensors of all samples of a recording: 512 MB."""
RECENT_BYTES = 1 << 28
"""Of tensors of the samples that were toggled last: 256 MB."""

Tensors = tuple[Any, ...]


@dataclass(frozen=True)
class Boundary:
    """Where a run starts: before the layer of a number, with a batch of the tensors that are needed from there on."""

    place: int
    tensors: Tensors


class Boundaries:
    """Boundary tensors of one model by sample and by what was changed in the layers before them."""

    def __init__(self) -> None:
        self.recorded: Cache[Tensors] = Cache(RECORDED_BYTES)
        self.recent: Cache[Tensors] = Cache(RECENT_BYTES)

    def find(self, samples: Sequence[Hashable], switches: Switches, places: Sequence[int]) -> Boundary | None:
        """The last of the places, in their order, of which the tensors of all samples are known; None where none is.

        Args:
            samples: a key of each, see `Inputs`.
        """
        for place in reversed(places):
            before = switches.key(place)
            known = [self._get((sample, place, before)) for sample in samples]
            found = [tensors for tensors in known if tensors is not None]
            if len(found) == len(known):
                return Boundary(place, _joined(found))
        return None

    def keep(self, samples: Sequence[Hashable], switches: Switches, boundaries: Sequence[Boundary]) -> None:
        """Keep a sample that was toggled."""
        self._put(self.recent, samples, switches, boundaries)

    def keep_recorded(
        self,
        samples: Sequence[Hashable],
        switches: Switches,
        boundaries: Sequence[Boundary],
        total: int,
    ) -> None:
        """Keep a part of a recording of ``total`` samples, provided that all of it has room."""
        size = sum(_bytes(boundary.tensors) for boundary in boundaries)
        if size / len(samples) * total <= self.recorded.most_bytes:
            self._put(self.recorded, samples, switches, boundaries)

    def _get(self, key: Hashable) -> Tensors | None:
        return self.recent.get(key) or self.recorded.get(key)

    def _put(
        self,
        cache: Cache[Tensors],
        samples: Sequence[Hashable],
        switches: Switches,
        boundaries: Sequence[Boundary],
    ) -> None:
        for boundary in boundaries:
            before = switches.key(boundary.place)
            for sample, tensors in zip(samples, _apart(boundary.tensors, len(samples)), strict=True):
                cache.put((sample, boundary.place, before), tensors, _bytes(tensors))


def _bytes(tensors: Tensors) -> int:
    return sum(tensor.dtype.size * prod(tensor.shape) for tensor in tensors)


def _apart(tensors: Tensors, samples: int) -> list[Tensors]:
    """A batch's tensors, sample by sample."""
    if samples == 1:
        return [tensors]
    parts = [tf.split(tensor, samples) for tensor in tensors]
    return [tuple(of_sample) for of_sample in zip(*parts, strict=True)]


def _joined(samples: list[Tensors]) -> Tensors:
    if len(samples) == 1:
        return samples[0]
    return tuple(tf.concat(tensors, axis=0) for tensors in zip(*samples, strict=True))

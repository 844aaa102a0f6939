"""Units: the smallest parts of a network that may repeat.

A unit is a residual or branched part, which the data leaves through a single layer, or a layer with weights together
with what follows it without any.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, pairwise

from ..network import FEATURE_AXES, Layer

LONGEST_PERIOD = 16
"""Units after which a structure is still seen to repeat."""
_ALIKE = 0.85
"""Share of layers that two units have in common, by class, to count as the same structure."""
_HALVED = 1.6
"""Factor between the sizes of two stages; an unpadded convolution changes them by less."""
LONG_UNIT, _PART_OF_ALL = 16, 1 / 3
"""A part is no unit if it has more layers than this, and is more than this share of the network."""
_STAGES_IN_A_UNIT = 2
_HEAD_LAYERS = 4
"""Layers with weights behind the last map that are all called the head."""

_MERGES = {"Add", "Average", "Concatenate", "Dot", "Maximum", "Minimum", "Multiply", "Subtract"}
_RECURRENT = re.compile("LSTM|GRU|RNN|Bidirectional")
_OF_NO_WEIGHT = re.compile("Normalization|PReLU|Dropout")
_MAKES_ROOM = re.compile("ZeroPadding|UpSampling")


@dataclass(frozen=True)
class Unit:
    """Layers that stay together.

    Attributes:
        is_compound: whether the data takes several ways through it.
        name: what the layers' names say it is, empty where they say nothing.
    """

    layers: tuple[Layer, ...]
    is_compound: bool = False
    name: str = ""

    @cached_property
    def classes(self) -> tuple[str, ...]:
        return tuple(layer.class_name for layer in self.layers)

    @cached_property
    def main(self) -> Layer:
        """The last layer that does more than to follow another one."""
        return next((layer for layer in reversed(self.layers) if not is_light(layer)), self.layers[-1])

    @cached_property
    def signature(self) -> tuple[tuple[str, ...], tuple[int, ...]]:
        return self.classes, self.layers[-1].output_shape


def is_merge(layer: Layer) -> bool:
    return layer.class_name in _MERGES


def is_light(layer: Layer) -> bool:
    """Whether a layer only follows another one: normalisation, activation, pooling and whatever has no weights."""
    if is_merge(layer) or layer.class_name.startswith("UpSampling"):
        return False
    return not layer.parameters or _OF_NO_WEIGHT.search(layer.class_name) is not None


def sizes_of(layer: Layer) -> tuple[int, ...]:
    """Sizes of the axes along which neurons have positions; empty where they have none."""
    return tuple(size for size, axis in zip(layer.output_shape, layer.axes, strict=True) if axis not in FEATURE_AXES)


def starts_stage(before: Unit, unit: Unit) -> bool:
    """Whether the positions are of another number than in the unit before."""
    old, new = sizes_of(before.main), sizes_of(unit.main)
    if before.main.class_name.endswith("Embedding"):
        return True
    if not new and _RECURRENT.search(unit.main.class_name):
        return False
    if len(old) != len(new):
        return True
    if min((*old, *new), default=1) <= 0:
        return any("Pooling" in name for name in before.classes[-2:])
    return any(max(a, b) >= _HALVED * min(a, b) for a, b in zip(old, new, strict=True))


def is_alike(first: Unit, second: Unit) -> bool:
    """Whether two units have the same structure, give or take a shortcut."""
    if first.signature == second.signature:
        return True
    sizes = sizes_of(first.main), sizes_of(second.main)
    if sizes[0] != sizes[1]:
        return False
    if first.classes == second.classes and first.is_compound and sizes[0]:
        return True
    if len(first.layers) == 1 or first.layers[-1].output_shape != second.layers[-1].output_shape:
        return False
    common = (Counter(first.classes) & Counter(second.classes)).total()
    return 2 * common >= _ALIKE * (len(first.layers) + len(second.layers))


def head_start(layers: Sequence[Layer]) -> int:
    """Where the head starts: at the layer after which no positions are left, or at the last one with weights."""
    start = next((k + 1 for k in range(len(layers) - 1, -1, -1) if max(sizes_of(layers[k]), default=1) != 1), 0)
    if start < len(layers) and _RECURRENT.search(layers[start].class_name):
        start += 1
    if 0 < start < len(layers) and sum(not is_light(layer) for layer in layers[start:]) <= _HEAD_LAYERS:
        return start
    last = next((k for k in range(len(layers) - 1, -1, -1) if not is_light(layers[k])), len(layers))
    return len(layers) if last < len(layers) and is_merge(layers[last]) else last


def find_units(layers: Sequence[Layer], stop: int) -> list[Unit]:
    """Units of the first ``stop`` layers."""
    pieces = _pieces(layers, stop)
    units: list[list[Layer]] = []
    compound: list[bool] = []
    is_open = False  # The last unit still waits for its layer with weights.
    for piece in pieces:
        light = len(piece) == 1 and is_light(piece[0])
        makes_room = light and _MAKES_ROOM.match(piece[0].class_name) is not None
        if units and ((light and not makes_room) or is_open):
            units[-1] += piece
            compound[-1] |= len(piece) > 1
        else:
            units.append(list(piece))
            compound.append(len(piece) > 1)
        is_open = light and (is_open or makes_room or (len(units) == 1 and all(map(is_light, units[0]))))
    return [Unit(tuple(unit), is_compound) for unit, is_compound in zip(units, compound, strict=True)]


def find_runs(units: Sequence[Unit]) -> Iterator[tuple[int, int, int]]:
    """Start, period and number of every structure that follows itself, without overlap, from the first on."""
    lengths = [_lengths(units, period) for period in range(1, LONGEST_PERIOD + 1)]
    start = 0
    while start < len(units):
        covered, period = max(
            ((same[start] // period + 1) * period if same[start] >= period else 0, -period)
            for period, same in enumerate(lengths, 1)
        )
        if covered:
            yield start, -period, covered // -period
        start += max(covered, 1)


def _lengths(units: Sequence[Unit], period: int) -> list[int]:
    """For every unit, how many from it on have the structure of those one period later."""
    lengths = [0] * (len(units) + 1)
    for k in range(len(units) - period - 1, -1, -1):
        first, second = units[k], units[k + period]
        is_same = is_alike(first, second) if period == 1 or first.is_compound else first.signature == second.signature
        lengths[k] = lengths[k + 1] + 1 if is_same else 0
    return lengths


def _pieces(layers: Sequence[Layer], stop: int) -> list[Sequence[Layer]]:
    """The first ``stop`` layers, cut wherever all further ones read a single output, or else two, from before."""
    crossing = crossings(layers)
    longest = max(LONG_UNIT, _PART_OF_ALL * len(layers))
    for at_most in (1, 2):
        ends = [k + 1 for k in range(stop) if crossing[k] <= at_most or k == stop - 1]
        pieces = [layers[start:end] for start, end in zip([0, *ends], ends, strict=False)]
        if all(len(piece) <= longest and _stages_in(piece) <= _STAGES_IN_A_UNIT for piece in pieces):
            return pieces
    return [layers[k : k + 1] for k in range(stop)]


def crossings(layers: Sequence[Layer]) -> list[int]:
    """How many outputs from up to each layer are read after it; what comes from outside counts as before the first."""
    places = {layer.path: k for k, layer in enumerate(layers)}
    last_read: dict[str, int] = {}
    for k, layer in enumerate(layers):
        last_read.update(dict.fromkeys(layer.inputs, k))
    changes = [0] * (len(layers) + 1)
    for name, last in last_read.items():
        changes[places.get(name, 0)] += 1
        changes[last] -= 1
    return list(accumulate(changes[:-1]))


def _stages_in(piece: Sequence[Layer]) -> int:
    """How many clearly different sizes the positions of some layers have; a single position is a summary, no size."""
    longest = sorted({max(sizes_of(layer), default=1) for layer in piece} - {1})
    return 1 + sum(b >= _HALVED * max(a, 1) for a, b in pairwise(longest))

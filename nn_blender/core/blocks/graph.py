"""The graph of a network's layers: what reads what, and what that says of parts of it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from functools import cached_property

from ..network import Layer, Network
from .units import sizes_of

_LONG = 3
"""An edge that passes at most so many layers is no skip from an encoder to a decoder."""
_SMALLER, _SAME = 0.62, 0.9
"""What an encoder–decoder skip passes is smaller than so many times its source; its target is about as large."""


CLEARLY = 1.6
"""Factor between sizes that are clearly different."""
_OPEN_SIZE = 256
"""What an open size is taken for where nothing tells more."""
_HALVES, _DOUBLES = re.compile("(Max|Average)Pooling"), re.compile("UpSampling|Transpose")


class LayerGraph:
    """Inputs and layers of a network by number, inputs first, both in the order of the data.

    Attributes:
        names: names of inputs, then paths of layers.
        place: number of each.
        reads, read_by: for each, the numbers of those it reads and of those that read it, without repetition.
        outputs: numbers of those whose output is the network's.
    """

    def __init__(self, network: Network):
        self._inputs = len(network.inputs)
        self._layers = network.layers
        self.names: list[str] = [spec.name for spec in network.inputs] + [layer.path for layer in network.layers]
        self.place: dict[str, int] = {name: number for number, name in enumerate(self.names)}
        given: list[Iterable[str]] = [()] * self._inputs + [layer.inputs for layer in network.layers]
        self.reads: list[list[int]] = [self._numbers(names) for names in given]
        self.read_by: list[list[int]] = [[] for _ in self.names]
        for number, sources in enumerate(self.reads):
            for source in sources:
                self.read_by[source].append(number)
        self.outputs: list[int] = self._numbers(network.outputs)
        self._is_output = set(self.outputs)
        self._network = network

    def _numbers(self, names: Iterable[str]) -> list[int]:
        """Where some names stand; ``PATH[1]`` is the second output of the layer ``PATH``."""
        found = (self.place.get(name, self.place.get(re.sub(r"\[\d+\]$", "", name), -1)) for name in names)
        return [number for number in dict.fromkeys(found) if number >= 0]

    def is_input(self, name: str) -> bool:
        """Whether that is an input of the network and no layer; raises KeyError where it is neither."""
        return self.place[name] < self._inputs

    def layer(self, path: str) -> Layer:
        """The layer of that path; raises KeyError."""
        return self._layers[self.place[path] - self._inputs]

    def name_of_output(self, output: str) -> str:
        """The layer or input that gives an output of the network; empty where none is known."""
        return next((self.names[number] for number in self._numbers([output])), "")

    def shape(self, name: str) -> tuple[int, ...]:
        """Sizes of what an input holds or a layer gives, without the batch axis."""
        if self.is_input(name):
            return self._network.inputs[self.place[name]].shape
        return self.layer(name).output_shape

    @cached_property
    def sizes(self) -> list[int]:
        """For each, the largest of its sizes along positions; 0 where it has no positions.

        Sizes that are open are estimated from what layers are read: pooling halves them, upsampling doubles them.
        """
        sizes: list[int] = []
        for number in range(len(self.names)):
            known = self._positions(number)
            is_open = bool(known) and min(known) < 0
            sizes.append(self._estimated(number, sizes) if is_open else max(known, default=0))
        return sizes

    def _positions(self, number: int) -> tuple[int, ...]:
        if number < self._inputs:
            return self._network.inputs[number].shape[:-1]
        return sizes_of(self._layers[number - self._inputs])

    def _estimated(self, number: int, sizes: Sequence[int]) -> int:
        before = max((sizes[source] for source in self.reads[number] if source < number), default=0)
        name = self._layers[number - self._inputs].class_name if number >= self._inputs else ""
        if not before:
            return _OPEN_SIZE
        if _HALVES.match(name):
            return max(1, before // 2)
        return before * 2 if _DOUBLES.search(name) else before

    def changes_size(self, before: Layer, after: Layer) -> bool:
        """Whether positions of one of two layers are clearly more than those of the other, both having some."""
        sizes = [self.sizes[self.place[layer.path]] for layer in (before, after)]
        return min(sizes) > 1 and max(sizes) >= CLEARLY * min(sizes)

    @cached_property
    def long_skips(self) -> set[tuple[int, int]]:
        """Edges from an encoder to a decoder: data that goes on beside them gets smaller and becomes large again."""
        found = set()
        for target, sources in enumerate(self.reads):
            for source in sources if len(sources) > 1 and self.sizes[target] >= 4 else ():
                far = target - source > _LONG and self.sizes[target] >= _SAME * self.sizes[source]
                if far and self._shrinks_beside(source, target):
                    found.add((source, target))
        return found

    def without_long_skips(self, layer: Layer) -> Layer:
        """A layer as if it did not read what skips from an encoder bring."""
        number = self.place[layer.path]
        if not any((source, number) in self.long_skips for source in self.reads[number]):
            return layer
        inputs = [name for name in layer.inputs if (self.place.get(name, -1), number) not in self.long_skips]
        return replace(layer, inputs=tuple(inputs))

    def _shrinks_beside(self, source: int, target: int) -> bool:
        waiting = [other for other in self.reads[target] if other != source]
        seen: set[int] = set()
        while waiting:
            number = waiting.pop()
            if number in seen or number <= source:
                continue
            seen.add(number)
            if 1 < self.sizes[number] < _SMALLER * self.sizes[source]:
                return True
            waiting += self.reads[number]
        return False

    def leaving(self, number: int, inside: Collection[int]) -> int:
        """How many edges lead from one out of those in ``inside``; being an output of the network counts as one."""
        return sum(reader not in inside for reader in self.read_by[number]) + (number in self._is_output)

    def cover_rank(self, name: str, inside: Collection[int]) -> tuple[bool, int, int]:
        """What is largest for the one whose output says most of those in ``inside``.

        One that a skip to a decoder leaves from stands level with that decoder and comes first; then decides how many
        edges leave; of equals the last one counts.
        """
        number = self.place[name]
        skips = any((number, reader) in self.long_skips for reader in self.read_by[number] if reader not in inside)
        return skips, self.leaving(number, inside), number

    def edges_between(self, groups: Sequence[Iterable[str]]) -> dict[tuple[int, int], list[tuple[int, int]]]:
        """Which groups of names read which, by their numbers; with the edges that join them."""
        group = {self.place[name]: k for k, names in enumerate(groups) for name in names}
        edges: dict[tuple[int, int], list[tuple[int, int]]] = {}
        for number, own in group.items():
            for source in self.reads[number]:
                if group.get(source, own) != own:
                    edges.setdefault((group[source], own), []).append((source, number))
        return edges

    def flows_through(self, groups: Sequence[Iterable[str]]) -> bool:
        """Whether data never comes back to a group that it has left."""
        edges = self.edges_between(groups)
        return len(in_order(len(groups), edges)) == len(groups)


def in_order(count: int, edges: Iterable[tuple[int, int]]) -> list[int]:
    """Numbers from 0 on, each after those it has an edge from, the smallest first; without those in or behind loops."""
    before = [0] * count
    after: list[list[int]] = [[] for _ in range(count)]
    for source, target in edges:
        before[target] += 1
        after[source].append(target)
    ready = [number for number in range(count) if not before[number]]
    order = []
    while ready:
        number = min(ready)
        ready.remove(number)
        order.append(number)
        for target in after[number]:
            before[target] -= 1
            if not before[target]:
                ready.append(target)
    return order

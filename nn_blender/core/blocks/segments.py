"""Segments: parts of a network that data from the same inputs reaches and that lead to the same outputs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .drafts import Draft
from .graph import LayerGraph, in_order


@dataclass(frozen=True)
class Segment:
    """What the layers of a part of a network have in common.

    Attributes:
        sources: numbers of the inputs that their data comes from.
        ends: numbers of the outputs that it goes to.
    """

    sources: frozenset[int]
    ends: frozenset[int]

    @property
    def kind(self) -> tuple[bool, bool]:
        """Whether it comes from one input, and whether it leads to one output."""
        return len(self.sources) == 1, len(self.ends) == 1


def segment_keys(graph: LayerGraph, items: Sequence[Draft]) -> list[Segment]:
    """The segment of each of some parts."""
    reaching, leading = _reaching(graph), _leading(graph)
    keys = []
    for item in items:
        numbers = [graph.place[layer.path] for layer in item.layers]
        sources = frozenset[int]().union(*(reaching[number] for number in numbers))
        keys.append(Segment(sources, frozenset[int]().union(*(leading[number] for number in numbers))))
    return keys


def segments(graph: LayerGraph, items: Sequence[Draft]) -> list[tuple[Segment, list[Draft]]]:
    """Towers of several inputs, what they have in common, and the ways to several outputs, each by itself.

    Each comes after those it reads. Along the data the inputs that reach a layer only become more, and the outputs it
    leads to fewer; so data that has left a segment never comes back to it.
    """
    keys = segment_keys(graph, items)
    members: dict[Segment, list[Draft]] = {}
    for item, key in zip(items, keys, strict=True):
        members.setdefault(key, []).append(item)
    parts = list(members.items())
    paths = [[layer.path for item in part for layer in item.layers] for _key, part in parts]
    order = in_order(len(parts), graph.edges_between(paths))
    if len(order) < len(parts):  # A nested model that is in several of them.
        everything = Segment(frozenset().union(*(key.sources for key in keys)), frozenset(graph.outputs))
        return [(everything, list(items))]
    return [parts[k] for k in order]


def _reaching(graph: LayerGraph) -> list[frozenset[int]]:
    """For each layer, which inputs of the network, or layers that read nothing, its data comes from."""
    result: list[frozenset[int]] = []
    for number, sources in enumerate(graph.reads):
        own = [result[source] for source in sources]
        result.append(own[0].union(*own[1:]) if own else frozenset([number]))
    return result


def _leading(graph: LayerGraph) -> list[frozenset[int]]:
    """For each layer, which outputs of the network, or layers that nothing reads, its data goes to."""
    ends = set(graph.outputs)
    result: list[frozenset[int]] = [frozenset()] * len(graph.names)
    for number in range(len(graph.names) - 1, -1, -1):
        own = [result[reader] for reader in graph.read_by[number]]
        if number in ends or not own:
            own.append(frozenset([number]))
        result[number] = own[0].union(*own[1:])
    return result

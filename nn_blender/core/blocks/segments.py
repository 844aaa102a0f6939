"""Segments: parts of a network that data from the same inputs reaches and that lead to the same outputs."""

from __future__ import annotations

from collections.abc import Sequence

from .drafts import Draft
from .graph import LayerGraph, in_order


def segments(graph: LayerGraph, items: Sequence[Draft]) -> list[list[Draft]]:
    """Towers of several inputs, what they have in common, and the ways to several outputs, each by itself.

    Each comes after those it reads. Along the data the inputs that reach a layer only become more, and the outputs it
    leads to fewer; so data that has left a segment never comes back to it.
    """
    reaching, leading = _reaching(graph), _leading(graph)
    keys = []
    for item in items:
        numbers = [graph.place[layer.path] for layer in item.layers]
        sources = frozenset().union(*(reaching[number] for number in numbers))
        keys.append((sources, frozenset().union(*(leading[number] for number in numbers))))
    members: dict[object, list[Draft]] = {}
    for item, key in zip(items, keys, strict=True):
        members.setdefault(key, []).append(item)
    parts = list(members.values())
    paths = [[layer.path for item in part for layer in item.layers] for part in parts]
    order = in_order(len(parts), graph.edges_between(paths))
    return [parts[k] for k in order] if len(order) == len(parts) else [list(items)]


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

"""How the children of a block are connected: what does not depend on their sizes, or on what is open."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from ..layout.lanes import Edge, Lanes, find_lanes, find_ranks, level_lanes
from ..network import Network
from .answers import Answer
from .graph import LayerGraph
from .hierarchy import INPUT, Part

ENTRY, EXIT = "\0entry", "\0exit"
"""Ids of a tray's left and right edge among the nodes of a plan; no layer is called so."""


@dataclass(frozen=True)
class Plan:
    """Nodes, edges and lanes of a block's children.

    Attributes:
        ids: of children, then of the answers behind them, then `ENTRY` and `EXIT` where data comes in and goes out.
        answers: those that follow the children, in the network.
        skips: edges that take a shorter way beside what else reads their source.
        is_u_shape: whether the lanes are levels of an encoder and a decoder.
    """

    ids: tuple[str, ...]
    answers: tuple[Answer, ...]
    edges: tuple[Edge, ...]
    lanes: Lanes
    skips: frozenset[Edge]
    is_u_shape: bool

    @property
    def ranks(self) -> int:
        """How many there are."""
        return max(self.lanes.ranks, default=0) + 1

    @property
    def first_answer(self) -> int:
        """The rank in which all answers stand, behind all children; the number of ranks where there is none."""
        last = self.ranks - 1
        answers = self.ids.index(self.answers[0].id) if self.answers else len(self.ids)
        is_apart = all((rank == last) == (node >= answers) for node, rank in enumerate(self.lanes.ranks))
        return last if self.answers and is_apart else self.ranks


class Plans:
    """The plans of a network and of its blocks, each made once.

    Attributes:
        graph: of the network.
        root: its hierarchy.
    """

    def __init__(self, network: Network, root: Part, answers: Sequence[Answer]):
        self.graph = LayerGraph(network)
        self.root = root
        self._answers = tuple(answer for answer in answers if self.graph.name_of_output(answer.output))
        self._known: dict[str, Plan] = {}

    def of(self, part: Part) -> Plan:
        """The plan of a block or of the network."""
        if part.id not in self._known:
            self._known[part.id] = self._made(part, self._answers if part is self.root else ())
        return self._known[part.id]

    def _made(self, part: Part, answers: tuple[Answer, ...]) -> Plan:
        groups = [[leaf.cover for leaf in child.leaves] for child in part.children]
        own = {name: k for k, names in enumerate(groups) for name in names}
        edges: dict[Edge, None] = dict.fromkeys(self.graph.edges_between(groups))
        ids = [child.id for child in part.children]
        for answer in answers:
            edges[own[self.graph.name_of_output(answer.output)], len(ids)] = None
            ids.append(answer.id)
        if part is not self.root:
            inside = {self.graph.place[name] for name in own}
            for number in _entering(self.graph, inside):
                _add(ids, edges, own[self.graph.names[number]], ENTRY)
            for number in _leaving(self.graph, inside):
                _add(ids, edges, own[self.graph.names[number]], EXIT)
        return _plan(self.graph, part, tuple(ids), answers, tuple(edges))


def _add(ids: list[str], edges: dict[Edge, None], node: int, end: str) -> None:
    """An edge between a child and one of the tray's edges."""
    if end not in ids:
        ids.append(end)
    place = ids.index(end)
    edges[(place, node) if end == ENTRY else (node, place)] = None


def _plan(
    graph: LayerGraph, part: Part, ids: tuple[str, ...], answers: tuple[Answer, ...], edges: tuple[Edge, ...]
) -> Plan:
    exits = [ids.index(EXIT)] if EXIT in ids else []
    starts = [k for k, child in enumerate(part.children) if child.kind == INPUT]
    starts += [ids.index(ENTRY)] if ENTRY in ids else []
    ranks = find_ranks(len(ids), edges, starts, exits)
    if ENTRY in ids and ranks.count(0) > 1:
        ranks = [rank + (id_ != ENTRY) for rank, id_ in zip(ranks, ids, strict=True)]  # What reads nothing.
    levels = _levels(graph, part, edges, ranks, ids)
    if levels is not None:
        lanes = level_lanes(ranks, edges, levels)
    else:
        ends = {ENTRY: 0.0, EXIT: 0.0}
        weights = [child.layers + 0.01 for child in part.children]
        weights += [ends.get(id_, 1.01) for id_ in ids[len(weights) :]]
        lanes = find_lanes(ranks, edges, weights, exits)
    readers = Counter(source for source, _target in edges)
    skips = frozenset(edge for edge in lanes.passing if readers[edge[0]] > 1)
    return Plan(ids, answers, edges, lanes, skips, levels is not None)


def _entering(graph: LayerGraph, inside: set[int]) -> list[int]:
    return [number for number in inside if any(source not in inside for source in graph.reads[number])]


def _leaving(graph: LayerGraph, inside: set[int]) -> list[int]:
    return [number for number in inside if graph.leaving(number, inside)]


def _levels(
    graph: LayerGraph, part: Part, edges: Sequence[Edge], ranks: Sequence[int], ids: Sequence[str]
) -> list[float] | None:
    """Levels of a U shape, one for every halving of the positions; None where the children do not form one."""
    own = {leaf.cover: k for k, child in enumerate(part.children) for leaf in child.leaves}
    skips = {
        (own[graph.names[source]], own[graph.names[target]])
        for source, target in graph.long_skips
        if graph.names[source] in own and graph.names[target] in own
    }
    skips = {(source, target) for source, target in skips if ranks[target] - ranks[source] > 1}
    if not skips or len(set(ranks)) < len(ranks):
        return None
    sizes = [graph.sizes[graph.place[child.cover]] for child in part.children]
    if min(sizes) < 1:
        return None
    largest = max(sizes)
    levels = [float(round(math.log2(largest / size))) for size in sizes]
    for node in range(len(levels), len(ids)):
        joined = [levels[source] for source, target in edges if target == node and source < len(levels)]
        joined += [levels[target] for source, target in edges if source == node and target < len(levels)]
        levels.append(joined[0] if joined else 0.0)
    is_level = all(levels[source] == levels[target] for source, target in skips)
    passed = all(
        levels[node] > levels[source]
        for source, target in edges
        if ranks[target] - ranks[source] > 1
        for node in range(len(ids))
        if ranks[source] < ranks[node] < ranks[target]
    )
    return levels if is_level and passed else None

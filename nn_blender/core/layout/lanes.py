"""Ranks and lanes of a graph that data flows through: which column and which line each of its nodes stands in.

Nodes are numbers from 0 on, edges pairs of them without loops. The heaviest way through the graph is lane 0; others lie
beside it, so that each stays straight. Lanes are numbers that grow downwards; thin ones between them, as 0.5, hold only
edges.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import count, pairwise

Edge = tuple[int, int]
_SWEEPS = 8
"""How often lanes are moved to the middle of their neighbours where edges cross; the best result counts."""


@dataclass(frozen=True)
class Lanes:
    """Where nodes stand.

    Attributes:
        ranks: column of each node; every edge leads to a higher one.
        lanes: line of each node.
        passing: for edges that pass at least one rank, the lane in which they do.
    """

    ranks: tuple[int, ...]
    lanes: tuple[float, ...]
    passing: Mapping[Edge, float]


def find_ranks(
    nodes: int, edges: Sequence[Edge], at_start: Iterable[int] = (), at_end: Iterable[int] = ()
) -> list[int]:
    """The rank of each node: behind all it has an edge from; what has none from anywhere just before what it leads to.

    Args:
        at_start, at_end: nodes that stand in the first rank, and in the last.
    """
    before: list[list[int]] = [[] for _ in range(nodes)]
    after: list[list[int]] = [[] for _ in range(nodes)]
    for source, target in edges:
        before[target].append(source)
        after[source].append(target)
    ranks = [0] * nodes
    order = _in_order(before, after)
    for node in order:
        ranks[node] = max((ranks[source] + 1 for source in before[node]), default=0)
    first, last = set(at_start), set(at_end)
    for node in reversed(order):
        if after[node] and node not in first and (not before[node] or len(after[node]) == 1):
            nearest = min(ranks[target] for target in after[node]) - 1
            if not before[node] or _is_alone(node, before, after):
                ranks[node] = nearest
    top = max(ranks, default=0)
    for node in last:
        is_free = all(other in last or ranks[other] < top for other in range(nodes))
        ranks[node] = top if is_free else top + 1
    return ranks


def _is_alone(node: int, before: Sequence[Sequence[int]], after: Sequence[Sequence[int]]) -> bool:
    """Whether a node is the only one between what it reads, which others read too, and what reads it."""
    return len(before[node]) == 1 and len(after[before[node][0]]) > 1 and len(before[after[node][0]]) == 1


def _in_order(before: Sequence[Sequence[int]], after: Sequence[Sequence[int]]) -> list[int]:
    left = [len(sources) for sources in before]
    ready = [node for node, sources in enumerate(left) if not sources]
    for node in ready:
        for target in after[node]:
            left[target] -= 1
            if not left[target]:
                ready.append(target)
    return ready


def find_lanes(
    ranks: Sequence[int], edges: Sequence[Edge], weights: Sequence[float], ends: Sequence[int] = ()
) -> Lanes:
    """Lanes with few crossings for nodes of given ranks.

    Args:
        weights: what counts most for the way in lane 0, such as a node's number of layers.
        ends: nodes at which the way in lane 0 starts and ends, where there are any.
    """
    return _found_lanes(tuple(ranks), tuple(edges), tuple(weights), tuple(ends))


@lru_cache(maxsize=1024)
def _found_lanes(
    ranks: tuple[int, ...], edges: tuple[Edge, ...], weights: tuple[float, ...], ends: tuple[int, ...]
) -> Lanes:
    """Units that repeat have the same lanes."""
    tracks = _tracks(ranks, edges, weights, ends)
    best = _placed(ranks, edges, tracks, None)
    fewest = crossings(best, edges)
    now = best
    for _ in range(_SWEEPS if fewest else 0):
        now = _placed(ranks, edges, tracks, _middles(now, edges, tracks))
        if crossings(now, edges) < fewest:
            best, fewest = now, crossings(now, edges)
    return _in_turn(best, edges)


def _in_turn(lanes: Lanes, edges: Sequence[Edge]) -> Lanes:
    """Nodes of a rank that lead from the same nodes to the same ones stand in the order of their numbers."""
    ends: dict[int, tuple[list[int], list[int]]] = {node: ([], []) for node in range(len(lanes.ranks))}
    for source, target in edges:
        ends[source][1].append(target)
        ends[target][0].append(source)
    passing = {node for edge in lanes.passing for node in edge}
    alike: dict[object, list[int]] = {}
    for node, (sources, targets) in ends.items():
        if node not in passing:
            alike.setdefault((lanes.ranks[node], *sorted(sources), None, *sorted(targets)), []).append(node)
    ordered = list(lanes.lanes)
    for nodes in alike.values():
        for node, lane in zip(nodes, sorted(lanes.lanes[node] for node in nodes), strict=True):
            ordered[node] = lane
    return Lanes(lanes.ranks, tuple(ordered), lanes.passing)


def level_lanes(ranks: Sequence[int], edges: Sequence[Edge], levels: Sequence[float]) -> Lanes:
    """Lanes that are given; edges that pass ranks do so in the lane where they start."""
    passing = {(a, b): levels[a] for a, b in edges if ranks[b] - ranks[a] > 1}
    return Lanes(tuple(ranks), tuple(levels), passing)


def crossings(lanes: Lanes, edges: Sequence[Edge]) -> int:
    """How often edges cross between neighbouring ranks."""
    drawn: _Drawn = {}
    number = 0
    for edge in edges:
        way = _way(lanes.ranks, lanes.lanes, edge, lanes.passing.get(edge, 0.0))
        number += _crossed(drawn, way)
        _draw(drawn, way)
    return number


_Step = tuple[int, float, float]
_Drawn = dict[int, list[tuple[float, float]]]


def _way(ranks: Sequence[int], lanes: Sequence[float] | Mapping[int, float], edge: Edge, passing: float) -> list[_Step]:
    """Rank by rank, the lanes at which an edge leaves it and reaches the next one."""
    a, b = edge
    along = [lanes[a], *[passing] * (ranks[b] - ranks[a] - 1), lanes[b]]
    return [(ranks[a] + k, start, end) for k, (start, end) in enumerate(pairwise(along))]


def _crossed(drawn: _Drawn, way: Sequence[_Step]) -> int:
    return sum(
        (start - other_start) * (end - other_end) < 0
        for rank, start, end in way
        for other_start, other_end in drawn.get(rank, ())
    )


def _draw(drawn: _Drawn, way: Sequence[_Step]) -> None:
    for rank, start, end in way:
        drawn.setdefault(rank, []).append((start, end))


def _tracks(
    ranks: Sequence[int], edges: Sequence[Edge], weights: Sequence[float], ends: Sequence[int]
) -> list[list[int]]:
    """All nodes as ways through the graph, the heaviest first; all but that one step from rank to rank."""
    before: dict[int, list[int]] = {}
    for source, target in edges:
        before.setdefault(target, []).append(source)
    order = sorted(range(len(ranks)), key=lambda node: (ranks[node], node))
    left = set(order)
    tracks: list[list[int]] = []
    while left:
        weight: dict[int, float] = {}
        origin: dict[int, int] = {}
        for node in order:
            if node not in left:
                continue
            sources = [s for s in before.get(node, ()) if s in weight and (not tracks or ranks[node] - ranks[s] == 1)]
            chosen = max(sources, key=lambda source: (weight[source], -source), default=None)
            weight[node] = weights[node] + (weight[chosen] if chosen is not None else 0.0)
            if chosen is not None:
                origin[node] = chosen
        last = ends[-1] if not tracks and ends else max(weight, key=lambda node: (weight[node], -ranks[node], -node))
        track = [last]
        while track[-1] in origin:
            track.append(origin[track[-1]])
        tracks.append(track[::-1])
        left -= set(track)
    return tracks


class _Taken:
    """Which ranks of a lane are taken, by whom."""

    def __init__(self) -> None:
        self._spans: dict[float, list[tuple[int, int, object]]] = {}

    def is_free(self, lane: float, first: int, last: int, *others: object) -> bool:
        """Whether nobody but ``others`` has one of some ranks."""
        return all(last < a or first > b or owner in others for a, b, owner in self._spans.get(lane, ()))

    def take(self, lane: float, first: int, last: int, owner: object) -> None:
        if first <= last:
            self._spans.setdefault(lane, []).append((first, last, owner))

    def nearest(self, middle: float, offset: float, first: int, last: int) -> float:
        """The free lane nearest to one, of whole numbers and ``offset`` more; above rather than below."""
        for step in count():
            near = sorted(
                {round(middle - offset) + sign * step + offset for sign in (-1, 1)}, key=lambda x: abs(x - middle)
            )
            free = [lane for lane in near if self.is_free(lane, first, last)]
            if free:
                return free[0]
        raise AssertionError


def _placed(
    ranks: Sequence[int], edges: Sequence[Edge], tracks: Sequence[Sequence[int]], middles: Sequence[float] | None
) -> Lanes:
    """Each track in the free lane nearest to its middle, or to those it is joined with."""
    before: dict[int, list[int]] = {}
    after: dict[int, list[int]] = {}
    for source, target in edges:
        before.setdefault(target, []).append(source)
        after.setdefault(source, []).append(target)
    taken = _Taken()
    lanes: dict[int, float] = {}
    order = sorted(range(1, len(tracks)), key=lambda k: abs(middles[k])) if middles else range(1, len(tracks))
    for k in (0, *order) if tracks else ():
        track = tracks[k]
        sources, targets = before.get(track[0], []), after.get(track[-1], [])
        first = min([ranks[track[0]], *(ranks[source] + 1 for source in sources)])
        last = max([ranks[track[-1]], *(ranks[target] - 1 for target in targets)])
        if k == 0:
            first, last, lane = ranks[track[0]], ranks[track[-1]], 0.0
        else:
            joined = [lanes[node] for node in (*sources, *targets) if node in lanes]
            middle = middles[k] if middles else sum(joined) / len(joined) if joined else 0.0
            lane = taken.nearest(middle, 0.0, first, last)
        taken.take(lane, first, last, k)
        lanes.update(dict.fromkeys(track, lane))
    own = {node: k for k, track in enumerate(tracks) for node in track}
    return Lanes(
        tuple(ranks), tuple(lanes[node] for node in range(len(ranks))), _passing(ranks, edges, lanes, own, taken)
    )


def _passing(
    ranks: Sequence[int], edges: Sequence[Edge], lanes: Mapping[int, float], own: Mapping[int, int], taken: _Taken
) -> dict[Edge, float]:
    """Lanes of edges that pass ranks: that of one of their ends where nothing stands in it, else a thin one.

    Of thin lanes it is the one with the fewest crossings, and of those the nearest.
    """
    stands = {(lanes[node], ranks[node]) for node in range(len(ranks))}
    passing: dict[Edge, float] = {}
    drawn: _Drawn = {}
    for edge in sorted(edges, key=lambda edge: (ranks[edge[1]] - ranks[edge[0]], edge)):
        first, last = ranks[edge[0]] + 1, ranks[edge[1]] - 1
        if first <= last:
            ways = [(end, lanes[end]) for end in edge if _is_clear(stands, taken, lanes[end], first, last, own, end)]
            end, lane = ways[0] if ways else (edge[0], _thin_lane(ranks, lanes, edge, taken, drawn))
            taken.take(lane, first, last, ("edge", end))
            passing[edge] = lane
        _draw(drawn, _way(ranks, lanes, edge, passing.get(edge, 0.0)))
    return passing


def _is_clear(
    stands: Collection[tuple[float, int]], taken: _Taken, lane: float, first: int, last: int, own: Mapping[int, int],
    end: int,
) -> bool:  # fmt: skip
    """Whether an edge may pass some ranks in the lane of one of its ends."""
    is_empty = all((lane, rank) not in stands for rank in range(first, last + 1))
    return is_empty and taken.is_free(lane, first, last, own[end], ("edge", end))


def _thin_lane(ranks: Sequence[int], lanes: Mapping[int, float], edge: Edge, taken: _Taken, drawn: _Drawn) -> float:
    first, last = ranks[edge[0]] + 1, ranks[edge[1]] - 1
    middle = (lanes[edge[0]] + lanes[edge[1]]) / 2 - 0.01
    outermost = (
        taken.nearest(min(lanes.values()) - 0.5, 0.5, first, last),
        taken.nearest(max(lanes.values()) + 0.5, 0.5, first, last),
    )
    low, high = math.floor(min(lanes.values())), math.ceil(max(lanes.values()))
    between = [k + 0.5 for k in range(low, high) if taken.is_free(k + 0.5, first, last)]
    return min(
        {*between, *outermost, taken.nearest(middle, 0.5, first, last)},
        key=lambda lane: (_crossed(drawn, _way(ranks, lanes, edge, lane)), abs(lane - middle)),
    )


def _middles(lanes: Lanes, edges: Sequence[Edge], tracks: Sequence[Sequence[int]]) -> list[float]:
    """For every track, the mean lane of what it is joined with."""
    own = {node: k for k, track in enumerate(tracks) for node in track}
    joined: list[list[float]] = [[] for _ in tracks]
    for source, target in edges:
        if own[source] != own[target]:
            joined[own[source]].append(lanes.passing.get((source, target), lanes.lanes[target]))
            joined[own[target]].append(lanes.passing.get((source, target), lanes.lanes[source]))
    return [sum(near) / len(near) if near else 0.0 for near in joined]

"""Ranks and lanes of a graph that data flows through: which column and which line each of its nodes stands in.

Nodes are numbers from 0 on, edges pairs of them without loops. The heaviest way through the graph is lane 0; others lie
beside it, so that each stays straight. Lanes are numbers that grow downwards; thin ones between them, as 0.5, hold only
edges.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count

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
    tracks = _tracks(ranks, edges, weights, ends)
    best = _placed(ranks, edges, tracks, None)
    fewest = crossings(best, edges)
    now = best
    for _ in range(_SWEEPS if fewest else 0):
        now = _placed(ranks, edges, tracks, _middles(now, edges, tracks))
        if crossings(now, edges) < fewest:
            best, fewest = now, crossings(now, edges)
    return best


def level_lanes(ranks: Sequence[int], edges: Sequence[Edge], levels: Sequence[float]) -> Lanes:
    """Lanes that are given; edges that pass ranks do so in the lane where they start."""
    passing = {(a, b): levels[a] for a, b in edges if ranks[b] - ranks[a] > 1}
    return Lanes(tuple(ranks), tuple(levels), passing)


def crossings(lanes: Lanes, edges: Sequence[Edge]) -> int:
    """How often edges cross between neighbouring ranks."""
    steps: dict[int, list[tuple[float, float]]] = {}
    for edge in edges:
        a, b = edge
        for rank in range(lanes.ranks[a], lanes.ranks[b]):
            passing = lanes.passing.get(edge, 0.0)
            start = lanes.lanes[a] if rank == lanes.ranks[a] else passing
            end = lanes.lanes[b] if rank + 1 == lanes.ranks[b] else passing
            steps.setdefault(rank, []).append((start, end))
    return sum(
        (first[0] - second[0]) * (first[1] - second[1]) < 0
        for own in steps.values()
        for k, first in enumerate(own)
        for second in own[:k]
    )


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
    """Lanes of edges that pass ranks: that of one of their ends where nothing stands in it, else a thin one."""
    stands = {(lanes[node], ranks[node]) for node in range(len(ranks))}
    passing: dict[Edge, float] = {}
    for source, target in sorted(edges, key=lambda edge: (ranks[edge[1]] - ranks[edge[0]], edge)):
        first, last = ranks[source] + 1, ranks[target] - 1
        if first > last:
            continue
        lane = None
        for end in (source, target):
            clear = all((lanes[end], rank) not in stands for rank in range(first, last + 1))
            if clear and taken.is_free(lanes[end], first, last, own[end], ("edge", end)):
                lane = lanes[end]
                taken.take(lane, first, last, ("edge", end))
                break
        if lane is None:
            lane = taken.nearest((lanes[source] + lanes[target]) / 2 - 0.01, 0.5, first, last)
            taken.take(lane, first, last, ("edge", source))
        passing[source, target] = lane
    return passing


def _middles(lanes: Lanes, edges: Sequence[Edge], tracks: Sequence[Sequence[int]]) -> list[float]:
    """For every track, the mean lane of what it is joined with."""
    own = {node: k for k, track in enumerate(tracks) for node in track}
    joined: list[list[float]] = [[] for _ in tracks]
    for source, target in edges:
        if own[source] != own[target]:
            joined[own[source]].append(lanes.passing.get((source, target), lanes.lanes[target]))
            joined[own[target]].append(lanes.passing.get((source, target), lanes.lanes[source]))
    return [sum(near) / len(near) if near else 0.0 for near in joined]

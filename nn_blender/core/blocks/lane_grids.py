"""Sets the boxes of a block's children in a grid of ranks and lanes, in one row or several, and draws their routes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..layout.folding import break_rows, rounded, s_curve
from ..layout.lanes import Edge
from ..layout.picture import MAIN, SKIP, Fold, Point, Route
from .boxes import Box
from .plans import ENTRY, EXIT, Plan

GAP, GAP_PER_LANE, MOST_LANES, U_GAP = 0.34, 0.14, 3, 0.30
"""Between ranks: at least, for every lane that a route changes, up to so many; in a U shape."""
LANE_GAP, LEVEL_GAP, LEVEL, THIN_LANE = 0.16, 0.30, 0.85, 0.09
"""Between lanes; between levels of a U shape, and their least distance; half of a lane that only holds routes."""
ROW_GAP, RETURN, SIDE = 0.42, 0.24, 0.25
"""Between rows; how far below a row the way to the next one runs; room beside rows for it."""
BESIDE = 0.12
"""Between two ways from row to row."""
MOST_PITCH, MOST_STRETCH = 3.0, 0.9
"""How much further apart levels of a U shape may be than they need; how much wider gaps may be where there is room."""
MOST_ROWS = 6
ROW_COST, INNER_ROW_COST = 0.93, 0.84
"""By how much everything must get larger for one more row."""
_TWO_COST = 0.93
"""The same for a row that ends where a skip goes on beside the main path."""
_LEVEL = 1e-6
"""Of a route that hardly leaves its line, relative to the scale."""
_JUSTIFIED = 0.62
"""Rows narrower than this, relative to the widest one, are not spread."""


@dataclass(frozen=True)
class _Measures:
    """Sizes of a grid's columns and gaps, in picture units."""

    widths: list[float]
    gaps: list[float]


def fold_of(plan: Plan, boxes: Sequence[Box], scale: float, aspect: float, is_top: bool) -> Fold:
    """The fold with which the children get largest in a frame of that aspect; fewer rows where that hardly differs.

    At the top level and in a U shape gaps are as wide as the frame has room for.
    """
    measures = _measure(plan, boxes, scale, Fold())
    if plan.is_u_shape:
        pitch = _pitch(plan, boxes, scale, aspect, measures)
        return Fold(pitch=pitch, stretch=_stretch(plan, boxes, scale, Fold(pitch=pitch), aspect))
    may = _breaks(plan, 2 if is_top else 1)
    best, most = Fold(), 0.0
    for count in range(1, min(len(may) + 1, MOST_ROWS) + 1):
        for beside in (False, True) if is_top and count > 1 and plan.first_answer < plan.ranks else (False,):
            fold = _fold(plan, measures, may, count, beside=beside)
            if fold is None:
                continue
            width, height = _Grid(plan, boxes, scale, fold, measures).size()
            cost = (ROW_COST if is_top else INNER_ROW_COST) ** (count - 1)
            cost *= _TWO_COST ** sum(len(_going_on(plan, start - 1)) > 1 for start in fold.rows[1:])
            size = min(aspect / width, 1 / height) * cost
            if size > most * (1 + 1e-9):
                best, most = fold, size
    return replace(best, stretch=_stretch(plan, boxes, scale, best, aspect)) if is_top else best


def _fold(plan: Plan, measures: _Measures, may: Sequence[int], count: int, *, beside: bool) -> Fold | None:
    """The fold in so many rows of which the widest is narrowest; None where there are too few breaks."""
    end = plan.first_answer if beside else plan.ranks
    rows = break_rows(measures.widths[:end], measures.gaps[: end - 1], [rank for rank in may if rank < end - 1], count)
    if rows is None:
        return None
    widths = [_width(measures, ranks) for ranks in _ranks_of(rows, end)]
    justified = tuple(count > 1 and width > _JUSTIFIED * max(widths) for width in widths)
    return Fold(rows, justified, beside=beside)


def _pitch(plan: Plan, boxes: Sequence[Box], scale: float, aspect: float, measures: _Measures) -> float:
    """How far apart the levels of a U shape are that is too wide for its height, to fill the frame."""
    _lanes, height = _stack(plan, boxes, scale, range(plan.ranks), Fold())
    room = aspect * height - _width(measures, range(plan.ranks))
    return min(MOST_PITCH, 1 - 1.25 * room / aspect / height) if room < 0 else 1.0


def limited(plan: Plan, boxes: Sequence[Box], scale: float, fold: Fold, aspect: float) -> Fold:
    """A fold with gaps no wider than a frame of that aspect has room for, so that nothing gets smaller by them."""
    return replace(fold, stretch=min(fold.stretch, _stretch(plan, boxes, scale, fold, aspect)))


def _stretch(plan: Plan, boxes: Sequence[Box], scale: float, fold: Fold, aspect: float) -> float:
    """How much can be added to every gap, relative to the scale, while the height decides how large the frame is."""
    fold = replace(fold, stretch=0.0)
    measures = _measure(plan, boxes, scale, fold)
    width, height = _Grid(plan, boxes, scale, fold, measures).size()
    rows = _ranks_of(fold.rows, plan.first_answer if fold.beside else plan.ranks)
    widths = [_width(measures, ranks) for ranks in rows]
    gaps = [sum(measures.gaps[rank] > 0 for rank in ranks[:-1]) + fold.beside for ranks in rows]
    free = aspect * height - width + max(widths)
    rooms = [(free - own) / count for own, count in zip(widths, gaps, strict=True) if count]
    return min(max(min(rooms, default=0.0) / scale, 0.0), MOST_STRETCH)


def _ranks_of(rows: Sequence[int], count: int) -> list[range]:
    return [range(start, end) for start, end in zip(rows, [*rows[1:], count], strict=True)]


def _width(measures: _Measures, ranks: range) -> float:
    return sum(measures.widths[rank] for rank in ranks) + sum(measures.gaps[rank] for rank in ranks[:-1])


def _measure(plan: Plan, boxes: Sequence[Box], scale: float, fold: Fold) -> _Measures:
    ranks, lanes, passing = plan.lanes.ranks, plan.lanes.lanes, plan.lanes.passing
    widths = [0.0] * plan.ranks
    for node, box in enumerate(boxes):
        widths[ranks[node]] = max(widths[ranks[node]], box.width)
    filled = {ranks[node] for node in range(len(boxes))}
    changes = [0.0] * plan.ranks
    for edge in plan.edges:
        a, b = edge
        way = [lanes[a], *([passing[edge]] if edge in passing else []), lanes[b]]
        changes[ranks[a]] = max(changes[ranks[a]], abs(way[1] - way[0]))
        changes[ranks[b] - 1] = max(changes[ranks[b] - 1], abs(way[-1] - way[-2]))
    gaps = []
    for rank in range(plan.ranks - 1):
        gap = U_GAP if plan.is_u_shape else GAP + GAP_PER_LANE * min(changes[rank], MOST_LANES)
        is_gap = rank in filled or rank + 1 in filled
        gaps.append(scale * (gap + fold.stretch) if is_gap else 0.0)
    return _Measures(widths, gaps)


def _going_on(plan: Plan, rank: int) -> list[Edge]:
    """Edges that lead from a rank, or from before it, to the next one or beyond."""
    ranks = plan.lanes.ranks
    return [edge for edge in plan.edges if ranks[edge[0]] <= rank < ranks[edge[1]]]


def _breaks(plan: Plan, most: int) -> list[int]:
    """Ranks after which a row may end: where no more edges go on than so many, from box to box."""
    filled = {plan.lanes.ranks[node] for node, id_ in enumerate(plan.ids) if id_ not in (ENTRY, EXIT)}
    ranks = [rank for rank in range(plan.ranks - 1) if {rank, rank + 1} <= filled]
    return [rank for rank in ranks if len(_going_on(plan, rank)) <= most]


def _stack(
    plan: Plan, boxes: Sequence[Box], scale: float, ranks: range, fold: Fold
) -> tuple[dict[float, float], float]:
    """Where the lanes of a row are, from the row's top down to their lines; and the row's height."""
    needs: dict[float, tuple[float, float]] = {0.0: (0.0, 0.0)}

    def need(lane: float, up: float, down: float) -> None:
        before = needs.get(lane, (0.0, 0.0))
        needs[lane] = max(before[0], up), max(before[1], down)

    for node, lane in enumerate(plan.lanes.lanes):
        if plan.lanes.ranks[node] in ranks:
            need(lane, *((boxes[node].up, boxes[node].down) if node < len(boxes) else (0.0, 0.0)))
    for (a, b), lane in plan.lanes.passing.items():
        if any(plan.lanes.ranks[a] < rank < plan.lanes.ranks[b] for rank in ranks):
            need(lane, THIN_LANE * scale, THIN_LANE * scale)
    if plan.is_u_shape:
        return _interlocked(needs, scale, fold)
    lines: dict[float, float] = {}
    v = 0.0
    for lane in sorted(needs):
        up, down = needs[lane]
        lines[lane] = v + up
        v += up + down + LANE_GAP * scale
    return lines, v - LANE_GAP * scale


def _interlocked(needs: dict[float, tuple[float, float]], scale: float, fold: Fold) -> tuple[dict[float, float], float]:
    """Levels of a U shape have columns of their own: they stand closer than lanes."""
    lines: dict[float, float] = {}
    low = last = 0.0
    for lane in sorted(needs):
        up, down = needs[lane]
        lines[lane] = last + max(up + LEVEL_GAP * scale, LEVEL * scale) * fold.pitch if lines else up
        last = lines[lane]
        low = max(low, last + down)
    return lines, low


def set_in_grid(
    plan: Plan,
    boxes: Sequence[Box],
    scale: float,
    fold: Fold,
    is_tray: Sequence[bool],
    cover: tuple[int, float] = (0, 1.0),
    level_scale: float | None = None,
) -> Box:
    """The boxes of a block's children, answers behind them, at their places, with the routes between them.

    Args:
        is_tray: for each child, whether it is open: no arrow heads end there.
        cover: number of the child that shows the block's cover, and how far the block is open: data enters a closed
            block level with its cover, an open one along its first row.
        level_scale: of routes level with that child into it and out of it, which are there before the others.
    """
    grid = _Grid(plan, boxes, scale, fold, _measure(plan, boxes, scale, fold))
    return grid.box(is_tray, *cover, scale if level_scale is None else level_scale)


class _Grid:
    def __init__(self, plan: Plan, boxes: Sequence[Box], scale: float, fold: Fold, measures: _Measures):
        self._plan, self._boxes, self._scale, self._fold = plan, boxes, scale, fold
        self._end = plan.first_answer if fold.beside else plan.ranks
        self._rows = _ranks_of(fold.rows, self._end)
        self._is_folded = len(self._rows) > 1
        self._row_of = {rank: row for row, ranks in enumerate(self._rows) for rank in ranks}
        self._beside: dict[float, float] = {}
        self._columns: dict[int, tuple[float, float]] = {}
        self._lines: list[dict[float, float]] = []
        self._bottoms: list[float] = []
        self._ports: dict[int, tuple[Point, Point]] = {}
        self._side = (SIDE + BESIDE) * scale if self._is_folded else 0.0
        self._width = self._right = 0.0
        self._height = self._set_columns(measures)

    def size(self) -> tuple[float, float]:
        """Width and height."""
        way_out = self._is_folded and EXIT in self._plan.ids
        return self._width + (0.2 * self._scale if way_out else 0.0), self._height

    def box(self, is_tray: Sequence[bool], cover: int, opened: float, level_scale: float) -> Box:
        total, height = self.size()
        row = self._row_of[self._plan.lanes.ranks[cover]]
        closed = self._line(row, self._plan.lanes.lanes[cover])
        entry = self._line(0, self._plan.lanes.lanes[self._plan.ids.index(ENTRY)] if ENTRY in self._plan.ids else 0.0)
        entry = closed + (entry - closed) * opened
        box = Box(total, entry, height - entry)
        box.has_entry, box.has_exit = ENTRY in self._plan.ids, EXIT in self._plan.ids
        for node, inner in enumerate(self._boxes):
            left, right = self._columns[self._plan.lanes.ranks[node]]
            is_answer = node >= len(self._boxes) - len(self._plan.answers)
            x = left if is_answer else left + (right - left - inner.width) / 2
            v = self._line_of(node)
            box.put(inner, x, v - entry)
            port = self._port_beside(node) if self._plan.lanes.ranks[node] >= self._end else v
            self._ports[node] = (x + inner.inlet, port), (x + inner.outlet, port)
        self._set_ends(total, entry)
        for edge in self._plan.edges:
            route = self._route(edge, entry, is_tray)
            if cover in edge and np.ptp([v for _x, v in route.points]) < _LEVEL * self._scale:
                route = replace(route, scale=level_scale)
            box.routes.append(route)
        return box

    def _line(self, row: int, lane: float) -> float:
        return self._lines[row].get(lane, self._lines[row][0.0])

    def _line_of(self, node: int) -> float:
        rank, lane = self._plan.lanes.ranks[node], self._plan.lanes.lanes[node]
        return self._line(self._row_of[rank], lane) if rank < self._end else self._beside[lane]

    def _port_beside(self, node: int) -> float:
        """How high data enters an answer beside the rows: level with the last row where rows of a board are there."""
        box, v = self._boxes[node], self._line_of(node)
        if len(self._plan.answers) > 1 or self._plan.answers[0].proportions is not None:
            return v
        return min(max(self._line(len(self._rows) - 1, 0.0), v - box.up), v + box.down)

    def _set_columns(self, measures: _Measures) -> float:
        """Places of columns and lanes; the height of all rows, and of what stands beside them."""
        self._width = self._right = max(_width(measures, ranks) for ranks in self._rows) + 2 * self._side
        stacks = [_stack(self._plan, self._boxes, self._scale, ranks, self._fold) for ranks in self._rows]
        behind = range(self._end, self._plan.ranks)
        lines, height = _stack(self._plan, self._boxes, self._scale, behind, self._fold)
        of_rows = sum(own for _lines, own in stacks) + ROW_GAP * self._scale * (len(stacks) - 1)
        total = max(of_rows, height)
        self._set_rows(measures, stacks, (total - of_rows) / 2)
        if behind:
            wanted = self._line(len(self._rows) - 1, 0.0) - lines[0.0]
            top = min(max(wanted, 0.0), total - height)
            self._beside = {lane: top + v for lane, v in lines.items()}
            left = self._width + measures.gaps[self._end - 1]
            self._columns[self._end] = left, left + measures.widths[self._end]
            self._width = self._columns[self._end][1]
        return total

    def _set_rows(self, measures: _Measures, stacks: Sequence[tuple[dict[float, float], float]], top: float) -> None:
        widths = [_width(measures, ranks) for ranks in self._rows]
        for row, (ranks, (lines, height)) in enumerate(zip(self._rows, stacks, strict=True)):
            self._lines.append({lane: top + v for lane, v in lines.items()})
            gaps = sum(measures.gaps[rank] > 0 for rank in ranks[:-1])
            extra = (max(widths) - widths[row]) / gaps if self._fold.justified[row] and gaps else 0.0
            x = self._side
            for rank in ranks:
                self._columns[rank] = x, x + measures.widths[rank]
                gap = measures.gaps[rank] if rank < len(measures.gaps) else 0.0
                x += measures.widths[rank] + (gap + extra if gap else 0.0)
            self._bottoms.append(top + height)
            top += height + ROW_GAP * self._scale

    def _set_ends(self, total: float, entry: float) -> None:
        """Where routes come in at the left edge and go out at the right one."""
        for node, id_ in enumerate(self._plan.ids):
            if id_ == ENTRY:
                self._ports[node] = (0.0, entry), (0.0, entry)
            elif id_ == EXIT:
                end = (total, entry)
                self._ports[node] = end, end

    def _route(self, edge: Edge, entry: float, is_tray: Sequence[bool]) -> Route:
        ids = self._plan.ids
        a, b = edge
        has_head = ids[b] != EXIT and not (b < len(is_tray) and is_tray[b])
        kind = SKIP if edge in self._plan.skips else MAIN
        points = tuple((x, v - entry) for x, v in self._way(edge))
        return Route(ids[a], ids[b], kind, points, self._scale, has_head)

    def _way(self, edge: Edge) -> list[Point]:
        """Level inside columns, curves only in the gaps between them; from row to row like the eye of a reader."""
        a, b = edge
        ranks = self._plan.lanes.ranks
        first, last = self._row_of[ranks[a]], self._row_of.get(ranks[b], len(self._rows) - 1)
        start, end = self._ports[a][1], self._ports[b][0]
        points = [start]
        if a < len(self._boxes) and self._columns[ranks[a]][1] > start[0]:
            points.append((self._columns[ranks[a]][1], start[1]))
        if self._plan.ids[a] == ENTRY and self._is_folded:
            points += s_curve(start, (self._side, self._line(0, self._plan.lanes.lanes[a])))
        for row in range(first, last + 1):
            passed = self._passed(edge, row)
            if passed:
                v = self._passing_line(edge, row)
                points += s_curve(points[-1], (self._columns[passed[0]][0], v))
                points.append((self._columns[passed[-1]][1], v))
            if row < last:
                points = [*points[:-1], *self._way_down(edge, points[-1], row)]
        if b >= len(self._boxes):
            return points + self._way_out(points[-1], end)
        if ranks[b] >= self._end:
            points.append((self._right, points[-1][1]))
        points += s_curve(points[-1], (min(self._columns[ranks[b]][0], end[0]), end[1]))
        return points if points[-1] == end else [*points, end]

    def _passed(self, edge: Edge, row: int) -> list[int]:
        """Ranks of a row that an edge passes."""
        ranks = self._plan.lanes.ranks
        return [rank for rank in self._rows[row] if ranks[edge[0]] < rank < ranks[edge[1]]]

    def _passing_line(self, edge: Edge, row: int) -> float:
        """How high an edge passes ranks of a row: in a thin lane close to what stands in the lane below or above it."""
        lane, passed = self._plan.lanes.passing[edge], self._passed(edge, row)
        near = (LANE_GAP + THIN_LANE) * self._scale
        if below := self._standing(lane + 0.5, passed):
            closest = self._line(row, lane + 0.5) - max(box.up for box in below) - near
            return max(self._line(row, lane), closest)
        if above := self._standing(lane - 0.5, passed):
            return min(self._line(row, lane), self._line(row, lane - 0.5) + max(box.down for box in above) + near)
        return self._line(row, lane)

    def _standing(self, lane: float, ranks: Sequence[int]) -> list[Box]:
        """What stands in some ranks of a lane."""
        lanes = self._plan.lanes
        return [box for node, box in enumerate(self._boxes) if lanes.lanes[node] == lane and lanes.ranks[node] in ranks]

    def _way_down(self, edge: Edge, start: Point, row: int) -> list[Point]:
        """From the end of a row to the beginning of the next one. Of two ways, the lower one is inside the other's."""
        going = sorted(_going_on(self._plan, self._rows[row][-1]), key=lambda other: -self._leaving_line(other, row))
        turn, turns = going.index(edge) * BESIDE * self._scale, (len(going) - 1) * BESIDE * self._scale
        right = max(self._columns[rank][1] for rank in self._rows[row]) + 0.18 * self._scale + turn
        left, v = 0.05 * self._scale + turn, self._bottoms[row] + RETURN * self._scale + turn - turns / 2
        target = self._entering_line(edge, row + 1)
        corners = [start, (right, start[1]), (right, v), (left, v), (left, target), (self._side, target)]
        return rounded(corners, 0.16 * self._scale)

    def _leaving_line(self, edge: Edge, row: int) -> float:
        return self._passing_line(edge, row) if self._passed(edge, row) else self._ports[edge[0]][1][1]

    def _entering_line(self, edge: Edge, row: int) -> float:
        return self._passing_line(edge, row) if self._passed(edge, row) else self._ports[edge[1]][0][1]

    def _way_out(self, start: Point, end: Point) -> list[Point]:
        """To the right edge; from the last row up again to the line of the first one, to the right of everything."""
        if not self._is_folded:
            return s_curve(start, end)
        if abs(start[1] - end[1]) < 1e-9:
            return [end]
        right = self._width + 0.1 * self._scale
        return rounded([start, (right, start[1]), (right, end[1]), end], 0.08 * self._scale)[1:]

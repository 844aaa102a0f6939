"""Ranks and lanes of graphs, rows of long lines, and widths of text."""

from __future__ import annotations

import pytest

from nn_blender.core.layout.folding import break_rows, rounded, s_curve
from nn_blender.core.layout.lanes import crossings, find_lanes, find_ranks
from nn_blender.core.layout.lettering import SHORTEST_NAME, cut_name, text_width


def test_ranks_follow_the_edges_and_inputs_stand_before_what_reads_them():
    edges = [(0, 1), (1, 2), (3, 2), (2, 4)]
    assert find_ranks(5, edges) == [0, 1, 2, 1, 3]
    assert find_ranks(5, edges, at_start=[3]) == [0, 1, 2, 0, 3]
    assert find_ranks(3, [(0, 1)], at_end=[1]) == [0, 1, 0]


def test_the_heaviest_way_is_straight_and_branches_lie_beside_it():
    # From 0 over 1 and 2, over 3, or over 4 to 5, and past all of them.
    edges = [(0, 1), (1, 2), (2, 5), (0, 3), (3, 5), (0, 4), (4, 5), (0, 5)]
    ranks = find_ranks(6, edges)
    found = find_lanes(ranks, edges, [1.0] * 6, [5])
    assert [found.lanes[node] for node in (0, 1, 2, 5)] == [0.0] * 4
    assert {found.lanes[3], found.lanes[4]} == {-1.0, 1.0}
    # A branch goes on in its own lane; what passes everything has a thin one.
    assert found.passing[3, 5] == found.lanes[3]
    assert found.passing[0, 5] % 1 == 0.5
    assert crossings(found, edges) == 0


def test_branches_are_ordered_so_that_they_do_not_cross():
    # Three ways of two nodes each, listed crosswise.
    edges = [(0, 1), (0, 2), (0, 3), (1, 6), (2, 5), (3, 4), (4, 7), (5, 7), (6, 7)]
    found = find_lanes(find_ranks(8, edges), edges, [1.0] * 8, [7])
    assert crossings(found, edges) == 0
    assert [found.lanes[a] == found.lanes[b] for a, b in ((1, 6), (2, 5), (3, 4))] == [True] * 3


def test_branches_between_the_same_nodes_stand_in_their_order_whatever_they_weigh():
    edges = [(0, node) for node in range(1, 6)] + [(node, 6) for node in range(1, 6)]
    lanes = find_lanes(find_ranks(7, edges), edges, [1, 3, 6, 9, 12, 15, 1])
    assert list(lanes.lanes[1:6]) == sorted(lanes.lanes[1:6])
    assert len(set(lanes.lanes[1:6])) == 5
    assert lanes.lanes[0] == lanes.lanes[6] == 0.0


def test_rows_break_where_the_widest_gets_narrowest():
    assert break_rows([1, 1, 1, 1], [0.5, 0.5, 0.5], [0, 1, 2], 2) == (0, 2)
    assert break_rows([4, 1, 1, 1], [0, 0, 0], [0, 1, 2], 2) == (0, 1)
    assert break_rows([4, 1, 1, 1], [0, 0, 0], [2], 2) == (0, 3)
    assert break_rows([1, 1], [0], [], 2) is None
    assert break_rows([1, 1], [0], [0], 1) == (0,)


def test_curves_and_corners_keep_their_ends():
    curve = s_curve((0.0, 0.0), (1.0, 2.0))
    assert curve[-1] == (1.0, 2.0)
    assert [v for _x, v in curve] == sorted(v for _x, v in curve)
    assert s_curve((0.0, 1.0), (1.0, 1.0)) == [(1.0, 1.0)]
    corner = rounded([(0.0, 0.0), (1.0, 0.0), (1.0, 1.0)], 0.25)
    assert (corner[0], corner[-1]) == ((0.0, 0.0), (1.0, 1.0))
    assert all(x <= 1 and v >= 0 for x, v in corner)


def test_long_names_lose_their_middle():
    assert text_width("ill", 2.0) == pytest.approx(2 * text_width("ill", 1.0))
    assert text_width("mm", 1.0) > text_width("ii", 1.0)
    assert cut_name("conv1", 1.0, 0.1) == "conv1"
    short = cut_name("separable_conv2d_transpose_12", 1.0, 6.0)
    assert short.startswith("se")
    assert short.endswith("12")
    assert "…" in short
    assert text_width(short, 1.0) <= 6.0 or len(short) == SHORTEST_NAME

"""What a closed block shows: chosen neurons, cells that do not touch, and how strongly pages glow."""

from __future__ import annotations

import numpy as np
import pytest

from nn_blender.core.blocks.covers import (
    FEWEST_NUMBERS,
    MOST_MAPS,
    MOST_NUMBERS,
    MOST_PAGES,
    CoverGrid,
    graded_neurons,
    map_grid,
    number_grid,
    page_glow,
    page_layers,
    page_span,
    strongest_neurons,
)


def check_cells(cover: tuple[float, float], grid: CoverGrid) -> None:
    """All cells and the text are on the cover and do not touch each other."""
    boxes = [(x, z, *grid.cell) for x, z in grid.centres.tolist()] + ([grid.text] if grid.text else [])
    for number, (x, z, width, height) in enumerate(boxes):
        assert abs(x) + width / 2 <= cover[0] / 2
        assert height / 2 <= z <= cover[1] - height / 2
        for other_x, other_z, other_width, other_height in boxes[:number]:
            apart = abs(x - other_x) - (width + other_width) / 2, abs(z - other_z) - (height + other_height) / 2
            assert max(apart) > -1e-5


@pytest.mark.parametrize("neurons", [1, 2, 7, 16, 17, 2048])
@pytest.mark.parametrize("aspect", [1.0, 4.0, 0.25, 40.0])
def test_cells_of_maps_are_apart_and_of_their_proportions(neurons: int, aspect: float) -> None:
    grid = map_grid((4.0, 4.0), neurons, aspect)
    check_cells((4.0, 4.0), grid)
    assert grid.cell[0] / grid.cell[1] == pytest.approx(aspect)
    assert (grid.count, grid.text is None) == ((neurons, True) if neurons <= MOST_MAPS else (MOST_MAPS - 1, False))


def test_sixteen_square_maps_stand_four_by_four() -> None:
    grid = map_grid((2.0, 2.0), 16, 1.0)
    assert len({round(float(x), 5) for x, _ in grid.centres}) == len({round(float(z), 5) for _, z in grid.centres}) == 4


@pytest.mark.parametrize("neurons", [1, 7, 40, 41, 1000])
@pytest.mark.parametrize("cover", [(1.2, 4.0), (1.84, 4.0), (4.0, 4.0)])
def test_cells_of_neurons_are_apart_and_square(neurons: int, cover: tuple[float, float]) -> None:
    grid = number_grid(cover, neurons)
    check_cells(cover, grid)
    assert grid.cell[0] == grid.cell[1]
    if neurons <= MOST_NUMBERS:
        assert (grid.count, grid.text) == (neurons, None)
    else:
        assert FEWEST_NUMBERS <= grid.count <= MOST_NUMBERS
        assert grid.text is not None


def test_neurons_that_are_not_drawn_are_told_as_further_ones() -> None:
    for make in (lambda drawn: map_grid((4.0, 4.0), 12, 1.0, drawn), lambda drawn: number_grid((4.0, 4.0), 12, drawn)):
        assert (make(12).count, make(12).text) == (12, None)
        assert make(5).count == 5
        assert make(5).text is not None


def test_a_text_has_room_where_it_is_as_high_as_its_row() -> None:
    narrow, wide, all_shown = number_grid((0.46, 1.0), 112), number_grid((1.0, 1.0), 112), number_grid((1.0, 1.0), 12)
    assert [grid.has_room("+80") for grid in (narrow, wide, all_shown)] == [True, True, False]
    assert [grid.has_room("+80 more") for grid in (narrow, wide, all_shown)] == [False, True, False]


def test_strongest_neurons_are_those_of_the_largest_magnitude_and_what_is_not_finite() -> None:
    values = np.random.default_rng(1).normal(size=(5, 60)).astype(np.float32)
    chosen = strongest_neurons(values, 15)
    for row, own in zip(values, chosen, strict=True):
        assert own.tolist() == sorted(own.tolist())
        assert np.abs(row[own]).min() >= np.delete(np.abs(row), own).max()
    values[2, [40, 50]] = np.nan, -np.inf
    assert {40, 50} <= set(strongest_neurons(values, 15)[2].tolist())
    assert np.array_equal(strongest_neurons(values, 15)[[0, 1, 3, 4]], chosen[[0, 1, 3, 4]])


def test_graded_neurons_reach_from_the_strongest_to_the_weakest_in_equal_steps() -> None:
    values = np.random.default_rng(1).normal(size=(5, 60)).astype(np.float32)
    chosen = graded_neurons(values, 15)
    for row, own in zip(values, chosen, strict=True):
        assert own.tolist() == sorted(own.tolist())
        ranks = sorted(np.argsort(np.argsort(-np.abs(row), kind="stable"))[own].tolist())
        assert (ranks[0], ranks[-1]) == (0, 59)
        assert set(np.diff(ranks)) <= {4, 5}
    assert graded_neurons(values, 60).tolist() == graded_neurons(values, 99).tolist() == [list(range(60))] * 5
    values[2, 40] = np.nan
    assert 40 in graded_neurons(values, 15)[2]


@pytest.mark.parametrize("layers", [1, 3, 26, 27, 243])
def test_every_layer_is_in_one_page(layers: int) -> None:
    pages = page_layers(layers)
    assert [layer for page in pages for layer in range(layers)[page]] == list(range(layers))
    assert len(pages) == min(layers, MOST_PAGES)
    sizes = [page.stop - page.start for page in pages]
    assert max(sizes) - min(sizes) <= 1


def test_pages_glow_by_the_logarithm_between_the_percentiles() -> None:
    means = 10.0 ** np.random.default_rng(2).normal(-1, 1, 200)
    low, high = np.percentile(np.log10(means), [8, 95])
    assert page_span(means) == pytest.approx((low, high))
    expected = 0.14 + 0.62 * np.clip((np.log10(means) - low) / (high - low), 0, 1)
    np.testing.assert_allclose(page_glow(means, (low, high)), expected)


def test_what_is_not_finite_does_not_change_how_other_pages_glow() -> None:
    means = np.array([0.0, 1.0, 10.0, 100.0])
    odd = np.array([*means, np.nan, np.inf])
    span = page_span(odd)
    assert span == page_span(means)
    glow = page_glow(odd, span)
    assert np.isnan(glow).tolist() == [False, False, False, False, True, True]
    assert glow[0] == 0.14
    assert page_span(np.array([np.nan])) == (0.0, 0.0)

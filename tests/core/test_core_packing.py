"""Feature maps in 8-bit pictures: what is packed as described comes out as it went in, to the 8-bit step."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from nn_blender.core.maps.packing import (
    HIGHEST_LEVEL,
    PLANES,
    Atlas,
    AtlasLayout,
    are_missing,
    as_pairs,
    cut_cell,
    to_alpha,
    to_levels,
    to_values,
)

HEIGHT, WIDTH, NEURONS, SAMPLES = 3, 4, 5, 8
LAYOUTS = [
    AtlasLayout(columns=3, rows=2, blocks_across=2, blocks_down=2, cell_height=HEIGHT, cell_width=WIDTH, planes=PLANES),
    AtlasLayout(columns=3, rows=2, blocks_across=3, blocks_down=3, cell_height=HEIGHT, cell_width=WIDTH),
]


def made_maps() -> np.ndarray:
    """Float32 (samples, height, width, neurons) of very different ranges, with NaN and both infinities in some."""
    generator = np.random.default_rng(5)
    maps = generator.normal(size=(SAMPLES, HEIGHT, WIDTH, NEURONS)) * 10.0 ** np.arange(-3, 2)
    maps[2, ..., 1] = 0.75
    for sample, value in ((0, np.nan), (1, np.inf), (2, -np.inf), (4, np.nan), (5, np.inf)):
        maps[sample, sample % HEIGHT, :2, sample % NEURONS] = value
    # Not finite in all samples of a block.
    maps[3:6, 0, 0, 4] = np.nan
    return maps.astype(np.float32)


def pack(maps: np.ndarray, layout: AtlasLayout) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The picture, uint8 (height, width, 4), and low and high of every cell, float32 (samples, neurons) each."""
    finite = np.isfinite(maps)
    low = np.where(finite, maps, np.inf).min(axis=(1, 2))
    high = np.where(finite, maps, -np.inf).max(axis=(1, 2))
    pixels = np.zeros((*layout.size, 4), np.uint8)
    missing = np.zeros(layout.size, np.uint8)
    for sample, one in enumerate(maps):
        levels = to_levels(np.where(finite[sample], one, low[sample]), low[sample], high[sample])
        place, plane = layout.block(sample), layout.plane(sample)
        channels = plane if layout.planes > 1 else slice(3)
        pixels[place][..., channels] = layout.in_grid(levels)[..., *[np.newaxis] * (layout.planes == 1)]
        missing[place] |= layout.in_grid(~finite[sample]).astype(np.uint8) << plane
    pixels[..., 3] = to_alpha(missing, layout.planes)
    return pixels, low, high


@pytest.mark.parametrize("layout", LAYOUTS, ids=["three planes", "one plane"])
def test_packed_maps_come_out_as_they_went_in(layout: AtlasLayout) -> None:
    maps = made_maps()
    pixels, low, high = pack(maps, layout)
    for sample in range(SAMPLES):
        for neuron in range(NEURONS):
            cell, wanted = cut_cell(pixels, layout, sample, neuron), maps[sample, ..., neuron]
            assert cell.shape == (HEIGHT, WIDTH, 4)
            finite = np.isfinite(wanted)
            np.testing.assert_array_equal(cell[..., 3], np.where(finite, 255, 0))
            ends = float(low[sample, neuron]), float(high[sample, neuron])
            half_a_step = (ends[1] - ends[0]) / HIGHEST_LEVEL * 0.501
            for channel in range(3):
                values = to_values(cell[..., channel], *ends)
                np.testing.assert_allclose(values[finite], wanted[finite], rtol=1e-6, atol=half_a_step)


def test_every_level_stands_for_a_value_of_its_own() -> None:
    levels = np.arange(256, dtype=np.uint8)
    for low, high in ((0.0, 1.0), (-3.25, 8.5), (-1e-12, 2e-12), (-3e38, 3e38), (0.0, 1e-38)):
        values = to_values(levels, low, high).astype(np.float32)
        assert (values[0], values[-1]) == (np.float32(low), np.float32(high))
        np.testing.assert_array_equal(to_levels(values, np.float32(low), np.float32(high)), levels)


@pytest.mark.parametrize("planes", [1, PLANES])
def test_alpha_tells_every_plane_by_itself(planes: int) -> None:
    missing = np.arange(1 << planes, dtype=np.uint8)
    alpha = to_alpha(missing, planes)
    assert alpha[0] == 255
    assert alpha[-1] == 0
    assert len(set(alpha.tolist())) == len(missing)
    for plane in range(planes):
        np.testing.assert_array_equal(are_missing(alpha, plane, planes), missing >> plane & 1)


@pytest.mark.parametrize("layout", LAYOUTS, ids=["three planes", "one plane"])
def test_cells_neither_overlap_nor_leave_the_picture(layout: AtlasLayout) -> None:
    taken = np.zeros((*layout.size, layout.planes), int)
    for sample in range(SAMPLES):
        for neuron in range(NEURONS):
            rows, columns = layout.cell(sample, neuron)
            cell = taken[rows, columns, layout.plane(sample)]
            assert cell.shape == (HEIGHT, WIDTH)
            cell += 1
    assert taken.max() == 1
    assert taken.sum() == SAMPLES * NEURONS * HEIGHT * WIDTH


def test_cells_that_are_not_there_are_none() -> None:
    layout = LAYOUTS[0]
    pixels = np.zeros((*layout.size, 4), np.uint8)
    for sample, neuron in ((-1, 0), (0, -1), (0, 6), (12, 0)):
        assert cut_cell(pixels, layout, sample, neuron) is None
    assert cut_cell(pixels, layout, 11, 5) is not None


def test_ranges_become_pairs() -> None:
    ranges = np.arange(12, dtype=np.float32).reshape(2, 3, 2)
    pairs = as_pairs(ranges)
    assert pairs.flags["C_CONTIGUOUS"]
    assert pairs[2, 1].tolist() == [ranges[0, 2, 1], ranges[1, 2, 1]]


def test_a_description_survives_json() -> None:
    atlas = Atlas.of(LAYOUTS[0], layer="conv", file="a.png", low=-1.0, high=2.0, ranges="a.npy")
    assert Atlas.from_dict(atlas.to_dict()) == atlas
    assert {field.name for field in dataclasses.fields(AtlasLayout)} < atlas.to_dict().keys()

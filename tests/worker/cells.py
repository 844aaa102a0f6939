"""Cuts atlases up as `core.maps.packing` describes them."""

from __future__ import annotations

import numpy as np
from PIL import Image


def cell(levels, atlas, sample, neuron):
    """One neuron's map of one sample, cut out as `core.maps.packing` describes it."""
    block, plane = divmod(sample, atlas.planes)
    block_row, block_column = divmod(block, atlas.blocks_across)
    row, column = divmod(neuron, atlas.columns)
    top = (block_row * atlas.rows + row) * atlas.cell_height
    left = (block_column * atlas.columns + column) * atlas.cell_width
    found = levels[top : top + atlas.cell_height, left : left + atlas.cell_width]
    return found if atlas.planes == 1 else found[..., plane]


def read(worker, atlas):
    return np.asarray(Image.open(worker.folder / atlas.file))


def assert_shows(worker, atlas, maps):
    """Every cell holds (samples, height, width, neurons) over its own range, to the 8-bit step."""
    levels, (lows, highs) = read(worker, atlas), np.load(worker.folder / atlas.ranges)
    scale = max(np.abs(maps).max(), 1e-30)
    np.testing.assert_allclose(lows, maps.min(axis=(1, 2)), atol=1e-5 * scale)
    np.testing.assert_allclose(highs, maps.max(axis=(1, 2)), atol=1e-5 * scale)
    assert (atlas.low, atlas.high) == (lows.min(), highs.max())
    for sample in range(len(maps)):
        for neuron in range(maps.shape[-1]):
            step = (highs[sample, neuron] - lows[sample, neuron]) / 255
            shown = lows[sample, neuron] + cell(levels, atlas, sample, neuron).astype(float) * step
            assert np.abs(shown - maps[sample, :, :, neuron]).max() <= step * 0.51 + 2e-5 * scale

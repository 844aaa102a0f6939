"""Where blocks stand while they are closed, in one row and in others."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from nn_blender.core.blocks.blocks import block_of
from nn_blender.core.blocks.placing import place_blocks
from nn_blender.core.layout.layout import Place
from nn_blender.core.layout.row import lay_out


def rows_and_lanes(network):
    """The network's row, with its first half in two lanes and its second half below it, the other way round."""
    row = lay_out(network)
    slabs, half = list(row.layers.values()), len(row.layers) // 2
    lanes = [replace(slab, y=6.0 * (-1) ** k) for k, slab in enumerate(slabs[:half])]
    below = [replace(slab, x=slabs[half].x - slab.x, y=-30.0, z=2.0) for slab in slabs[half:]]
    return replace(row, layers=dict(zip(row.layers, lanes + below, strict=True)))


def test_a_closed_block_stands_around_its_slabs_wherever_they_are(known_network):
    network = known_network("vgg16")
    layout = rows_and_lanes(network)
    blocks = (block_of("above", network.layers[:11]), block_of("below", network.layers[11:]))
    for block, place in zip(blocks, place_blocks(blocks, layout), strict=True):
        assert place.closed == Place.around([layout.layers[path] for path in block.layers])
        assert list(place.parts) == list(block.layers)
        parts = list(place.parts.values())
        assert all(part.depth > 0 for part in parts)
        assert all(before.high[0] == pytest.approx(after.low[0]) for before, after in pairwise(parts))
        for part in parts:
            sides = (part.y, part.z, part.width, part.height)
            assert sides == pytest.approx((place.closed.y, place.closed.z, place.closed.width, place.closed.height))
        assert parts[0].low == pytest.approx(place.closed.low)
        assert parts[-1].high == pytest.approx(place.closed.high)


def test_a_closed_block_stands_where_the_layout_says(known_network):
    network = known_network("vgg16")
    closed = Place(-40.0, 7.0, 3.0, 2.0, 2.5, 0.8)
    layout = replace(lay_out(network), blocks={"all": closed})
    (place,) = place_blocks([block_of("all", network.layers)], layout)
    assert place.closed == closed
    assert Place.around(place.parts.values()).low == pytest.approx(closed.low)
    assert Place.around(place.parts.values()).high == pytest.approx(closed.high)
    ends = [part.low[0] for part in place.parts.values()]
    assert ends == sorted(ends)


def test_layers_are_as_far_from_each_other_as_the_way_that_joins_them_is_long(known_network):
    network = known_network("vgg16")
    row = lay_out(network)
    blocks = [block_of("all", network.layers)]
    (in_row,) = place_blocks(blocks, row)
    slabs = list(row.layers.values())
    distance = (slabs[-1].x - slabs[0].x) / (len(slabs) - 1)
    assert in_row.pitch <= distance
    # Far apart in another direction, slabs still are as far from each other.
    turned = {path: replace(slab, x=0.0, y=slab.x) for path, slab in row.layers.items()}
    (across,) = place_blocks(blocks, replace(row, layers=turned))
    assert across.pitch == pytest.approx(in_row.pitch)

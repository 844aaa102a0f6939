"""Where slabs and neurons stand."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from nn_blender.core.layout.grids import map_side
from nn_blender.core.layout.layout import Layout
from nn_blender.core.layout.row import lay_out
from nn_blender.core.network import Layer, Network, TensorSpec

IMAGE = ("height", "width", "channel")


def network(*shapes: tuple[int, ...]) -> Network:
    layers = tuple(
        Layer(f"layer_{i}", "Any", shape, IMAGE if len(shape) == 3 else ("unit",), 0) for i, shape in enumerate(shapes)
    )
    return Network("n", "", "", layers, (TensorSpec("input", (28, 28, 1)),), (layers[-1].path,), 0)


def layout(*shapes: tuple[int, ...]) -> Layout:
    return lay_out(network(*shapes))


def test_layers_stand_one_behind_the_other() -> None:
    places = layout((26, 26, 16), (13, 13, 16), (5, 5, 64), (1600,), (10,)).layers.values()
    ends = [(place.x - 0.05, place.x + 0.05) for place in places]
    assert all(before[1] < after[0] for before, after in pairwise(ends))


@pytest.mark.parametrize("shape", [(26, 26, 16), (7, 7, 2048), (68, 24, 32), (1,), (10,), (1000,), (4096,), (25088,)])
def test_every_neuron_has_a_place_of_its_own_on_its_slab(shape: tuple[int, ...]) -> None:
    (place,) = layout(shape).layers.values()
    positions = place.sphere_positions()
    assert positions.shape == (shape[-1], 3)
    assert positions.dtype == np.float32
    assert len(np.unique(positions.round(5), axis=0)) == len(positions)
    radius = place.grid.radius
    assert np.abs(positions[:, 1]).max() + radius <= place.width / 2 + 1e-4
    assert positions[:, 2].min() - radius >= -1e-4
    assert positions[:, 2].max() + radius <= place.height + 1e-4
    assert (positions[:, 0] + radius < place.front).all()


@pytest.mark.parametrize("shape", [(26, 26, 16), (7, 7, 2048), (68, 24, 32)])
def test_maps_keep_their_proportions_and_do_not_overlap(shape: tuple[int, ...]) -> None:
    (place,) = layout(shape).layers.values()
    width, height = place.grid.card
    assert width / height == pytest.approx(shape[1] / shape[0])
    assert width < place.grid.pitch[0]
    assert height < place.grid.pitch[1]


def test_strips_are_thick_enough_to_be_seen_and_lie_below_each_other() -> None:
    layers = (Layer("series", "Conv1D", (400, 12), ("time", "channel"), 0),)
    (place,) = lay_out(Network("n", "", "", layers, (), ("series",), 0)).layers.values()
    width, height = place.grid.card
    assert (place.grid.columns, place.grid.rows) == (1, 12)
    assert height > 0.1
    assert width > 10 * height
    assert height < place.grid.pitch[1]


def test_neurons_are_in_reading_order_for_someone_who_looks_along_the_data() -> None:
    (place,) = layout((64,)).layers.values()
    positions = place.sphere_positions()
    assert positions[0, 1] > positions[7, 1]
    assert positions[0, 2] > positions[8, 2]
    assert positions[8, 1] == pytest.approx(positions[0, 1])


def test_a_thousand_units_and_ten_are_both_legible() -> None:
    thousand, ten = layout((1000,), (10,)).layers.values()
    assert thousand.height < 4 * ten.height
    assert thousand.grid.radius > 0.05
    assert ten.grid.columns == 1


def test_larger_outputs_have_larger_slabs() -> None:
    sizes = [layout((units,)).slabs[1].height for units in (64, 256, 1024, 4096, 25088)]
    assert sizes == sorted(sizes)
    assert map_side(26, 26) > map_side(13, 13) > map_side(5, 5)


def test_a_deep_network_stands_closer_together() -> None:
    shallow = layout(*[(28, 28, 16)] * 10)
    deep = layout(*[(28, 28, 16)] * 100)
    assert deep.length / 100 < 0.5 * shallow.length / 10
    gaps = np.diff([place.x for place in deep.layers.values()])
    assert gaps.min() > 0.3


def test_a_layer_without_neurons_has_a_slab_all_the_same() -> None:
    layers = (Layer("odd", "Mystery", (-1, -1), ("time", "head"), 0),)
    (place,) = lay_out(Network("n", "", "", layers, (), ("odd",), 0)).layers.values()
    assert place.width >= 1
    assert place.height >= 1
    assert place.sphere_positions().shape == (0, 3)


def test_spheres_of_wide_layers_nearly_touch_and_those_of_narrow_ones_leave_room() -> None:
    grids = [layout((units,)).slabs[1].grid for units in (64, 1000, 4096, 25088, 150_000)]
    filled = [grid.radius / grid.pitch[0] for grid in grids]
    assert filled[:2] == pytest.approx([0.36, 0.36])
    assert 0.36 < filled[2] < 0.46
    assert filled[3:] == pytest.approx([0.46, 0.46])
    assert all(abs(grid.columns - grid.rows) <= 1 for grid in grids)


def test_a_map_of_one_position_is_no_larger_than_its_sphere_can_show() -> None:
    (place,) = layout((1, 1, 3840)).layers.values()
    assert place.grid.radius == pytest.approx(0.4 * min(place.grid.card))
    assert place.grid.pitch[0] < 1.3 * place.grid.card[0]


@pytest.mark.parametrize("shape", [(16, 4096), (64, 256), (400, 1000)])
def test_many_strips_make_a_nearly_square_face(shape: tuple[int, ...]) -> None:
    layers = (Layer("series", "Conv1D", shape, ("time", "channel"), 0),)
    (place,) = lay_out(Network("n", "", "", layers, (), ("series",), 0)).layers.values()
    assert 2 / 3 < place.width / place.height < 3 / 2


def test_a_very_deep_network_is_not_endless() -> None:
    shapes = [(28, 28, 256)] * 800
    very_deep = layout(*shapes)
    assert very_deep.length < 2.2 * layout(*shapes[:180]).length
    assert np.diff([place.x for place in very_deep.layers.values()]).min() > 0.3

"""Where slabs and neurons stand."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import combinations, pairwise

import numpy as np
import pytest

from nn_blender.core.errors import UserError
from nn_blender.core.layout.grids import map_side
from nn_blender.core.layout.layout import Layout, Place, layout_from_dict
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


def with_ends(inputs: int, outputs: int) -> Network:
    """Two layers, the last of which are outputs, and so many inputs."""
    specs = tuple(TensorSpec(f"input_{k}", (28, 28 - 4 * k, 1)) for k in range(inputs))
    layers = tuple(Layer(f"dense_{k}", "Dense", (10 + k,), ("unit",), 0) for k in range(3))
    return Network("n", "", "", layers, specs, tuple(layer.path for layer in layers[-outputs:]), 0)


def overlap(one: Place, other: Place) -> bool:
    return bool((np.less(one.low, other.high) & np.less(other.low, one.high)).all())


def test_every_input_and_every_output_has_a_place_of_its_own() -> None:
    found = lay_out(with_ends(3, 3))
    assert list(found.inputs) == ["input_0", "input_1", "input_2"]
    assert list(found.outputs) == ["dense_0", "dense_1", "dense_2"]
    places = [*found.inputs.values(), *found.layers.values(), *found.outputs.values()]
    assert not any(overlap(one, other) for one, other in combinations(places, 2))
    assert found.input is found.inputs["input_0"]
    assert found.output is found.outputs["dense_0"]


def test_further_inputs_move_nothing_else() -> None:
    one, many = lay_out(with_ends(1, 3)), lay_out(with_ends(3, 3))
    assert many.input == one.input
    assert many.layers == one.layers
    assert many.output == one.output
    assert many.bounds.high[1] == max(place.high[1] for place in many.inputs.values()) > one.bounds.high[1]
    assert many.bounds.low == one.bounds.low


def test_the_board_of_an_answer_is_seen_past_all_slabs_before_it() -> None:
    found = layout((26, 26, 16), (1600,), (10,))
    board, angle = found.output, found.view_angle
    right = np.array([np.sin(angle), -np.cos(angle)])
    edge = right @ (board.low[0], board.high[1])
    for slab in found.slabs:
        assert max(right @ (slab.x, y) for y in (slab.low[1], slab.high[1])) < edge


def test_a_layout_survives_json() -> None:
    known = with_ends(2, 2)
    found = replace(lay_out(known), blocks={"all": Place(1.0, 2.0, 3.0, 4.0, 5.0, 6.0)})
    assert layout_from_dict(json.loads(json.dumps(found.to_dict())), known) == found


def test_places_that_do_not_fit_the_network_are_refused() -> None:
    known = with_ends(1, 1)
    good = json.loads(json.dumps(lay_out(known).to_dict()))
    without = {path: slab for path, slab in good["layers"].items() if path != "dense_1"}
    odd = {**good["layers"], "dense_1": {**good["layers"]["dense_1"], "x": "far"}}
    for bad in (None, [], {}, {**good, "layers": without}, {**good, "layers": odd}, {**good, "inputs": {}}):
        with pytest.raises(UserError) as caught:
            layout_from_dict(bad, known)
        assert caught.value.code == "layout.unreadable"


def in_lanes() -> Layout:
    """The layers of `network`, each with its slab in a lane or row of its own but the last one."""
    found = layout(*[(28, 28, 16)] * 4)
    ends = zip(found.layers.values(), (9.0, -9.0, 0.0, 0.0), (0.0, 0.0, 8.0, 8.0), strict=True)
    moved = [replace(slab, y=y, z=z) for slab, y, z in ends]
    return replace(found, layers=dict(zip(found.layers, moved, strict=True)))


def test_only_slabs_in_the_same_lane_and_row_take_each_others_room() -> None:
    rooms, slabs = in_lanes().rooms, in_lanes().slabs
    assert rooms[:3] == (np.inf, np.inf, np.inf)
    assert rooms[3] == rooms[4] == pytest.approx(slabs[4].x - slabs[3].x)


def test_bounds_hold_every_slab_and_every_closed_block() -> None:
    found = replace(in_lanes(), blocks={"apart": Place(0.0, 30.0, -2.0, 2.0, 2.0, 50.0)})
    assert all(np.greater_equal(place.low, found.bounds.low).all() for place in found.slabs)
    assert all(np.less_equal(place.high, found.bounds.high).all() for place in found.slabs)
    assert found.bounds.z == -2.0
    assert found.bounds.high[1] == pytest.approx(31.0)
    assert found.bounds.depth == pytest.approx(50.0)


def test_the_way_before_a_place_ends_beyond_the_rows_that_cross_it() -> None:
    found = in_lanes()
    assert found.free_before(found.input, 0.1) == found.input.low[1]
    beside = found.layers["layer_1"]
    assert found.free_before(found.input, beside.x) == beside.low[1]

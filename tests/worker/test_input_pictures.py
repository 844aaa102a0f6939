"""How samples of every kind of input look, in previews and in the scene."""

from __future__ import annotations

import numpy as np
import pytest
from cells import cell, read

from nn_blender.core.inputs.pictures import GAP, heat
from nn_blender.core.maps.packing import Atlas


def preview(worker, folder, kind, array, shape=None, dtype="float32"):
    """The atlas of an array's samples, its pixels, and the answer."""
    np.save(folder / "x.npy", array)
    count = len(array)
    values = [{"name": str(k), "values": [{"file": str(folder / "x.npy"), "index": k}]} for k in range(count)]
    answer = worker.ask(
        "preview",
        samples=values,
        input={"name": "in", "kind": kind, "reason": "", "preprocessing": None},
        spec={"name": "in", "shape": list(shape or array.shape[1:]), "dtype": dtype},
    )
    atlas = Atlas.from_dict(answer["atlas"])
    return atlas, read(worker, atlas), answer


def test_a_sequence_is_features_over_time_in_the_colours_of_its_range(warm_worker, tmp_path):
    array = np.float32([[[0, -4], [2, 1], [np.nan, 3]], [[4, 0], [1, 1], [1, 1]]])
    atlas, pixels, answer = preview(warm_worker, tmp_path, "sequence", array)
    assert (atlas.cell_height, atlas.cell_width, atlas.channels) == (2, 3, 3)
    assert (answer["low"], answer["high"]) == (-4, 4)
    for k, sample in enumerate(array):
        expected = heat(sample.T[..., np.newaxis], np.float32(-4), np.float32(4))
        assert np.array_equal(cell(pixels[..., :3], atlas, k, 0), expected)
    assert cell(pixels[..., 3], atlas, 0, 0).tolist() == [[255, 255, 0], [255, 255, 255]]


def test_one_number_per_step_is_a_curve(warm_worker, tmp_path):
    array = np.float32(100 * np.sin(np.arange(200) / 20))[np.newaxis, :, np.newaxis]
    atlas, pixels, _ = preview(warm_worker, tmp_path, "sequence", array)
    shown = cell(pixels[..., :3], atlas, 0, 0)
    assert shown.shape == (48, 200, 3)
    is_lit = np.abs(shown.astype(int) - (20, 24, 31)).sum(axis=2) > 8
    values = array[0, :, 0]
    height = float(values.max() - values.min()) / 47
    for step in (10, 31, 94, 110, 157):
        lit = np.flatnonzero(is_lit[:, step])
        places = values.max() - lit * height
        end = places[0] if values[step] > 0 else places[-1]
        assert end == pytest.approx(values[step], abs=height)
        assert abs(places[-1] if values[step] > 0 else places[0]) <= height * 1.5
    # Above 0 it is orange, below it blue.
    assert shown[0, 31, 0] > shown[0, 31, 2]
    assert shown[-1, 94, 2] > shown[-1, 94, 0]


def test_features_are_drawn_over_ranges_of_their_own(warm_worker, tmp_path):
    atlas, pixels, answer = preview(warm_worker, tmp_path, "table", np.float32([[18, 50000], [40, 90000]]))
    lowest, highest = (cell(pixels, atlas, k, 0) for k in range(2))
    assert lowest[0].tolist() == lowest[1].tolist()
    assert highest[0].tolist() == highest[1].tolist()
    assert lowest[0].tolist() != highest[0].tolist()
    assert (answer["low"], answer["high"]) == (18, 90000)


def test_planes_stand_side_by_side_and_what_is_between_them_is_no_value(warm_worker, tmp_path):
    array = np.zeros((1, 3, 3, 4), np.uint8)
    array[0, 1, 2] = 0, 1, 0, 1
    array = array.astype(np.float32)
    array[0, 0, 0, 0] = np.nan
    atlas, pixels, _ = preview(warm_worker, tmp_path, "array", array)
    shown = cell(pixels, atlas, 0, 0)
    assert shown.shape == (7, 7, 4)
    assert (shown[3, :, :3] == GAP).all()
    assert (shown[:, 3, :3] == GAP).all()
    assert shown[..., 3].min() == shown[0, 0, 3] == 0
    assert (shown[..., 3] == 0).sum() == 1
    assert [shown[row, column, 0] for row, column in ((1, 2), (1, 6), (5, 2), (5, 6))] == [0, 255, 0, 255]


def test_a_volume_shows_slices_from_front_to_back(warm_worker, tmp_path):
    array = np.broadcast_to(np.arange(9, dtype=np.float32)[:, None, None, None], (9, 2, 2, 1))[np.newaxis]
    atlas, pixels, _ = preview(warm_worker, tmp_path, "volume", array)
    shown = cell(pixels[..., 0], atlas, 0, 0)
    assert [[shown[row, column] for column in (0, 3, 6)] for row in (0, 3, 6)] == [
        [0, 32, 64],
        [96, 128, 159],
        [191, 223, 255],
    ]


def test_tokens_keep_their_colours_in_texts_of_every_length(warm_worker, tmp_path):
    atlas, pixels, answer = preview(warm_worker, tmp_path, "tokens", np.array([[5, 7, 0], [7, 5, 5]]), (-1,), "int32")
    one, other = (cell(pixels, atlas, k, 0)[:, 0, :3].tolist() for k in range(2))
    assert [one[0], one[1]] == [other[1], other[0]]
    assert other[1] == other[2]
    assert len({*map(tuple, one)}) == 3
    assert (answer["low"], answer["high"]) == (0, 7)

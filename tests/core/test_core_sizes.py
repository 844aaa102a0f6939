"""Sizes of inputs that a network leaves open: which one is taken, and what users may write."""

from __future__ import annotations

import numpy as np
import pytest

from nn_blender.core.errors import UserError
from nn_blender.core.inputs import NetworkInput
from nn_blender.core.inputs.sizes import (
    ONLY,
    InputSize,
    choose_size,
    parse_sizes,
    sizes_by_input,
)
from nn_blender.core.network import TensorSpec
from nn_blender.core.recording import WHOLE
from nn_blender.core.samples.finding import find_samples, find_samples_by_input
from nn_blender.core.samples.fitting import in_shape
from nn_blender.core.samples.options import MeasureOptions

PHOTO, STEPS = TensorSpec("photo", (-1, -1, 3)), TensorSpec("steps", (-1, 8))
SPECTROGRAM, FACTS = TensorSpec("spectrogram", (-1, 64, 1)), TensorSpec("facts", (5,))


@pytest.mark.parametrize(
    ("seen", "ignores_padding", "chosen", "reason"),
    [
        ([], False, (64,), "usual for such inputs as long as there are no samples"),
        ([(12,)], False, (12,), "taken from the samples"),
        ([(12,), (12,)], True, (12,), "taken from the samples"),
        ([(12,), (7,), (12,), (20,)], False, (12,), "the commonest of 3 sizes among the samples"),
        ([(12,), (20,), (12,), (20,), (7,)], False, (20,), "the commonest of 3 sizes among the samples"),
        ([(12,), (20,), (7,)], False, (20,), "the largest of 3 sizes among the samples"),
    ],
)
def test_most_samples_enter_as_they_are(seen, ignores_padding, chosen, reason):
    assert choose_size((-1, 8), seen, 64, ignores_padding) == (chosen, reason)


def test_nothing_is_cut_where_the_network_leaves_out_what_is_added():
    chosen, reason = choose_size((-1, -1), [(9, 4), (5, 7), (5, 4)], 32, ignores_padding=True)
    assert chosen == (9, 7)
    assert reason.startswith("the largest among the samples")


def test_without_samples_every_open_axis_has_the_usual_size():
    assert choose_size((3, -1, -1), [], 128)[0] == (128, 128)


@pytest.mark.parametrize(
    ("text", "sizes"), [("128x96", (128, 96)), (" 100 ", (100,)), ("8 × 12 X 10", (8, 12, 10)), ("1x1", (1, 1))]
)
def test_sizes_are_read_as_people_write_them(text, sizes):
    assert parse_sizes(text) == sizes


@pytest.mark.parametrize("text", ["", "x", "0", "12x", "-3", "1.5", "a", "99999999999", "12 12", "²"])
def test_what_is_no_size_is_refused(text):
    with pytest.raises(UserError, match="is no size") as refused:
        parse_sizes(text)
    assert refused.value.code == "input.size"


@pytest.mark.parametrize(
    ("inputs", "wanted", "found"),
    [
        ((PHOTO,), {ONLY: (128, 96)}, {"photo": (128, 96)}),
        ((PHOTO,), {"photo": (128, 96, 3)}, {"photo": (128, 96)}),
        ((FACTS, STEPS), {ONLY: (9,)}, {"steps": (9,)}),
        ((FACTS, STEPS), {"steps": (9, 8)}, {"steps": (9,)}),
        ((SPECTROGRAM,), {ONLY: (100, 64)}, {"spectrogram": (100,)}),
        ((PHOTO, STEPS), {"photo": (4, 5), "steps": (6,)}, {"photo": (4, 5), "steps": (6,)}),
        ((FACTS,), {"facts": (5,)}, {}),
        ((TensorSpec("in", (3, -1, -1)),), {ONLY: (20, 30)}, {"in": (20, 30)}),
    ],
)
def test_sizes_are_given_to_open_axes(inputs, wanted, found):
    assert sizes_by_input(inputs, wanted) == found


@pytest.mark.parametrize(
    ("inputs", "wanted", "message"),
    [
        ((PHOTO, STEPS), {ONLY: (9,)}, "not clear; inputs of open size: photo, steps"),
        ((FACTS,), {ONLY: (9,)}, "inputs of open size: none"),
        ((STEPS,), {"words": (9,)}, "no input called 'words'"),
        ((STEPS,), {"steps": (9, 7)}, "is \\? × 8, which cannot be 9 × 7"),
        ((PHOTO,), {"photo": (9,)}, "Give 2 numbers"),
        ((FACTS,), {"facts": (6,)}, "does not leave it open"),
    ],
)
def test_sizes_that_an_input_cannot_have_are_refused(inputs, wanted, message):
    with pytest.raises(UserError, match=message) as refused:
        sizes_by_input(inputs, wanted)
    assert refused.value.code == "input.size"


def test_the_size_is_kept_in_descriptions_and_options():
    size = InputSize((-1, 8), (12,), "taken from the samples", -1.0)
    assert size.shape == (12, 8)
    assert size.title == "Size 12, open, taken from the samples"
    about = NetworkInput("steps", "sequence", "", size=size)
    assert NetworkInput.from_dict(about.to_dict()) == about
    assert NetworkInput.from_dict({"name": "steps", "kind": "array", "reason": "", "preprocessing": None}).size is None
    options = MeasureOptions(sizes={"steps": (12,), "photo": (4, 5)})
    assert MeasureOptions.from_dict(options.to_dict()) == options


@pytest.mark.parametrize(
    ("shape", "wanted", "fitting"),
    [
        ((12,), (-1, 1), (12, 1)),
        ((8,), (-1, 8), None),
        ((1, 8), (-1, 8), (1, 8)),
        ((28, 28), (-1, -1, 1), (28, 28, 1)),
        ((60, 3), (-1, -1, 3), None),
        ((), (-1,), None),
        ((1, 9, 8), (-1, 8), (9, 8)),
        ((28, 28), (28, 28, 1), (28, 28, 1)),
    ],
)
def test_a_missing_axis_of_length_one_stands_for_no_open_size(shape, wanted, fitting):
    assert in_shape(shape, wanted) == fitting


@pytest.mark.parametrize(
    ("arrays", "shape", "names"),
    [
        ([(12, 8), (20, 8)], (-1, 8), ["0.npy", "1.npy"]),
        ([(9,), (5,)], (-1,), ["0.npy", "1.npy"]),
        ([(40, 60, 3), (2, 50, 50, 3)], (-1, -1, 3), ["0.npy", "1.npy 0", "1.npy 1"]),
        ([(2, 12, 8)], (-1, 8), ["0.npy 0", "0.npy 1"]),
        ([(3, 8)], (8,), ["0.npy 0", "0.npy 1", "0.npy 2"]),
        ([(2, 200)], (-1, 1), ["0.npy 0", "0.npy 1"]),
    ],
)
def test_an_array_that_is_one_value_of_open_size_is_one_sample(tmp_path, arrays, shape, names):
    for k, sizes in enumerate(arrays):
        np.save(tmp_path / f"{k}.npy", np.zeros(sizes, np.float32))
    found = find_samples(tmp_path, inputs=("steps",), shapes={"steps": shape})
    assert [sample.name for sample in found] == names
    assert [sample.index == WHOLE for sample in found] == [" " not in name for name in names]


def test_whole_arrays_of_several_inputs_belong_together_by_their_names(tmp_path):
    for folder, sizes in (("left", [(4, 8), (6, 8)]), ("right", [(5, 3), (7, 3)])):
        (tmp_path / folder).mkdir()
        for k, size in enumerate(sizes):
            np.save(tmp_path / folder / f"{k}.npy", np.zeros(size, np.float32))
    places = {name: tmp_path / name for name in ("left", "right")}
    shapes = {"left": (-1, 8), "right": (-1, 3)}
    found = find_samples_by_input(places, inputs=("left", "right"), shapes=shapes)
    assert [[value.index for value in sample.values] for sample in found] == [[WHOLE, WHOLE]] * 2
    assert [sample.values[1].file.endswith(f"right/{k}.npy") for k, sample in enumerate(found)] == [True, True]

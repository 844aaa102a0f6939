"""What kind an input is of: by the layers that read it first, its name, and the samples that are given."""

from __future__ import annotations

import numpy as np
import pytest

from nn_blender.core.errors import UserError
from nn_blender.core.inputs import INPUT_KINDS, decide_inputs, kinds_for
from nn_blender.core.inputs.evidence import SampleHints
from nn_blender.core.inputs.pictures import heat
from nn_blender.core.network import Layer, Network, TensorSpec

AXES = {
    0: (),
    1: ("unit",),
    2: ("time", "unit"),
    3: ("height", "width", "channel"),
    4: ("depth", "height", "width", "channel"),
    5: ("time", "depth", "height", "width", "channel"),
}


def row(shape, *layers, name="in", dtype="float32"):
    """A network that reads one input through layers (class, output shape) in a row; a * marks those with weights."""
    made, before = [], name
    for k, (class_name, output) in enumerate(layers):
        parameters = 10 if class_name.endswith("*") else 0
        made.append(Layer(f"l{k}", class_name.rstrip("*"), output, AXES[len(output)], parameters, (before,)))
        before = made[-1].path
    return Network("made", "/made.keras", "", tuple(made), (TensorSpec(name, shape, dtype),), (before,), 0)


def decide(network, **hints):
    given = {network.inputs[0].name: SampleHints(**hints)} if hints else {}
    (decided,) = decide_inputs(network, given)
    return decided.kind, decided.reason


DENSE = ("Dense*", (3,))
FLAT = ("Flatten", (784,))

BY_LAYERS = [
    ((40, 4), [("Conv1D*", (36, 8))], "sequence"),
    ((187, 1), [("Rescaling", (187, 1)), ("Conv1D*", (180, 8))], "sequence"),
    ((-1, 6), [("Masking", (-1, 6)), ("LSTM*", (9,))], "sequence"),
    ((20, 6), [("BatchNormalization*", (20, 6)), ("Bidirectional*", (18,))], "sequence"),
    ((20, 6), [("Dense*", (20, 8)), ("MultiHeadAttention*", (20, 8))], "sequence"),
    ((16000,), [("Reshape", (16000, 1)), ("Conv1D*", (4000, 4))], "sequence"),
    ((16000,), [("MelSpectrogram", (64, 100))], "sequence"),
    ((40, 4), [("Reshape", (40, 4, 1)), ("Conv2D*", (38, 1, 5))], "sequence"),
    ((30, 20), [FLAT, DENSE], "sequence"),
    ((28, 28), [("Rescaling", (28, 28)), FLAT, DENSE], "image"),
    ((28, 28), [("Reshape", (28, 28, 1)), ("Conv2D*", (26, 26, 8))], "image"),
    ((28, 28), [("LSTM*", (32,))], "sequence"),
    ((32, 32, 3), [("RandomFlip", (32, 32, 3)), ("Conv2D*", (30, 30, 8))], "image"),
    ((32, 32, 3), [("TrueDivide", (32, 32, 3)), ("Subtract", (32, 32, 3)), ("Conv2D*", (30, 30, 8))], "image"),
    ((-1, -1, 3), [("Resizing", (64, 64, 3)), ("Conv2D*", (62, 62, 8))], "image"),
    ((128, 128, 1), [("Conv2D*", (126, 126, 8))], "image"),
    ((64, 64, 4), [("SeparableConv2D*", (62, 62, 8))], "image"),
    ((8, 8, 12), [("Conv2D*", (6, 6, 8))], "array"),
    ((64, 64, 10), [("DepthwiseConv2D*", (62, 62, 10))], "array"),
    ((6, 8, 10, 1), [("Conv3D*", (4, 6, 8, 2))], "volume"),
    ((6, 8, 10), [("ExpandDims", (6, 8, 10, 1)), ("MaxPooling3D", (3, 4, 5, 1))], "volume"),
    ((5, 16, 16, 1), [("ConvLSTM2D*", (16, 16, 4))], "array"),
    ((5, 16, 16, 3), [("TimeDistributed*", (5, 10))], "array"),
    ((13,), [("Normalization*", (13,)), DENSE], "table"),
    ((784,), [("Reshape", (28, 28, 1)), ("Conv2D*", (26, 26, 8))], "table"),
    ((), [("ExpandDims", (1,)), DENSE], "table"),
    ((12,), [("Embedding*", (12, 8))], "tokens"),
    ((5, 6), [("Embedding*", (5, 6, 4))], "tokens"),
    ((), [("Embedding*", (8,))], "tokens"),
    ((1,), [("Cast", (1,)), ("CategoryEncoding", (20,))], "tokens"),
]


@pytest.mark.parametrize(("shape", "layers", "kind"), BY_LAYERS)
def test_kind_of_an_input_follows_from_what_reads_it_first(shape, layers, kind):
    decided, reason = decide(row(shape, *layers))
    assert decided == kind
    assert reason
    assert INPUT_KINDS.find(decided).fits(TensorSpec("in", shape))


def test_the_reason_names_the_layer_that_reads_the_input():
    network = row((187, 1), ("Normalization*", (187, 1)), ("Conv1D*", (180, 8)))
    assert decide(network) == ("sequence", "its first layer, l1 (Conv1D), reads it along time")


@pytest.mark.parametrize("dtype", ["float32", "int32", "int64", "uint8"])
def test_numbers_that_are_looked_up_are_tokens_whatever_their_type(dtype):
    assert decide(row((5, 6), ("Embedding*", (5, 6, 4)), dtype=dtype))[0] == "tokens"


@pytest.mark.parametrize(
    ("name", "shape", "kind"),
    [
        ("image", (48, 30), "image"),
        ("input_img", (10, 50), "image"),
        ("time_steps", (28, 28), "sequence"),
        ("ecgSignal", (64, 64), "sequence"),
        ("in", (64, 64), "image"),
        ("in", (5, 5), "sequence"),
    ],
)
def test_rows_that_are_laid_flat_are_judged_by_name_and_proportions(name, shape, kind):
    assert decide(row(shape, FLAT, DENSE, name=name))[0] == kind


@pytest.mark.parametrize(
    ("shape", "layer", "hints", "kind"),
    [
        # Image files are only given for images.
        ((40, 20), "Flatten", {"pictures": True}, "image"),
        ((28, 28), "LSTM*", {"pictures": True}, "image"),
        # Bytes that fill the range, as long as wide, are pictures even where rows are read one by one.
        ((28, 28), "LSTM*", {"dtype": "uint8", "lowest": 0, "highest": 255}, "image"),
        ((28, 28), "LSTM*", {"dtype": "int64", "lowest": 0, "highest": 255}, "sequence"),
        # One-hot letters and small whole numbers are no brightness.
        ((40, 40), "Flatten", {"dtype": "int8", "lowest": 0, "highest": 1, "is_one_hot": True}, "sequence"),
        ((9, 9, 1), "Conv2D*", {"dtype": "int64", "lowest": 0, "highest": 9}, "array"),
        ((19, 19, 3), "Conv2D*", {"dtype": "uint8", "lowest": 0, "highest": 1}, "array"),
        ((8, 8, 1), "Conv2D*", {"dtype": "int8", "lowest": -6, "highest": 6}, "array"),
        ((64, 64, 1), "Conv2D*", {"dtype": "uint16", "lowest": 0, "highest": 4000}, "array"),
        ((32, 32, 3), "Conv2D*", {"dtype": "uint8", "lowest": 0, "highest": 250}, "image"),
        ((32, 32, 3), "Conv2D*", {"dtype": "float32", "lowest": 0, "highest": 1}, "image"),
        ((8, 8, 12), "Conv2D*", {"dtype": "int8", "lowest": 0, "highest": 1, "is_one_hot": True}, "array"),
    ],
)
def test_samples_tell_where_layers_and_shape_do_not(shape, layer, hints, kind):
    assert decide(row(shape, (layer, (7,)), DENSE), **hints)[0] == kind


def test_every_input_is_decided_on_its_own():
    layers = (
        Layer("conv", "Conv2D", (6, 6, 4), AXES[3], 10, ("picture",)),
        Layer("pool", "GlobalMaxPooling2D", (4,), AXES[1], 0, ("conv",)),
        Layer("words", "Embedding", (7, 4), AXES[2], 10, ("text",)),
        Layer("gru", "GRU", (4,), AXES[1], 10, ("words",)),
        Layer("all", "Concatenate", (11,), AXES[1], 0, ("pool", "gru", "facts")),
        Layer("out", "Dense", (2,), AXES[1], 10, ("all",)),
    )
    inputs = (TensorSpec("picture", (8, 8, 3)), TensorSpec("text", (7,)), TensorSpec("facts", (3,)))
    decided = decide_inputs(Network("made", "", "", layers, inputs, ("out",), 0))
    assert [(one.name, one.kind) for one in decided] == [("picture", "image"), ("text", "tokens"), ("facts", "table")]


def test_features_of_which_some_are_looked_up_are_a_table():
    layers = (
        Layer("first", "GetItem", (), (), 0, ("in",)),
        Layer("city", "Embedding", (4,), AXES[1], 10, ("first",)),
        Layer("rest", "GetItem", (5,), AXES[1], 0, ("in",)),
        Layer("dense", "Dense", (4,), AXES[1], 10, ("rest",)),
    )
    network = Network("made", "", "", layers, (TensorSpec("in", (6,)),), ("city", "dense"), 0)
    assert decide(network)[0] == "table"


def test_a_kind_can_be_chosen_where_it_fits():
    network = row((28, 28), ("LSTM*", (32,)))
    (decided,) = decide_inputs(network, chosen={"in": "image"})
    assert (decided.kind, decided.reason) == ("image", "it was chosen")
    assert [kind.name for kind in kinds_for(network.inputs[0])] == ["tokens", "image", "sequence", "array"]


@pytest.mark.parametrize(
    ("chosen", "message"),
    [
        ({"in": "volume"}, "The input in is 28 × 28 of float32, but a volume is depth × height × width"),
        ({"in": "smell"}, "There is no kind of input 'smell'"),
    ],
)
def test_a_kind_that_cannot_be_is_refused_with_what_can(chosen, message):
    with pytest.raises(UserError, match=message) as refused:
        decide_inputs(row((28, 28), ("LSTM*", (32,))), chosen=chosen)
    assert refused.value.code == "input.unsupported"
    assert refused.value.fix


def test_hints_are_what_an_array_shows():
    letters = np.eye(4, dtype="int8")[np.random.default_rng(0).integers(0, 4, (6, 40))]
    assert SampleHints.of_array(letters) == SampleHints(False, "int8", 0, 1, is_one_hot=True)
    letters[0, 0] = 1
    assert not SampleHints.of_array(letters).is_one_hot
    odd = np.float32([[np.nan, 3], [np.inf, -2]])
    assert SampleHints.of_array(odd) == SampleHints(False, "float32", -2, 3)
    assert np.isnan(SampleHints.of_array(np.float32([np.nan])).highest)


SHAPES = {
    "image": [(6, 9, 3), (6, 9)],
    "sequence": [(40, 4), (7,)],
    "table": [(5,), (30,), ()],
    "tokens": [(12,), (50,), (5, 6), ()],
    "volume": [(6, 8, 10, 1), (20, 8, 10), (3, 5, 4, 2)],
    "array": [(4, 5), (8, 8, 12), (5, 16, 16, 3), (9,), ()],
}


@pytest.mark.parametrize(("name", "shape"), [(name, shape) for name, shapes in SHAPES.items() for shape in shapes])
def test_a_sample_is_drawn_with_all_its_numbers(name, shape):
    kind = INPUT_KINDS.find(name)
    values = np.arange(np.prod(shape, dtype=int), dtype=np.float32).reshape(shape)
    picture = kind.as_picture(values)
    assert picture.ndim == 3
    if picture.shape[2] == 1 and len(shape) < 3:
        assert sorted(picture[np.isfinite(picture)].tolist()) == values.ravel().tolist()
    if kind.tiles(shape):
        assert kind.tiles(shape) == picture.shape[:2]
    height, width = kind.proportions(shape)
    assert height > 0
    assert width > 0
    if not kind.is_coloured:
        assert (height, width) == picture.shape[:2]


def test_negative_numbers_are_blue_and_nothing_is_dark():
    colours = heat(np.float32([[-4], [-2], [0], [2], [np.nan]]), np.float32(-4), np.float32(2)).astype(int)
    lowest, half, nothing, highest, missing = colours
    assert nothing.tolist() == missing.tolist()
    assert lowest[2] > half[2] > nothing[2]
    assert lowest[2] > lowest[0]
    assert highest[0] > highest[2]
    # Both ends are as far from 0.
    assert np.abs(half - nothing).sum() == pytest.approx(np.abs(lowest - nothing).sum() / 2, abs=3)


def test_numbers_with_a_range_each_fill_it():
    colours = heat(np.float32([[10], [1000]]), np.float32([[0], [0]]), np.float32([[10], [1000]]))
    assert colours[0].tolist() == colours[1].tolist()


def test_a_sequence_runs_from_left_to_right():
    picture = INPUT_KINDS.find("sequence").as_picture(np.float32([[1, 2], [3, np.nan], [5, 6]]))
    np.testing.assert_array_equal(picture[..., 0], [[1, 3, 5], [2, np.nan, 6]])


def test_the_same_token_has_the_same_colour_wherever_it_stands():
    picture = INPUT_KINDS.find("tokens").as_picture(np.array([[3, 4, 0], [4, 3, 7]]))
    assert picture[0, 0].tolist() == picture[1, 1].tolist()
    colours = {tuple(colour) for colour in picture.reshape(-1, 3).tolist()}
    assert len(colours) == 4


def test_slices_of_a_volume_stand_side_by_side():
    volume = np.arange(4 * 2 * 3, dtype=np.float32).reshape(4, 2, 3)
    picture = INPUT_KINDS.find("volume").as_picture(volume)[..., 0]
    shown = picture[np.isfinite(picture)]
    assert sorted(shown.tolist()) == list(range(24))
    np.testing.assert_array_equal(picture[:2, :3], volume[0])

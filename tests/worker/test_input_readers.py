"""Arrays enter networks of every kind as Keras is given them: nothing is scaled that is no picture."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from nn_blender.core.inputs import NetworkInput, decide_inputs
from nn_blender.core.inputs.evidence import SampleHints
from nn_blender.core.inputs.preprocessing import Preprocessing
from nn_blender.core.network import Network, TensorSpec
from nn_blender.core.recording import SampleValue
from nn_blender.worker.samples.readers import READERS, UnreadableSample, make_reader

L = keras.layers
RNG = np.random.default_rng(13)
LETTERS = np.eye(4, dtype="int8")[RNG.integers(0, 4, (5, 40))]


def letters():
    i = keras.Input((40, 4), name="letters")
    x = L.GlobalMaxPooling1D(name="best")(L.Conv1D(8, 5, activation="relu", name="motifs")(i))
    return keras.Model(i, L.Dense(1, activation="sigmoid", name="bound")(x))


def words():
    i = keras.Input((5, 6), name="document")
    x = L.Flatten(name="flat")(L.Embedding(200, 4, name="embedding")(i))
    return keras.Model(i, L.Dense(2, activation="softmax", name="out")(x))


def large_numbers():
    i = keras.Input((3,), name="ids", dtype="int32")
    x = L.Embedding(100, 4, name="embedding")(keras.ops.mod(i, 97))
    return keras.Model(i, L.Flatten(name="out")(x))


def counted_words():
    i = keras.Input((12,), name="words")
    return keras.Model(i, L.Dense(3, name="out")(L.Dense(8, activation="relu", name="hidden")(i)))


def board():
    i = keras.Input((8, 8, 12), name="board")
    x = L.Flatten(name="flat")(L.Conv2D(4, 3, activation="relu", name="conv")(i))
    return keras.Model(i, L.Dense(3, activation="softmax", name="move")(x))


def sudoku():
    i = keras.Input((9, 9, 1), name="grid")
    return keras.Model(i, L.Conv2D(9, 3, padding="same", name="conv")(i))


def heartbeat():
    i = keras.Input((60, 1), name="beat")
    x = L.GlobalAveragePooling1D(name="mean")(L.Conv1D(4, 7, activation="relu", name="conv")(i))
    return keras.Model(i, L.Dense(5, activation="softmax", name="class")(x))


def series():
    i = keras.Input((None, 3), name="series")
    return keras.Model(i, L.Dense(1, name="next")(L.LSTM(6, name="lstm")(i)))


def features():
    i = keras.Input((7,), name="features")
    return keras.Model(i, L.Dense(2, activation="softmax", name="out")(L.Dense(5, name="hidden")(i)))


def one_feature():
    i = keras.Input((1,), name="age")
    return keras.Model(i, L.Dense(2, name="out")(i))


def grid_of_letters():
    i = keras.Input((40, 4), name="in")
    x = L.Reshape((40, 4, 1), name="plane")(i)
    return keras.Model(i, L.Flatten(name="out")(L.Conv2D(3, (5, 4), name="conv")(x)))


def spectrogram():
    i = keras.Input((32, 32, 1), name="mel")
    return keras.Model(i, L.GlobalMaxPooling2D(name="out")(L.Conv2D(3, 3, name="conv")(i)))


def scan():
    i = keras.Input((6, 8, 10, 1), name="scan")
    return keras.Model(i, L.GlobalAveragePooling3D(name="out")(L.Conv3D(4, 3, name="conv")(i)))


CASES = {
    "one-hot letters as int8": (letters, LETTERS, "sequence"),
    "one-hot letters as int64": (letters, LETTERS.astype("int64"), "sequence"),
    "word numbers behind an input of decimals": (words, RNG.integers(0, 200, (6, 5, 6)), "tokens"),
    "word numbers as decimals": (words, RNG.integers(0, 200, (6, 5, 6)).astype("float64"), "tokens"),
    "whole numbers beyond what float32 holds": (large_numbers, 2**24 + np.arange(12).reshape(4, 3), "tokens"),
    "counts of words": (counted_words, RNG.integers(0, 200, (6, 12)), "table"),
    "a board of twelve planes": (board, (RNG.random((4, 8, 8, 12)) < 0.1).astype("uint8"), "array"),
    "digits in a grid": (sudoku, RNG.integers(0, 10, (4, 9, 9)), "array"),
    "heartbeats as int16": (heartbeat, RNG.integers(0, 255, (4, 60, 1)).astype("int16"), "sequence"),
    "heartbeats without an axis of features": (heartbeat, RNG.integers(-900, 900, (4, 60)), "sequence"),
    "a series of whole numbers": (series, RNG.integers(0, 256, (4, 20, 3)), "sequence"),
    "rows of whole numbers": (features, RNG.integers(0, 256, (4, 7)), "table"),
    "a single feature": (one_feature, RNG.integers(0, 90, 5), "table"),
    "letters that are reshaped into a plane": (grid_of_letters, LETTERS, "sequence"),
    "a spectrogram of decimals": (spectrogram, RNG.normal(-40, 20, (3, 32, 32)).astype("float32"), "image"),
    "a volume of whole numbers": (scan, RNG.integers(0, 256, (3, 6, 8, 10, 1)).astype("uint8"), "volume"),
}


@pytest.mark.parametrize("case", CASES)
def test_layers_equal_those_of_keras_given_the_array_as_it_is(case, warm_worker, tmp_path):
    make, array, kind = CASES[case]
    model = make()
    model.save(tmp_path / "model.keras")
    np.save(tmp_path / "x.npy", array)
    network = Network.from_dict(warm_worker.ask("load", file=str(tmp_path / "model.keras"))["network"])
    (decided,) = decide_inputs(network, {network.inputs[0].name: SampleHints.of_array(array)})
    assert decided.kind == kind
    value = warm_worker.ask(
        "run",
        model={"file": str(tmp_path / "model.keras")},
        samples=samples_in(tmp_path / "x.npy", len(array)),
        input_kind=kind,
        preprocessing=Preprocessing((32, 32), 1, colour="grey").to_dict() if kind == "image" else None,
    )
    assert value["skipped"] == []
    shape = [1 if size is None else size for size in model.inputs[0].shape[1:]]
    given = array.reshape(len(array), *shape) if None not in model.inputs[0].shape[1:] else array
    expected = means_of(model, network, given)
    activations = np.load(warm_worker.folder / value["activations"])
    assert activations.shape == expected.shape
    assert np.abs(activations - expected).max() <= 1e-5 * np.abs(expected).max()


def means_of(model, network, batch):
    """Every neuron's mean over its positions, layer by layer, as plain Keras computes them."""
    tensors = {operation.name: operation.output for operation in model.operations}
    columns = []
    for layer in network.layers:
        if not layer.neurons:
            continue
        output = np.asarray(keras.Model(model.inputs, tensors[layer.path])(batch), np.float32)
        columns.append(output.reshape(len(batch), -1, layer.neurons).mean(axis=1))
    return np.concatenate(columns, axis=1)


def samples_in(file, count):
    return [{"name": f"{k}", "file": str(file), "label": "", "index": k} for k in range(count)]


def test_sequences_of_several_lengths_run_beside_each_other(warm_worker, tmp_path):
    model = series()
    model.save(tmp_path / "model.keras")
    lengths, samples, expected = (5, 9, 5), [], []
    for k, length in enumerate(lengths):
        batch = RNG.normal(size=(2, length, 3)).astype("float32")
        np.save(tmp_path / f"{k}.npy", batch)
        samples += samples_in(tmp_path / f"{k}.npy", 2)
        expected.append(np.asarray(model(batch)))
    value = warm_worker.ask(
        "run", model={"file": str(tmp_path / "model.keras")}, samples=samples, input_kind="sequence"
    )
    outputs = np.load(warm_worker.folder / value["outputs"][0]["values"])
    np.testing.assert_allclose(outputs, np.concatenate(expected), rtol=1e-5, atol=1e-6)


def read(tmp_path, kind, shape, dtype, array):
    np.save(tmp_path / "a.npy", np.asarray(array)[np.newaxis])
    preprocessing = Preprocessing((2, 2), 1, range=(0.0, 255.0), colour="grey") if kind == "image" else None
    reader = make_reader(NetworkInput("in", kind, "", preprocessing), TensorSpec("in", shape, dtype))
    return reader.as_input(reader.read(SampleValue(str(tmp_path / "a.npy"), 0))[np.newaxis])[0]


@pytest.mark.parametrize("kind", [kind.name for kind in READERS if kind.name not in ("image", "text")])
@pytest.mark.parametrize(
    ("stored", "dtype", "given"),
    [
        ("int8", "float32", "float32"),
        ("float64", "float32", "float32"),
        ("float64", "float64", "float64"),
        ("float32", "int32", "int32"),
        ("int64", "uint8", "uint8"),
        ("uint16", "int64", "int64"),
        ("float16", "bfloat16", "float32"),
    ],
)
def test_values_have_the_type_of_the_input(kind, stored, dtype, given, tmp_path):
    values = read(tmp_path, kind, (2, 3), dtype, np.array([[0, 1, 2], [3, 100, 7]], stored))
    assert values.dtype == given
    assert values.tolist() == [[0, 1, 2], [3, 100, 7]]


@pytest.mark.parametrize(
    ("stored", "wanted"),
    [
        ((40,), (40, 1)),
        ((40,), (1, 40)),
        ((40, 1), (40,)),
        ((1, 40), (40,)),
        ((40, 4), (-1, 4)),
        ((4, 5, 6), (4, 5, 6, 1)),
        ((), (1,)),
        ((1,), ()),
    ],
)
def test_an_axis_of_length_one_at_either_end_may_be_missing_or_too_many(stored, wanted, tmp_path):
    array = np.arange(np.prod(stored, dtype=int), dtype=np.float32).reshape(stored)
    values = read(tmp_path, "array", wanted, "float32", array)
    assert all(w in (-1, size) for w, size in zip(wanted, values.shape, strict=True))
    assert values.ravel().tolist() == array.ravel().tolist()


@pytest.mark.parametrize(
    ("kind", "dtype", "array", "message"),
    [
        ("tokens", "float32", [[1, 2.5]], "the value 2.5, but tokens are whole numbers"),
        ("tokens", "int32", [[1, 2.5]], r"the value 2.5, but the network's input \(int32\) takes whole numbers"),
        ("tokens", "float32", [[1, np.nan]], "the value nan, but tokens are whole numbers"),
        ("array", "int32", [[1, np.inf]], "the value inf"),
        ("array", "uint8", [[1, -3]], r"the value -3, but the network's input \(uint8\) takes 0 to 255"),
        ("sequence", "int8", [[1, 300]], r"the value 300, but the network's input \(int8\) takes -128 to 127"),
        ("sequence", "float32", [[1, 2, 3]], "its entry 0 is 1 × 3, but the network reads 1 × 2"),
        ("image", "uint8", [[0.25, 0.5]], "the value 0.25"),
    ],
)
def test_values_that_cannot_enter_are_named(kind, dtype, array, message, tmp_path):
    with pytest.raises(UnreadableSample, match=message):
        read(tmp_path, kind, (1, 2), dtype, array)


@pytest.mark.parametrize(
    ("kind", "what"),
    [("sequence", "a sequence"), ("table", "a table"), ("tokens", "tokens"), ("volume", "a volume")],
)
def test_an_image_file_for_another_kind_of_input_says_what_is_needed(kind, what, tmp_path):
    reader = make_reader(NetworkInput("in", kind, ""), TensorSpec("in", (40, 4)))
    with pytest.raises(UnreadableSample, match=rf"read as {what} \(40 × 4\), for which a .npy or .npz file is needed"):
        reader.read(SampleValue(str(tmp_path / "a.png")))


def test_decimals_that_are_whole_enter_an_input_of_bytes_unscaled(tmp_path):
    values = read(tmp_path, "image", (2, 2), "uint8", np.float32([[0, 255], [7, 1]]))
    assert values.tolist() == [[0, 255], [7, 1]]

"""Inputs of open size get one that the network takes; what is measured is what Keras gives at that size.

The oracle is the model that was never saved, called on samples that numpy and Pillow brought to the size.
"""

from __future__ import annotations

import keras
import numpy as np
import pytest
from PIL import Image, ImageOps
from recordings import record

from nn_blender.core.errors import UserError
from nn_blender.core.inputs import decide_inputs
from nn_blender.core.inputs.preprocessing import Preprocessing
from nn_blender.core.inputs.sizes import as_stated
from nn_blender.core.recording import WHOLE, Sample, SampleValue
from nn_blender.worker.models.inspecting import examine
from nn_blender.worker.running import open_sizes
from nn_blender.worker.running.loading import load_model, with_calls
from nn_blender.worker.running.open_sizes import as_read, settle_sizes, with_sizes
from nn_blender.worker.running.recorders import recorder_of
from nn_blender.worker.samples.readers import make_reader

L = keras.layers
RNG = np.random.default_rng(8)


def recurrent():
    return keras.Sequential([keras.Input((None, 8), name="steps"), L.LSTM(6, name="lstm"), L.Dense(3, name="out")])


def masking():
    layers = [L.Masking(-1.0, name="mask"), L.LSTM(4, name="lstm"), L.Dense(3, name="out")]
    return keras.Sequential([keras.Input((None, 8), name="steps"), *layers])


def words():
    layers = [L.Embedding(50, 6, mask_zero=True, name="look"), L.LSTM(5, name="lstm"), L.Dense(2, name="out")]
    return keras.Sequential([keras.Input((None,), dtype="int32", name="words"), *layers])


def plain_words():
    layers = [L.Embedding(50, 6, name="look"), L.GlobalAveragePooling1D(name="pool"), L.Dense(2, name="out")]
    return keras.Sequential([keras.Input((None,), dtype="int32", name="words"), *layers])


def signal():
    layers = [
        L.Conv1D(4, 5, activation="relu", name="conv"),
        L.MaxPooling1D(4, name="pool"),
        L.Conv1D(4, 5, name="two"),
    ]
    end = [L.GlobalMaxPooling1D(name="top"), L.Dense(2, name="out")]
    return keras.Sequential([keras.Input((None, 1), name="signal"), *layers, *end])


def photo():
    layers = [L.Conv2D(4, 3, strides=2, activation="relu", name="one"), L.Conv2D(6, 3, strides=2, name="two")]
    end = [L.GlobalAveragePooling2D(name="pool"), L.Dense(3, name="out")]
    return keras.Sequential([keras.Input((None, None, 3), name="photo"), *layers, *end])


def spectrogram():
    layers = [L.Conv2D(4, 3, strides=(4, 2), activation="relu", name="one"), L.GlobalAveragePooling2D(name="pool")]
    return keras.Sequential([keras.Input((None, 16, 1), name="spectrogram"), *layers, L.Dense(2, name="out")])


def volume():
    layers = [L.Conv3D(3, 3, name="conv"), L.MaxPooling3D(name="pool"), L.GlobalAveragePooling3D(name="mean")]
    return keras.Sequential([keras.Input((None, None, None, 1), name="volume"), *layers, L.Dense(2, name="out")])


def unet(levels=3):
    x = pixels = keras.Input((None, None, 3), name="photo")
    skips = []
    for k in range(levels):
        skips.append(L.Conv2D(4, 3, padding="same", activation="relu", name=f"down_{k}")(x))
        x = L.MaxPooling2D(name=f"pool_{k}")(skips[-1])
    for k in reversed(range(levels)):
        x = L.Concatenate(name=f"join_{k}")([L.UpSampling2D(name=f"up_{k}")(x), skips[k]])
        x = L.Conv2D(4, 3, padding="same", activation="relu", name=f"conv_{k}")(x)
    return keras.Model(pixels, L.Conv2D(1, 1, activation="sigmoid", name="out")(x))


def two_inputs():
    series, facts = keras.Input((None, 4), name="series"), keras.Input((5,), name="facts")
    x = L.Concatenate(name="join")([L.GRU(4, name="gru")(series), L.Dense(3, name="dense")(facts)])
    return keras.Model([series, facts], L.Dense(2, name="out")(x))


def deep():
    x = pixels = keras.Input((None, None, 3), name="photo")
    for k in range(3):
        x = L.MaxPooling2D(name=f"pool_{k}")(L.Conv2D(4, 5, activation="relu", name=f"conv_{k}")(x))
    return keras.Model(pixels, L.Dense(3, name="out")(L.GlobalAveragePooling2D(name="mean")(x)))


@pytest.fixture
def load(tmp_path):
    """A model, and how it was loaded from its file."""

    def load(make):
        keras.utils.set_random_seed(3)
        model = make()
        file = tmp_path / "model.keras"
        model.save(file)
        return model, load_model(file)

    return load


def numbers(*shape):
    return RNG.normal(size=shape).astype(np.float32)


def whole(*shape):
    return RNG.integers(1, 50, shape).astype(np.int32)


def samples_of(folder, *values):
    """Every value in a file of its own."""
    samples = []
    for k, of_inputs in enumerate(values):
        places = []
        for number, value in enumerate(of_inputs if isinstance(of_inputs, tuple) else (of_inputs,)):
            file = folder / f"{k}-{number}.npy"
            np.save(file, value[np.newaxis])
            places.append(SampleValue(str(file), 0))
        samples.append(Sample(f"{k}", tuple(places)))
    return samples


def settle(loaded, samples=(), **wanted):
    return settle_sizes(loaded, samples, {}, wanted)


def readers_of(loaded, sizes):
    decided = decide_inputs(as_stated(loaded.network, sizes))
    pairs = zip(decided, sizes, loaded.network.inputs, strict=True)
    return [make_reader(type(one)(one.name, one.kind, one.reason, None, None, size), spec) for one, size, spec in pairs]


def fed(loaded, sizes, sample):
    """What the network gets for a sample, and what is said of it."""
    pairs = list(zip(readers_of(loaded, sizes), sample.values, strict=True))
    arrays = [reader.as_input(reader.read(value)[np.newaxis]) for reader, value in pairs]
    return arrays, [remark for reader, value in pairs for remark in reader.remarks(value)]


def equal_keras(model, loaded, arrays):
    """Every layer of the loaded model gives what plain Keras gives, in the shape that was said of it."""
    given = record(recorder_of(loaded), *arrays)
    taps = keras.Model(model.inputs, {layer.name: layer.output for layer in model.layers if layer.name in given})
    expected = {name: np.asarray(value) for name, value in taps(list(arrays) if len(arrays) > 1 else arrays[0]).items()}
    shapes = {layer.path: layer.output_shape for layer in loaded.network.layers}
    assert len(expected) >= len(model.layers) - len(model.inputs)
    for name, value in expected.items():
        assert given[name].shape[1:] == shapes[name] == value.shape[1:]
        assert np.abs(given[name] - value).max() <= 1e-5 * np.abs(value).max(), name


OF_ONE_SIZE = [
    (recurrent, numbers(12, 8), (12, 8)),
    (words, whole(9), (9,)),
    (signal, numbers(200, 1), (200, 1)),
    (spectrogram, numbers(40, 16, 1), (40, 16, 1)),
    (volume, numbers(9, 10, 11, 1), (9, 10, 11, 1)),
    (photo, numbers(30, 42, 3), (30, 42, 3)),
]


@pytest.mark.parametrize(("make", "value", "shape"), OF_ONE_SIZE)
def test_samples_of_one_size_are_taken_as_they_are(load, tmp_path, make, value, shape):
    model, loaded = load(make)
    samples = samples_of(tmp_path, value, value[::-1])
    sized, (size,) = settle(loaded, samples)
    assert sized.network.inputs[0].shape == size.shape == shape
    assert size.stated == loaded.network.inputs[0].shape
    assert size.reason == "taken from the samples"
    for sample, stored in zip(samples, (value, value[::-1]), strict=True):
        if make is photo:
            arrays = [stored[np.newaxis]]
        else:
            arrays, said = fed(sized, [size], sample)
            assert not said
            assert np.array_equal(arrays[0][0], stored)
        equal_keras(model, sized, arrays)


def test_an_array_may_be_a_single_sample(load, tmp_path):
    model, loaded = load(recurrent)
    values = numbers(12, 8)
    np.save(tmp_path / "one.npy", values)
    sample = Sample("one.npy", (SampleValue(str(tmp_path / "one.npy"), WHOLE),))
    sized, sizes = settle(loaded, [sample])
    assert sizes[0].chosen == (12,)
    arrays, said = fed(sized, sizes, sample)
    assert np.array_equal(arrays[0][0], values)
    assert not said
    equal_keras(model, sized, arrays)


def test_only_the_open_one_of_two_inputs_gets_a_size(load, tmp_path):
    model, loaded = load(two_inputs)
    sample = (numbers(7, 4), numbers(5))
    sized, sizes = settle(loaded, samples_of(tmp_path, sample))
    assert [size and size.shape for size in sizes] == [(7, 4), None]
    equal_keras(model, sized, [value[np.newaxis] for value in sample])


def test_sequences_of_several_lengths_have_the_commonest_and_it_is_said_of_all_others(load, tmp_path):
    model, loaded = load(recurrent)
    values = [numbers(length, 8) for length in (12, 7, 12, 20)]
    samples = samples_of(tmp_path, *values)
    sized, sizes = settle(loaded, samples)
    assert sizes[0].chosen == (12,)
    said = []
    for sample, value in zip(samples, values, strict=True):
        arrays, remarks = fed(sized, sizes, sample)
        said.append(remarks)
        expected = np.zeros((12, 8), np.float32)
        expected[: len(value)] = value[:12]
        assert np.array_equal(arrays[0][0], expected)
        equal_keras(model, sized, arrays)
    assert said == [[], ["7 steps, filled up to 12 with 0"], [], ["20 steps, cut to 12"]]


@pytest.mark.parametrize(("make", "value", "padding"), [(masking, numbers, -1.0), (words, whole, 0)])
def test_networks_that_leave_steps_out_give_what_they_give_at_every_samples_own_length(
    load, tmp_path, make, value, padding
):
    model, loaded = load(make)
    values = [value(*((length, 8) if make is masking else (length,))) for length in (5, 5, 9, 3)]
    samples = samples_of(tmp_path, *values)
    sized, sizes = settle(loaded, samples)
    assert (sizes[0].chosen, sizes[0].padding) == ((9,), padding)
    for sample, stored in zip(samples, values, strict=True):
        arrays, _ = fed(sized, sizes, sample)
        assert (arrays[0][0, len(stored) :] == padding).all()
        own = np.asarray(model(stored[np.newaxis]))
        assert np.abs(record(recorder_of(sized), *arrays, paths=["out"])["out"] - own).max() <= 1e-5 * np.abs(own).max()


def lost_in_a_convolution(x):
    return L.GlobalMaxPooling1D(name="top")(L.Conv1D(4, 3, padding="same", name="conv")(x))


def lost_in_a_nested_model(x):
    inner = keras.Input((None, 6))
    inner = keras.Model(inner, L.GlobalAveragePooling1D()(L.UpSampling1D()(inner)), name="inner")
    return inner(x)


def lost_in_an_operation(x):
    return L.LSTM(4, name="lstm")(x + 1.0)


def unheeded_by_a_product(x):
    return L.Flatten(name="flat")(L.Dot(1, name="dot")([x, x]))


def unheeded_by_a_normalization(x):
    return L.LSTM(4, name="lstm")(L.GroupNormalization(2, name="norm")(x))


def lost_in_keras(x):
    """Keras takes the mask off what attention reads, and what is added to it has none for the next one."""
    for name in ("one", "two"):
        x = L.Add(name=f"{name}_sum")([x, L.MultiHeadAttention(2, 3, name=name)(x, x)])
    return L.GlobalAveragePooling1D(name="pool")(x)


def kept_by_layers(x):
    x = L.LayerNormalization(name="norm")(L.Bidirectional(L.GRU(3, return_sequences=True), name="both")(x))
    x = L.Add(name="sum")([x, L.MultiHeadAttention(2, 3, name="attention")(x, x)])
    return L.GlobalAveragePooling1D(name="pool")(x)


def kept_by_attention(x):
    return L.GlobalAveragePooling1D(name="pool")(L.Attention(name="attention")([x, x]))


def kept_for_states(x):
    return L.Concatenate(name="join")(L.LSTM(4, return_state=True, name="lstm")(x)[1:])


def of_words(behind):
    x = tokens = keras.Input((None,), dtype="int32", name="words")
    return keras.Model(tokens, L.Dense(2, name="out")(behind(L.Embedding(50, 6, mask_zero=True, name="look")(x))))


@pytest.mark.parametrize(
    ("behind", "is_kept"),
    [
        (lost_in_a_convolution, False),
        (lost_in_a_nested_model, False),
        (lost_in_an_operation, False),
        (unheeded_by_a_product, False),
        (unheeded_by_a_normalization, False),
        (lost_in_keras, False),
        (kept_by_layers, True),
        (kept_by_attention, True),
        (kept_for_states, True),
    ],
)
def test_the_longest_is_taken_only_where_the_mask_reaches_what_joins_the_steps(load, tmp_path, behind, is_kept):
    model, loaded = load(lambda: of_words(behind))
    short = whole(5)
    alone, padded = (np.asarray(model(np.pad(short, (0, more))[np.newaxis])) for more in (0, 4))
    assert np.allclose(alone, padded, rtol=1e-5, atol=1e-6) == is_kept
    _, (size,) = settle(loaded, samples_of(tmp_path, short, short, whole(9)))
    assert size.chosen == ((9,) if is_kept else (5,))


@pytest.mark.parametrize(("middle", "chosen"), [(L.Dense(6, name="middle"), 9), (L.Conv1D(6, 1, name="middle"), 5)])
def test_a_model_of_code_takes_the_longest_only_where_it_keeps_the_mask(tmp_path, middle, chosen):
    class Reader(keras.Model):
        def __init__(self, **more):
            super().__init__(**more)
            self.look = L.Embedding(50, 6, mask_zero=True, name="look")
            self.middle, self.last = middle, L.LSTM(3, name="last")

        def build(self, shape):
            self.look.build(shape)
            self.middle.build((*shape, 6))
            self.last.build((*shape, 6))

        def call(self, x):
            return self.last(self.middle(self.look(x)))

    model = Reader()
    model.build((None, None))
    model.save(tmp_path / "reader.keras")
    inspection, opened = examine(tmp_path / "reader.keras")
    loaded = with_calls(model, opened, inspection.network, ())
    _, (size,) = settle(loaded, samples_of(tmp_path, whole(5), whole(5), whole(9)))
    assert (size.chosen, size.padding) == ((chosen,), 0)


def test_texts_of_a_network_without_masks_are_filled_up_at_their_end(load, tmp_path):
    _, loaded = load(plain_words)
    samples = samples_of(tmp_path, whole(4), whole(4), whole(2))
    sized, sizes = settle(loaded, samples)
    arrays, said = fed(sized, sizes, samples[2])
    assert arrays[0][0, 2:].tolist() == [0, 0]
    assert said == ["2 tokens, filled up to 4 with 0"]


def test_volumes_are_cut_and_filled_up_around_their_middle(load, tmp_path):
    _, loaded = load(volume)
    value = numbers(12, 9, 10, 1)
    (sample,) = samples_of(tmp_path, value)
    sized, sizes = settle(loaded, [sample], volume=(8, 11, 10))
    arrays, said = fed(sized, sizes, sample)
    expected = np.zeros((8, 11, 10, 1), np.float32)
    expected[:, 1:10] = value[2:10]
    assert np.array_equal(arrays[0][0], expected)
    assert said == ["12 × 9 × 10, cut and filled up to 8 × 11 × 10 with 0"]


def test_pictures_are_resized_to_the_commonest_size_and_it_is_said(load, tmp_path):
    _, loaded = load(photo)
    samples = []
    for k, (height, width) in enumerate([(40, 60), (50, 30), (40, 60)]):
        file = tmp_path / f"{k}.png"
        Image.fromarray(RNG.integers(0, 256, (height, width, 3), np.uint8)).save(file)
        samples.append(Sample(file.name, (SampleValue(str(file)),)))
    sized, (size,) = settle(loaded, samples)
    assert size.chosen == (40, 60)
    about = decide_inputs(loaded.network)[0]
    preprocessing = Preprocessing((40, 60), 3)
    reader = make_reader(type(about)("photo", "image", "", preprocessing, None, size), sized.network.inputs[0])
    values = [reader.as_input(reader.read(sample.values[0])[np.newaxis])[0] for sample in samples]
    with Image.open(samples[1].file) as stored:
        expected = np.asarray(ImageOps.pad(stored, (60, 40), Image.Resampling.LANCZOS), np.float32) / 255
    assert np.abs(values[1] - expected).max() <= 1e-6
    assert [reader.remarks(sample.values[0]) for sample in samples] == [(), ("50 × 30, resized to 40 × 60 (fit)",), ()]


@pytest.mark.parametrize(
    ("make", "shape"),
    [(recurrent, (64, 8)), (words, (32,)), (photo, (128, 128, 3)), (volume, (32, 32, 32, 1)), (unet, (128, 128, 3))],
)
def test_without_samples_the_size_is_usual_for_the_kind_and_every_layer_has_one(load, make, shape):
    _, loaded = load(make)
    sized, (size,) = settle(loaded)
    assert size.shape == shape
    assert size.reason.startswith("usual for such inputs")
    assert all(side > 0 for layer in sized.network.layers for side in layer.output_shape)


@pytest.mark.parametrize(
    ("make", "given", "taken", "refusing"),
    [
        (unet, (20, 24), (24, 24), "(Concatenate) gets 4 × 6 × 4 and 5 × 6 × 4, which do not fit together"),
        (unet, (17, 40), (24, 40), "the layer join_0 (Concatenate)"),
        (deep, (20, 60), (36, 64), "too small for it"),
        (photo, (3, 3), (7, 7), "the layer two (Conv2D) gets 1 × 1 × 4, which is too small for it"),
    ],
)
def test_a_size_that_the_network_refuses_becomes_the_nearest_that_it_takes(
    load, tmp_path, make, given, taken, refusing
):
    model, loaded = load(make)
    sized, (size,) = settle(loaded, samples_of(tmp_path, numbers(*given, 3)))
    assert size.chosen == taken
    assert size.reason.startswith(f"the nearest to {given[0]} × {given[1]} that the network takes: ")
    assert refusing in size.reason
    equal_keras(model, sized, [numbers(1, *taken, 3)])


def test_a_size_that_was_asked_for_is_refused_with_the_layer_and_the_nearest_that_works(load):
    _, loaded = load(photo)
    with pytest.raises(UserError) as refused:
        settle(loaded, photo=(4, 4))
    assert refused.value.code == "input.size"
    assert refused.value.message == (
        "The network cannot be run at the size 4 × 4: the layer two (Conv2D) gets 1 × 1 × 4, which is too small for it."
    )
    assert refused.value.fix == "Choose another size; the nearest that works is 7 × 7."


def test_a_size_that_nobody_asked_for_takes_no_more_memory_than_there_is_for_it(load, tmp_path, monkeypatch):
    _, loaded = load(photo)
    samples = samples_of(tmp_path, numbers(200, 300, 3))
    layers = with_sizes(loaded, ((100, 150, 3),)).network.layers
    monkeypatch.setattr(open_sizes, "MOST_NUMBERS", sum(int(np.prod(layer.output_shape)) for layer in layers))
    _, (size,) = settle(loaded, samples)
    assert size.chosen[0] <= 100
    assert abs(size.chosen[1] / size.chosen[0] - 1.5) < 0.05
    assert "take no more than" in size.reason
    assert settle(loaded, samples, photo=(200, 300))[1][0].chosen == (200, 300)


def test_a_size_can_be_changed_and_taken_back_without_loading_anew(load):
    model, loaded = load(signal)
    first, _ = settle(loaded, signal=(64,))
    second, (size,) = settle(first, signal=(80,))
    assert size.stated == (-1, 1)
    equal_keras(model, second, [numbers(2, 80, 1)])
    equal_keras(model, as_read(second, first.network.inputs), [numbers(2, 64, 1)])
    assert as_read(second, loaded.network.inputs).network == loaded.network
    assert as_read(second, ()) is second


@pytest.mark.parametrize("steps", [2, 7])
def test_every_step_of_an_open_sequence_is_taken_by_a_layer_of_every_step(steps, tmp_path):
    sequence = keras.Input((None, 3), name="sequence")
    masked = keras.layers.Masking(name="masked")(sequence)
    one = keras.layers.TimeDistributed(keras.layers.Dense(2, activation="tanh"), name="one")(masked)
    model = keras.Model(sequence, one)
    model.save(tmp_path / "model.keras")
    batch = np.random.default_rng(0).normal(size=(4, steps, 3)).astype("float32")
    kernel, bias = model.get_weights()
    recorded = record(recorder_of(load_model(tmp_path / "model.keras")), batch)
    assert np.allclose(recorded["one"], np.tanh(batch @ kernel + bias), rtol=0, atol=1e-6)

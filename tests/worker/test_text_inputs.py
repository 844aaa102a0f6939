"""Networks that take strings are given texts, from arrays and from text files, and show them."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest
from cells import cell, read
from recordings import record

from nn_blender.core.codec import from_dict
from nn_blender.core.errors import UserError
from nn_blender.core.inputs import decide_inputs
from nn_blender.core.maps.packing import Atlas
from nn_blender.core.network import Network
from nn_blender.core.samples.finding import find_samples
from nn_blender.core.samples.hints import hints_of
from nn_blender.worker.maps.written import written
from nn_blender.worker.running.loading import load_model
from nn_blender.worker.running.recorders.functional.recorder import FunctionalRecorder

L = keras.layers
TEXTS = ["the film was good", "the film was bad", "a bad actor", "", "ein schöner Film, 好"]


@pytest.fixture(scope="module")
def review(tmp_path_factory):
    """A network that tells good reviews from bad ones, and its file, which holds the vocabulary."""
    keras.utils.set_random_seed(22)
    vectorize = L.TextVectorization(max_tokens=30, output_sequence_length=6, name="vectorize")
    vectorize.adapt(["the film was good", "the film was bad", "a bad actor", "a good story"])
    text = keras.Input((1,), dtype="string", name="text")
    x = L.Embedding(30, 4, name="embedding")(vectorize(text))
    x = L.GlobalAveragePooling1D(name="mean")(x)
    model = keras.Model(text, L.Dense(1, activation="sigmoid", name="good")(x), name="review")
    file = tmp_path_factory.mktemp("review") / "review.keras"
    model.save(file)
    return model, file


def array_of_strings(folder):
    np.save(folder / "texts.npy", np.array(TEXTS)[:, np.newaxis])
    return folder / "texts.npy"


def array_of_bytes(folder):
    np.save(folder / "texts.npy", np.array([text.encode() for text in TEXTS]))
    return folder / "texts.npy"


def array_in_archive(folder):
    np.savez(folder / "texts.npz", x=np.array(TEXTS), y=np.array([1, 0, 0, 0, 1]))
    return folder / "texts.npz"


def text_file(folder):
    (folder / "texts.txt").write_text("\n".join(TEXTS) + "\n", encoding="utf-8")
    return folder / "texts.txt"


def text_file_of_windows(folder):
    (folder / "texts.txt").write_bytes("\r\n".join(TEXTS).encode("utf-16"))
    return folder / "texts.txt"


@pytest.mark.parametrize("store", [array_of_strings, array_of_bytes, array_in_archive, text_file, text_file_of_windows])
def test_texts_of_any_file_give_what_keras_computes(store, review, warm_worker, tmp_path):
    model, file = review
    network = Network.from_dict(warm_worker.ask("load", file=str(file))["network"])
    samples = find_samples(store(tmp_path), inputs=["text"])
    inputs = decide_inputs(network, hints_of(samples, ["text"]))
    assert [(one.kind, one.reason) for one in inputs] == [("text", "it takes strings")]
    about = {
        "model": {"file": str(file)},
        "samples": [{"name": sample.name, "values": [vars(value) for value in sample.values]} for sample in samples],
        "inputs": [one.to_dict() for one in inputs],
    }
    answer = warm_worker.ask("run", **about)
    assert answer["skipped"] == []
    texts = keras.ops.convert_to_tensor(np.array(TEXTS)[:, np.newaxis])
    outputs = np.load(warm_worker.folder / answer["outputs"][0]["values"])
    np.testing.assert_allclose(outputs, model(texts), rtol=1e-5)
    columns = network.neuron_slices()["vectorize"]
    words = np.asarray(model.get_layer("vectorize")(texts))
    np.testing.assert_array_equal(np.load(warm_worker.folder / answer["activations"])[:, columns], words)

    maps = warm_worker.ask("maps", **about, layers=[], pixels=10_000_000)
    atlas = from_dict(Atlas, maps["atlases"][0])
    assert (atlas.cell_height, atlas.cell_width) == (96, 288)
    for k, text in enumerate(TEXTS):
        np.testing.assert_array_equal(cell(read(warm_worker, atlas), atlas, k, 0), written(np.array([text]))[..., 0])


def test_what_is_no_text_is_left_out_with_the_reason(review, warm_worker, tmp_path):
    _, file = review
    np.save(tmp_path / "numbers.npy", np.zeros((2, 1)))
    value = {"file": str(tmp_path / "numbers.npy"), "index": 0, "member": ""}
    inputs = [{"name": "text", "kind": "text", "reason": "", "preprocessing": None}]
    samples = [{"name": "a", "values": [value]}]
    error = warm_worker.error_of("run", model={"file": str(file)}, samples=samples, inputs=inputs)
    assert "its entry 0 is numbers, but the network's input reads texts" in error["message"]


def test_a_network_of_numbers_leaves_texts_out_with_the_reason(warm_worker, digits, tmp_path):
    text_file(tmp_path)
    value = {"file": str(tmp_path / "texts.txt"), "index": 0, "member": ""}
    inputs = [{"name": "image", "kind": "array", "reason": "", "preprocessing": None}]
    samples = [{"name": "a", "values": [value]}]
    error = warm_worker.error_of("run", model={"file": str(digits / "digits.keras")}, samples=samples, inputs=inputs)
    assert "holds texts, but the network reads numbers" in error["message"]


def test_a_lookup_of_strings_gives_what_keras_gives(tmp_path):
    words = keras.Input((3,), dtype="string", name="words")
    looked_up = L.StringLookup(vocabulary=["red", "green"], output_mode="multi_hot", name="lookup")(words)
    model = keras.Model(words, L.Dense(2, name="dense")(looked_up))
    model.save(tmp_path / "lookup.keras")
    batch = np.array([["red", "blue", "red"], ["green", "green", "red"]], object)
    recorded = record(FunctionalRecorder(load_model(tmp_path / "lookup.keras")), batch)
    np.testing.assert_allclose(recorded["dense"], model(keras.ops.convert_to_tensor(batch.tolist())), rtol=1e-6)


@pytest.mark.parametrize("text", ["", "short", "a longer text " * 10, "endless " * 5000, "x" * 900, "好的 ä", "a\nb"])
def test_a_text_of_any_length_is_written_on_its_page(text):
    page = written(np.array([text], object))
    assert page.shape == (96, 288, 1)
    assert (len(np.unique(page)) > 2) == bool(text)
    assert len(np.unique(page[:6])) == 1  # Nothing reaches the margins.


def test_an_empty_text_file_has_no_samples(tmp_path):
    (tmp_path / "texts.txt").write_text("\n\n")
    with pytest.raises(UserError, match="it is empty"):
        find_samples(Path(tmp_path / "texts.txt"))


@pytest.mark.parametrize("store", [array_in_archive, text_file, text_file_of_windows])
def test_texts_show_what_a_network_reads_whose_file_does_not_say_it(store, warm_worker, tmp_path):
    words = ["the", "film", "was", "good", "bad"]
    model = keras.Sequential(
        [
            L.TextVectorization(vocabulary=words, output_sequence_length=6, name="vectorize"),
            L.Embedding(10, 4, embeddings_initializer="ones", name="embedding"),
            L.Flatten(name="flat"),
        ]
    )
    file = tmp_path / "open.keras"
    model.save(file)
    samples = find_samples(store(tmp_path), inputs=["samples"])
    shown = [{"name": sample.name, "values": [vars(value) for value in sample.values]} for sample in samples]
    network = Network.from_dict(warm_worker.ask("load", file=str(file), sample=shown[0])["network"])
    assert [(spec.shape, spec.dtype) for spec in network.inputs] == [((), "string")]
    about = {"file": str(file), "reads": network.to_dict()["inputs"]}
    inputs = decide_inputs(network, hints_of(samples, [network.inputs[0].name]))
    answer = warm_worker.ask("run", model=about, samples=shown, inputs=[one.to_dict() for one in inputs])
    assert answer["skipped"] == []
    columns = network.neuron_slices()["vectorize"]
    found = np.load(warm_worker.folder / answer["activations"])[:, columns]
    np.testing.assert_array_equal(found, model.layers[0](keras.ops.convert_to_tensor(np.array(TEXTS))))
    assert found[1].tolist() == [2, 3, 4, 6, 0, 0]

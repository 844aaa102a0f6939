"""Samples that a network cannot take are skipped with its reason; the others are what they are without them."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from PIL import Image

L = keras.layers
PLAIN = {"size": None, "channels": 3, "range": [0.0, 1.0], "resize": "fit", "invert": False}


@pytest.fixture(scope="module")
def joined(tmp_path_factory):
    """A fully convolutional network that takes only even sizes: half size and back, joined with the whole."""
    pixels = keras.Input((None, None, 3), name="pixels")
    whole = L.Conv2D(4, 3, padding="same", name="whole")(pixels)
    back = L.UpSampling2D(name="back")(L.MaxPooling2D(name="half")(whole))
    output = L.GlobalAveragePooling2D(name="answer")(L.Concatenate(name="join")([whole, back]))
    file = tmp_path_factory.mktemp("models") / "joined.keras"
    model = keras.Model(pixels, output)
    model.save(file)
    return file, model


@pytest.fixture
def pictures(tmp_path):
    """Pictures of even sizes with two of odd ones among them; those of one size fit into one batch."""
    sizes = [(8, 8)] * 3 + [(9, 7)] + [(8, 8)] * 2 + [(5, 5)] * 2 + [(12, 4)]
    random = np.random.default_rng(1)
    samples = []
    for number, (width, height) in enumerate(sizes):
        file = tmp_path / f"{number}.png"
        Image.fromarray(random.integers(0, 256, (height, width, 3), np.uint8)).save(file)
        samples.append({"name": file.name, "file": str(file), "label": ""})
    return samples


def expected(model, samples):
    return np.concatenate([model(np.asarray(Image.open(s["file"]))[np.newaxis] / np.float32(255)) for s in samples])


def test_pictures_of_sizes_that_do_not_fit_are_skipped_with_the_layers_reason(warm_worker, joined, pictures):
    file, model = joined
    value = warm_worker.ask("run", model={"file": str(file)}, samples=pictures, preprocessing=PLAIN)
    good = [pictures[k] for k in (0, 1, 2, 4, 5, 8)]
    assert [sample["name"] for sample in value["samples"]] == [sample["name"] for sample in good]
    assert [skipped["file"] for skipped in value["skipped"]] == [pictures[k]["file"] for k in (3, 6, 7)]
    for skipped in value["skipped"]:
        assert skipped["reason"].startswith("layer join (Concatenate): ConcatOp : Dimension 1 in both shapes must be")
    outputs = np.load(warm_worker.folder / value["outputs"][0]["values"])
    assert np.allclose(outputs, expected(model, good), atol=1e-6)
    activations = np.load(warm_worker.folder / value["activations"])
    assert np.array_equal(activations[:, -8:], outputs)


def test_where_no_sample_fits_the_network_is_to_blame(warm_worker, joined, pictures):
    odd = [pictures[k] for k in (3, 6, 7)]
    error = warm_worker.error_of("run", model={"file": str(joined[0])}, samples=odd, preprocessing=PLAIN)
    assert error["code"] == "samples.failed"
    assert error["message"].startswith("The network cannot be run on any of the 3 samples: layer join (Concatenate): ")
    error = warm_worker.error_of("run", model={"file": str(joined[0])}, samples=odd[:1], preprocessing=PLAIN)
    assert "on the only sample: " in error["message"]
    assert "without samples" in error["fix"]


@pytest.fixture
def words(tmp_path):
    """A network of 10 words, and sentences of which some have a word that it does not know."""
    tokens = keras.Input((4,), name="tokens")
    output = L.Dense(2, activation="softmax", name="answer")(
        L.LSTM(3, name="memory")(L.Embedding(10, 3, name="words")(tokens))
    )
    model = keras.Model(tokens, output)
    model.save(tmp_path / "words.keras")
    sentences = np.random.default_rng(2).integers(0, 10, (40, 4))
    sentences[[0, 7, 20, 21]] = 10
    np.save(tmp_path / "sentences.npy", sentences)
    samples = [
        {"name": f"{k}", "file": str(tmp_path / "sentences.npy"), "label": "", "index": k}
        for k in range(len(sentences))
    ]
    request = {"model": {"file": str(tmp_path / "words.keras")}, "samples": samples, "input_kind": "tokens"}
    return model, sentences, {**request, "preprocessing": None}


def test_bad_entries_of_a_batch_are_told_apart_and_named_by_their_number(warm_worker, words):
    model, sentences, request = words
    value = warm_worker.ask("run", **request)
    good = [k for k in range(40) if k not in (0, 7, 20, 21)]
    assert [int(sample["name"]) for sample in value["samples"]] == good
    reasons = [skipped["reason"] for skipped in value["skipped"]]
    assert [reason.partition(" cannot")[0] for reason in reasons] == [f"its entry {k}" for k in (0, 7, 20, 21)]
    assert all("layer words (Embedding): indices[0,0] = 10 is not in [0, 10)" in reason for reason in reasons)
    outputs = np.load(warm_worker.folder / value["outputs"][0]["values"])
    assert np.allclose(outputs, model(sentences[good]), atol=1e-6)


def test_interventions_influence_and_sweeps_skip_them_too(warm_worker, words):
    _, _, request = words
    off = {"layers": {"memory": {"gain": {"0": 0.0}}}}
    assert len(warm_worker.ask("compare", **request, intervention=off)["skipped"]) == 4
    assert warm_worker.ask("influence", **request)["samples"] == 36
    swept = warm_worker.send("sweep", **request, neurons={"memory": [0, 1]})
    assert warm_worker.end_of(swept).kind == "result"


def test_a_damaged_array_file_among_others_is_skipped(warm_worker, words, tmp_path):
    _, _, request = words
    broken = tmp_path / "broken.npy"
    broken.write_bytes((tmp_path / "sentences.npy").read_bytes()[:100])
    samples = [{**request["samples"][1], "file": str(broken)}, *request["samples"][1:3]]
    value = warm_worker.ask("run", **{**request, "samples": samples})
    assert len(value["samples"]) == 2
    (skipped,) = value["skipped"]
    assert skipped["file"] == str(broken)
    assert "truncated or damaged" in skipped["reason"]

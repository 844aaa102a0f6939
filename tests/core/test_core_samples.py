"""Samples in class folders and array files, their labels, and guesses with a reason."""

from __future__ import annotations

import io
import json
import os
import sys
import tracemalloc
import zipfile
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from nn_blender.core.errors import UserError
from nn_blender.core.inputs import NetworkInput, decide_inputs
from nn_blender.core.inputs.preprocessing import PRESETS, Guess, Preprocessing, guess_preprocessing
from nn_blender.core.inputs.ranges import LIKELY, SURE, UNSURE, Alternative, InputRange
from nn_blender.core.network import Layer, Network, TensorSpec
from nn_blender.core.recording import Sample, SampleValue
from nn_blender.core.samples import archives as module
from nn_blender.core.samples.archives import array_header
from nn_blender.core.samples.finding import find_pictures_beside, find_samples
from nn_blender.core.samples.grouping import spread_over_classes


def names_and_labels(path: Path, labels: Path | None = None) -> list[tuple[str, str]]:
    return [(sample.name, sample.label) for sample in find_samples(path, labels)]


def test_class_folders_give_each_class_a_turn(tmp_path: Path) -> None:
    for name in ("cat/b10.png", "cat/b2.png", "cat/b1.png", "dog/x.png", "dog/deep/y.png", "empty/notes.txt"):
        (tmp_path / "images" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "images" / name).touch()
    assert find_pictures_beside(tmp_path / "model.keras") == tmp_path / "images"
    expected = [("cat/b1.png", "cat"), ("dog/x.png", "dog"), ("cat/b2.png", "cat"), ("cat/b10.png", "cat")]
    assert names_and_labels(tmp_path / "images") == expected
    (tmp_path / "labels.csv").write_text("file,label\ncat/b2.png,tiger\nx.png,wolf\n")
    assert dict(names_and_labels(tmp_path / "images"))["cat/b2.png"] == "tiger"
    assert dict(names_and_labels(tmp_path / "images"))["dog/x.png"] == "dog"


def test_an_array_that_claims_more_samples_than_can_be_listed_is_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "nothing.npy", np.zeros((1_000_000_000, 0)))
    with pytest.raises(UserError, match="holds 1,000,000,000 samples, and 2,000,000 is the most") as caught:
        find_samples(tmp_path / "nothing.npy")
    assert caught.value.code == "samples.unreadable"


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_archives_with_two_arrays_of_one_name_are_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "set.npz", x=np.zeros((3, 2)))
    with zipfile.ZipFile(tmp_path / "set.npz", "a") as archive:
        archive.writestr("x.npy", archive.read("x.npy"))
    with pytest.raises(UserError, match="it holds several arrays called x"):
        find_samples(tmp_path / "set.npz")


def test_an_array_file_that_cannot_be_read_is_left_out_of_its_folder_with_a_note(tmp_path: Path) -> None:
    np.save(tmp_path / "good.npy", np.zeros((2, 3)))
    (tmp_path / "bad.npy").write_bytes((tmp_path / "good.npy").read_bytes()[:90])
    notes: list[str] = []
    assert [sample.name for sample in find_samples(tmp_path, notes=notes)] == ["good.npy 0", "good.npy 1"]
    (note,) = notes
    assert note.startswith(f"Left out: {tmp_path / 'bad.npy'} is truncated or damaged: ")
    (tmp_path / "good.npy").unlink()
    with pytest.raises(UserError, match="truncated or damaged") as caught:
        find_samples(tmp_path)
    assert caught.value.code == "samples.unreadable"


def test_entries_of_an_array_are_numbered_samples(tmp_path: Path) -> None:
    np.save(tmp_path / "steps.npy", np.zeros((12, 3), np.float32))
    found = find_samples(tmp_path / "steps.npy")
    assert [sample.index for sample in found] == list(range(12))
    assert (found[7].name, found[7].file) == ("steps.npy 07", str(tmp_path / "steps.npy"))
    assert found == find_samples(tmp_path)


IMAGES = np.zeros((3, 4, 4), np.uint8)


@pytest.mark.parametrize(
    ("arrays", "labels"),
    [
        ({"x_train": IMAGES[:1], "y_train": np.arange(1), "x_test": IMAGES, "y_test": [7, 0, 5]}, ["7", "0", "5"]),
        ({"images": IMAGES, "labels": ["cat", "dog", "é"]}, ["cat", "dog", "é"]),
        ({"x": IMAGES, "y": np.eye(4)[[2, 0, 3]]}, ["2", "0", "3"]),
        ({"X_test": IMAGES, "Y_test": np.array([[1], [2], [1]])}, ["1", "2", "1"]),
        ({"arr_0": IMAGES, "arr_1": [b"a", b"b", b"c"]}, ["a", "b", "c"]),
        ({"photos": IMAGES, "ages": [1.5, 2.5, 3.5]}, ["", "", ""]),
        ({"x_test": IMAGES, "y_train": [1, 2, 3]}, ["", "", ""]),
        ({"x": IMAGES, "y": [1, 2]}, ["", "", ""]),
        ({"x": IMAGES, "y": np.float32([[0.5, 2], [1, 0.25], [3, 4]])}, ["0.5;2", "1;0.25", "3;4"]),
        ({"test_images": IMAGES, "test_labels": [[1], [0], [2]], "train_labels": [5, 5, 5]}, ["1", "0", "2"]),
        ({"x": IMAGES, "y": [[[1], [5]], [[2], [0]], [[3], [4]]]}, ["1;5", "2;0", "3;4"]),
        ({"x": IMAGES, "y": [[[1]], [[2]], [[3]]]}, ["1", "2", "3"]),
        ({"XTest": IMAGES, "yTest": [0.5, 1.5, 2.5], "X_train": IMAGES[:2]}, ["0.5", "1.5", "2.5"]),
        ({"data": IMAGES, "target": np.int8([[1, 0, 1], [0, 0, 0], [1, 1, 1]])}, ["1;0;1", "0;0;0", "1;1;1"]),
    ],
)
def test_archives_name_samples_and_labels(tmp_path: Path, arrays: dict, labels: list[str]) -> None:
    np.savez_compressed(tmp_path / "data.npz", **arrays)
    assert [label for _, label in names_and_labels(tmp_path / "data.npz")] == labels
    assert array_header(tmp_path / "data.npz").shape == (3, 4, 4)


@pytest.mark.parametrize(
    "text", ["cat\ndog\ncow\n", "label\ncat\ndog\ncow\n", "0,cat\n2,cow\n1,dog\n", "index;label\n0;cat\n1;dog\n2;cow\n",
             "name,label\na.npy 0,cat\na.npy 1,dog\na.npy 2,cow\n"],
)  # fmt: skip
def test_tables_label_the_entries_of_an_array(tmp_path: Path, text: str) -> None:
    np.save(tmp_path / "a.npy", IMAGES)
    (tmp_path / "table.csv").write_text(text)
    expected = ["cat", "dog", "cow"]
    assert [label for _, label in names_and_labels(tmp_path / "a.npy", tmp_path / "table.csv")] == expected


def test_a_table_of_another_length_is_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", IMAGES)
    (tmp_path / "table.csv").write_text("1\n2\n")
    with pytest.raises(UserError, match=r"table\.csv"):
        find_samples(tmp_path / "a.npy", tmp_path / "table.csv")


def archive_with(text: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("x.npy", text)
    return stream.getvalue()


def stored(array: np.ndarray, allow_pickle: bool = False) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array, allow_pickle=allow_pickle)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.npy", b"", "a.npy"),
        ("a.npz", b"", "a.npz"),
        ("a.npz", b"PK\x03\x04 something", "a.npz"),
        ("a.npy", stored(IMAGES)[:-1], "ends too early"),
        ("a.npz", archive_with(b"\x93NUMPY"), "a.npz"),
        ("a.npz", archive_with(stored(IMAGES)[:-1]), "ends too early"),
        ("a.npy", stored(np.array(["2001-01-01"], "datetime64[D]")), "neither numbers nor texts"),
        ("a.npy", stored(np.array([{}, {}]), allow_pickle=True), "Python objects"),
        ("a.npz", archive_with(stored(np.array([{}, {}]), allow_pickle=True)), "Python objects"),
        ("a.npy", stored(np.float32(3)), "no axis"),
        ("a.npy", stored(np.zeros((0, 3))), "empty"),
        ("a.npy", stored(np.zeros(2, [("a", "f4")])), "neither numbers nor texts"),
    ],
)
def test_array_files_that_cannot_be_used_are_named(tmp_path: Path, name: str, content: bytes, reason: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UserError, match=reason) as caught:
        find_samples(tmp_path / name)
    assert name in caught.value.message
    assert caught.value.fix


def test_only_headers_of_samples_are_read_and_members_have_a_limit(tmp_path, monkeypatch) -> None:
    np.savez_compressed(tmp_path / "large.npz", x=np.zeros((5, 4000, 1000), np.uint8), y=np.arange(5))
    np.save(tmp_path / "large.npy", np.zeros((5, 4000, 1000), np.uint8))
    tracemalloc.start()
    assert len(find_samples(tmp_path / "large.npz")) == len(find_samples(tmp_path / "large.npy")) == 5
    assert tracemalloc.get_traced_memory()[1] < 2_000_000
    tracemalloc.stop()
    monkeypatch.setattr(module, "LARGEST_MEMBER", 10_000_000)
    with pytest.raises(UserError, match=r"save it as \.npy"):
        find_samples(tmp_path / "large.npz")


@pytest.mark.skipif(sys.platform != "linux", reason="needs names of any bytes")
def test_names_that_are_no_text_can_still_be_written(tmp_path: Path) -> None:
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.png")).touch()
    (sample,) = find_samples(tmp_path)
    assert sample.name == "caf?.png"
    assert Path(sample.file).is_file()


PICTURE = (TensorSpec("input", (224, 224, 3)),)
AXES = ("height", "width", "channel")


def network(name: str, *paths: str, inputs: tuple[TensorSpec, ...] = PICTURE) -> Network:
    layers = tuple(Layer(path, "Conv2D", (8, 8, 4), AXES, 0) for path in paths)
    return Network(name, "", "", layers, inputs, (), 0)


@pytest.mark.parametrize(
    ("found", "preset", "title"),
    [
        (network("ResNet50_weights"), "caffe", "a ResNet50 of"),
        (network("resnet101v2"), "signed", "a ResNet101V2 of"),
        (network("mine", "vgg16/block1_conv1"), "caffe", "a VGG16 of"),
        (network("mine", "mobilenetv2_1.00_224/Conv1"), "signed", "a MobileNetV2 of"),
        (network("mine", "a/Conv1", "a/bn_Conv1", "a/expanded_conv_project"), "signed", "a MobileNetV2 of"),
        (network("my-efficientnet-b0"), "torch", "an EfficientNet of"),
        (network("inception_resnet_v2"), "signed", "an InceptionResNetV2 of"),
        (network("mine", "conv1_conv", "conv2_block1_concat", "conv2_block1_0_bn"), "torch", "a DenseNet of"),
        (network("mine", "conv1_conv", "conv2_block1_out"), "caffe", "a ResNet of"),
    ],
)
def test_what_kerass_applications_want_is_known(found: Network, preset: str, title: str) -> None:
    guess = guess_preprocessing(found, found.inputs[0])
    assert guess.preprocessing == Preprocessing((224, 224), 3, **PRESETS[preset])
    assert guess.confidence == LIKELY
    assert title in guess.reason


def test_a_guess_says_when_nothing_speaks_for_it() -> None:
    assert guess_preprocessing(network("mine", "conv"), *PICTURE).confidence == UNSURE
    spec = TensorSpec("input", (28, 28))
    grey = guess_preprocessing(network("resnet50", inputs=(spec,)), spec)
    assert (grey.preprocessing, grey.confidence) == (Preprocessing((28, 28), 1, colour="grey"), UNSURE)
    assert [one.kind for one in decide_inputs(network("mine"))] == ["image"]
    assert [one.kind for one in decide_inputs(network("mine", inputs=(TensorSpec("input", (40, 5, 7)),)))] == ["array"]
    assert [one.kind for one in decide_inputs(network("mine", inputs=PICTURE * 2))] == ["image", "image"]


@pytest.mark.parametrize("said", [(0.0, 255.0), (0.0, 1.0)])
def test_what_operations_say_counts_more_than_the_name_of_a_family(said: tuple[float, float]) -> None:
    guess = guess_preprocessing(network("ResNet50"), *PICTURE, InputRange(said, "an operation says so", LIKELY))
    assert guess.preprocessing == Preprocessing((224, 224), 3, said)
    assert guess.reason == "an operation says so"


def test_a_guess_says_what_every_range_gave_and_survives_json() -> None:
    alternatives = (Alternative("0 to 1", 92, 100), Alternative("-1 to 1", 60, 100), Alternative("0 to 255"))
    guess = Guess(Preprocessing(None, 3), "most networks are trained on 0 to 1", LIKELY, alternatives)
    assert guess.sentences() == (
        "The range of values is likely: most networks are trained on 0 to 1.",
        "Tried on labelled samples, 0 to 1: 92 of 100 right, -1 to 1: 60 of 100.",
    )
    assert guess.sentences(chosen=(0.0, 255.0)) == ()
    stored = NetworkInput("picture", "image", "it is one", guess.preprocessing, guess)
    assert NetworkInput.from_dict(json.loads(json.dumps(stored.to_dict()))) == stored


def test_a_choice_against_what_is_certain_is_remarked_on() -> None:
    guess = Guess(Preprocessing(None, 3, (0.0, 255.0)), "“scale” (Rescaling) turns 0 to 255 into 0 to 1", SURE)
    assert guess.sentences(chosen=(0.0, 255.0)) == ()
    (said,) = guess.sentences(chosen=(0.0, 1.0))
    assert "0 to 255 is certain" in said
    assert "“scale”" in said


def test_samples_for_trials_are_spread_over_the_classes_that_the_network_has() -> None:
    labels = ["cat"] * 500 + ["dog"] * 500 + ["2"] * 3 + ["owl"] * 100 + ["7"] * 5 + [""] * 50
    samples = [Sample(str(k), (SampleValue(str(k)),), label) for k, label in enumerate(labels)]
    chosen = spread_over_classes(samples, ("cat", "dog"), 3, 100)
    counts = Counter(sample.label for sample in chosen)
    assert (set(counts), counts["2"], len(chosen), len({*chosen})) == ({"cat", "dog", "2"}, 3, 100, 100)
    assert {counts["cat"], counts["dog"]} == {48, 49}
    numbers = [int(sample.name) for sample in chosen if sample.label == "cat"]
    assert max(np.diff(numbers)) <= 11
    assert numbers[-1] > 480
    assert spread_over_classes(samples[1003:], ("cat", "dog"), 3, 100) == ()
    assert (
        len(spread_over_classes([Sample(str(k), (SampleValue(""),), str(k)) for k in range(1000)], (), 1000, 100))
        == 100
    )


@pytest.mark.parametrize(
    ("choices", "reason"),
    [
        ({"mean": (1.0, 2.0)}, "mean has 2 numbers"),
        ({"std": (1.0, 0.0, 1.0)}, "deviation of 0"),
        ({"std": (float("nan"),)}, "finite"),
        ({"size": (0, 4)}, "no pixels"),
        ({"order": "gbr"}, "no channel order"),
        ({"resize": "tile"}, "tile"),
    ],
)
def test_choices_that_make_no_sense_are_refused(choices: dict, reason: str) -> None:
    with pytest.raises(UserError, match=reason) as caught:
        Preprocessing((4, 4), 3).with_choices(**choices)
    assert caught.value.code == "input.unsupported"
    assert caught.value.fix


def test_one_mean_serves_all_channels_and_old_files_have_none() -> None:
    chosen = Preprocessing((4, 4), 3).with_choices(mean=(0.5,), std=(0.25,))
    assert chosen.scale(np.uint8([[0, 255, 0]])).tolist() == [[-2.0, 2.0, -2.0]]
    assert chosen.limits == (-2.0, 2.0)
    old = {"size": [4, 4], "channels": 3, "range": [0.0, 1.0], "resize": "fit", "invert": False}
    assert Preprocessing.from_dict(old) == Preprocessing((4, 4), 3, background="black", orientation="upright")
    assert Preprocessing.from_dict(chosen.to_dict()) == chosen

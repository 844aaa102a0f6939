"""Networks, recordings, samples and preprocessing as data."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest

from nn_blender.core.errors import UserError
from nn_blender.core.inputs.preprocessing import Guess, Preprocessing, guess_preprocessing
from nn_blender.core.inputs.ranges import LIKELY, InputRange
from nn_blender.core.network import Inspection, Layer, Network, Risk, TensorSpec
from nn_blender.core.outputs.binary import BINARY
from nn_blender.core.protocol import Event, EventReader, Request
from nn_blender.core.recording import Prediction, Recording, Sample, SampleValue, class_name
from nn_blender.core.samples.finding import find_classes, find_pictures_beside, find_samples


def network(*layers: Layer, shape: tuple[int, ...] = (28, 28, 1)) -> Network:
    return Network("n", "n.keras", "", layers, (TensorSpec("input", shape),), ("last",), 0)


CONV = Layer("conv", "Conv2D", (26, 26, 16), ("height", "width", "channel"), 160, ("input",), "relu")
FIRST = Layer("conv", "Conv2D", (16, 26, 26), ("channel", "height", "width"), 160)
SEQUENCE = Layer("lstm", "LSTM", (-1, 32), ("time", "unit"), 100)
ODD = Layer("odd", "Mystery", (-1, 7), ("time", "head"), 0)


def test_neurons_are_counted_along_the_feature_axis() -> None:
    assert [layer.neurons for layer in (CONV, FIRST, SEQUENCE, ODD)] == [16, 16, 32, 0]
    assert CONV.map_shape == FIRST.map_shape == (26, 26)
    assert SEQUENCE.map_shape is None
    slices = network(CONV, SEQUENCE, ODD, FIRST.__class__("last", "Dense", (5,), ("unit",), 0)).neuron_slices()
    assert slices == {"conv": slice(0, 16), "lstm": slice(16, 48), "odd": slice(48, 48), "last": slice(48, 53)}


def test_an_inspection_survives_json() -> None:
    inspection = Inspection("keras", network(CONV, ODD), (Risk("lambda", "Python code"),))
    assert Inspection.from_dict(json.loads(json.dumps(inspection.to_dict()))) == inspection


def test_scaling_maps_black_and_white_to_the_range() -> None:
    pixels = np.uint8([0, 51, 255])
    np.testing.assert_allclose(Preprocessing(None, 1).scale(pixels), [0, 0.2, 1], rtol=1e-6)
    np.testing.assert_allclose(Preprocessing(None, 1, (-1, 1)).scale(pixels), [-1, -0.6, 1], rtol=1e-6)
    np.testing.assert_allclose(Preprocessing(None, 1, (0, 255), invert=True).scale(pixels), [255, 204, 0])


def guessed(found: Network) -> Guess:
    return guess_preprocessing(found, found.inputs[0])


def test_preprocessing_is_guessed_from_the_structure() -> None:
    assert guessed(network(CONV)).preprocessing == Preprocessing((28, 28), 1, (0.0, 1.0), colour="grey")
    said, found = InputRange((0.0, 255.0), "an operation says so", LIKELY), network(CONV, shape=(28, 28, 3))
    guess = guess_preprocessing(found, found.inputs[0], said)
    assert guess == Guess(Preprocessing((28, 28), 3, (0.0, 255.0)), "an operation says so", LIKELY)
    assert guessed(network(CONV, shape=(-1, -1, 3))).preprocessing.size is None


def test_an_input_of_whole_numbers_takes_pixels_as_they_are_stored() -> None:
    inputs = (TensorSpec("input", (28, 28, 1), "uint8"),)
    whole = Network("n", "n.keras", "", (CONV,), inputs, ("last",), 0)
    assert guessed(whole).preprocessing.range == (0.0, 255.0)
    stored = whole.to_dict()
    assert Network.from_dict(stored) == whole
    del stored["inputs"][0]["dtype"]
    assert Network.from_dict(stored).inputs[0].dtype == "float32"


@pytest.mark.parametrize("shape", [(40,), (28, 28, 7), (4, 4, 4, 4)])
def test_an_input_that_is_no_picture_is_said_to_be_none(shape: tuple[int, ...]) -> None:
    with pytest.raises(UserError, match="not an image") as caught:
        guessed(network(CONV, shape=shape))
    assert caught.value.code == "input.unsupported"


def test_choices_replace_guesses() -> None:
    guess = Preprocessing((28, 28), 3)
    assert guess.with_choices(range=(-1.0, 1.0), resize=None) == Preprocessing((28, 28), 3, (-1.0, 1.0))
    assert guess.with_choices(colour="grey").colour == "grey"
    with pytest.raises(UserError, match="reads grey"):
        Preprocessing((28, 28), 1, colour="grey").with_choices(colour="rgb")


def test_predictions_are_sorted_and_nan_comes_last() -> None:
    outputs = np.float32([[0.1, np.nan, 0.7, 0.2]])
    recording = Recording((Sample("a.png", (SampleValue("a.png"),), "dog"),), np.zeros((1, 0), np.float32), outputs)
    best = recording.predictions(0, ("cat", "cow", "dog"))
    assert [prediction.label for prediction in best] == ["dog", "3", "cat", "cow"]
    assert recording.accuracy(("cat", "cow", "dog")) == 1.0
    assert recording.accuracy(()) is None


def test_a_label_may_be_a_name_or_a_number() -> None:
    samples = (
        Sample("a", (SampleValue("a"),), "dog"),
        Sample("b", (SampleValue("b"),), "1"),
        Sample("c", (SampleValue("c"),), "wolf"),
        Sample("d", (SampleValue("d"),)),
    )
    outputs = np.array([[0.1, 0.9], [0.8, 0.2], [1, 0], [1, 0]], np.float32)
    recording = Recording(samples, np.zeros((4, 0), np.float32), outputs)
    assert [recording.is_right(k, ("cat", "dog")) for k in range(4)] == [True, False, None, None]
    assert recording.accuracy(("cat", "dog")) == 0.5


def test_a_single_unit_between_0_and_1_stands_for_two_classes() -> None:
    samples = (Sample("a", (SampleValue("a"),), "1"), Sample("b", (SampleValue("b"),), "1"))
    recording = Recording(samples, np.zeros((2, 0), np.float32), np.array([[0.9], [0.2]], np.float32), kind=BINARY)
    assert [best.label for best in recording.predictions(0, ())] == ["1", "0"]
    assert recording.predictions(1, ("no", "yes"))[0].label == "no"
    assert [recording.is_right(k, ()) for k in range(2)] == [True, False]
    raw = Recording(samples, np.zeros((2, 0), np.float32), np.array([[3.5], [0.2]], np.float32))
    assert raw.predictions(0, ()) == [Prediction(0, "0", 3.5)]
    assert raw.accuracy(()) is None


def test_accuracy_counts_labelled_samples_only() -> None:
    samples = (
        Sample("a", (SampleValue("a"),), "0"),
        Sample("b", (SampleValue("b"),), "1"),
        Sample("c", (SampleValue("c"),)),
    )
    outputs = np.float32([[1, 0], [1, 0], [1, 0]])
    assert Recording(samples, np.zeros((3, 0), np.float32), outputs).accuracy(()) == 0.5
    assert Recording(samples[2:], np.zeros((1, 0), np.float32), outputs[2:]).accuracy(()) is None


def test_samples_come_in_natural_order_with_labels(tmp_path: Path) -> None:
    pictures = tmp_path / "Bilder ä"
    pictures.mkdir()
    for name in ("img-10.png", "img-2.PNG", "img-1.jpg", "notes.txt", ".hidden.png"):
        (pictures / name).touch()
    (tmp_path / "labels.csv").write_text("file,label\nimg-2.PNG,two\nsub\\img-10.png, ten \n", encoding="utf-8-sig")
    samples = find_samples(pictures)
    assert [(sample.name, sample.label) for sample in samples] == [
        ("img-1.jpg", ""),
        ("img-2.PNG", "two"),
        ("img-10.png", "ten"),
    ]
    assert [sample.name for sample in find_samples(pictures / "img-2.PNG")] == ["img-2.PNG"]


def test_missing_and_empty_sample_folders_are_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="nowhere") as caught:
        find_samples(tmp_path / "nowhere")
    assert caught.value.code == "samples.missing"
    with pytest.raises(UserError, match="contains no samples"):
        find_samples(tmp_path)


def test_labels_that_name_no_sample_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.png").touch()
    (tmp_path / "wrong.csv").write_text("7\n3\n")
    with pytest.raises(UserError, match=r"wrong\.csv names no samples"):
        find_samples(tmp_path, tmp_path / "wrong.csv")


def test_what_belongs_to_a_model_is_found_beside_it(tmp_path: Path) -> None:
    model = tmp_path / "model.keras"
    assert find_pictures_beside(model) is None
    assert find_classes(model) == ()
    (tmp_path / "images").mkdir()
    assert find_pictures_beside(model) is None
    (tmp_path / "images" / "a.png").touch()
    (tmp_path / "classes.txt").write_text("cat\n\ndog\n\n", encoding="utf-8")
    assert find_pictures_beside(model) == tmp_path / "images"
    classes = find_classes(model)
    assert [class_name(classes, index) for index in range(4)] == ["cat", "1", "dog", "3"]


@pytest.mark.parametrize(
    ("file", "text", "names"),
    [
        ("labels.txt", "0 disc\n1 blue square\n2 cross\n", ("disc", "blue square", "cross")),
        ("labels.txt", "a.png cat\nb.png dog\n", ()),
        ("labels.txt", "1 disc\n2 square\n", ()),
        ("labels.txt", "", ()),
        ("classes.txt", "0 disc\n1 square\n", ("disc", "square")),
        ("classes.txt", "0 disc\n1\n", ("0 disc", "1")),
    ],
)
def test_numbers_before_all_names_of_classes_are_left_out(
    tmp_path: Path, file: str, text: str, names: tuple[str, ...]
) -> None:
    (tmp_path / file).write_text(text, encoding="utf-8")
    assert find_classes(tmp_path / "model.h5") == names


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_tables_of_labels_may_use_other_separators(tmp_path: Path, separator: str) -> None:
    (tmp_path / "a.png").touch()
    (tmp_path / "labels.csv").write_text(f"file{separator}label\na.png{separator}cat\n")
    assert find_samples(tmp_path)[0].label == "cat"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_is_no_picture(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    assert find_pictures_beside(tmp_path / "model.keras") is None
    with pytest.raises(UserError, match="contains no samples"):
        find_samples(tmp_path)
    with pytest.raises(UserError) as caught:
        find_samples(tmp_path / "pipe.png")
    assert caught.value.code == "samples.unreadable"


def test_requests_and_events_survive_a_line() -> None:
    request = Request(7, "run", {"file": "ä b.keras"})
    assert Request.from_line(request.to_line()) == request
    event = Event(7, "progress", {"step": 1, "total": 2, "message": "Läuft"})
    assert Event.from_line(event.to_line()) == event


def test_events_are_read_once_and_only_when_complete(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    reader = EventReader(path)
    assert reader.read() == []
    line = Event(1, "progress", {"step": 1}).to_line()
    path.write_text(line + line[:9])
    assert [event.id for event in reader.read()] == [1]
    path.write_text(line + line)
    assert [event.id for event in reader.read()] == [1]
    assert reader.read() == []


def test_an_error_survives_the_way_between_processes() -> None:
    error = UserError("model.truncated", "x.keras ends too early.", "Copy it again.", "log")
    again = UserError.from_dict(json.loads(json.dumps(error.to_dict())))
    assert (again.code, again.message, again.fix, again.details) == (error.code, error.message, error.fix, "log")
    assert str(error) == "x.keras ends too early. Copy it again."

"""Explanations on the command line: files that equal plain Keras, whole or not there, and refusals with reasons."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command_line import DIGITS

from nn_blender.actions.explanations import result_files
from nn_blender.cli import main
from nn_blender.core.explanations import METHODS

pytestmark = pytest.mark.usefixtures("kept_workers")

MODEL = DIGITS / "digits.keras"
WORKER = os.environ.get("NN_BLENDER_WORKER_PYTHON", "")

KERAS = """
import sys
from pathlib import Path
import keras, numpy as np, tensorflow as tf
from PIL import Image
model = keras.models.load_model(sys.argv[1])
files = sorted(Path(sys.argv[2]).glob("*.png"))[: int(sys.argv[3])]
pixels = tf.constant(np.stack([np.asarray(Image.open(f)) for f in files])[..., None].astype("float32") / 255)
last = model.layers[-1]
inner = keras.Model(model.inputs, last.input)
def gradient(index):
    with tf.GradientTape() as tape:
        tape.watch(pixels)
        scores = tf.matmul(inner(pixels), last.kernel) + last.bias
        chosen = tf.gather(scores, tf.argmax(scores, axis=1) if index is None else [index] * len(files), batch_dims=1)
        total = tf.reduce_sum(chosen)
    return np.abs(tape.gradient(total, pixels).numpy()).max(axis=-1), chosen.numpy()
values = {"model": model(pixels).numpy()}
for name, index in (("predicted", None), ("three", 3)):
    values[name], values[f"{name}_score"] = gradient(index)
np.savez(sys.argv[4], **values)
"""


def explain(*arguments: object, method: str = "gradient") -> int:
    return main([str(argument) for argument in ("explain", *arguments, "--method", method)])


def index_of(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "explain.json").read_text(encoding="utf-8"))


def names_in(folder: Path) -> set[str]:
    return {file.name for file in folder.iterdir()}


@pytest.fixture(scope="module")
def truth(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """What plain Keras gives for the first pictures of digits."""
    file = tmp_path_factory.mktemp("keras") / "truth.npz"
    subprocess.run([WORKER, "-c", KERAS, MODEL, DIGITS / "images", "6", file], check=True)
    with np.load(file) as arrays:
        return dict(arrays)


def test_values_are_those_of_keras_and_rows_as_the_samples(truth: Any, tmp_path: Path) -> None:
    out = tmp_path / "new" / "out"
    assert explain(MODEL, "--samples", DIGITS / "images", "--max-samples", 6, "--target", "predicted", "--target", 3,
                   "--range", "0..1", "--output", out) == 0  # fmt: skip
    told = index_of(out)
    assert [sample["name"] for sample in told["samples"]] == [f"digit-{k:03}.png" for k in range(6)]
    assert [one["file"] for one in told["methods"][0]["arrays"]] == ["gradient.npy", "gradient.3.npy"]
    for target, (file, name) in enumerate((("gradient.npy", "predicted"), ("gradient.3.npy", "three"))):
        values = np.load(out / file)
        assert (values.dtype, values.shape) == (np.float32, (6, 28, 28))
        np.testing.assert_allclose(values, truth[name], rtol=1e-3, atol=1e-5)
        for k, sample in enumerate(told["samples"]):
            about = sample["targets"][target]
            index = int(truth["model"][k].argmax()) if name == "predicted" else 3
            assert (about["index"], about["class"]) == (index, str(index))
            assert about["score"] == pytest.approx(truth[f"{name}_score"][k], abs=1e-3)
            assert about["output"] == pytest.approx(truth["model"][k, index], abs=1e-5)
            found = about["methods"]["gradient"]
            assert (found["minimum"], found["maximum"]) == (values[k].min(), values[k].max())
            assert sample["predictions"][0]["probability"] == pytest.approx(truth["model"][k].max(), abs=1e-5)
            assert len(sample["predictions"]) == 5
    overlays = {about["methods"]["gradient"]["overlay"] for one in told["samples"] for about in one["targets"]}
    assert len(overlays) == 12
    assert {"digit-000.gradient.png", "digit-005.gradient.3.png"} <= overlays
    assert (
        names_in(out)
        == {"explain.json", *told["files"]}
        == {"explain.json", "gradient.npy", "gradient.3.npy"} | overlays
    )
    assert all((out / name).read_bytes().startswith(b"\x89PNG") for name in overlays)
    assert told["model"]["sha256"]
    assert told["inputs"][0]["preprocessing"]["range"] == [0.0, 1.0]


def test_interventions_apply(tmp_path: Path) -> None:
    common = (MODEL, "--samples", DIGITS / "images", "--max-samples", 2)
    assert explain(*common, "--output", tmp_path / "intact", "--target", 3) == 0
    assert explain(*common, "--output", tmp_path / "off", "--target", 3, "--disable", "dense_1:0-63") == 0
    assert np.load(tmp_path / "intact" / "gradient.npy").max() > 0.01
    # With no neuron left before it, the last layer's score does not depend on the picture.
    assert np.load(tmp_path / "off" / "gradient.npy").max() == 0
    assert index_of(tmp_path / "off")["intervention"] == {"layers": {"dense_1": {"off": list(range(64))}}}
    scores = [one["targets"][0]["score"] for one in index_of(tmp_path / "off")["samples"]]
    assert scores[0] == scores[1]


def test_every_method_writes_what_its_values_add_up_to_or_says_why_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = (MODEL, "--samples", DIGITS / "images", "--max-samples", 2, "--steps", 128, "--output", tmp_path)
    assert explain(*given, "--layer", "conv_2", method=",".join(method.name for method in METHODS)) == 0
    told = index_of(tmp_path)
    written = {one["name"] for one in told["methods"]}
    assert {method.name for method in METHODS} - written == {"cam", "projection"}
    error = capsys.readouterr().err
    for label in ("CAM", "Projected Activation"):
        (note,) = [note for note in told["notes"] if note.startswith(f"{label} gives no map")]
        assert note in error
    assert {one["provenance"] for one in told["methods"] if one["name"] == "occlusion"} == {"measured"}
    assert (told["steps"], told["layer"], told["targets"][0]["weighted_layer"]) == (128, "conv_2", "conv_2")
    assert "zeros" in told["baseline"]
    for k, sample in enumerate(told["samples"]):
        (about,) = sample["targets"]
        found = about["methods"]["integrated-gradients"]
        values = np.load(tmp_path / "integrated-gradients.npy")[k]
        assert found["sum"] == pytest.approx(values.sum(dtype=np.float64))
        assert found["off"] == pytest.approx(found["sum"] - found["difference"])
        assert abs(found["off"]) < 0.01 * abs(found["difference"])
        assert "difference" not in about["methods"]["gradient"]
        for method in METHODS:
            if method.name in written and not method.is_signed:
                assert about["methods"][method.name]["minimum"] >= 0


def test_rows_stay_with_their_samples_whatever_their_sizes(tmp_path: Path) -> None:
    rows = result_files.RowsFile(tmp_path / "a.npy")
    rows.add(np.ones((2, 3), np.float32))
    rows.add_missing(1)
    rows.add(np.full((1, 5), 2, np.float32))
    rows.finish()
    nan = np.nan
    wanted = [[1, 1, 1, nan, nan], [1, 1, 1, nan, nan], [nan] * 5, [2] * 5]
    np.testing.assert_array_equal(np.load(tmp_path / "a.npy"), np.array(wanted, np.float32))
    assert (rows.shape, rows.is_padded) == ((4, 5), True)
    assert names_in(tmp_path) == {"a.npy"}


def test_classes_and_neurons_are_named(tmp_path: Path) -> None:
    names = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
    (tmp_path / "classes.txt").write_text("\n".join(names), encoding="utf-8")
    out = tmp_path / "out"
    done = explain(
        *(MODEL, "--samples", DIGITS / "images", "--max-samples", 2, "--classes", tmp_path / "classes.txt"),
        *("--target", "seven", "--target", "conv_2:5", "--output", out),
        method="gradient,grad-cam,projection,gradient",
    )
    assert done == 0
    told = index_of(out)
    assert [one["name"] for one in told["methods"]] == ["gradient", "grad-cam", "projection"]
    assert [(one["file"], one["target"]) for one in told["methods"][2]["arrays"]] == [("projection.npy", "conv_2:5")]
    assert told["classes"] == names
    assert [(one["layer"], one["index"]) for one in told["targets"]] == [(None, 7), ("conv_2", 5)]
    of_class, of_neuron = told["samples"][0]["targets"]
    assert (of_class["class"], of_neuron["class"], of_neuron["output"]) == ("seven", None, None)
    assert {"gradient.npy", "gradient.conv_2_5.npy", "grad-cam.npy"} <= names_in(out)


def test_an_earlier_run_is_replaced_and_foreign_files_stay(tmp_path: Path) -> None:
    common = (MODEL, "--samples", DIGITS / "images", "--output", tmp_path)
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    (tmp_path / "mine.png").write_bytes(b"mine")
    assert explain(*common, "--max-samples", 3, method="gradient,gradient-x-input") == 0
    assert "digit-002.gradient-x-input.png" in names_in(tmp_path)
    assert explain(*common, "--max-samples", 1) == 0
    assert names_in(tmp_path) == {"notes.txt", "mine.png", "explain.json", "gradient.npy", "digit-000.gradient.png"}
    assert (tmp_path / "mine.png").read_bytes() == b"mine"
    assert len(np.load(tmp_path / "gradient.npy")) == 1


@pytest.mark.parametrize("failure", [KeyboardInterrupt, OSError])
def test_a_run_that_ends_early_leaves_the_folder_as_it_was(
    failure: type[BaseException], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    common = (MODEL, "--samples", DIGITS / "images", "--output", tmp_path / "old")
    assert explain(*common, "--max-samples", 2) == 0
    before = {file.name: file.read_bytes() for file in (tmp_path / "old").iterdir()}

    def fail(*_: object) -> None:
        raise failure

    monkeypatch.setattr(result_files.RowsFile, "finish", fail)
    assert explain(*common, "--max-samples", 3) != 0
    assert {file.name: file.read_bytes() for file in (tmp_path / "old").iterdir()} == before
    assert explain(*common[:-1], tmp_path / "new" / "inner", "--max-samples", 1) != 0
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--method", "gradiant"], ["'gradiant'", *[method.name for method in METHODS]]),
        (["--method", "gradient,"], ["no method ''", "grad-cam"]),
        (["--method", "gradient", "--layer", "conv_2"], ["--layer", "grad-cam"]),
        (["--method", "gradient", "--steps", "0"], ["--steps", "1 to"]),
        (["--method", "gradient,grad-cam", "--steps", "9"], ["--steps", "smoothgrad, integrated-gradients"]),
        (["--method", "projection", "--layer", "conv_2"], ["--layer", "grad-cam"]),
        (["--method", "projection"], ["Projected Activation", "neurons"]),
        (["--method", "gradient", "--target", "10"], ["no class 10", "0 to 9"]),
        (["--method", "gradient", "--target", "-1"], ["no class -1", "0 to 9"]),
        (["--method", "gradient", "--target", "conv_2:99"], ["conv_2", "0 to", "no neuron 99"]),
        (["--method", "gradient", "--target", "conv_3:0"], ["'conv_3'", "conv_2"]),
        (["--method", "gradient", "--target", "seven"], ["'seven'", "--classes"]),
        (["--method", "grad-cam", "--layer", "conv2"], ["'conv2'", "conv_2"]),
        (["--method", "grad-cam", "--layer", "digit"], ["digit", "conv_2"]),
        (["--method", "gradient", "--disable", "nowhere:0"], ["nowhere"]),
        (["--method", "gradient", "--samples", "no-such-folder"], ["no-such-folder"]),
    ],
)
def test_bad_input_is_one_clear_message_and_writes_nothing(
    arguments: list[str], words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    given = ["explain", str(MODEL), "--max-samples", "1", "--output", str(out), *arguments]
    assert main(given if "--samples" in arguments else [*given, "--samples", str(DIGITS / "images")]) == 2
    error = capsys.readouterr().err
    assert "Traceback" not in error
    assert error.count("Error: ") == 1
    for word in words:
        assert word in error
    assert not out.exists()


def test_pictures_of_one_name_in_folders_of_classes_have_overlays_of_their_own(tmp_path: Path) -> None:
    for label, name in (("0", "digit-001.png"), ("6", "digit-000.png")):
        (tmp_path / "digits" / label).mkdir(parents=True)
        (tmp_path / "digits" / label / "a.png").write_bytes((DIGITS / "images" / name).read_bytes())
    assert explain(MODEL, "--samples", tmp_path / "digits", "--output", tmp_path / "out") == 0
    told = index_of(tmp_path / "out")
    overlays = [sample["targets"][0]["methods"]["gradient"]["overlay"] for sample in told["samples"]]
    assert overlays == ["0.a.gradient.png", "6.a.gradient.png"]
    assert [sample["targets"][0]["class"] for sample in told["samples"]] == ["0", "6"]
    assert [Path(sample["file"]).parent.name for sample in told["samples"]] == ["0", "6"]


def test_a_model_without_samples_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    alone = tmp_path / "alone.keras"
    alone.write_bytes(MODEL.read_bytes())
    assert explain(alone, "--output", tmp_path / "out") == 2
    assert "--samples PATH" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


SMALL = """
import sys
from pathlib import Path
import keras, numpy as np
L = keras.layers
folder, numbers = Path(sys.argv[1]), np.random.default_rng(0)
keras.utils.set_random_seed(1)
photo, facts = keras.Input((12, 10, 3), name="photo"), keras.Input((4,), name="facts")
look = L.Conv2D(6, 3, padding="same", activation="relu", name="look")(L.Rescaling(1 / 255, name="scale")(photo))
both = L.Concatenate(name="both")([L.Flatten()(look), L.Dense(5, activation="relu", name="read")(facts)])
keras.Model([photo, facts], [L.Dense(2, name="price")(both), L.Dense(3, activation="softmax", name="kind")(both)],
            name="houses").save(folder / "houses.keras")
np.save(folder / "photos.npy", numbers.integers(0, 256, (3, 12, 10, 3)).astype("uint8"))
np.save(folder / "facts.npy", numbers.normal(size=(3, 4)).astype("float32"))
words = keras.Input((16,), dtype="int32", name="words")
seen = L.GlobalAveragePooling1D()(L.Conv1D(8, 3, activation="relu", name="phrases")(L.Embedding(50, 6)(words)))
keras.Model(words, L.Dense(1, activation="sigmoid", name="mood")(seen), name="moods").save(folder / "moods.keras")
tokens = numbers.integers(1, 50, (4, 16)).astype("int32")
tokens[:, 9:] = 0
np.save(folder / "tokens.npy", tokens)
steps = keras.Input((20, 2), name="steps")
keras.Model(steps, L.Dense(1, name="load")(L.LSTM(5)(steps)), name="loads").save(folder / "loads.keras")
np.save(folder / "steps.npy", numbers.normal(size=(3, 20, 2)).astype("float32"))
spoken = keras.Sequential([keras.Input((4,)), L.Lambda(lambda x: x * 2), L.Dense(2, activation="softmax")])
spoken.save(folder / "lambda.keras")
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("small")
    subprocess.run([WORKER, "-c", SMALL, folder], check=True)
    return folder


def test_every_input_has_an_array_and_overlays(made: Path, tmp_path: Path) -> None:
    places = ("--samples", f"photo={made / 'photos.npy'}", "--samples", f"facts={made / 'facts.npy'}")
    assert explain(made / "houses.keras", *places, "--answer", "kind", "--target", 2, "--target", "predicted",
                   "--output", tmp_path) == 0  # fmt: skip
    told = index_of(tmp_path)
    files = [(one["file"], one["target"], one["input"], one["shape"]) for one in told["methods"][0]["arrays"]]
    assert files == [
        ("gradient.npy", "2", "photo", [3, 12, 10]),
        ("gradient.facts.npy", "2", "facts", [3, 4]),
        ("gradient.predicted.npy", "predicted", "photo", [3, 12, 10]),
        ("gradient.predicted.facts.npy", "predicted", "facts", [3, 4]),
    ]
    for name, _, _, shape in files:
        assert np.load(tmp_path / name).shape == tuple(shape)
    found = told["samples"][1]["targets"][0]["methods"]["gradient"]
    assert [one["input"] for one in (found, *found["further_inputs"])] == ["photo", "facts"]
    assert len([name for name in told["files"] if name.endswith(".png")]) == 12
    values = {name: told["samples"][0]["targets"][0][name] for name in ("index", "class")}
    assert values == {"index": 2, "class": "2"}


def test_values_of_all_inputs_together_add_up_to_a_difference_of_scores(made: Path, tmp_path: Path) -> None:
    places = ("--samples", f"photo={made / 'photos.npy'}", "--samples", f"facts={made / 'facts.npy'}")
    given = (made / "houses.keras", *places, "--answer", "kind", "--steps", 256, "--output", tmp_path)
    assert explain(*given, method="integrated-gradients") == 0
    arrays = [np.load(tmp_path / f"integrated-gradients{ending}.npy") for ending in ("", ".facts")]
    for k, sample in enumerate(index_of(tmp_path)["samples"]):
        found = sample["targets"][0]["methods"]["integrated-gradients"]
        total = sum(values[k].sum(dtype=np.float64) for values in arrays)
        assert found["sum"] == pytest.approx(total)
        assert found["difference"] == pytest.approx(total, rel=0.01)
        assert found["off"] == pytest.approx(total - found["difference"])


def test_values_of_a_regression_are_targets(made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = (made / "loads.keras", "--samples", made / "steps.npy", "--output", tmp_path / "out")
    assert explain(*given, "--target", 0) == 0
    assert np.load(tmp_path / "out" / "gradient.npy").shape == (3, 20, 2)
    assert explain(*given, "--target", 1) == 2
    assert "no value 1" in capsys.readouterr().err


def test_tokens_have_a_value_per_step(made: Path, tmp_path: Path) -> None:
    given = (made / "moods.keras", "--samples", made / "tokens.npy", "--output", tmp_path)
    assert explain(*given, "--target", 0, "--target", 1, method="gradient,gradient-x-input,grad-cam") == 0
    against, speaking = np.load(tmp_path / "gradient-x-input.npy"), np.load(tmp_path / "gradient-x-input.1.npy")
    assert speaking.shape == (4, 16)
    np.testing.assert_allclose(against, -speaking, rtol=1e-5, atol=1e-7)
    assert np.load(tmp_path / "grad-cam.1.npy").shape == (4, 16)
    for sample in index_of(tmp_path)["samples"]:
        no, yes = (about["output"] for about in sample["targets"])
        assert no + yes == pytest.approx(1)


def test_code_is_not_run_without_consent(made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = (made / "lambda.keras", "--samples", made / "facts.npy", "--output", tmp_path / "out")
    assert explain(*given) == 2
    assert "--allow-code" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
    assert explain(*given, "--allow-code") == 0
    assert np.load(tmp_path / "out" / "gradient.npy").shape == (3, 4)


def test_what_cannot_be_done_is_said_and_the_rest_is_written(
    made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = (made / "loads.keras", "--samples", made / "steps.npy")
    assert explain(*table, "--output", tmp_path / "some", method="gradient,grad-cam") == 0
    told = index_of(tmp_path / "some")
    assert [one["name"] for one in told["methods"]] == ["gradient"]
    assert any("Grad-CAM" in note for note in told["notes"])
    assert "Grad-CAM" in capsys.readouterr().err
    assert explain(*table, "--output", tmp_path / "none", method="grad-cam") == 2
    assert not (tmp_path / "none").exists()

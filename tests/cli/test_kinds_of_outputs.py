"""Answers say what they are: classes, a value, labels, a picture; each with how far it is from what is right."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nn_blender.cli import main

pytestmark = pytest.mark.usefixtures("kept_workers")

MAKE = """
import sys
from pathlib import Path
import keras, numpy as np
from PIL import Image
L = keras.layers
folder = Path(sys.argv[1])

def of_mean(name, units, activation, factor):
    # Where factor is 1, factor * (0.5 - mean) is above 0 for dark pictures.
    out = L.Dense(units, activation=activation, name="out")
    model = keras.Sequential([keras.Input((8, 8, 3)), L.Rescaling(1 / 255), L.GlobalAveragePooling2D(), out])
    out.set_weights([np.full((3, units), -factor / 3), np.full(units, factor / 2)])
    model.save(folder / name)

of_mean("sigmoid.keras", 1, "sigmoid", 20.0)
of_mean("some.keras", 1, None, 20.0)
of_mean("hinge.keras", 1, "tanh", 20.0)
of_mean("tags.keras", 3, "sigmoid", 20.0)
of_mean("amount.keras", 1, None, 1.0)
pixels = keras.Input((8, 8, 3), name="pixels")
x = L.Rescaling(1 / 255)(pixels)
mean = L.GlobalAveragePooling2D(name="middle")(x)
keras.Model(pixels, [L.Dense(1, name="amount")(mean), L.Dense(3, activation="softmax", name="animal")(mean),
                     L.Conv2D(3, 1, activation="sigmoid", name="picture")(x),
                     L.Flatten(name="pixels_again")(x)]).save(folder / "four.keras")
out = L.Conv2D(1, 1, activation="sigmoid", name="mask")
mask = keras.Sequential([keras.Input((8, 8, 3)), L.Rescaling(1 / 255), out])
out.set_weights([np.array([50.0, 0, 0]).reshape(1, 1, 3, 1), np.array([-35.0])])
mask.save(folder / "mask.keras")
steps = keras.Sequential([keras.Input((4,)), L.Embedding(9, 3), L.Dense(5, activation="softmax", name="tags")])
steps.save(folder / "steps.keras")
rows = ["file,amount"]
for k, level in enumerate((10, 40, 200, 240)):
    label = "dark" if level < 128 else "bright"
    for file in (folder / "named" / label / f"{k}.png", folder / "measured" / f"{k}.png"):
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full((8, 8, 3), level, np.uint8)).save(file)
    rows.append(f"{k}.png,{0.5 - level / 255 + 0.25:.6f}")
(folder / "measured" / "labels.csv").write_text("\\n".join(rows))
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("outputs")
    subprocess.run([os.environ["NN_BLENDER_WORKER_PYTHON"], "-c", MAKE, folder], check=True)
    return folder


def imported(made: Path, model: str, samples: str, *more: str) -> dict[str, Any]:
    report = made / "report.json"
    arguments = ("import", made / model, "--samples", made / samples, "--report", report, *more)
    assert main([str(argument) for argument in arguments]) == 0
    written: dict[str, Any] = json.loads(report.read_text(encoding="utf-8"))
    return written


@pytest.mark.parametrize("model", ["sigmoid.keras", "some.keras", "hinge.keras"])
def test_one_value_answers_both_classes_which_folders_name(made: Path, model: str) -> None:
    report = imported(made, model, "named")
    assert report["accuracy"] == 1.0
    assert [one["kind"] for one in report["outputs"]] == ["binary"]
    for sample in report["samples"]:
        best, other = (one["label"] for one in sample["predictions"])
        assert {best, other} == {"bright", "dark"}
        assert best == sample["label"]
        assert sample["outputs"][0]["right"] is True


def test_the_probability_of_a_logit_is_its_sigmoid(made: Path) -> None:
    report = imported(made, "some.keras", "named")
    for sample in report["samples"]:
        level = {"0": 10, "1": 40, "2": 200, "3": 240}[sample["name"].split("/")[1][0]]
        dark = 1 / (1 + np.exp(-20 * (0.5 - level / 255)))
        told = {one["label"]: one["probability"] for one in sample["predictions"]}
        assert told == {"dark": pytest.approx(dark, abs=1e-6), "bright": pytest.approx(1 - dark, abs=1e-6)}
    hinge = imported(made, "hinge.keras", "named")
    assert all(one["probability"] is None for sample in hinge["samples"] for one in sample["predictions"])
    changed = imported(made, "hinge.keras", "named", "--disable", "out:0")["intervention"]
    told = [one for sample in changed["samples"] for one in sample["predictions"]]
    assert [(one["probability"], one["value"]) for one in told] == [(None, 0.0)] * 8


def test_numbers_as_labels_make_it_a_value(made: Path) -> None:
    report = imported(made, "amount.keras", "measured")
    assert report["accuracy"] is None
    assert [one["name"] for one in report["outputs"]] == ["out"]
    for k, (sample, level) in enumerate(zip(report["samples"], (10, 40, 200, 240), strict=True)):
        assert sample["predictions"] == []
        (told,) = sample["outputs"]
        assert (told["name"], told["kind"]) == ("out", "values"), k
        assert told["values"] == [pytest.approx(0.5 - level / 255, abs=1e-6)]
        assert told["error"] == pytest.approx(0.25, abs=1e-5)
    values = {one["name"]: one["value"] for one in report["metrics"]}
    assert values == {"mae": pytest.approx(0.25, abs=1e-5), "rmse": pytest.approx(0.25, abs=1e-5)}


def test_several_sigmoids_are_labels_of_their_own(made: Path) -> None:
    (told, *_) = (sample["outputs"][0] for sample in imported(made, "tags.keras", "named")["samples"])
    assert told["kind"] == "multi-label"
    assert {one["label"] for one in told["predictions"]} == {"0", "1", "2"}
    chosen = imported(made, "tags.keras", "named", "--kind", "out=classes")
    assert chosen["outputs"] == [{"name": "out", "kind": "classes", "reason": "it was chosen"}]


def test_outputs_of_different_kinds_are_all_told(made: Path) -> None:
    report = imported(made, "four.keras", "measured")
    kinds = {one["name"]: one["kind"] for one in report["outputs"]}
    assert kinds == {"amount": "values", "animal": "classes", "picture": "image", "pixels_again": "image"}
    for sample, level in zip(report["samples"], (10, 40, 200, 240), strict=True):
        told = {one["name"]: one for one in sample["outputs"]}
        assert len(told["animal"]["predictions"]) == len(sample["predictions"]) == 3
        assert told["pixels_again"]["shape"] == [192]
        numbers = [told["pixels_again"][name] for name in ("min", "mean", "max")]
        assert numbers == [pytest.approx(level / 255, abs=1e-6)] * 3


def test_pictures_are_compared_with_true_ones(made: Path) -> None:
    generator = np.random.default_rng(2)
    pictures = generator.integers(0, 255, (5, 8, 8, 3), np.uint8)
    masks = (pictures[..., :1] > 128).astype(np.uint8)
    np.savez(made / "masks.npz", x_test=pictures, y_test=masks)
    report = imported(made, "mask.keras", "masks.npz")
    (told,) = report["outputs"]
    assert told["kind"] == "image"
    predicted = pictures[..., 0].astype(np.float64) / 255 > 0.7
    true = masks[..., 0] == 1
    shares = [
        (predicted & true).sum() / (predicted | true).sum(),
        (~predicted & ~true).sum() / (~predicted | ~true).sum(),
    ]
    (metric,) = report["metrics"]
    assert (metric["name"], metric["samples"]) == ("mean_iou", 5)
    assert metric["value"] == pytest.approx(np.mean(shares))
    assert [one["value"] for one in metric["per_class"]] == [pytest.approx(share) for share in reversed(shares)]
    first = [(predicted[0] & true[0]).sum() / (predicted[0] | true[0]).sum()]
    first += [(~predicted[0] & ~true[0]).sum() / (~predicted[0] | ~true[0]).sum()]
    assert report["samples"][0]["outputs"][0]["iou"] == pytest.approx(np.mean(first), abs=1e-6)


def test_masks_need_not_be_called_as_the_output_is(made: Path) -> None:
    pictures = np.random.default_rng(2).integers(0, 255, (5, 8, 8, 3), np.uint8)
    np.savez(
        made / "masks.npz", images=pictures, masks=(pictures[..., 0] > 178).astype(np.uint8) * 255, ids=np.arange(5)
    )
    report = imported(made, "mask.keras", "masks.npz")
    assert [(metric["name"], metric["value"]) for metric in report["metrics"]] == [("mean_iou", pytest.approx(1.0))]
    assert "Arrays that do not bear the output's name, mask, are left out: ids." in report["notes"]


def test_classes_may_be_told_by_sign(made: Path) -> None:
    (made / "signs.csv").write_text("file,label\n0.png,1\n1.png,-1\n2.png,-1\n3.png,-1\n")
    report = imported(made, "hinge.keras", "measured", "--labels", str(made / "signs.csv"))
    assert report["accuracy"] == report["metrics"][0]["value"] == 0.75
    assert [sample["outputs"][0]["right"] for sample in report["samples"]] == [True, False, True, True]


def test_an_array_that_bears_the_answers_name_labels_samples(made: Path) -> None:
    pictures = np.random.default_rng(2).integers(0, 255, (4, 8, 8, 3), np.uint8)
    np.savez(made / "named.npz", pixels=pictures, animal=[0, 1, 2, 3], amount=[0.5, 1, 2, 3])
    report = imported(made, "four.keras", "named.npz")
    predicted = [int(sample["predictions"][0]["label"]) for sample in report["samples"]]
    assert report["accuracy"] == pytest.approx(np.mean([predicted[k] == k for k in range(3)]))
    assert [sample["label"] for sample in report["samples"]] == ["0", "1", "2", "3"]
    assert (
        "animal: the label of 1 sample says nothing of it, such as '3'; it has 3 classes, counted from 0."
        in (report["notes"])
    )


def test_columns_of_numbers_are_one_label_of_several_values(made: Path) -> None:
    (made / "corners.csv").write_text("file,xmin,ymin,xmax\n" + "".join(f"{k}.png,0,{k},1\n" for k in range(4)))
    chosen = ("--kind", "out=values", "--labels", str(made / "corners.csv"))
    report = imported(made, "tags.keras", "measured", *chosen)
    given = np.array([sample["outputs"][0]["values"] for sample in report["samples"]])
    errors = np.abs(given - [[0, k, 1] for k in range(4)])
    assert report["metrics"][0]["value"] == pytest.approx(errors.mean(), abs=1e-6)


@pytest.mark.parametrize("shape", [(6, 4), (6, 4, 1), (6, 4, 5)])
def test_steps_in_time_are_compared_with_true_ones(made: Path, shape: tuple[int, ...]) -> None:
    generator = np.random.default_rng(2)
    true = generator.integers(0, 5, shape[:2])
    truth = np.eye(5)[true] if shape[-1] == 5 else true.reshape(shape)
    np.savez(made / "steps.npz", x=generator.integers(0, 9, (6, 4)), y=truth)
    report = imported(made, "steps.keras", "steps.npz", "--activations", str(made / "steps"), "--whole-activations")
    right = np.load(made / "steps" / "tags.npz")["activations"].argmax(axis=2) == true
    assert [(one["name"], one["value"]) for one in report["metrics"]] == [
        ("step_accuracy", pytest.approx(right.mean(), abs=1e-6))
    ]
    assert [sample["outputs"][0]["accuracy"] for sample in report["samples"]] == [
        pytest.approx(share, abs=1e-6) for share in right.mean(axis=1)
    ]

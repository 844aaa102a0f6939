"""Ranges of values that the network does not say are tried on labelled samples, before one is relied on."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from nn_blender.cli import main

pytestmark = pytest.mark.usefixtures("kept_workers")

MAKE = """
import sys
from pathlib import Path
import keras, numpy as np
from PIL import Image

def network(name, threshold, first, rescale=None):
    picture = keras.Input((16, 16, 3))
    inner = keras.Input((16, 16, 3))
    trunk = keras.Model(inner, keras.layers.Conv2D(1, 1, use_bias=False, name="conv")(inner), name=first)
    x = trunk(picture if rescale is None else rescale(picture))
    scores = keras.layers.Dense(2, activation="softmax")
    mean = keras.layers.GlobalAveragePooling2D()(x)
    model = keras.Model(picture, scores(mean))
    trunk.get_layer("conv").set_weights([np.full((1, 1, 3, 1), 1 / 3)])
    scores.set_weights([np.array([[-50.0, 50.0]]), np.array([50.0, -50.0]) * threshold])
    model.save(folder / name)
    logit = keras.layers.Dense(1, name="logit")
    alone = keras.Model(picture, logit(mean))
    logit.set_weights([np.array([[-50.0]]), np.array([50.0]) * threshold])
    alone.save(folder / f"logit_{name}")

folder = Path(sys.argv[1])
# Whether the mean is above half of white, as numbers of -1 to 1; and above 0.2, as numbers of 0 to 1.
network("signed.keras", 0.0, "trunk")
network("unit.keras", 0.2, "vgg16")
network("bytes.keras", 0.0, "mobilenetv2", keras.applications.mobilenet_v2.preprocess_input)
(folder / "classes.txt").write_text("dark\\nbright\\n")
(folder / "turned.txt").write_text("bright\\ndark\\n")
np.save(folder / "fractions.npy", np.random.default_rng(5).uniform(0, 1, (4, 16, 16, 3)).astype(np.float32))
generator = np.random.default_rng(5)
for samples, middle in (("half", 128), ("fifth", 51)):
    for k in range(30):
        name, low, high = ("dark", middle - 11, middle - 1) if k % 2 else ("bright", middle + 1, middle + 11)
        level = int(generator.integers(low, high))
        for place in (f"{samples}/{name}", f"{samples} known/{name}", *([f"{samples}/strange"] if k < 10 else [])):
            file = folder / place / f"{k:02}.png"
            file.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(np.full((16, 16, 3), level, np.uint8)).save(file)
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ranges")
    subprocess.run([os.environ["NN_BLENDER_WORKER_PYTHON"], "-c", MAKE, folder], check=True)
    return folder


def imported(made: Path, model: str, samples: str, *more: str) -> dict[str, Any]:
    report = made / "report.json"
    arguments = ("import", made / model, "--samples", made / samples, "--report", report, *more)
    assert main([str(argument) for argument in arguments]) == 0
    written: dict[str, Any] = json.loads(report.read_text(encoding="utf-8"))
    return written


def tried_in(text: str) -> dict[str, tuple[int, int]]:
    """How many samples were right with each range that was tried, and of how many."""
    line = re.search(r"Tried on labelled samples, (.*)\.", text)
    parts = re.findall(r"(?:, |^)(.*?): (\d+) of (\d+)", line[1]) if line else []
    return {title: (int(right), int(count)) for title, right, count in parts}


def test_where_nothing_speaks_for_a_range_labelled_samples_decide(
    made: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = imported(made, "signed.keras", "half")
    said = capsys.readouterr().err
    assert (report["preprocessing"]["range"], report["accuracy"]) == ([-1.0, 1.0], 1.0)
    assert "The range of values is certain" in said
    # Ten pictures in a folder that is no class of the network do not count.
    tried = tried_in(said)
    assert (tried["0 to 1"], tried["-1 to 1"], tried["0 to 255"]) == ((15, 30), (30, 30), (15, 30))
    assert len(tried) == 5
    assert (report["range"]["confidence"], len(report["range"]["alternatives"])) == ("sure", 5)
    assert {"title": "-1 to 1", "right": 30, "tried": 30} in report["range"]["alternatives"]


def test_the_name_of_a_family_is_tried_too(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = imported(made, "unit.keras", "fifth")
    tried = tried_in(capsys.readouterr().err)
    assert (report["preprocessing"]["range"], report["preprocessing"]["mean"]) == ([0.0, 1.0], [])
    assert report["accuracy"] == 1.0
    assert tried["0 to 1"] == (30, 30)
    assert tried["ImageNet's mean, blue first"] == (15, 30)


def test_a_single_logit_answers_with_two_classes(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = imported(made, "logit_signed.keras", "half known", "--classes", str(made / "turned.txt"))
    tried = tried_in(capsys.readouterr().err)
    assert (report["preprocessing"]["range"], report["accuracy"]) == ([-1.0, 1.0], 1.0)
    assert (tried["0 to 1"], tried["-1 to 1"]) == ((15, 30), (30, 30))


def test_numbers_that_enter_as_they_are_are_compared_with_what_the_network_expects(
    made: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    imported(made, "bytes.keras", "fractions.npy")
    said = capsys.readouterr().err
    assert "enter the network as they are" in said
    assert "another range than the network expects, of which 0 to 255 is certain: “true_divide” (TrueDivide)" in said
    imported(made, "unit.keras", "fractions.npy")
    said = capsys.readouterr().err
    assert "enter the network as they are" in said
    assert "another range" not in said


def test_nothing_is_tried_where_the_network_or_the_user_says_the_range(
    made: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = imported(made, "bytes.keras", "half")
    said = capsys.readouterr().err
    assert (report["preprocessing"]["range"], report["accuracy"]) == ([0.0, 255.0], 1.0)
    assert "turn 0 to 255 into -1 to 1 for “mobilenetv2/conv” (Conv2D)" in said
    assert not tried_in(said)
    assert (report["range"]["confidence"], report["range"]["alternatives"]) == ("sure", [])
    report = imported(made, "signed.keras", "half", "--preset", "unit")
    assert (report["preprocessing"]["range"], report["accuracy"]) == ([0.0, 1.0], 0.5)
    assert not tried_in(capsys.readouterr().err)

"""Comparing with the intact network: answers and maps of the change equal what plain Keras computes."""

from __future__ import annotations

import csv
import json
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import bpy
import numpy as np
import pytest
from keras_scripts import run_script

from nn_blender.actions.interventions import compare as comparing
from nn_blender.actions.interventions.compare import compare
from nn_blender.actions.interventions.rerun import is_up_to_date, rerun
from nn_blender.actions.network.import_network import ImportOptions, import_network
from nn_blender.core.errors import UserError
from nn_blender.core.interventions.comparison import Comparison
from nn_blender.core.interventions.intervention import Intervention
from nn_blender.engine.jobs import Job
from nn_blender.engine.registry import workers
from nn_blender.scene.base import meshes
from nn_blender.scene.base.find import networks, objects
from nn_blender.scene.interventions.switches import set_compare, set_neurons, write_intervention
from nn_blender.scene.network.description import read_description

PYTHON = Path(os.environ["NN_BLENDER_WORKER_PYTHON"])
DIGITS = Path(__file__).resolve().parents[2] / "sample_scenes" / "digits"
ORACLE = Path(__file__).with_name("masked_oracle.py")
OFF = {"conv_1": [1, 3], "conv_2": list(range(20))}


@pytest.fixture(autouse=True)
def empty_file(kept_workers: None) -> Iterator[None]:
    bpy.ops.wm.read_factory_settings(use_empty=True)
    yield
    workers.close_all()


def imported(shown: int, measured: int) -> bpy.types.Collection:
    options = ImportOptions(file=DIGITS / "digits.keras", max_samples=measured, shown=shown)
    Job(import_network(PYTHON, options), "import").wait(timeout=180)
    return root()


def root() -> bpy.types.Collection:
    return networks(bpy.context.scene)[0]


def switch_off() -> None:
    for layer, neurons in OFF.items():
        set_neurons(root(), layer, neurons, enabled=False)
    Job(rerun(PYTHON, root()), "rerun").wait(timeout=120)


def oracle(files: list[Path], folder: Path) -> dict[str, np.ndarray]:
    factors = {layer: [float(k not in off) for k in range(neurons_of(layer))] for layer, off in OFF.items()}
    request = {"model": str(DIGITS / "digits.keras"), "samples": list(map(str, files)), "factors": factors}
    (folder / "request.json").write_text(json.dumps({**request, "to": str(folder)}))
    run_script(ORACLE, folder / "request.json")
    return {file.stem: np.load(file) for file in folder.glob("*.npy")}


def neurons_of(layer: str) -> int:
    return next(objects(root(), "slab", layer))["nn_neurons"]


def check(found: Comparison, files: list[Path], expected: dict[str, np.ndarray]) -> None:
    """Every count against a loop over what Keras answers."""
    with (DIGITS / "labels.csv").open() as rows:
        label_of = {row["file"]: row["label"] for row in csv.DictReader(rows)}
    labels = [label_of[file.name] for file in files]
    before, after = (expected[name].argmax(axis=1) for name in ("intact-digit", "digit"))
    assert found.samples == found.labelled == len(files)
    assert found.right_before == sum(map(int.__eq__, map(int, labels), map(int, before)))
    assert found.right_after == sum(map(int.__eq__, map(int, labels), map(int, after)))
    flips = {flip.name: (flip.before, flip.after) for flip in found.flips}
    pairs = zip(files, before, after, strict=True)
    assert flips == {file.name: (str(one), str(two)) for file, one, two in pairs if one != two}
    assert len(flips) == found.flipped > 0
    for one in found.classes:
        of_class = [k for k, label in enumerate(labels) if label == one.label]
        counts = [sum(str(best[k]) == one.label for k in of_class) for best in (before, after)]
        assert (one.samples, one.before, one.after) == (len(of_class), *counts)
    tables = [Counter(zip(labels, map(str, best), strict=True)) for best in (before, after)]
    changed = {pair: (tables[0][pair], tables[1][pair]) for pair in tables[0] | tables[1]}
    changed = {pair: counts for pair, counts in changed.items() if counts[0] != counts[1]}
    assert {(one.true, one.predicted): (one.before, one.after) for one in found.confusion} == changed


def test_all_samples_are_compared_also_those_outside_the_scene(tmp_path: Path) -> None:
    imported(shown=5, measured=60)
    switch_off()
    found = Job(compare(PYTHON, root()), "compare").wait(timeout=120)
    files = sorted((DIGITS / "images").glob("*.png"))[:60]
    check(found, files, oracle(files, tmp_path))
    stored = read_description(root()).comparison
    assert stored.comparison == found
    assert stored.key == root()["nn_recorded"]
    shown = [sample.name for sample in read_description(root()).shown_samples]
    assert all(shown[flip.sample] == flip.name for flip in found.flips if flip.sample < 5)


def test_the_scene_knows_all_answers_where_it_holds_all_samples(tmp_path: Path) -> None:
    imported(shown=30, measured=30)
    switch_off()
    workers.close_all()
    found = Job(compare(None, root()), "compare").wait(timeout=10)
    files = sorted((DIGITS / "images").glob("*.png"))[:30]
    check(found, files, oracle(files, tmp_path))


def test_neurons_at_their_mean_have_it_over_the_samples_in_the_scene(monkeypatch: pytest.MonkeyPatch) -> None:
    imported(shown=6, measured=6)
    set_neurons(root(), "conv_2", range(16), enabled=False, replace=True)
    Job(rerun(PYTHON, root()), "rerun").wait(timeout=120)
    from_scene = Job(compare(PYTHON, root()), "compare").wait(timeout=60)
    monkeypatch.setattr(comparing, "are_all_shown", lambda about: False)
    measured = Job(compare(PYTHON, root()), "compare").wait(timeout=60)
    assert measured == from_scene


def test_what_cannot_be_compared_is_said() -> None:
    imported(shown=2, measured=8)
    with pytest.raises(UserError, match="No neuron is switched"):
        Job(compare(PYTHON, root()), "compare").wait()
    switch_off()
    with pytest.raises(UserError, match="TensorFlow is not set up"):
        Job(compare(None, root()), "compare").wait()


def test_maps_of_the_change_equal_keras_and_leave_nothing_behind(tmp_path: Path) -> None:
    imported(shown=4, measured=4)
    before = {kind: len(getattr(bpy.data, kind)) for kind in ("images", "materials", "meshes", "objects")}
    switch_off()
    assert not images_of_change()
    set_compare(root(), True)
    assert not is_up_to_date(root())
    Job(rerun(PYTHON, root()), "rerun").wait(timeout=120)
    assert is_up_to_date(root())
    files = [Path(sample.file) for sample in read_description(root()).shown_samples]
    expected = oracle(files, tmp_path)
    drawn = images_of_change()
    assert set(drawn) == {"conv_1", "normalize_1", "relu_1", "pool_1", "conv_2", "pool_2", "dropout"}
    for layer, image in drawn.items():
        difference = expected[layer].astype(float) - expected[f"intact-{layer}"]
        check_cells(layer, image, difference, np.abs(expected[f"intact-{layer}"]).max())
    write_intervention(root(), Intervention())
    Job(rerun(None, root()), "rerun").wait()
    assert {kind: len(getattr(bpy.data, kind)) for kind in before} == before


def images_of_change() -> dict[str, bpy.types.Image]:
    return {image["nn_layer"]: image for image in bpy.data.images if image["nn_role"] == "change atlas"}


def check_cells(layer: str, image: bpy.types.Image, difference: np.ndarray, scale: float) -> None:
    """Every cell by its stored range, to half an 8-bit step."""
    atlas = next(one for one in read_description(root()).atlases if one.layer == layer)
    samples, height, width, neurons = difference.shape
    pixels = np.empty(len(image.pixels), np.float32)
    image.pixels.foreach_get(pixels)
    columns, rows = atlas.columns, atlas.rows
    blocks = (atlas.blocks_down, rows, height, atlas.blocks_across, columns, width, atlas.planes)
    levels = np.rint(pixels.reshape(image.size[1], image.size[0], 4)[::-1, :, :3] * 255).reshape(blocks)
    cells = levels.transpose(0, 3, 6, 1, 4, 2, 5).reshape(-1, rows * columns, height, width)[:samples, :neurons]
    (cards,) = objects(root(), "card", layer)
    low, high = meshes.read_pairs(cards.data, "change_range").transpose(2, 0, 1)[..., None, None]
    shown = low + cells / 255 * (high - low)
    allowed = 0.501 * (high - low) / 255 + 1e-5 * scale
    assert (np.abs(shown - difference.transpose(0, 3, 1, 2)) <= allowed).all(), layer

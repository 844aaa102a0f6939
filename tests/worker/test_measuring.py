"""Statistics, composites, presets and what is remembered between requests."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from PIL import Image
from plain import served, spelled_out
from recordings import measure, record

from nn_blender.core.errors import UserError
from nn_blender.core.inputs.preprocessing import PRESETS, Preprocessing
from nn_blender.core.maps.packing import Atlas
from nn_blender.core.network import Layer
from nn_blender.core.recording import STATISTICS, Statistics
from nn_blender.core.requests.maps import MapsRequest
from nn_blender.core.requests.samples import RunRequest
from nn_blender.worker.common.caches import Cache
from nn_blender.worker.common.events import EventLog, Task
from nn_blender.worker.maps import atlases
from nn_blender.worker.running import runs
from nn_blender.worker.running.recorders.functional.recorder import FunctionalRecorder
from nn_blender.worker.running.statistics import StreamingStatistics

L = keras.layers
CHOICES = {"size": [28, 28], "channels": 1, "range": [0.0, 1.0], "resize": "fit", "invert": False}


@pytest.mark.parametrize(("preset", "mode"), [("signed", "tf"), ("torch", "torch"), ("caffe", "caffe")])
def test_presets_equal_the_modes_of_kerass_applications(preset, mode):
    pixels = np.random.default_rng(0).integers(0, 256, (2, 5, 4, 3), dtype=np.uint8)
    expected = keras.applications.imagenet_utils.preprocess_input(pixels.astype("float32"), mode=mode)
    scaled = Preprocessing(None, 3).with_choices(**PRESETS[preset]).scale(pixels)
    assert scaled.dtype == np.float32
    np.testing.assert_allclose(scaled, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("parts", [(1,) * 9, (9,), (4, 5), (1, 2, 6)])
def test_statistics_of_rows_that_come_in_parts_equal_those_of_all(parts):
    random = np.random.default_rng(1)
    rows = random.normal(size=(9, 7)).astype(np.float32)
    rows[:, 1] = 1e6 + random.normal(size=9)
    rows[3, 2], rows[4, 3], rows[4, 4], rows[6, 4] = np.nan, np.inf, np.inf, -np.inf
    rows[:, 5], rows[:, 6] = np.nan, -3
    streaming = StreamingStatistics(7)
    for part in np.split(rows, np.cumsum(parts)[:-1]):
        streaming.add(part)
    np.testing.assert_allclose(streaming.result().to_array(), Statistics.of(rows).to_array(), rtol=1e-6)


class Counting:
    """Counts how many samples the recorder runs."""

    def __init__(self, monkeypatch):
        self.samples = 0
        monkeypatch.setattr(FunctionalRecorder, "run_from", self._counted(FunctionalRecorder.run_from))

    def _counted(self, original):
        def counted(recorder, start, *more, **named):
            self.samples += len(start.tensors[0])
            return original(recorder, start, *more, **named)

        return counted

    def taken(self):
        taken, self.samples = self.samples, 0
        return taken


@pytest.fixture
def counting(monkeypatch):
    return Counting(monkeypatch)


@pytest.fixture
def task(tmp_path):
    return Task(1, EventLog(tmp_path), lambda: False)


@pytest.fixture(scope="module")
def model(digits):
    return runs.ready_model(digits / "digits.keras", allow_code=False)


@pytest.fixture(autouse=True)
def forgotten(monkeypatch):
    monkeypatch.setattr(runs, "_rows", Cache(1 << 28))
    monkeypatch.setattr(atlases, "_blocks", Cache(1 << 28))


def run(task, model, samples, folder, **more):
    params = {"samples": samples, "preprocessing": CHOICES, **more}
    value = served(runs.run_samples, RunRequest, task, model, **params)
    files = {
        "activations": value["activations"],
        "outputs": value["outputs"][0]["values"],
        "statistics": value["statistics"],
    }
    return {name: np.load(folder / file) for name, file in files.items()}


def test_a_run_computes_only_the_samples_it_does_not_know(task, model, digit_samples, tmp_path, counting):
    first = run(task, model, digit_samples[:6], tmp_path)
    assert counting.taken() == 6
    again = run(task, model, digit_samples[:6], tmp_path)
    assert counting.taken() == 0
    longer = run(task, model, [digit_samples[8], *digit_samples[:6]], tmp_path, shown=3)
    assert counting.taken() == 1
    assert all(np.array_equal(first[name], again[name]) for name in first)
    assert np.array_equal(longer["activations"][1:], first["activations"][:2])
    assert np.array_equal(longer["outputs"][1:], first["outputs"])
    run(task, model, digit_samples[:6], tmp_path, statistic="max")
    assert counting.taken() == 6
    run(task, model, digit_samples[:6], tmp_path, preprocessing={**CHOICES, "invert": True})
    assert counting.taken() == 6


def test_rows_that_do_not_fit_are_computed_again_and_the_statistics_hold(
    task, model, digit_samples, tmp_path, counting, monkeypatch
):
    whole = run(task, model, digit_samples[:6], tmp_path)
    monkeypatch.setattr(runs, "_rows", Cache(3 * 4 * 1400))
    counting.taken()
    for _ in range(2):
        again = run(task, model, digit_samples[:6], tmp_path)
        assert counting.taken() == 6
        np.testing.assert_allclose(again["statistics"], whole["statistics"], rtol=1e-5, atol=1e-7)


def test_a_changed_picture_is_computed_anew(task, model, digit_samples, tmp_path, counting):
    file = tmp_path / "changing.png"
    sample = {"name": "changing.png", "file": str(file), "label": ""}
    results = []
    for size in (20, 28):
        Image.open(digit_samples[0]["file"]).resize((size, 28)).save(file)
        results.append(run(task, model, [sample], tmp_path)["activations"])
        assert counting.taken() == 1
    assert not np.array_equal(*results)


def maps(task, model, samples, **more):
    params = {"samples": samples, "preprocessing": CHOICES, "composites": True, **more}
    return served(atlases.make_atlases, MapsRequest, task, model, **params)


def test_maps_are_drawn_in_one_pass_and_only_where_they_are_not_known(task, model, digit_samples, tmp_path, counting):
    first = maps(task, model, digit_samples[:6])
    assert counting.taken() == 6
    pictures = [(tmp_path / atlas["file"]).read_bytes() for atlas in first["atlases"] + first["composites"]]
    ranges = [np.load(tmp_path / atlas["ranges"]) for atlas in first["atlases"][1:]]
    again = maps(task, model, digit_samples[:6])
    assert counting.taken() == 0
    assert pictures == [(tmp_path / atlas["file"]).read_bytes() for atlas in again["atlases"] + again["composites"]]
    assert all(map(np.array_equal, ranges, (np.load(tmp_path / atlas["ranges"]) for atlas in again["atlases"][1:])))
    maps(task, model, digit_samples[:7])
    assert counting.taken() == 1


def test_composites_sum_the_neurons_up(task, model, digit_samples, tmp_path):
    composites = [Atlas.from_dict(data) for data in maps(task, model, digit_samples[:3])["composites"]]
    assert [atlas.layer for atlas in composites[:2]] == ["conv_1", "normalize_1"]
    atlas = composites[0]
    assert (atlas.columns, atlas.rows, atlas.cell_height, atlas.cell_width) == (1, 1, 28, 28)
    pixels = np.asarray(Image.open(tmp_path / atlas.file))
    ranges = np.load(tmp_path / atlas.ranges)
    assert ranges.shape == (2, 3, 2)
    batch = np.stack([np.asarray(Image.open(s["file"])) for s in digit_samples[:3]])[..., None] / np.float32(255)
    outputs = np.asarray(record(model.recorder, batch, paths=["conv_1"])["conv_1"])
    for sample in range(3):
        row, column = divmod(sample, atlas.blocks_across)
        cell = pixels[row * 28 : row * 28 + 28, column * 28 : column * 28 + 28].astype(float)
        for colour, expected in enumerate((outputs[sample].mean(axis=-1), outputs[sample].max(axis=-1))):
            low, high = ranges[:, sample, colour]
            np.testing.assert_allclose((low, high), (expected.min(), expected.max()), atol=1e-6)
            assert np.abs(low + cell[..., colour] / 255 * (high - low) - expected).max() <= (high - low) / 255 * 0.51
        last = outputs.shape[-1] - 1
        is_clear = np.diff(np.sort(outputs[sample], axis=-1)[..., -2:], axis=-1)[..., 0] > 1e-5
        strongest = np.rint(outputs[sample].argmax(axis=-1) / last * 255)
        assert np.array_equal(cell[..., 2][is_clear], strongest[is_clear])
    assert pixels.shape[2] == 3


def test_a_composite_is_transparent_where_the_mean_is_not_finite():
    maps_of_one = np.ones((2, 2, 3), np.float32)
    maps_of_one[0, 0, 1], maps_of_one[1, 1, 2], maps_of_one[0, 1, 0] = np.nan, -np.inf, 4
    block = atlases.draw_composite(maps_of_one)
    assert block.missing.tolist() == [[True, False], [False, True]]
    np.testing.assert_array_equal(block.ranges, [[1, 1], [2, 4]])
    assert block.levels[0, 1].tolist() == [255, 255, 0]
    single = atlases.draw_composite(np.arange(4, dtype=np.float32).reshape(2, 2, 1))
    assert (single.levels[..., 2] == 0).all()
    large = np.zeros((300, 200, 2), np.float32)
    assert atlases.lay_out_atlas(1, *large.shape[:2], 7, 4_000_000, atlases.COMPOSITE_PIXELS).reduction == 2


@pytest.mark.parametrize("statistic", STATISTICS)
def test_statistics_over_positions_keep_nan(statistic, tmp_path):
    pixels = keras.Input((2, 2, 2), name="pixels")
    keras.Model(pixels, L.Flatten(name="flat")(L.Activation("linear", name="same")(pixels))).save(tmp_path / "m.keras")
    recorder = runs.ready_model(tmp_path / "m.keras", allow_code=False).recorder
    batch = np.float32([[[[-1, 1], [2, np.nan]], [[-3, 5], [4, 7]]]])
    values, _ = measure(recorder, batch, statistic=statistic)
    assert values[0, 0] == {"mean": 0.5, "max": 4.0, "positive": 1.5}[statistic]
    assert np.isnan(values[0, 1])
    np.testing.assert_array_equal(values[0, 2:], batch.ravel())


def test_pictures_of_different_sizes_stand_in_the_middle_of_their_cells(warm_worker, tmp_path):
    samples = []
    for name, size in (("wide", (8, 2)), ("high", (2, 6))):
        Image.new("RGB", size, (255, 255, 255)).save(tmp_path / f"{name}.png")
        samples.append({"name": name, "file": str(tmp_path / f"{name}.png"), "label": ""})
    preset = {**CHOICES, "size": None, "channels": 3, **PRESETS["torch"]}
    (tmp_path / "text.png").write_text("no picture")
    odd = {"name": "text.png", "file": str(tmp_path / "text.png"), "label": ""}
    value = warm_worker.ask(
        "preview", samples=[*samples, odd], input_kind="image", preprocessing=preset, input_shape=[-1, -1, 3]
    )
    atlas = Atlas.from_dict(value["atlas"])
    assert (atlas.cell_height, atlas.cell_width) == (6, 8)
    assert [entry["file"] for entry in value["skipped"]] == [odd["file"]]
    assert (atlas.low, atlas.high) == pytest.approx((-0.485 / 0.229, (1 - 0.406) / 0.225))
    assert value["low"] == pytest.approx((1 - 0.485) / 0.229)
    levels = np.asarray(Image.open(warm_worker.folder / atlas.file))
    for sample, (top, left, height, width) in enumerate(((2, 0, 2, 8), (0, 3, 6, 2))):
        expected = np.zeros((6, 8), int)
        expected[top : top + height, left : left + width] = 255
        row, column = divmod(sample, atlas.blocks_across)
        assert np.array_equal(levels[row * 6 : row * 6 + 6, column * 8 : column * 8 + 8, 0], expected)


def test_a_preview_imports_neither_tensorflow_nor_keras(digit_samples, tmp_path):
    params = spelled_out(
        {"samples": digit_samples[:2], "input_kind": "image", "preprocessing": CHOICES, "input_shape": [28, 28, 1]}
    )
    code = (
        f"import sys; sys.path.append({str(Path(__file__).resolve().parents[2])!r})\n"
        "from pathlib import Path\n"
        "from nn_blender.core.codec import from_dict\n"
        "from nn_blender.worker.common.events import EventLog, Task\n"
        "from nn_blender.worker.methods import METHODS\n"
        "preview = METHODS['preview']\n"
        f"task = Task(1, EventLog(Path({str(tmp_path)!r})), lambda: False)\n"
        f"answer = preview.serve(task, from_dict(preview.request, {params!r}))\n"
        "print(answer.atlas.cell_width, sorted({'tensorflow', 'keras', 'bpy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "28 []"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_is_named_and_no_unfinished_file_stays(task, tmp_path):
    (tmp_path / "big-1.npy.part").symlink_to("/dev/full")
    with pytest.raises(UserError, match="No space left") as caught:
        task.save_array("big", np.zeros(100_000))
    assert caught.value.code == "session.failed"
    assert caught.value.fix
    assert not list(tmp_path.glob("*.part"))


@pytest.mark.parametrize(
    ("axes", "order"),
    [
        (("height", "width", "channel"), (0, 1, 2, 3)),
        (("channel", "height", "width"), (0, 3, 1, 2)),
        (("depth", "height", "width", "channel"), (0, 1, 2, 3, 4)),
        (("channel", "depth", "height", "width"), (0, 4, 1, 2, 3)),
    ],
)
def test_maps_are_found_wherever_a_layer_has_its_axes(axes, order):
    values = np.random.default_rng(2).normal(size=(2, 5, 3, 4, 6))
    output = (values if "depth" in axes else values[:, 2]).transpose(order)
    layer = Layer("maps", "Conv", output.shape[1:], axes, 0)
    np.testing.assert_array_equal(atlases.as_maps(layer, output, 0.5), values[:, 2])


def test_strips_are_one_high_in_either_order():
    values = np.random.default_rng(3).normal(size=(2, 7, 4))
    for axes, output in ((("time", "unit"), values), (("channel", "time"), values.transpose(0, 2, 1))):
        layer = Layer("strips", "Conv1D", output.shape[1:], axes, 0)
        np.testing.assert_array_equal(atlases.as_maps(layer, output, "maximum"), values[:, np.newaxis])

"""Files of activations: every number equals plain Keras, and files are whole or not there."""

from __future__ import annotations

import json
import shutil

import keras
import numpy as np
import pytest
from PIL import Image
from plain import spelled_out

from nn_blender.core.written_files import refuse_little_space
from nn_blender.worker.neurons.layer_files import LayerWriter, file_names


@pytest.fixture(scope="module")
def asked(warm_worker, digits, digit_samples, digit_preprocessing):
    def ask(folder, **more):
        return {
            "model": {"file": str(digits / "digits.keras")},
            "samples": digit_samples[:70],
            "preprocessing": digit_preprocessing,
            "folder": str(folder),
            **more,
        }

    return ask


@pytest.fixture(scope="module")
def truth(digits, digit_samples):
    """What plain Keras gives for every layer, by path."""
    model = keras.models.load_model(digits / "digits.keras")
    batch = np.stack([np.asarray(Image.open(sample["file"])) for sample in digit_samples[:70]])[..., None] / 255.0
    layers = [layer for layer in model.layers if not isinstance(layer, keras.layers.InputLayer)]
    values = keras.Model(model.inputs, [layer.output for layer in layers]).predict(batch.astype("float32"), verbose=0)
    return dict(zip([layer.name for layer in layers], values, strict=True))


def test_whole_outputs_equal_keras(warm_worker, asked, truth, digit_samples, tmp_path):
    answer = warm_worker.ask("activations", **asked(tmp_path / "new" / "out", whole=True))
    folder = tmp_path / "new" / "out"
    assert {file["layer"] for file in answer["files"]} == truth.keys()
    assert answer["left_out"] == []
    for file in answer["files"]:
        with np.load(folder / file["file"], allow_pickle=False) as arrays:
            values = arrays["activations"]
            assert values.shape == tuple(file["shape"]) == truth[file["layer"]].shape
            assert values.dtype == file["dtype"] == truth[file["layer"]].dtype
            np.testing.assert_allclose(values, truth[file["layer"]], rtol=1e-4, atol=1e-5)
            assert arrays["samples"].tolist() == [sample["name"] for sample in digit_samples[:70]]
            assert arrays["labels"].tolist() == [sample["label"] for sample in digit_samples[:70]]
            assert len(arrays["axes"]) == values.ndim
            assert arrays["axes"][0] == "sample"
            assert (str(arrays["layer"]), str(arrays["intervention"])) == (file["layer"], "")


def test_numbers_per_neuron_are_means_over_positions(warm_worker, asked, truth, tmp_path):
    answer = warm_worker.ask("activations", **asked(tmp_path))
    for file in answer["files"]:
        expected = truth[file["layer"]]
        expected = expected.mean(axis=tuple(range(1, expected.ndim - 1))) if expected.ndim > 2 else expected
        with np.load(tmp_path / file["file"]) as arrays:
            np.testing.assert_allclose(arrays["activations"], expected, rtol=1e-4, atol=1e-5)
            assert arrays["axes"].tolist() == ["sample", "neuron"]
            assert str(arrays["statistic"]) == "mean"
    index = json.loads((tmp_path / "index.json").read_text(encoding="utf-8"))
    assert [(one["layer"], one["file"]) for one in index["layers"]] == [
        (one["layer"], one["file"]) for one in answer["files"]
    ]
    assert (index["statistic"], index["intervention"]) == ("mean", None)
    assert len(index["samples"]) == 70
    assert sorted(one.name for one in tmp_path.iterdir()) == sorted(
        [*(one["file"] for one in answer["files"]), "index.json"]
    )


@pytest.mark.parametrize("whole", [False, True])
def test_an_intervention_in_force_is_in_the_numbers_and_is_named(warm_worker, asked, truth, whole, tmp_path):
    layer = next(path for path, values in truth.items() if values.ndim == 4)
    wanted = {"layers": {layer: {"off": [0, 2]}}}
    answer = warm_worker.ask("activations", **asked(tmp_path, whole=whole, intervention=wanted))
    file = next(one["file"] for one in answer["files"] if one["layer"] == layer)
    with np.load(tmp_path / file) as arrays:
        assert not arrays["activations"][..., [0, 2]].any()
        assert arrays["activations"][..., 1].any()
        assert json.loads(str(arrays["intervention"])) == wanted
    assert json.loads((tmp_path / "index.json").read_text(encoding="utf-8"))["intervention"] == wanted


def test_layers_that_are_written_one_group_after_the_other_are_the_same(warm_worker, asked, truth, tmp_path):
    from nn_blender.core.codec import from_dict
    from nn_blender.core.requests.activations import ActivationsRequest
    from nn_blender.worker.common.events import EventLog, Task
    from nn_blender.worker.neurons import export
    from nn_blender.worker.running.runs import ready_model

    request = from_dict(ActivationsRequest, spelled_out(asked(tmp_path / "out", whole=True)))
    model = ready_model(request.model.file, False)
    task = Task(1, EventLog(tmp_path), lambda: False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(export, "MOST_OPEN", 2)
        answer = export.export_activations(task, model, request)
    for file in answer.files:
        with np.load(tmp_path / "out" / file.file) as arrays:
            np.testing.assert_allclose(arrays["activations"], truth[file.layer], rtol=1e-4, atol=1e-5)


def test_outputs_of_other_shapes_are_left_out_with_a_reason(warm_worker, tmp_path):
    pixels = keras.Input((None, None, 1), name="pixels")
    maps = keras.layers.Conv2D(2, 3, name="a.b")(pixels)
    keras.Model(pixels, keras.layers.GlobalAveragePooling2D(name="A.b")(maps)).save(tmp_path / "any.keras")
    samples = []
    for size in (8, 8, 9):
        file = tmp_path / f"{len(samples)}.png"
        Image.new("L", (size, 8), 9).save(file)
        samples.append({"name": file.name, "file": str(file)})
    answer = warm_worker.ask(
        "activations",
        model={"file": str(tmp_path / "any.keras")},
        samples=samples,
        preprocessing={"size": None, "channels": 1, "range": [0.0, 1.0], "resize": "fit", "invert": False},
        folder=str(tmp_path / "out"),
        whole=True,
    )
    assert [one["layer"] for one in answer["left_out"]] == ["a.b"]
    assert "another shape" in answer["left_out"][0]["reason"]
    assert [(one["layer"], one["shape"]) for one in answer["files"]] == [("A.b", [3, 2])]
    assert sorted(one.name for one in (tmp_path / "out").iterdir()) == ["A.b~2.npz", "index.json"]


def test_a_cancel_leaves_nothing_behind(warm_worker, asked, digit_samples, tmp_path):
    out = tmp_path / "out"
    request = warm_worker.send("activations", **asked(out, samples=digit_samples * 20, whole=True))
    warm_worker.wait_for(lambda event: event.id == request and event.data.get("message") == "Writing activations")
    warm_worker.cancel(request)
    assert warm_worker.end_of(request).data["error"]["code"] == "cancelled"
    assert not out.exists()


def test_a_sample_that_is_gone_ends_it_and_leaves_nothing_behind(warm_worker, asked, digit_samples, tmp_path):
    missing = {"name": "gone.png", "file": str(tmp_path / "gone.png")}
    error = warm_worker.error_of("activations", **asked(tmp_path / "out", samples=[*digit_samples[:3], missing]))
    assert error["code"] == "samples.changed"
    assert not (tmp_path / "out").exists()


def test_a_folder_that_cannot_be_written_is_named(warm_worker, asked, tmp_path):
    (tmp_path / "file").touch()
    error = warm_worker.error_of("activations", **asked(tmp_path / "file"))
    assert error["code"] == "export.unwritable"
    assert str(tmp_path / "file") in error["message"]


def test_files_that_do_not_fit_are_not_begun(tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(100, 99, 1))
    with pytest.raises(Exception, match="room"):
        refuse_little_space(tmp_path / "new", 2, "Activations", "Write fewer.")
    refuse_little_space(tmp_path / "new", 1, "Activations", "Write fewer.")


def test_names_of_files_are_safe_and_tell_layers_apart():
    paths = ["conv", "Conv", "block/conv", "block.conv", "con", "a:b*?", "..", "x" * 300, "index", "dense#1", "lstm[1]"]
    names = file_names(paths)
    assert names["conv"] == "conv.npz"
    assert names["Conv"] == "Conv~2.npz"
    assert names["block/conv"] == "block.conv.npz"
    assert names["con"] == "_con.npz"
    assert names["index"] == "index~2.npz"
    assert (names["dense#1"], names["lstm[1]"]) == ("dense#1.npz", "lstm[1].npz")
    assert len({name.lower() for name in names.values()}) == len(paths)
    assert all(len(name) < 120 and not name.startswith(".") for name in names.values())


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int64", "bool", "bfloat16"])
def test_a_layers_own_type_is_kept_where_numpy_has_it(dtype, tmp_path):
    import ml_dtypes

    values = np.arange(12).reshape(4, 3).astype(ml_dtypes.bfloat16 if dtype == "bfloat16" else dtype)
    writer = LayerWriter(tmp_path / "a.npz", 4)
    writer.add(values[:3])
    writer.add(values[3:])
    writer.finish({"layer": np.array("a")})
    with np.load(tmp_path / "a.npz") as arrays:
        assert arrays["activations"].dtype == ("float32" if dtype == "bfloat16" else dtype)
        assert (arrays["activations"] == values.astype(arrays["activations"].dtype)).all()

"""What was given to ``compile`` plays no part: it refuses nothing, asks for nothing, and is never brought to life."""

from __future__ import annotations

import contextlib
import json
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest
from keras.src.utils import python_utils

from nn_blender.worker.models.inspecting import inspect_file
from nn_blender.worker.running.loading import load_model

L = keras.layers
PICTURES = np.random.default_rng(20).random((4, 8, 8, 3), np.float32)


def network() -> keras.Model:
    keras.utils.set_random_seed(20)
    return keras.Sequential(
        [
            keras.Input((8, 8, 3)),
            L.Conv2D(4, 3, activation="relu", name="conv"),
            L.GlobalAveragePooling2D(name="gap"),
            L.Dense(3, activation="softmax", name="out"),
        ],
        name="classifier",
    )


def weighted_crossentropy(true: Any, predicted: Any) -> Any:
    return keras.losses.categorical_crossentropy(true, predicted) * 2


class OwnLoss(keras.losses.Loss):
    def call(self, true: Any, predicted: Any) -> Any:
        return keras.ops.mean(true * predicted)


@keras.saving.register_keras_serializable("segmentation")
class RegisteredLoss(OwnLoss):
    pass


class OwnMetric(keras.metrics.Mean):
    pass


class OwnOptimizer(keras.optimizers.Adam):
    pass


class OwnSchedule(keras.optimizers.schedules.LearningRateSchedule):
    def __call__(self, step: Any) -> float:
        return 0.1

    def get_config(self) -> dict[str, Any]:
        return {}


COMPILED: dict[str, Callable[[keras.Model], object]] = {
    "own function as loss": lambda model: model.compile("adam", weighted_crossentropy, metrics=["accuracy"]),
    "own class as loss": lambda model: model.compile("adam", OwnLoss()),
    "registered loss": lambda model: model.compile("adam", RegisteredLoss()),
    "own metric": lambda model: model.compile("adam", "mse", metrics=[OwnMetric()]),
    "own optimizer": lambda model: model.compile(OwnOptimizer(), "mse"),
    "own schedule": lambda model: model.compile(keras.optimizers.SGD(OwnSchedule()), "mse"),
    "lambda as metric": lambda model: model.compile("adam", "mse", metrics=[lambda t, p: keras.ops.mean(p)]),
    "lambda as loss": lambda model: model.compile("adam", lambda t, p: keras.ops.mean((t - p) ** 2)),
}


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
@pytest.mark.parametrize("kind", COMPILED)
def test_own_losses_metrics_and_optimizers_need_neither_code_nor_consent(kind, suffix, tmp_path):
    model = network()
    COMPILED[kind](model)
    if kind == "own function as loss":
        model.fit(PICTURES, np.eye(3)[[0, 1, 2, 0]], verbose=0)  # So that the optimizer has a state to store.
    file = tmp_path / f"network{suffix}"
    model.save(file)
    assert inspect_file(file).risks == ()
    loaded = load_model(file)
    assert [layer.path for layer in loaded.network.layers] == ["conv", "gap", "out"]
    np.testing.assert_allclose(loaded.keras_model(PICTURES), model(PICTURES), atol=1e-6)


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_the_same_holds_for_files_of_keras_2(suffix, tmp_path):
    tf_keras = pytest.importorskip("tf_keras")
    tf_keras.utils.set_random_seed(20)
    layers = tf_keras.layers
    model = tf_keras.Sequential(
        [
            layers.Input((8, 8, 3)),
            layers.Conv2D(4, 3, activation="relu", name="conv"),
            layers.GlobalAveragePooling2D(name="gap"),
            layers.Dense(3, activation="softmax", name="out"),
        ]
    )
    model.compile(
        tf_keras.optimizers.Adam(1e-3),
        lambda t, p: 2 * tf_keras.losses.categorical_crossentropy(t, p),
        metrics=["accuracy"],
    )
    model.fit(PICTURES, np.eye(3)[[0, 1, 2, 0]], verbose=0)
    file = tmp_path / f"network{suffix}"
    model.save(file)
    assert inspect_file(file).risks == ()
    np.testing.assert_allclose(load_model(file).keras_model(PICTURES), model(PICTURES), atol=1e-6)


@pytest.fixture
def hostile(tmp_path, monkeypatch) -> tuple[dict[str, Any], Path]:
    """Settings of ``compile`` that import a module, unpack code and call it, and the file that this would write."""
    marker = tmp_path / "it ran"
    (tmp_path / "hostile_module.py").write_text(f"open({str(marker)!r}, 'w')\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "hostile_module", raising=False)
    code = {"class_name": "__lambda__", "config": {"value": python_utils.func_dump(lambda true, predicted: 0.0)}}
    imported = {"module": "hostile_module", "class_name": "function", "config": "f", "registered_name": "function"}
    return {"optimizer": "adam", "loss": code, "metrics": [imported]}, marker


def nested_with(compile_config: dict[str, Any], tmp_path: Path) -> dict[str, Path]:
    """The same network in several kinds of file, with these settings at every level."""
    inner = network()
    pixels = keras.Input((8, 8, 3), name="pixels")
    model = keras.Model(pixels, L.Dense(2, name="last")(inner(pixels)))
    model.compile("adam", "mse")
    files = {suffix: tmp_path / f"plain{suffix}" for suffix in (".keras", ".h5")}
    for file in files.values():
        model.save(file)
    hostile = {suffix: tmp_path / f"hostile{suffix}" for suffix in files}
    with zipfile.ZipFile(files[".keras"]) as old, zipfile.ZipFile(hostile[".keras"], "w") as new:
        for name in old.namelist():
            content = old.read(name)
            new.writestr(
                name, json.dumps(_spoil(json.loads(content), compile_config)) if name == "config.json" else content
            )
    hostile[".h5"].write_bytes(files[".h5"].read_bytes())
    with h5py.File(hostile[".h5"], "r+") as stream:
        stream.attrs["model_config"] = json.dumps(_spoil(json.loads(stream.attrs["model_config"]), compile_config))
        stream.attrs["training_config"] = json.dumps(compile_config)
    return hostile


def _spoil(entry: dict[str, Any], compile_config: dict[str, Any]) -> dict[str, Any]:
    for model in [entry, *(layer for layer in entry["config"]["layers"] if layer["class_name"] == "Sequential")]:
        model["compile_config"] = compile_config
    return entry


@pytest.mark.parametrize("allow_code", [False, True])
@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_hostile_settings_of_compile_are_never_brought_to_life(suffix, allow_code, hostile, tmp_path, monkeypatch):
    compile_config, marker = hostile
    file = nested_with(compile_config, tmp_path)[suffix]
    unpacked: list[object] = []
    monkeypatch.setattr(python_utils, "func_load", lambda *given, **_: unpacked.append(given))
    assert inspect_file(file).risks == ()
    loaded = load_model(file, allow_code)
    assert loaded.keras_model(PICTURES).shape == (4, 2)
    assert not unpacked
    assert not marker.exists()


def test_keras_itself_would_bring_those_of_a_nested_model_to_life(hostile, tmp_path, monkeypatch):
    """Or else the test above would show nothing."""
    compile_config, _ = hostile
    unpacked: list[object] = []
    monkeypatch.setattr(python_utils, "func_load", lambda *given, **_: unpacked.append(given))
    file = nested_with(compile_config, tmp_path)[".keras"]
    with contextlib.suppress(ValueError, TypeError):
        keras.saving.load_model(file, compile=False, safe_mode=False)
    assert unpacked

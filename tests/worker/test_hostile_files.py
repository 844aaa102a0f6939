"""Files that were made to harm, one for each way that is known: refused or asked about before any code runs.

Each is tried in a real worker, alone and with Python code named for it, and nothing is written outside its session.
"""

from __future__ import annotations

import base64
import io
import json
import marshal
import os
import pickle
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest

from nn_blender.core.errors import UserError
from nn_blender.worker.models.inspecting import inspect_file

L = keras.layers
LOOK_AT = "relu_1"
"""The layer of the digits network that is spoiled: an activation."""


def code_that_leaves(marker: Path) -> str:
    """Byte code as a Lambda layer holds it, that writes a file when it is run."""
    namespace: dict[str, Any] = {}
    exec(f"def f(x):\n    open({str(marker)!r}, 'w')\n    return x\n", namespace)  # noqa: S102
    return base64.b64encode(marshal.dumps(namespace["f"].__code__)).decode()


def function(module: str, name: str) -> dict[str, Any]:
    return {"module": module, "class_name": "function", "config": name, "registered_name": name}


def lambda_layer(marker: Path, name: str = LOOK_AT) -> dict[str, Any]:
    code = {"code": code_that_leaves(marker), "defaults": None, "closure": None}
    config = {"name": name, "trainable": True, "function": {"class_name": "__lambda__", "config": code}}
    return {"module": "keras.layers", "class_name": "Lambda", "config": config, "registered_name": None}


def becomes(layer: dict[str, Any], other: dict[str, Any]) -> None:
    layer.update({key: other[key] for key in ("module", "class_name", "registered_name")})
    layer["config"] = {**other["config"], "name": layer["config"]["name"]}


def with_function(module: str, name: str) -> Callable[[dict[str, Any], Path], None]:
    return lambda layer, _: layer["config"].update(activation=function(module, name))


def of_package(name: str, **config: Any) -> Callable[[dict[str, Any], Path], None]:
    entry = {"module": None, "class_name": name, "registered_name": f"theirs>{name}", "config": config}
    return lambda layer, _: becomes(layer, entry)


def with_class(home: str, name: str, **config: Any) -> Callable[[dict[str, Any], Path], None]:
    entry = {"module": home, "class_name": name, "registered_name": None, "config": {"trainable": True, **config}}
    return lambda layer, _: becomes(layer, entry)


def inside(layer: dict[str, Any], marker: Path) -> None:
    wrapped = {"layer": lambda_layer(marker, "inner"), "trainable": True}
    becomes(
        layer, {"module": "keras.layers", "class_name": "TimeDistributed", "registered_name": None, "config": wrapped}
    )


SETTINGS: dict[str, tuple[str, Callable[[dict[str, Any], Path], None]]] = {
    "byte code in a Lambda layer": ("model.needs_code", lambda layer, marker: becomes(layer, lambda_layer(marker))),
    "byte code in a layer inside another": ("model.needs_code", inside),
    "byte code as an activation": (
        "model.needs_code",
        lambda layer, marker: layer["config"].update(activation=lambda_layer(marker)["config"]["function"]),
    ),
    "any function of Python": ("model.custom_object", with_function("os", "system")),
    "any function that Python has built in": ("model.custom_object", with_function("builtins", "eval")),
    "any class of Python": ("model.custom_object", with_class("subprocess", "Popen", args="true")),
    "a class of Keras's under the name of a package": ("model.custom_object", of_package("Dense", units=2_000_000_000)),
    "a class under a name of Keras's": ("model.custom_object", with_class("subprocess", "Dense", units=3)),
    "the function that downloads files": ("model.unsafe", with_function("keras.utils", "get_file")),
    "the same by its inner name": ("model.unsafe", with_function("keras.src.utils.file_utils", "get_file")),
    "the function that loads models": ("model.unsafe", with_function("keras.saving", "load_model")),
    "loading models by another name": ("model.unsafe", with_function("keras.models", "load_model")),
    "the switch of the safe mode": ("model.unsafe", with_function("keras.config", "enable_unsafe_deserialization")),
    "a class of Keras's tools": ("model.unsafe", with_class("keras.callbacks", "ModelCheckpoint", filepath="x")),
    "words from any file": ("model.unsafe", with_class("keras.layers", "StringLookup", vocabulary="/etc/passwd")),
    "words from the net": ("model.unsafe", with_class("keras.layers", "TextVectorization", vocabulary="http://x.org/a")),
    "another model from anywhere": ("model.unsafe", with_class("keras.layers", "TFSMLayer", filepath="/tmp/model")),
    "a stored module of PyTorch": ("model.needs_code", with_class("keras.layers", "TorchModuleWrapper", module="gA==")),
    "a stored program of JAX": ("model.needs_code", with_class("keras.layers", "JaxLayer")),
    "more weights than there are, in one number": (
        "model.too_large", with_class("keras.layers", "Dense", units=2_000_000_000),
    ),
    "more weights than there are, in two numbers": (
        "model.too_large", with_class("keras.layers", "Embedding", input_dim=60_000, output_dim=60_000),
    ),
    "more weights than there are, in a kernel": (
        "model.too_large", with_class("keras.layers", "Conv2D", filters=60, kernel_size=[9_000, 9_000]),
    ),
    "more weights than there are, in a cell": ("model.too_large", with_class("keras.layers", "LSTM", units=60_000)),
    "an output larger than memory": ("model.too_large", with_class("keras.layers", "ZeroPadding2D", padding=200_000)),
}  # fmt: skip
"""What is done to a layer, and the code of the error that it gives."""


def spoiled(digits: Path, folder: Path, spoil: Callable[[dict[str, Any], Path], None], marker: Path) -> list[Path]:
    """The digits network as .keras and as .h5, with this layer spoiled."""
    files = [folder / "hostile.keras", folder / "hostile.h5"]

    def change(text: bytes | str) -> str:
        settings = json.loads(text)
        spoil(next(layer for layer in settings["config"]["layers"] if layer["config"]["name"] == LOOK_AT), marker)
        return json.dumps(settings)

    with zipfile.ZipFile(digits / "digits.keras") as old, zipfile.ZipFile(files[0], "w") as new:
        for name in old.namelist():
            new.writestr(name, change(old.read(name)) if name == "config.json" else old.read(name))
    shutil.copy(digits / "digits.h5", files[1])
    with h5py.File(files[1], "r+") as stream:
        stream.attrs["model_config"] = change(stream.attrs["model_config"])
    return files


@pytest.fixture
def marker(tmp_path: Path) -> Path:
    return tmp_path / "it ran"


@pytest.fixture
def own_code(tmp_path: Path, marker: Path) -> Path:
    """Code of the user's that tells when it runs, and has tools that a file may want."""
    file = tmp_path / "classes.py"
    file.write_text(
        f"import os, subprocess\nfrom os import system\nfrom subprocess import Popen\nopen({str(marker)!r}, 'w')\n"
    )
    return file


@pytest.mark.parametrize("what", SETTINGS)
def test_hostile_settings_are_refused_or_asked_about_before_anything_runs(
    what, warm_worker, digits, tmp_path, marker, own_code
):
    code, spoil = SETTINGS[what]
    for file in spoiled(digits, tmp_path, spoil, marker):
        error = warm_worker.error_of("load", file=str(file))
        assert error["code"] == code, error
        assert file.name in error["message"]
        assert error["fix"]
        error = warm_worker.error_of("load", file=str(file), classes_code=str(own_code))
        assert error["code"] == (code if code in ("model.unsafe", "model.too_large") else "model.needs_code"), error
        assert not marker.exists(), what


@pytest.mark.parametrize("what", [what for what, (code, _) in SETTINGS.items() if code != "model.needs_code"])
def test_consent_to_the_users_code_lets_a_file_reach_no_further(what, warm_worker, digits, tmp_path, marker, own_code):
    code, spoil = SETTINGS[what]
    for file in spoiled(digits, tmp_path, spoil, marker):
        error = warm_worker.error_of("load", file=str(file), classes_code=str(own_code), allow_code=True)
        assert error["code"] == code, error


def archive_with(digits: Path, folder: Path, members: dict[str, bytes], without: tuple[str, ...] = ()) -> Path:
    file = folder / "hostile.keras"
    with zipfile.ZipFile(digits / "digits.keras") as old, zipfile.ZipFile(file, "w") as new:
        for name in old.namelist():
            if name not in without:
                new.writestr(name, old.read(name))
        for name, content in members.items():
            new.writestr(name, content)
    return file


class Leaving:
    """Pickled, it writes a file when it is unpacked."""

    def __init__(self, marker: Path) -> None:
        self._marker = marker

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self._marker),)


def test_pickled_weights_are_not_unpacked(warm_worker, digits, tmp_path, marker):
    stored = io.BytesIO()
    np.savez(stored, weights=np.array([Leaving(marker)], dtype=object))
    members = {"model.weights.npz": stored.getvalue()}
    error = warm_worker.error_of("load", file=str(archive_with(digits, tmp_path, members, ("model.weights.h5",))))
    assert error["code"].startswith("model.")
    pickled = tmp_path / "model.keras"
    pickled.write_bytes(pickle.dumps(Leaving(marker)))
    assert warm_worker.error_of("load", file=str(pickled))["code"] == "model.not_a_model"
    assert not marker.exists()


@pytest.mark.parametrize(
    "name", ["assets/../../outside.txt", "../outside.txt", "/outside.txt", "assets\\..\\outside.txt"]
)
def test_archives_that_write_outside_are_refused(name, digits, tmp_path):
    with pytest.raises(UserError) as caught:
        inspect_file(archive_with(digits, tmp_path, {name: b"x"}))
    assert caught.value.code == "model.unsafe"


def words(folder: Path, name: str) -> Path:
    """A network whose vocabulary is a file in its archive, in a place that has the layer's name."""
    vectorize = L.TextVectorization(max_tokens=9, output_sequence_length=4, name="vectorize")
    vectorize.adapt(["the film was good", "the film was bad"])
    text = keras.Input((1,), dtype="string", name="text")
    model = keras.Model(text, L.Dense(2, name="last")(L.Embedding(9, 3, name="embedding")(vectorize(text))))
    file = folder / "words.keras"
    model.save(file)
    changed = folder / "named.keras"
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(changed, "w") as new:
        for member in old.namelist():
            content = old.read(member)
            if member == "config.json":
                content = content.replace(b'"vectorize"', json.dumps(name).encode())
            new.writestr(member, content)
    return changed


def everything(folder: Path) -> dict[str, tuple[int, int]]:
    """Every file below a folder, with its size and when it was written."""
    files = [file for file in folder.rglob("*") if file.is_file()]
    return {str(file): (file.stat().st_size, file.stat().st_mtime_ns) for file in files}


@pytest.mark.parametrize("name", ["vectorize", "../../escaped", "a/../../b"])
def test_nothing_is_written_outside_of_the_session_whatever_layers_are_called(name, new_worker, tmp_path, monkeypatch):
    """What an archive holds besides weights is unpacked: in the session, whatever the layers are called."""
    home, temporary, models = (tmp_path / each for each in ("home", "temporary", "models"))
    for folder in (home, temporary, models):
        folder.mkdir()
    file = words(models, name)
    for variable in ("HOME", "USERPROFILE", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(variable, str(home))
    for variable in ("TMPDIR", "TEMP", "TMP"):
        monkeypatch.setenv(variable, str(temporary))
    monkeypatch.delenv("KERAS_HOME", raising=False)
    worker = new_worker(tmp_path / "session")
    code = models / "classes.py"
    code.write_text("import tempfile, keras\ntempfile.mkdtemp()\nclass Mine(keras.layers.Layer):\n    pass\n")
    before = {folder: everything(folder) for folder in (home, temporary, models)}
    params = {"file": str(file), "classes_code": str(code), "allow_code": True}
    event = worker.end_of(worker.send("load", **params))
    assert event.kind == "result" or event.data["error"]["code"].startswith("model."), event.data
    assert {folder: everything(folder) for folder in before} == before
    assert {path.name for path in tmp_path.iterdir()} == {"home", "temporary", "models", "session"}

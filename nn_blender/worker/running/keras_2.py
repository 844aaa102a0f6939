"""Loads files with Keras 2 itself, the optional package tf_keras, where Keras 3 would not give their numbers.

Keras 2 runs code that is stored in a file while it loads it, so the user has agreed to that before.
"""

from __future__ import annotations

import json
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..models.inference import for_inference

Change = Callable[[Any], Any]


def build_with_keras_2(path: Path, kind: str, objects: dict[str, Any], change: Change) -> Any:
    """Let Keras 2 load a file.

    Args:
        kind: ``keras`` or ``h5``.
        objects: classes and functions by the names by which the file asks for them.
        change: is done to the model's settings.

    Raises:
        Whatever Keras 2 raises.
    """
    import tf_keras

    tf_keras.backend.clear_session()
    tf_keras.utils.set_random_seed(0)
    build = _from_hdf5 if kind == "h5" else _from_zip
    return build(path, objects, change)


def _from_hdf5(path: Path, objects: dict[str, Any], change: Change) -> Any:
    import h5py
    from tf_keras.src.saving import serialization_lib
    from tf_keras.src.saving.legacy import hdf5_format, model_config

    with h5py.File(path, "r") as file, serialization_lib.SafeModeScope(safe_mode=False):
        settings = _settings(file.attrs["model_config"], change)
        model = model_config.model_from_config(settings, custom_objects=objects)
        hdf5_format.load_weights_from_hdf5_group(file["model_weights"], model)
    return model


def _from_zip(path: Path, objects: dict[str, Any], change: Change) -> Any:
    import tf_keras

    with tempfile.TemporaryDirectory() as folder:
        rewritten = Path(folder) / "model.keras"
        with zipfile.ZipFile(path) as old, zipfile.ZipFile(rewritten, "w") as new:
            for member in old.infolist():
                content = old.read(member)
                if member.filename == "config.json":
                    content = json.dumps(_settings(content, change)).encode()
                new.writestr(member.filename, content)
        return tf_keras.models.load_model(rewritten, custom_objects=objects, compile=False, safe_mode=False)


def _settings(text: str | bytes, change: Change) -> Any:
    """A model's settings for inference, with the parts of Keras where tf_keras has them."""
    return _renamed(change(for_inference(json.loads(text))))


def _renamed(value: Any) -> Any:
    if isinstance(value, list):
        return [_renamed(entry) for entry in value]
    if not isinstance(value, dict):
        return value
    changed = {key: _renamed(entry) for key, entry in value.items()}
    module = changed.get("module")
    if isinstance(module, str) and "class_name" in changed and module.split(".")[0] == "keras":
        changed["module"] = f"tf_{module}"
    return changed

"""Opens model files by what they are, not by their suffix, and reads what is safe to read. No Keras, nothing runs."""

from __future__ import annotations

import hashlib
import json
import stat
import zipfile
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import h5py

from ...core.errors import UserError
from ...core.network import is_of_keras_2
from . import savedmodel
from .call_graph import Trail
from .inference import for_inference
from .keras2.obstacles import Obstacle
from .storage import DAMAGED, DO_NOT_OPEN, count_numbers, damaged, open_hdf5, open_member, open_zip

CONFIG_LIMIT = 64 << 20
"""Bytes of JSON that a model's structure may take; the largest published networks need a tenth."""

MAGIC = {
    b"\x89PNG\r\n\x1a\n": "a PNG picture",
    b"\xff\xd8\xff": "a JPEG picture",
    b"GIF8": "a GIF picture",
    b"%PDF": "a PDF document",
    b"\x1f\x8b": "a gzip archive",
    b"BZh": "a bzip2 archive",
    b"7z\xbc\xaf": "a 7-Zip archive",
    b"\x93NUMPY": "a NumPy array",
    b"BLENDER": "a Blender file",
    b"\x28\xb5\x2f\xfd": "a Zstandard archive (perhaps a Blender file)",
    b"\x80\x02": "a Python pickle",
    b"\x80\x04": "a Python pickle",
    b"\x80\x05": "a Python pickle",
    b"<!DO": "a web page",
    b"<htm": "a web page",
    b"version https://git-lfs": "a Git LFS pointer, which only stands for the real file",
}
HDF5_MAGIC = b"\x89HDF\r\n\x1a\n"
ZIP_MAGIC = b"PK\x03\x04"
CONVERTED_FROM = "Open the Keras model that it was converted from."
CHOOSE_MODEL = "Choose a model that Keras saved: a .keras, .h5 or .hdf5 file, or a SavedModel folder."


@dataclass(frozen=True)
class ModelFile:
    """A model file, looked into but not loaded.

    Attributes:
        kind: ``keras``, ``h5`` or ``savedmodel``.
        config: the model's settings, ``{"class_name": …, "config": …}``, see `inference.for_inference`.
        numbers: how many numbers each weight holds, by its path inside the file.
        stores_weights: whether ``numbers`` could be read at all.
        names: of layers that have others in ``config``, as the file has them; see `keras2.Translation`.
        obstacles: why Keras 3 cannot run a file of Keras 2.
    """

    path: Path
    kind: str
    config: dict[str, Any]
    keras_version: str
    numbers: dict[str, int] = field(default_factory=dict)
    stores_weights: bool = True
    names: Mapping[Trail, str] = field(default_factory=dict)
    obstacles: tuple[Obstacle, ...] = ()

    @property
    def from_keras_2(self) -> bool:
        """Whether Keras 2 or older wrote it."""
        return is_of_keras_2(self.keras_version)


def read_model_file(path: Path) -> ModelFile:
    """Read a model's settings and the sizes of its weights.

    Raises:
        UserError: codes ``model.missing``, ``model.unreadable``, ``model.empty_folder``, ``model.not_a_model``,
            ``model.truncated``, ``model.weights_only``, ``model.unsafe``, ``model.unsupported``, ``model.too_large``.
    """
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            return _read_folder(path)
        if not stat.S_ISREG(mode):
            raise UserError("model.not_a_model", f"{path} is a device or pipe, not a file.", "Choose a model file.")
        with path.open("rb") as stream:
            start = stream.read(64)
    except FileNotFoundError as error:
        message = f"{path} does not exist."
        raise UserError("model.missing", message, "Check the path, or choose the file again.") from error
    except OSError as error:
        message = f"{path} cannot be read: {error.strerror}."
        raise UserError("model.unreadable", message, "Check the file's permissions.") from error
    if start.startswith(ZIP_MAGIC):
        return _read_keras_zip(path)
    if start.startswith(HDF5_MAGIC):
        return _read_hdf5(path)
    raise _not_a_model(path, start)


def identity_of(path: Path) -> Hashable | None:
    """What tells the file, or all files of a folder, from others and from other contents without reading them.

    None where they cannot be looked at.
    """
    try:
        stats = [(str(file), file.stat()) for file in _files_of(path)]
    except OSError:
        return None
    return str(path), *((name, stat.st_size, stat.st_mtime_ns, stat.st_ino) for name, stat in stats)


def hash_of(path: Path) -> str:
    """SHA-256 of the file; of a folder, over the names and contents of all its files."""
    digest = hashlib.sha256()
    for file in _files_of(path):
        if path.is_dir():
            digest.update(file.relative_to(path).as_posix().encode() + b"\0")
        with file.open("rb") as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()


def _files_of(path: Path) -> list[Path]:
    """The file itself; of a folder, all files in it, in their order."""
    return sorted(entry for entry in path.rglob("*") if entry.is_file()) if path.is_dir() else [path]


def _not_a_model(path: Path, start: bytes) -> UserError:
    if not start:
        return UserError("model.truncated", f"{path.name} is empty (0 bytes).", "Copy or download the file again.")
    if start[4:8] == b"TFL3":
        return UserError(
            "model.unsupported",
            f"{path.name} is a TensorFlow Lite model, which has no Keras layers to show.",
            CONVERTED_FROM,
        )
    if start.startswith(b"\x08") and start[2:3] == b"\x12":  # Its version, then who made it.
        message = f"{path.name} is an ONNX model, which has no Keras layers to show."
        return UserError("model.unsupported", message, CONVERTED_FROM)
    if start.lstrip().startswith(b"{") and b'"class_name"' in start:
        return UserError(
            "model.unsupported",
            f"{path.name} holds the structure of a model alone, without its weights.",
            "Load it with keras.models.model_from_json, load its weights, save the whole model with "
            'model.save("name.keras"), and open that file.',
        )
    for magic, name in MAGIC.items():
        if start.startswith(magic):
            return UserError("model.not_a_model", f"{path.name} is {name}, not a Keras model.", CHOOSE_MODEL)
    return UserError(
        "model.not_a_model",
        f"{path.name} is neither a .keras archive nor an HDF5 file, so it is not a Keras model.",
        CHOOSE_MODEL,
    )


def _read_folder(path: Path) -> ModelFile:
    if not any(path.iterdir()):
        raise UserError("model.empty_folder", f"The folder {path.name} is empty.", CHOOSE_MODEL)
    if not (path / "saved_model.pb").is_file():
        raise UserError(
            "model.not_a_model",
            f"The folder {path.name} is not a SavedModel: it has no file saved_model.pb.",
            CHOOSE_MODEL,
        )
    config, version = savedmodel.read_structure(path)
    return ModelFile(path, "savedmodel", for_inference(config), version, stores_weights=False)


def _structure(text: bytes | str, path: Path) -> dict[str, Any]:
    try:
        structure: dict[str, Any] = for_inference(parse_json(text, path))
    except RecursionError as error:
        raise damaged(path, "its structure", error) from error
    return structure


def parse_json(text: bytes | str, path: Path) -> dict[str, Any]:
    """Parse a model's settings.

    Raises:
        UserError: code ``model.truncated``, where it is no JSON object; ``model.too_large``, where it is too long.
    """
    if len(text) > CONFIG_LIMIT:
        message = f"The structure in {path.name} takes {len(text) >> 20} MB of text."
        raise UserError("model.too_large", message, DO_NOT_OPEN)
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise damaged(path, "its structure", error) from error
    if not isinstance(data, dict):
        raise UserError("model.not_a_model", f"The structure in {path.name} is not a Keras model.", CHOOSE_MODEL)
    return data


def _read_keras_zip(path: Path) -> ModelFile:
    with open_zip(path) as archive:
        names = archive.namelist()
        if any(name.endswith("/data.pkl") for name in names):
            message = f"{path.name} is a PyTorch model, which has no Keras layers to show."
            raise UserError("model.unsupported", message, CHOOSE_MODEL)
        if "config.json" not in names:
            raise UserError(
                "model.not_a_model",
                f"{path.name} is a zip archive without config.json, not a Keras model.",
                CHOOSE_MODEL,
            )
        config = _structure(_read_member(archive, "config.json", path), path)
        metadata = parse_json(_read_member(archive, "metadata.json", path), path) if "metadata.json" in names else {}
        numbers: dict[str, int] = {}
        weights = "model.weights.h5" in names
        if weights:
            try:
                with open_member(archive, "model.weights.h5", path) as member, open_hdf5(member, path) as file:
                    numbers = count_numbers(file, path)
            except DAMAGED as error:
                raise damaged(path, "model.weights.h5", error) from error
    return ModelFile(path, "keras", config, str(metadata.get("keras_version", "3")), numbers, weights)


def _read_member(archive: zipfile.ZipFile, name: str, path: Path) -> bytes:
    if archive.getinfo(name).file_size > CONFIG_LIMIT:
        message = f"{name} in {path.name} is larger than {CONFIG_LIMIT >> 20} MB."
        raise UserError("model.too_large", message, DO_NOT_OPEN)
    try:
        return archive.read(name)
    except DAMAGED as error:
        raise damaged(path, name, error) from error


def _read_hdf5(path: Path) -> ModelFile:
    with open_hdf5(path, path) as file:
        numbers = count_numbers(file, path)
        text = _attribute(file, "model_config", path)
        if not text:
            try:
                raise _without_structure(path, file)
            except DAMAGED as error:
                raise damaged(path, "its attributes", error) from error
        version = _attribute(file, "keras_version", path)
        config = _structure(text, path)
    prefix = "model_weights/"
    numbers = {name[len(prefix) :]: count for name, count in numbers.items() if name.startswith(prefix)}
    return ModelFile(path, "h5", config, version, numbers)


def _attribute(file: h5py.File, name: str, path: Path) -> str:
    """A text that stands at the head of an HDF5 file; empty where it does not."""
    try:
        text = file.attrs.get(name, "")
    except DAMAGED as error:
        raise damaged(path, f"its attribute {name}", error) from error
    return text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text)


def _without_structure(path: Path, file: h5py.File) -> UserError:
    if "layer_names" in file.attrs or "layers" in file or "_layer_checkpoint_dependencies" in file:
        return UserError(
            "model.weights_only",
            f"{path.name} holds weights only: the layers they belong to are not in the file.",
            'Save the whole model with model.save("name.keras") and open that file.',
        )
    return UserError(
        "model.not_a_model",
        f"{path.name} is an HDF5 file, but contains no Keras model (no model_config).",
        CHOOSE_MODEL,
    )

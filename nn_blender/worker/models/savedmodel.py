"""Reads the structure that Keras 2 left inside a SavedModel folder, without running anything of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ...core.errors import UserError
from .storage import damaged

METADATA_FILE = "keras_metadata.pb"
SAVE_AS_KERAS = 'Load it where it was made and save it with model.save("name.keras"), then open that file.'
_VARINT, _LENGTH = 0, 2
_NODES, _NODE_PATH, _NODE_METADATA = 1, 3, 5


def read_structure(folder: Path) -> tuple[dict[str, Any], str]:
    """The model's settings and the version of Keras that wrote them.

    Raises:
        UserError: ``model.unsupported`` where the folder holds no Keras structure, ``model.truncated`` where that is
            cut off.
    """
    file = folder / METADATA_FILE
    if not file.is_file():
        raise UserError(
            "model.unsupported",
            f"The SavedModel {folder.name} holds no Keras layers (no {METADATA_FILE}), only TensorFlow's operations.",
            SAVE_AS_KERAS,
        )
    try:
        for number, node in _fields(file.read_bytes()):
            if number != _NODES or not isinstance(node, bytes):
                continue
            entries = dict(_fields(node))
            if entries.get(_NODE_PATH) == b"root":
                root = json.loads(bytes(entries[_NODE_METADATA]))
                return _root_config(root, folder), str(root.get("keras_version", "2"))
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError, OSError) as error:
        raise damaged(folder, METADATA_FILE, error) from error
    raise UserError("model.truncated", f"{METADATA_FILE} in {folder.name} names no model.", "Copy the folder again.")


def _root_config(root: dict[str, Any], folder: Path) -> dict[str, Any]:
    config = root.get("config") or {}
    if "layers" not in config:
        raise UserError(
            "model.unsupported",
            f"The SavedModel {folder.name} holds a model of the class {root.get('class_name')}, "
            "whose layers are Python code.",
            "Save a Functional or Sequential model.",
        )
    return {"class_name": root["class_name"], "config": config}


def _fields(data: bytes) -> Iterator[tuple[int, bytes | int]]:
    """Numbers and values of a protocol buffer message's fields; only the two wire types that Keras's file uses."""
    position = 0
    while position < len(data):
        key, position = _varint(data, position)
        number, kind = key >> 3, key & 7
        value, position = _varint(data, position)
        if kind == _VARINT:
            yield number, value
        elif kind == _LENGTH:
            if position + value > len(data):
                raise ValueError("a field is cut off")
            yield number, data[position : position + value]
            position += value
        else:
            raise ValueError(f"wire type {kind}")


def _varint(data: bytes, position: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[position]
        position += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, position
        shift += 7

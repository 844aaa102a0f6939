"""Paths as users type them in Blender."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import bpy


class NN_PG_path(bpy.types.PropertyGroup):
    """Where samples are. Those of a single input of a network bear its name."""

    path: bpy.props.StringProperty(  # type: ignore[valid-type]
        name="Path", description="Image, array file, or folder of them", subtype="FILE_PATH", options=set()
    )


def paths_by_name(entries: Iterable[NN_PG_path]) -> dict[str, Path]:
    """Those that are given, by what they are for."""
    return {entry.name: absolute(entry.path) for entry in entries if entry.path}


def absolute(text: str) -> Path:
    """A path that may begin with ``//``, the folder of the .blend."""
    return Path(bpy.path.abspath(text))


def optional_path(text: str) -> Path | None:
    return absolute(text) if text else None


def code_of(text: str) -> str:
    """Absolute path of a Python file or package; the name of a module of the worker's Python as it is."""
    is_path = text.startswith("//") or text.endswith(".py") or os.sep in text
    return str(absolute(text)) if is_path else text


CLASSES = (NN_PG_path,)

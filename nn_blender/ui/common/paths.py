"""Paths as users type them in Blender."""

from __future__ import annotations

from pathlib import Path

import bpy


def absolute(text: str) -> Path:
    """A path that may begin with ``//``, the folder of the .blend."""
    return Path(bpy.path.abspath(text))


def optional_path(text: str) -> Path | None:
    return absolute(text) if text else None

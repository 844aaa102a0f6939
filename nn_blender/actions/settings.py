"""What the user has set for the whole extension."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy

EXTENSION = __package__.removesuffix(".actions").removesuffix(".nn_blender")
"""What Blender calls this extension: the package around ours, which holds the manifest."""


def worker_python() -> Path | None:
    """The interpreter chosen in the preferences; None where none is, or where the extension is not installed."""
    extension: Any = bpy.context.preferences.addons.get(EXTENSION)
    python = extension.preferences.python if extension and extension.preferences else ""
    return Path(bpy.path.abspath(python)) if python else None

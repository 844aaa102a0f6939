"""The extension's settings, and where TensorFlow's environment is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy

from ..engine.tensorflow.environment import Environment, Status

EXTENSION = __package__.removesuffix(".actions").removesuffix(".nn_blender")
"""What Blender calls this extension: the package around ours, which holds the manifest."""

USABLE = (Status.READY, Status.OUTDATED)


def preferences() -> Any:
    """The extension's preferences; None where it is not installed, as in scripts that import the package."""
    user: Any = bpy.context.preferences
    extension = user.addons.get(EXTENSION)
    return extension.preferences if extension else None


def environment() -> Environment:
    """Where the extension sets up TensorFlow: in its own folder for the user's data, which outlives updates."""
    try:
        folder = bpy.utils.extension_path_user(EXTENSION, path="tensorflow")
    except ValueError:  # Not installed as an extension.
        folder = bpy.utils.user_resource("DATAFILES", path="nn_blender/tensorflow")
    return Environment(Path(folder))


def consents_file() -> Path:
    """Where it is written down which code may run: in the extension's folder for the user's data."""
    return environment().folder.with_name("consents.json")


def chosen_python() -> Path | None:
    """The existing interpreter that the user wants instead of the extension's own environment."""
    python = preferences().python if preferences() else ""
    return Path(bpy.path.abspath(python)) if python else None


def worker_python() -> Path | None:
    """The interpreter that has TensorFlow: the chosen one, else the extension's own; None where there is neither."""
    own = environment()
    return chosen_python() or (own.python if own.status in USABLE else None)


def may_go_online() -> bool:
    """Whether Blender's preferences allow downloads; outside of an installed extension nobody set them."""
    return bpy.app.online_access or preferences() is None

"""The installed extension as scenarios see it."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import bpy

EXTENSION = "bl_ext.user_default.nn_blender"


def package(name: str) -> Any:
    """Give a module of the extension by its name, as in "ui.jobs"."""
    return importlib.import_module(f"{EXTENSION}.nn_blender.{name}")


def jobs() -> Any:
    return package("ui.common.jobs").jobs


def roots() -> list[bpy.types.Collection]:
    """Give the root collections of the networks in the scene."""
    return package("scene.base.find").networks(bpy.context.scene)


def root() -> bpy.types.Collection:
    return roots()[0]


def sweep_slowly() -> None:
    """Let workers wait after every block of a sweep, so that something can happen in between. Those that run end."""
    workers = package("engine.registry").workers
    workers.close_all()
    workers._script = Path(__file__).with_name("slow_worker.py")


def panels() -> dict[str, type]:
    """Give the panels of the rooms and the inspector by their names."""
    sidebar = package("ui.common.sidebar").Sidebar
    classes = [cls for cls in package("ui").CLASSES if issubclass(cls, sidebar)]
    return {cls.__name__: cls for cls in classes if cls.__name__ != "NN_PT_main"}

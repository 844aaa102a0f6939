from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import bpy
import pytest

from nn_blender.scene.base.find import networks

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "core"))  # Networks that tests of both rooms are about.


@pytest.fixture(autouse=True)
def empty_scene() -> bpy.types.Scene:
    """Every test starts in an empty file."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    return bpy.context.scene


@pytest.fixture(scope="module")
def built_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the network that the tests of a module start with is saved, once it is built."""
    return tmp_path_factory.mktemp("built") / "built.blend"


@pytest.fixture
def build_once(built_file: Path, empty_scene: bpy.types.Scene) -> Callable[..., bpy.types.Collection]:
    """Opens the network that a module's first test has built: building takes ten times as long."""

    def build_once(build: Callable[..., bpy.types.Collection], *arguments: object) -> bpy.types.Collection:
        if not built_file.exists():
            build(empty_scene, *arguments)
            bpy.ops.wm.save_as_mainfile(filepath=str(built_file), copy=True)
        bpy.ops.wm.open_mainfile(filepath=str(built_file))
        return networks(bpy.context.scene)[0]

    return build_once

from __future__ import annotations

import sys
from pathlib import Path

import bpy
import pytest

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(autouse=True)
def empty_scene() -> bpy.types.Scene:
    """Every test starts in an empty file."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    return bpy.context.scene

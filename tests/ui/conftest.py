from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import bpy
import pytest

import nn_blender
from nn_blender.actions import settings

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "scene"))  # The made-up network of that room's tests.
PYTHON = Path(os.environ["NN_BLENDER_WORKER_PYTHON"])


@pytest.fixture(autouse=True)
def registered() -> Iterator[None]:
    bpy.ops.wm.read_factory_settings(use_empty=True)
    nn_blender.register()
    yield
    nn_blender.unregister()


@pytest.fixture
def with_tensorflow(kept_workers: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "chosen_python", lambda: PYTHON)

"""The command line in a process of its own, and what its tests look at."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import bpy

CHECKOUT = Path(__file__).resolve().parents[2]
DIGITS = CHECKOUT / "sample_scenes" / "digits"


def run(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "nn_blender.cli", *map(str, arguments)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=300,
        env={**os.environ, "PYTHONPATH": str(CHECKOUT), **environment},
        check=False,
    )


def object_of(role: str, layer: str) -> bpy.types.Object:
    """The one object of a layer that has this role in the open scene."""
    (found,) = [obj for obj in bpy.data.objects if (obj.get("nn_role"), obj.get("nn_layer")) == (role, layer)]
    return found

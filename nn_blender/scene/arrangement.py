"""Where neurons and their cards stand at the moment."""

from __future__ import annotations

from typing import Any

import bpy
import numpy as np


def shown_positions(thing: bpy.types.Object) -> np.ndarray:
    """Float32 (count, 3): where a neuron or card object shows each of its vertices, in world space.

    A mesh in Edit Mode shows none.
    """
    mesh: Any = thing.data
    local = np.empty(len(mesh.vertices) * 3, np.float32)
    mesh.vertices.foreach_get("co", local)
    world = np.array(thing.matrix_world, np.float32)
    return local.reshape(-1, 3) @ world[:3, :3].T + world[:3, 3]

"""Where a neuron stands, for a view that frames it."""

from __future__ import annotations

from itertools import product

import bpy
import numpy as np

from ..base.find import network_modifier, objects
from ..base.versions import get_modifier_input
from ..stage.framing import is_seen, part_points
from .placing import shown_positions

AROUND = 6.0
"""How much of its surroundings is seen with a neuron, in its radii."""


def neuron_points(root: bpy.types.Collection, layer: str, neuron: int) -> np.ndarray:
    """Float (count, 3): corners of a box around a neuron and what is next to it; of its layer where it is not drawn.

    Raises:
        UserError: see `part_points`.
    """
    obj = next(objects(root, "neurons", layer), None)
    modifier = network_modifier(obj) if obj is not None and is_seen(obj) else None
    places = shown_positions(obj) if obj is not None and modifier is not None else ()
    if neuron >= len(places):
        return part_points(root, layer)
    half = AROUND * get_modifier_input(modifier, "Radius") * float(np.mean(np.array(obj.matrix_world.to_scale())))
    return places[neuron] + half * np.array(list(product((-1.0, 1.0), repeat=3)))

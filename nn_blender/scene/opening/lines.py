"""Lines between neurons, which are seen where the neurons at both ends are."""

from __future__ import annotations

import bpy

from ..base import contract
from ..base.find import is_closed, network_modifier, objects
from ..base.parts import Parts
from ..base.versions import get_modifier_input
from ..looks.hiding import set_closed


def close_lines(parts: Parts) -> None:
    """Hide the lines from and to neurons inside closed blocks, and show all others as they were."""
    for obj in tuple(objects(parts.root, "connections")):
        set_closed(obj, any(is_closed(parts.stand(layer)) for layer in layers_of_lines(obj)))


def layers_of_lines(obj: bpy.types.Object) -> list[str]:
    """Paths of the layers at both ends of lines; of the one where they end, where nothing says where they begin."""
    modifier = network_modifier(obj)
    source = get_modifier_input(modifier, "Source") if modifier is not None else None
    return [obj[contract.LAYER], *([source[contract.LAYER]] if source is not None else [])]

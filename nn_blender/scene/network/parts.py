"""The index of a network's parts that an action works with."""

from __future__ import annotations

import bpy

from ...core.network import Network
from ..base import contract
from ..base.parts import Parts
from ..looks.level_of_detail import prepare_anchor, prepare_viewer
from ..looks.map_looks import get_map_look, set_map_look


def network_parts(
    scene: bpy.types.Scene, network: Network, network_id: str, root: bpy.types.Collection | None = None
) -> Parts:
    """The index of a network that is in the scene, or of a new one where there is no root collection yet.

    Args:
        network_id: what the data-blocks are marked with.
    """
    parts = Parts(scene, network.name, network_id, root)
    if root is not None and contract.MAP_CENTRED not in root:
        # A scene made before colour maps said whether they are centred.
        set_map_look(root, get_map_look(root))
    # Node groups follow these properties; a driver that once missed its property stays invalid.
    if contract.LOD_FOLLOWS not in parts.anchor:
        prepare_anchor(parts.anchor)
        prepare_viewer(parts.viewer)
    return parts

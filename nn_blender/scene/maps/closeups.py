"""Large maps: a neuron's feature map shown large above the network."""

from __future__ import annotations

from typing import Any

import bpy
import numpy as np

from ...core.network import Network
from ..base import contract, meshes
from ..base.find import network_modifier, object_of, objects
from ..base.parts import Parts, set_nodes
from ..base.versions import get_modifier_input
from ..looks import materials
from ..network import text_objects
from ..network.description import read_layout, require_description
from ..network.parts import network_parts
from ..network.sample_texts import show_sample_text
from ..nodes.cards import ATLAS_INPUTS, make_cards
from .closeup_places import SIDE, place_closeups

DEPTH = 0.08
GAP = 0.6
RISE = 1.1
"""Above the highest slab."""
_SHARED = ("Low", "High", "Material", "Changed", "Change Material", "Largest Change")
"""Inputs besides the atlas's sizes that a large map has in common with those on the slab."""


def add_closeup(scene: bpy.types.Scene, root: bpy.types.Collection, layer: str, neuron: int) -> None:
    """Show a neuron's map large, where it is not shown already.

    Args:
        neuron: one of those whose maps are shown, see `shown_maps`.
    """
    cards = next(objects(root, "card", layer))
    parts, network = _parts(scene, root)
    _show(parts, cards, neuron)
    _arrange(parts, network)


def shown_maps(root: bpy.types.Collection, layer: str) -> int:
    """How many neurons of a layer show a map, from the first on."""
    cards: Any = object_of(root, "card", layer)
    return len(cards.data.vertices) if cards is not None and meshes.sampled_names(cards.data, contract.MAP_RANGE) else 0


def closeups(root: bpy.types.Collection) -> list[tuple[str, int]]:
    """Layer and neuron of every large map."""
    return [(card[contract.LAYER], int(card[contract.PART])) for card in objects(root, "closeup")]


def remove_closeup(scene: bpy.types.Scene, root: bpy.types.Collection, layer: str, neuron: int) -> None:
    parts, network = _parts(scene, root)
    _remove(parts, layer, neuron)
    _arrange(parts, network)


def refill_closeups(parts: Parts) -> None:
    """Bring the large maps in line with those on the slabs, and remove those of layers without maps."""
    for layer, neuron in closeups(parts.root):
        cards = parts.find("card", layer)
        if not shown_maps(parts.root, layer):
            _remove(parts, layer, neuron)
        elif cards is not None and parts.find("neurons", layer) is not None and network_modifier(cards) is not None:
            _show(parts, cards, neuron)


def _remove(parts: Parts, layer: str, neuron: int) -> None:
    holder = parts.find("closeup holder", layer, str(neuron))
    if holder is not None:
        parts.remove([holder, *holder.children_recursive])


def _parts(scene: bpy.types.Scene, root: bpy.types.Collection) -> tuple[Parts, Network]:
    network = require_description(root).network
    return network_parts(scene, network, root[contract.NETWORK], root), network


def _show(parts: Parts, cards: bpy.types.Object, neuron: int) -> None:
    layer = cards[contract.LAYER]
    name = f"{layer} {neuron} large"
    holder = parts.obj(
        ("closeup holder", layer, str(neuron)), name, lambda: None, contract.MAPS_COLLECTION, parts.anchor
    )
    if not holder.constraints:
        holder.empty_display_size = 0.2
        text_objects.face(holder, parts.focus, upright=True)
    card = parts.mesh_object(
        ("closeup", layer, str(neuron)),
        name,
        lambda: meshes.point_mesh(name, np.zeros((1, 3), np.float32)),
        contract.MAPS_COLLECTION,
        holder,
    )
    # Cards face -X; what faces the viewer faces -Y.
    card.rotation_euler.z = np.pi / 2
    pairs = meshes.read_pairs(cards.data, contract.MAP_RANGE)[:, neuron : neuron + 1]
    meshes.write_samples(card.data, contract.MAP_RANGE, pairs)
    changes = meshes.read_pairs(cards.data, contract.CHANGE_RANGE)[:, neuron : neuron + 1]
    meshes.write_samples(card.data, contract.CHANGE_RANGE, changes)
    _copy_nodes(parts, cards, card, neuron)
    _add_frame(parts, holder, layer, neuron)
    _label(parts, holder, layer, neuron, pairs[:, 0])


def _copy_nodes(parts: Parts, cards: bpy.types.Object, card: bpy.types.Object, neuron: int) -> None:
    """The same atlas in the same way, but one cell of it only."""
    source = network_modifier(cards)
    shared = {name: get_modifier_input(source, name) for name in (*ATLAS_INPUTS, *_SHARED)}
    scale = SIDE / max(shared["Cell Width"], shared["Cell Height"])
    size = {name: shared[f"Cell {name}"] * scale for name in ("Width", "Height")}
    set_nodes(card, parts.group(make_cards), {}, {**shared, **size, "First": float(neuron)})


def _add_frame(parts: Parts, holder: bpy.types.Object, layer: str, neuron: int) -> None:
    size = (SIDE + 0.12, DEPTH, SIDE + 0.12)
    frame = parts.mesh_object(
        ("closeup frame", layer, str(neuron)),
        f"{layer} {neuron} frame",
        lambda: meshes.box_mesh("Frame", size, 0.02),
        contract.MAPS_COLLECTION,
        holder,
    )
    if not frame.data.materials:
        frame.data.materials.append(parts.material(materials.frame))
        frame.location.y = DEPTH / 2 + 0.01


def _label(parts: Parts, holder: bpy.types.Object, layer: str, neuron: int, ranges: np.ndarray) -> None:
    values = meshes.read_samples(parts.find("neurons", layer).data, contract.ACTIVATION)[:, neuron]
    bodies = [
        f"{layer}, neuron {neuron}\nactivation {value:.4g}\nmap {low:.3g} to {high:.3g}"
        for value, (low, high) in zip(values, ranges, strict=True)
    ]
    text = show_sample_text(
        parts,
        f"closeup {neuron}",
        bodies,
        contract.MAPS_COLLECTION,
        size=parts.theme.letters.closeup,
        material=parts.material(materials.ink),
        parent=holder,
        layer=layer,
    )
    text.location = (-SIDE / 2, 0.0, SIDE / 2 + parts.theme.gaps.closeup_rise)


def _arrange(parts: Parts, network: Network) -> None:
    """In the picture of a network on stands, each where it covers least; else side by side above the row.

    There each is as near to its layer as the ones before it allow.
    """
    root = parts.root
    opening = require_description(root).opening
    if opening is not None:
        place_closeups(parts, opening.root, opening.seen)
        return
    layout = read_layout(root, network)
    # They face the camera, which looks along the network at an angle: where its line of sight meets y = 0.
    pitch, slope = (SIDE + GAP) / np.sin(layout.view_angle), 1 / np.tan(layout.view_angle)
    seen = {path: place.x - place.y * slope for path, place in layout.layers.items()}
    at = -np.inf
    for layer, neuron in sorted(closeups(root), key=lambda closeup: (seen[closeup[0]], closeup[1])):
        holder = next(obj for obj in objects(root, "closeup holder", layer) if obj[contract.PART] == str(neuron))
        at, place = max(seen[layer], at + pitch), layout.layers[layer]
        holder.location = (at + place.y * slope, place.y, layout.bounds.high[2] + RISE + SIDE / 2)

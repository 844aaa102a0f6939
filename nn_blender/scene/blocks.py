"""Blocks of layers as boxes, and what every slab has to know of its block to come out of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import bpy
import numpy as np

from ..core.block_finding import find_blocks
from ..core.block_layout import BlockPlace, place_blocks
from ..core.blocks import Block, from_dict
from ..core.errors import UserError
from ..core.layout import THICKNESS, Layout, Place
from ..core.network import Network
from . import contract, meshes
from .description import read_description
from .find import network_modifier, objects
from .interventions import give_back, keep
from .kit import Kit, set_nodes
from .nodes.slabs import BOX_INPUTS
from .normalisation import Range
from .versions import set_modifier_input

_KEPT = {contract.ACTIVATION: contract.INTACT, contract.GLOW: f"{contract.INTACT}_{contract.GLOW}"}
"""Of blocks, what is kept of the intact network, and under which name."""


def read_blocks(root: bpy.types.Collection, network: Network) -> tuple[Block, ...]:
    """The blocks that the network's description names; found anew where it names none that fit."""
    try:
        return from_dict(read_description(root).get("blocks"), network)
    except UserError:
        return find_blocks(network)


def add_blocks(kit: Kit, layout: Layout, blocks: Sequence[Block]) -> None:
    """One object per block, in place of those of other blocks; slabs learn where their block is."""
    names = {block.name for block in blocks}
    kit.remove([thing for thing in objects(kit.root, "block") if thing[contract.PART] not in names])
    slab = kit.slab_material()
    for block, place in zip(blocks, place_blocks(blocks, layout), strict=True):
        box = kit.mesh_object(
            ("block", "", block.name),
            f"{block.name} block",
            lambda name=block.name: meshes.point_mesh(f"{name} block", np.zeros((1, 3), np.float32)),
            contract.LAYERS_COLLECTION,
        )
        box.location = place.middle
        size = (place.length, place.width, place.height)
        set_nodes(box, kit.blocks_group(), {"Material": slab}, {**box_inputs(place, place.middle), "Size": size})
        for layer, part in zip(block.layers, place.parts, strict=True):
            _join(kit, kit.find("slab", layer), layout.place(layer), place, part, box)
            for role in ("neurons", "card", "composite"):
                _join_block(kit.find(role, layer), place, layout.place(layer))


def _join(
    kit: Kit,
    slab: bpy.types.Object | None,
    own: Place,
    block: BlockPlace,
    part: tuple[float, float],
    box: bpy.types.Object,
) -> None:
    if slab is None:
        return
    low, high = part
    closed = {
        "Closed Scale": ((high - low) / THICKNESS, block.width / own.width, block.height / own.height),
        "Closed Move": ((low + high) / 2 - own.x, 0.0, (block.height - own.height) / 2),
        "Block": box,
    }
    set_nodes(slab, kit.slabs_group(), {}, {**box_inputs(block, (own.x, 0.0, own.height / 2)), **closed})


def _join_block(thing: bpy.types.Object | None, block: BlockPlace, own: Place) -> None:
    """Tell neurons or cards of a layer where its slab and its block are."""
    if thing is None:
        return
    modifier: Any = network_modifier(thing)
    if modifier is None:
        return
    half = own.width / 2
    corners = {"Slab Low": (own.front, -half, 0.0), "Slab High": (own.x, half, own.height)}
    for name, value in {**box_inputs(block, (0.0, 0.0, 0.0)), **corners}.items():
        set_modifier_input(modifier, name, value)
    thing.update_tag()


def box_inputs(block: BlockPlace, origin: tuple[float, float, float]) -> dict[str, Any]:
    """A block's box as `nodes.slabs.BOX_INPUTS`, seen from an object's origin."""
    low, high = (tuple(np.subtract(corner, origin)) for corner in (block.low, block.high))
    return dict(zip(BOX_INPUTS, (low, high, block.pitch), strict=True))


def fill_blocks(root: bpy.types.Collection, blocks: Sequence[Block], values: BlockValues) -> None:
    """Write the mean of every block's neurons, and of their glow, for every sample."""
    boxes = {thing[contract.PART]: thing for thing in objects(root, "block")}
    for number, block in enumerate(blocks):
        if block.name in boxes:
            mesh = boxes[block.name].data
            meshes.write_samples(mesh, contract.ACTIVATION, values.means[:, number : number + 1])
            meshes.write_samples(mesh, contract.GLOW, values.glows[:, number : number + 1])
            mesh.update_tag()


@dataclass(frozen=True)
class BlockValues:
    """Of every block for every sample, float32 (samples, blocks): mean activation, and mean share of the brightest."""

    means: np.ndarray
    glows: np.ndarray


def change_blocks(root: bpy.types.Collection, network: Network, activations: np.ndarray) -> None:
    """Show the blocks under an intervention and keep those of the intact network beside them.

    Args:
        activations: float32 (samples, neurons), the layers side by side.
    """
    about = read_description(root)
    ranges = {path: Range(*span) for path, span in about.get("normalisation", {}).get("ranges", {}).items()}
    for box in objects(root, "block"):
        for quantity, kept in _KEPT.items():
            keep(box.data, quantity, kept, "FLOAT")
    blocks = read_blocks(root, network)
    fill_blocks(root, blocks, block_values(network, blocks, activations, ranges))


def restore_blocks(root: bpy.types.Collection) -> None:
    """Show the blocks of the intact network again."""
    for box in objects(root, "block"):
        for quantity, kept in _KEPT.items():
            give_back(box.data, quantity, kept, "FLOAT")
        box.data.update_tag()


def block_values(
    network: Network, blocks: Sequence[Block], activations: np.ndarray, ranges: Mapping[str, Range]
) -> BlockValues:
    """Measure float32 (samples, neurons), the layers side by side. NaN and infinity are left out of the glow."""
    slices = network.neuron_slices()
    means, glows = (np.zeros((len(activations), len(blocks)), np.float32) for _ in range(2))
    for number, block in enumerate(blocks):
        columns = [slices[layer] for layer in block.layers if slices[layer].stop > slices[layer].start]
        if not columns:
            continue
        whole = slice(columns[0].start, columns[-1].stop)
        with np.errstate(invalid="ignore", over="ignore"):
            means[:, number] = activations[:, whole].mean(axis=1, dtype=np.float64)
        shares = [_glow(activations[:, slices[layer]], ranges.get(layer)) for layer in block.layers]
        glows[:, number] = np.concatenate(shares, axis=1).mean(axis=1)
    return BlockValues(means, glows)


def _glow(activations: np.ndarray, span: Range | None) -> np.ndarray:
    highest = max(-span.low, span.high) if span else 1.0
    shares = np.abs(np.where(np.isfinite(activations), activations, 0)) / highest
    return np.minimum(shares, 1.0)

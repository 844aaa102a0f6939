"""Blocks of layers as boxes, and what every slab has to know of its block to come out of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import bpy
import numpy as np

from ...core.blocks.blocks import Block
from ...core.blocks.finding import find_blocks
from ...core.blocks.placing import place_blocks
from ...core.errors import UserError
from ...core.layout.layout import Layout, Place, Vector
from ...core.network import Network
from ...core.normalisation import Range
from ..base import contract, meshes
from ..base.find import objects
from ..base.parts import Parts, set_nodes
from ..layers.layer_objects import parameter_count
from ..layers.neuron_values import intact_samples
from ..looks import materials
from ..network.description import change_description, read_description, read_layout, require_description
from ..network.parts import network_parts
from ..nodes.blocks import make_blocks
from ..nodes.lod_of_layers import detail_inputs
from ..nodes.slabs import make_slabs
from ..stage.labels import add_labels
from .lod_mesh import fill_detail

_KEPT = {contract.ACTIVATION: contract.INTACT, contract.GLOW: f"{contract.INTACT}_{contract.GLOW}"}
"""Of blocks, what is kept of the intact network, and under which name."""


def read_blocks(root: bpy.types.Collection, network: Network) -> tuple[Block, ...]:
    """The blocks that the network's description names; found anew where it names none that fit."""
    about = read_description(root)
    return (about.blocks if about else ()) or find_blocks(network)


def add_blocks(parts: Parts, layout: Layout, blocks: Sequence[Block]) -> None:
    """One object per block, in place of those of other blocks; slabs learn which part of it is theirs."""
    names = {block.name for block in blocks}
    parts.remove([obj for obj in objects(parts.root, "block") if obj[contract.PART] not in names])
    places = place_blocks(blocks, layout)
    fill_detail(parts, layout, blocks, places)
    material, numbers = parts.material(materials.slab), {path: k for k, path in enumerate(layout.layers)}
    for block, place in zip(blocks, places, strict=True):
        closed = place.closed
        box = parts.mesh_object(
            ("block", "", block.name),
            f"{block.name} block",
            partial(meshes.point_mesh, f"{block.name} block", np.zeros((1, 3), np.float32)),
            contract.STAGE_COLLECTION,
        )
        box.location = closed.middle
        box[contract.LAYERS], box[contract.REPEATS] = len(block.layers), block.repeats
        box[contract.NEURONS], box[contract.PARAMETERS] = block.neurons, parameter_count(block.parameters)
        size = {"Size": (closed.depth, closed.width, closed.height)}
        size |= detail_inputs(parts, numbers[block.layers[0]])
        set_nodes(box, parts.group(make_blocks), {"Material": material}, size)
        for layer, part in place.parts.items():
            slab = parts.find("slab", layer)
            if slab is not None:
                way = _closed(layout.layers[layer], part)
                set_nodes(slab, parts.group(make_slabs), {}, {**detail_inputs(parts, numbers[layer]), **way})


def _closed(own: Place, part: Place) -> dict[str, Vector]:
    """What leads from a slab to its part of the closed block, see `nodes.slabs.make_slabs`."""
    (x, y, z), (to_x, to_y, to_z) = own.middle, part.middle
    return {
        "Closed Scale": (part.depth / own.depth, part.width / own.width, part.height / own.height),
        "Closed Move": (to_x - x, to_y - y, to_z - z),
    }


def fill_blocks(root: bpy.types.Collection, blocks: Sequence[Block], values: BlockValues) -> None:
    """Write the mean of every block's neurons, and of their glow, for every sample."""
    boxes = {obj[contract.PART]: obj for obj in objects(root, "block")}
    for number, block in enumerate(blocks):
        if block.name in boxes:
            mesh = boxes[block.name].data
            meshes.write_samples(mesh, contract.ACTIVATION, values.means[:, number : number + 1])
            meshes.write_samples(mesh, contract.GLOW, values.glows[:, number : number + 1])
            mesh.update_tag()


@dataclass(frozen=True)
class BlockValues:
    """Of every block for every sample, float32 (samples, blocks): mean activation, and mean share of the brightest.

    Of layers that are not drawn whole, the neurons that are drawn count.
    """

    means: np.ndarray
    glows: np.ndarray


def show_blocks(parts: Parts, network: Network, layout: Layout, blocks: Sequence[Block]) -> None:
    """Everything that depends on which layers form a block: boxes, slabs, labels and values, from what is there."""
    add_blocks(parts, layout, blocks)
    add_labels(parts, network, layout, blocks)
    change_description(parts.root, blocks=tuple(blocks))
    restore_blocks(parts.root)
    neurons = _neurons(parts.root)
    _fill(parts.root, blocks, {layer: intact_samples(obj) for layer, obj in neurons.items()})
    if parts.root.get(contract.IN_FORCE, 0):
        change_blocks(parts.root, network)


def set_blocks(scene: bpy.types.Scene, root: bpy.types.Collection, blocks: Sequence[Block]) -> None:
    """Let other layers of a network in the scene form blocks; nothing is measured or built anew.

    No neurons may be in Edit Mode: their meshes do not tell their values then.

    Raises:
        UserError: ``blocks.open``, where the network is shown as blocks that open.
    """
    about = require_description(root)
    network = about.network
    if about.opening is not None:
        message = f"{network.name} is shown as blocks that open, which are not changed here."
        raise UserError("blocks.open", message, "Open and close them instead.")
    parts = network_parts(scene, network, root[contract.NETWORK], root)
    show_blocks(parts, network, read_layout(root, network), blocks)


def change_blocks(root: bpy.types.Collection, network: Network) -> None:
    """Show the blocks under the intervention that the neurons show, and keep those of the intact network beside."""
    for box in objects(root, "block"):
        for quantity, kept in _KEPT.items():
            meshes.keep_samples(box.data, quantity, kept, "FLOAT")
    values = {layer: meshes.read_samples(obj.data, contract.ACTIVATION) for layer, obj in _neurons(root).items()}
    _fill(root, read_blocks(root, network), values)


def _neurons(root: bpy.types.Collection) -> dict[str, bpy.types.Object]:
    return {obj[contract.LAYER]: obj for obj in objects(root, "neurons")}


def _fill(root: bpy.types.Collection, blocks: Sequence[Block], activations: Mapping[str, np.ndarray]) -> None:
    about = read_description(root)
    fill_blocks(root, blocks, block_values(blocks, activations, about.ranges if about else {}))


def restore_blocks(root: bpy.types.Collection) -> None:
    """Show the blocks of the intact network again."""
    for box in objects(root, "block"):
        for quantity, kept in _KEPT.items():
            meshes.give_back_samples(box.data, quantity, kept, "FLOAT")
        box.data.update_tag()


def block_values(
    blocks: Sequence[Block], activations: Mapping[str, np.ndarray], ranges: Mapping[str, Range]
) -> BlockValues:
    """Measure blocks. NaN and infinity are left out of the glow.

    Args:
        activations: of the layers' neurons that are drawn, float32 (samples, neurons).
    """
    samples = max((len(values) for values in activations.values()), default=0)
    measured = {layer: values for layer, values in activations.items() if len(values) == samples}
    means, glows = (np.zeros((samples, len(blocks)), np.float32) for _ in range(2))
    for number, block in enumerate(blocks):
        parts = {layer: measured[layer] for layer in block.layers if layer in measured}
        count = sum(part.shape[1] for part in parts.values())
        if not count:
            continue
        with np.errstate(invalid="ignore", over="ignore"):
            means[:, number] = sum(part.sum(axis=1, dtype=np.float64) for part in parts.values()) / count
        shares = [_glow(part, ranges.get(layer)).sum(axis=1, dtype=np.float64) for layer, part in parts.items()]
        glows[:, number] = sum(shares) / count
    return BlockValues(means, glows)


def _glow(activations: np.ndarray, span: Range | None) -> np.ndarray:
    highest = max(-span.low, span.high) if span else 1.0
    shares = np.abs(np.where(np.isfinite(activations), activations, 0)) / highest
    return np.minimum(shares, 1.0)

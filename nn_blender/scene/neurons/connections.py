"""The strongest weights between neurons as lines: one object per layer that reads others."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import Any

import bpy
import numpy as np

from ...core.network import Network
from ...core.neurons.connections import Connections, LayerConnections
from ..base import contract, meshes
from ..base.find import first_of, network_modifier, objects
from ..base.parts import Parts, set_nodes
from ..base.versions import get_modifier_input
from ..looks import materials
from ..network import text_objects
from ..network.description import read_layout, require_description
from ..network.parts import network_parts
from ..nodes.connections import make_connections
from ..opening.lines import close_lines
from ..opening.showing import show_opening
from ..stage.frame_legend import add_entry, fit_legend
from ..stage.legend import legend_holder
from .placing import positions_on

ROLE = "connections"
LEGEND = "lines: weights, orange above 0, blue below,\nthe thicker the larger within a layer"


@dataclass(frozen=True)
class ConnectionsShown:
    """What a scene has of a network's connections.

    Attributes:
        count: lines that are there, drawn or not.
        more: weights that are not.
        most: how many were read per neuron.
        left_out: layers of which there are none, since they read something other than neurons.
    """

    count: int
    more: int
    most: int
    left_out: tuple[str, ...]


def show_connections(scene: bpy.types.Scene, root: bpy.types.Collection, connections: Connections) -> None:
    """Put connections into the scene, instead of those that are there. Lines of selected neurons are drawn."""
    remove_lines(root)
    about = require_description(root)
    network = about.network
    parts = network_parts(scene, network, root[contract.NETWORK], root)
    root[contract.CONNECTIONS] = json.dumps({"most": connections.most, "left_out": connections.left_out})
    _set_choices(parts.anchor)
    # In a scene of an earlier version it may know nothing of neurons that are enlarged.
    parts.renew(make_connections)
    for layer in connections.layers:
        _add_layer(parts, layer)
    if about.opening is not None and about.opening.by_distance is not None:
        show_opening(parts, network, about.opening, read_layout(root, network))
    else:
        close_lines(parts)
    _add_legend(parts, network)


def remove_connections(root: bpy.types.Collection) -> None:
    """Remove all that `show_connections` made."""
    network_id = root[contract.NETWORK]
    remove_lines(root)
    gone = [obj for obj in objects(root, "legend") if obj.get(contract.PART) == ROLE]
    bpy.data.batch_remove([*gone, *(obj.data for obj in gone)])
    fit_legend(root)
    made = (*bpy.data.node_groups, *bpy.data.materials)
    ours = [block for block in made if block.get(contract.NETWORK) == network_id and not block.users]
    bpy.data.batch_remove([block for block in ours if block.get(contract.PART) in ("Connections", "Connection")])
    root.pop(contract.CONNECTIONS, None)
    for anchor in objects(root, "anchor"):
        for name in (contract.CONNECTIONS_OF_ALL, contract.CONNECTIONS_THICKNESS):
            anchor.pop(name, None)


def remove_lines(root: bpy.types.Collection) -> None:
    gone = list(objects(root, ROLE))
    bpy.data.batch_remove([*gone, *(obj.data for obj in gone)])


def has_connections(root: bpy.types.Collection) -> bool:
    """Whether connections were read, and not all of them were removed."""
    return contract.CONNECTIONS in root and first_of(root, ROLE) is not None


def connections_shown(root: bpy.types.Collection) -> ConnectionsShown | None:
    """None where connections were not read, or were removed."""
    if not has_connections(root):
        return None
    objs = list(objects(root, ROLE))
    about = json.loads(root[contract.CONNECTIONS])
    lines: list[int] = [len(obj.data.vertices) for obj in objs]
    more = sum(int(obj.get(contract.MORE, 0)) for obj in objs)
    return ConnectionsShown(sum(lines), more, about["most"], tuple(about["left_out"]))


def are_of_all(root: bpy.types.Collection) -> bool:
    """Whether the lines of all neurons are drawn, not only of selected ones."""
    return any(anchor.get(contract.CONNECTIONS_OF_ALL, 0) for anchor in objects(root, "anchor"))


def set_of_all(root: bpy.types.Collection, of_all: bool) -> None:
    for anchor in objects(root, "anchor"):
        anchor[contract.CONNECTIONS_OF_ALL] = int(of_all)
        # Drivers do not hear of custom properties that Python sets.
        anchor.update_tag()


def _set_choices(anchor: bpy.types.Object) -> None:
    """The properties that the node group's drivers follow; what users have set stays."""
    choices: Any = {
        contract.CONNECTIONS_OF_ALL: (0, {"max": 1, "description": "Draw the lines of all neurons"}),
        contract.CONNECTIONS_THICKNESS: (1.0, {"soft_max": 4.0, "description": "How thick lines are drawn"}),
    }
    for name, (value, about) in choices.items():
        if name not in anchor:
            anchor[name] = value
            anchor.id_properties_ui(name).update(min=type(value)(0), **about)  # type: ignore[func-returns-value]


def follow_neurons(parts: Parts, network: Network) -> None:
    """Let lines begin and end where neurons are that were moved on their slabs, or with these."""
    objs = list(objects(parts.root, ROLE))
    for obj in objs:
        modifier, mesh = network_modifier(obj), obj.data
        ends = [get_modifier_input(modifier, name) for name in ("Source", "Target")] if modifier is not None else []
        if len(ends) == 2 and None not in ends:
            numbers = (meshes.read_integers(mesh, name) for name in (contract.SOURCE, contract.TARGET))
            starts, stops = (positions_on(end, parts.anchor)[own] for end, own in zip(ends, numbers, strict=True))
            mesh.vertices.foreach_set("co", ((starts + stops) / 2).ravel())
            set_nodes(obj, modifier.node_group, {}, _sizes(*ends))
            mesh.update_tag()
    if objs:
        _add_legend(parts, network)


def _sizes(source: bpy.types.Object, target: bpy.types.Object) -> dict[str, float]:
    """Of the spheres that lines begin and end at, and of the maps there."""
    radius = _input(target, "Radius")
    size = max(2 * radius, _input(target, "Card Width"), _input(target, "Card Height"))
    return {"Radius": _input(source, "Radius"), "Target Radius": radius, "Target Size": size}


def _add_layer(parts: Parts, layer: LayerConnections) -> None:
    source, target = parts.find("neurons", layer.source), parts.find("neurons", layer.layer)
    if source is None or target is None:
        return
    counts = [len(obj.data.vertices) for obj in (source, target)]
    are_drawn = (layer.neurons < counts).all(axis=1)
    neurons, weights = layer.neurons[are_drawn], layer.weights[are_drawn]
    starts, ends = (positions_on(obj, parts.anchor)[neurons[:, k]] for k, obj in enumerate((source, target)))
    name = f"{layer.layer} connections"
    obj = parts.mesh_object(
        (ROLE, layer.layer, ""),
        name,
        lambda: _connection_mesh(name, (starts + ends) / 2, neurons, weights),
        contract.CONNECTIONS_COLLECTION,
    )
    more = layer.more + int((~are_drawn).sum())
    # A custom property holds whole numbers of 32 bits; beyond, a float is exact enough.
    obj[contract.MORE] = more if more < 1 << 31 else float(more)
    measured = {"Source": source, "Target": target, "Highest": _highest(weights), **_sizes(source, target)}
    lasting = {"Material": parts.material(materials.connection)}
    set_nodes(obj, parts.group(make_connections), lasting, measured)


def _connection_mesh(name: str, middles: np.ndarray, neurons: np.ndarray, weights: np.ndarray) -> bpy.types.Mesh:
    mesh = meshes.point_mesh(name, middles)
    meshes.write_floats(mesh, contract.WEIGHT, weights)
    meshes.write_integers(mesh, contract.SOURCE, neurons[:, 0])
    meshes.write_integers(mesh, contract.TARGET, neurons[:, 1])
    return mesh


def _highest(weights: np.ndarray) -> float:
    sizes = np.abs(weights[np.isfinite(weights)])
    return float(sizes.max()) if sizes.size else 1.0


def _input(neurons: bpy.types.Object, name: str) -> float:
    """An input of a layer's neurons; 0 where somebody removed their modifier, and with it the neurons."""
    modifier = network_modifier(neurons)
    return float(get_modifier_input(modifier, name)) if modifier is not None else 0.0


def _add_legend(parts: Parts, network: Network) -> None:
    if any(objects(parts.root, "frame")):
        add_entry(parts, ROLE, LEGEND.replace("\n", " "))
        return
    size = parts.theme.letters.legend_note
    text = parts.obj(
        ("legend", "", ROLE),
        "Legend connections",
        lambda: text_objects.text_curve("Legend connections", LEGEND, size, parts.material(materials.dim_ink), "LEFT"),
        contract.LABELS_COLLECTION,
        legend_holder(parts, read_layout(parts.root, network)),
    )
    text.location = (0.0, 0.0, -parts.theme.gaps.legend_note_drop)
    text.rotation_euler = (math.pi / 2, 0.0, 0.0)

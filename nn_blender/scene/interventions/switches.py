"""Switches of neurons in the scene, and values under an intervention beside those of the intact network."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Any

import bpy
import numpy as np

from ...core.errors import UserError
from ...core.interventions.intervention import Intervention, switch_of
from ...core.network import Network
from ..base import contract, meshes
from ..base.find import objects
from ..base.writes import Writes
from ..layers.neuron_values import set_neuron_input, show_changed, show_unchanged
from ..stage.legend import show_legend

INCOMPLETE = "incomplete"
"""What `contract.RECORDED` says while values of different interventions stand side by side."""

INTACT_RANGE = "intact_range"
"""Of maps, as `contract.MAP_RANGE`, for the intact network."""


SWITCHES: dict[str, tuple[type, bool | float]] = {
    contract.ENABLED: (bool, True),
    contract.GAIN: (np.float32, 1.0),
    contract.REPLACE: (bool, False),
}
"""Attributes of a neuron mesh: their type, and what counts where somebody removed one."""


writes = Writes()
"""Of switches."""


def read_switches(mesh: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(enabled, gain, replace) of every neuron of a layer, each (neurons,)."""
    enabled, gain, replace = (_read_switch(mesh, name) for name in SWITCHES)
    return enabled, gain, replace


def _read_switch(mesh: Any, name: str) -> np.ndarray:
    kind, default = SWITCHES[name]
    values: np.ndarray = np.full(len(mesh.vertices), default, kind)
    meshes.read_into(mesh.attributes, name, values)
    return values


def set_neurons(
    root: bpy.types.Collection,
    layer: str,
    neurons: Iterable[int],
    *,
    enabled: bool | None = None,
    gain: float | None = None,
    replace: bool | None = None,
) -> None:
    """Switch neurons of a layer, and of all calls of a shared layer; what is None stays as it is.

    Args:
        gain: the factor of an enabled neuron, 0 to 2.
        replace: whether a disabled neuron gives its mean instead of 0.
    """
    indices = np.fromiter(neurons, int)
    for obj in _calls(root, layer):
        mesh: Any = obj.data
        for name, value in zip(SWITCHES, (enabled, gain, replace), strict=True):
            if value is not None:
                values = _read_switch(mesh, name)
                values[indices[indices < len(values)]] = value
                write = meshes.write_booleans if values.dtype == bool else meshes.write_floats
                write(mesh, name, values)
        _show_switches(obj)


def read_intervention(root: bpy.types.Collection, network: Network) -> Intervention:
    """What the switches in the scene say."""
    objs = list(objects(root, "neurons"))
    own: list[Any] = [obj.data for obj in objs]
    ends = np.cumsum([0, *(len(mesh.vertices) for mesh in own)]).tolist()
    # Side by side, since deep networks have hundreds of layers, few of which are switched.
    enabled, gain = np.ones(ends[-1], bool), np.ones(ends[-1], np.float32)
    for mesh, (start, end) in zip(own, pairwise(ends), strict=True):
        attributes = mesh.attributes
        meshes.read_into(attributes, contract.ENABLED, enabled[start:end])
        meshes.read_into(attributes, contract.GAIN, gain[start:end])
    switched = np.flatnonzero(~enabled | (gain != 1))
    numbers = np.unique(np.searchsorted(ends, switched, side="right") - 1)
    return Intervention.from_arrays(network, {objs[k][contract.LAYER]: read_switches(own[k]) for k in numbers})


def write_intervention(root: bpy.types.Collection, intervention: Intervention) -> None:
    """Set all switches of a network to what an intervention says.

    Raises:
        UserError: ``scene.not_drawn`` where it switches a neuron that the scene does not draw.
    """
    for obj in objects(root, "neurons"):
        factors = intervention.factors(obj[contract.LAYER], obj[contract.NEURONS])
        check_drawn(obj, np.flatnonzero(factors != 1))
    for obj in objects(root, "neurons"):
        layer = obj[contract.LAYER]
        mesh: Any = obj.data
        count = len(mesh.vertices)
        factors = intervention.factors(layer, count)
        meshes.write_booleans(mesh, contract.ENABLED, factors != 0)
        meshes.write_floats(mesh, contract.GAIN, np.where(factors == 0, np.float32(1), factors))
        meshes.write_booleans(mesh, contract.REPLACE, intervention.replaced(layer, count))
        _show_switches(obj)


def write_changed(
    root: bpy.types.Collection, network: Network, intervention: Intervention, activations: np.ndarray
) -> None:
    """Show activations under an intervention and keep those of the intact network beside them.

    Layers that the intervention does not reach show the intact network's, whatever they showed before.

    Args:
        activations: float32 (samples, neurons), the layers side by side.
    """
    root[contract.IN_FORCE] = 1
    reached = set(intervention.reached_layers(network))
    slices = network.neuron_slices()
    for obj in objects(root, "neurons"):
        if obj[contract.LAYER] in reached:
            show_changed(obj, activations[:, slices[obj[contract.LAYER]]])
        else:
            show_unchanged(obj)


def write_toggled(
    root: bpy.types.Collection,
    network: Network,
    intervention: Intervention,
    sample: int,
    activations: Mapping[str, np.ndarray],
) -> None:
    """Show one sample under an intervention, ahead of the others, which `write_changed` brings in line.

    Args:
        activations: by path of the layers that differ from what is shown, float32 (neurons,).

    Raises:
        UserError: ``scene.edit_mode``.
    """
    objs = [obj for obj in objects(root, "neurons") if obj[contract.LAYER] in activations]
    meshes.refuse_edited(objs)
    root[contract.RECORDED] = INCOMPLETE
    reached = set(intervention.reached_layers(network))
    for obj in objs:
        layer = obj[contract.LAYER]
        show_changed(obj, activations[layer], sample=sample, is_reached=layer in reached)


def restore_intact(root: bpy.types.Collection) -> None:
    """Show the intact network again; nothing of the former intervention's values stays."""
    root[contract.IN_FORCE] = 0
    for obj in objects(root, "neurons"):
        show_unchanged(obj)


def keep_intact_maps(cards: bpy.types.Object) -> None:
    """Keep the ranges of a layer's maps beside those under an intervention."""
    meshes.keep_samples(cards.data, contract.MAP_RANGE, INTACT_RANGE, "FLOAT2")


def restore_intact_maps(cards: bpy.types.Object) -> None:
    meshes.give_back_samples(cards.data, contract.MAP_RANGE, INTACT_RANGE, "FLOAT2")


def set_compare(root: bpy.types.Collection, compare: bool) -> None:
    """Let neurons and maps show the change against the intact network instead of their values."""
    root[contract.COMPARE] = int(compare)
    show_legend(root)
    root.update_tag()


def switched_neurons(obj: bpy.types.Object) -> np.ndarray:
    """Int (count,): the neurons of a layer that are off or have a factor other than 1, by their switches."""
    enabled, gain, _ = read_switches(obj.data)
    return np.flatnonzero(~enabled | (gain != 1))


def check_drawn(obj: bpy.types.Object, neurons: np.ndarray) -> None:
    """Whether the scene draws neurons of a layer, given by their numbers, int (count,).

    Raises:
        UserError: ``scene.not_drawn``.
    """
    mesh: Any = obj.data
    count = len(mesh.vertices)
    beyond = neurons[neurons >= count]
    if beyond.size:
        raise UserError(
            "scene.not_drawn",
            f"Neuron {beyond[0]} of {obj[contract.LAYER]} is not in the scene: of {obj[contract.NEURONS]:,} "
            f"neurons the first {count:,} are drawn.",
            "Import the network with a larger budget of neurons.",
        )


def _calls(root: bpy.types.Collection, layer: str) -> list[bpy.types.Object]:
    switch = switch_of(layer)
    return [obj for obj in objects(root, "neurons") if switch_of(obj[contract.LAYER]) == switch]


def _show_switches(obj: bpy.types.Object) -> None:
    """A neuron that is off is seen to be at once, before the network has run without it."""
    writes.count += 1
    obj.data.update_tag()
    set_neuron_input(obj, "Switched", bool(switched_neurons(obj).size))

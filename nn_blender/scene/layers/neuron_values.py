"""Quantities on the meshes of a layer's neurons: the one place that writes them, with what node groups must know."""

from __future__ import annotations

from typing import Any

import bpy
import numpy as np

from ...core.quantities import LAYER, NO_COLOUR, Quantity
from ...core.quantities.activation import ACTIVATION
from ...core.quantities.intact import INTACT
from ..base import meshes
from ..base.find import network_modifier
from ..base.versions import set_modifier_input
from ..nodes.tones import highest_input


def write_quantity(
    obj: bpy.types.Object,
    quantity: Quantity,
    values: np.ndarray,
    *,
    sample: int | None = None,
    highest: float | None = None,
) -> None:
    """Write a quantity to the mesh of a layer's neurons, and tell the node group what its colours reach.

    Args:
        values: float32 (samples, neurons) of a quantity per sample; (neurons,) of another one, or of a ``sample``.
            Those of neurons that are not drawn are left out.
        highest: the largest magnitude over all samples, of a quantity whose range follows the glow's rule; where None
            it stays what it was, so that colours mean the same under an intervention. That of a quantity whose range
            is that of its layer is found here, unless only one sample is written.
    """
    mesh: Any = obj.data
    drawn = values[..., : len(mesh.vertices)]
    if values.ndim == 2:
        meshes.write_samples(mesh, quantity.name, drawn)
    else:
        meshes.write_floats(mesh, quantity.attribute(sample), drawn)
    if quantity.colour_number == NO_COLOUR:
        return
    if quantity.range_rule == LAYER and sample is None:
        highest = largest_magnitude(drawn)
    if highest is not None:
        set_neuron_input(obj, highest_input(quantity), highest)
    mesh.update_tag()
    obj.update_tag()


def largest_magnitude(values: np.ndarray) -> float:
    """The largest finite magnitude, 1 where all are 0; 0 stands for nothing finite."""
    sizes = np.abs(values[np.isfinite(values)])
    return float(sizes.max()) or 1.0 if sizes.size else 0.0


def set_neuron_input(obj: bpy.types.Object, name: str, value: float | bool) -> None:
    """Set an input of the node group of a layer's neurons; groups made by an older version may not have it."""
    modifier = network_modifier(obj)
    if modifier is not None and name in modifier.node_group.interface.items_tree:
        set_modifier_input(modifier, name, value)
        # Inputs set by Python do not by themselves make Blender look at the modifier again.
        obj.update_tag()


def show_changed(
    obj: bpy.types.Object, activations: np.ndarray, *, sample: int | None = None, is_reached: bool = True
) -> None:
    """Show a layer's activations under an intervention; those of the intact network are kept beside them.

    Args:
        activations: see `write_quantity`.
        is_reached: whether the intervention reaches the layer; one that it does not reach has nothing to keep.
    """
    if is_reached:
        meshes.keep_samples(obj.data, ACTIVATION.name, INTACT.name, "FLOAT")
    write_quantity(obj, ACTIVATION, activations, sample=sample)
    set_neuron_input(obj, "Changed", is_reached)


def show_unchanged(obj: bpy.types.Object) -> None:
    """Show a layer's activations of the intact network again; nothing of the former intervention's stays."""
    meshes.give_back_samples(obj.data, ACTIVATION.name, INTACT.name, "FLOAT")
    set_neuron_input(obj, "Changed", False)


def intact_samples(obj: bpy.types.Object) -> np.ndarray:
    """Float32 (samples, neurons): a layer's activations without intervention."""
    kept = meshes.sampled_names(obj.data, INTACT.name)
    return meshes.read_samples(obj.data, INTACT.name if kept else ACTIVATION.name)

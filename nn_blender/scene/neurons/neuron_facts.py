"""Facts about single neurons, read from the scene."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import bpy
import numpy as np

from ..base import contract, meshes
from ..base.find import object_of
from ..interventions.switches import read_switches


@dataclass(frozen=True)
class NeuronFacts:
    """A neuron for one sample; for what was measured over all samples see `statistics.neuron_statistics`.

    Attributes:
        intact: its activation without intervention; None where there is none in force.
        rank: its place among the layer's neurons by activation, 1 being the highest; NaN counts as lowest.
        factor: what its output is multiplied by: 0 where it is off.
    """

    activation: float
    intact: float | None
    rank: int
    count: int
    factor: float
    replaced: bool


def drawn_count(root: bpy.types.Collection, layer: str) -> int:
    """How many of a layer's neurons the scene draws, from the first on; see `core.layout.budgets`."""
    obj: Any = object_of(root, "neurons", layer)
    return len(obj.data.vertices) if obj is not None else 0


def neuron_facts(root: bpy.types.Collection, layer: str, neuron: int, sample: int) -> NeuronFacts | None:
    """None where the layer has no such neuron or nothing was measured, or its mesh is in Edit Mode."""
    obj: Any = object_of(root, "neurons", layer)
    name = contract.sampled(contract.ACTIVATION, sample)
    if obj is None or name not in obj.data.attributes or not 0 <= neuron < len(obj.data.vertices):
        return None
    mesh = obj.data
    values = meshes.read_floats(mesh, name)
    if not values.size:
        return None
    enabled, gain, replace = (values[neuron] for values in read_switches(mesh))
    intact_name = contract.sampled(contract.INTACT, sample)
    order = np.nan_to_num(values, nan=-np.inf)
    return NeuronFacts(
        activation=float(values[neuron]),
        intact=float(meshes.read_floats(mesh, intact_name)[neuron]) if intact_name in mesh.attributes else None,
        rank=1 + int((order > order[neuron]).sum()),
        count=len(values),
        factor=float(gain) if enabled else 0.0,
        replaced=bool(replace),
    )


def neuron_activation(root: bpy.types.Collection, layer: str, neuron: int, sample: int) -> float | None:
    """A neuron's activation for a sample; None as for `neuron_facts`."""
    obj: Any = object_of(root, "neurons", layer)
    if obj is None or obj.data.is_editmode or not 0 <= neuron < len(obj.data.vertices):
        return None
    attribute = obj.data.attributes.get(contract.sampled(contract.ACTIVATION, sample))
    return None if attribute is None else float(attribute.data[neuron].value)


def shown_activations(root: bpy.types.Collection, layer: str, neuron: int) -> np.ndarray | None:
    """A neuron's activation for every sample in the scene, float32 (samples,); None as for `neuron_facts`."""
    obj: Any = object_of(root, "neurons", layer)
    if obj is None or obj.data.is_editmode or not 0 <= neuron < len(obj.data.vertices):
        return None
    # To look up each by its name would go through all of them each time.
    attributes = dict(obj.data.attributes.items())
    names = meshes.sampled_names(obj.data, contract.ACTIVATION)
    return np.array([attributes[name].data[neuron].value for name in names], np.float32)

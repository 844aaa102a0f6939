"""The health of all layers of a network, counted from a timer when the list of layers asks for it."""

from __future__ import annotations

import time
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from typing import Any

import bpy
import numpy as np

from ...core.description.description import Description
from ...core.network import Layer
from ...core.neurons.health import Health, health_of, never_active, often_near
from ...core.neurons.saturation import UNKNOWN_BOUNDS, bounds_of
from ...scene.base import contract, meshes
from ...scene.base.find import object_of
from ...scene.layers.statistics import statistics_by_layer
from ...scene.network.description import read_description
from ..common.active import network_by_id
from ..common.asked_store import AskedStore
from ..common.needs import edit_mode_reason

PORTION = 0.02
"""Seconds of work in one go, so that the window stays smooth."""

KEPT = 8
"""Networks that are remembered."""


@dataclass(frozen=True)
class LayersHealth:
    """Of the layers of which something was measured, by path.

    Attributes:
        recorded, about: what it was made of: the intervention in force, and the description, which is the same object
            while it is the same text.
    """

    recorded: str
    about: Description
    layers: Mapping[str, Health]


class HealthStore(AskedStore):
    """Health by network."""

    kept = KEPT

    def find(self, root: bpy.types.Collection, about: Description) -> Mapping[str, Health] | None:
        """What is known of a network; the newest will be soon. None while nothing is."""
        known: LayersHealth | None = self.remembered(root[contract.NETWORK])
        if known is None or known.about is not about or known.recorded != root.get(contract.RECORDED, ""):
            self.ask(root[contract.NETWORK])
        return known.layers if known is not None else None

    def make(self, key: str) -> Generator[None, None, LayersHealth | None]:
        """Gives None where the network or its description is gone, or nothing can be read or was measured."""
        found: dict[str, Health] = {}
        end = time.monotonic() + PORTION
        root = network_by_id(key)
        about = read_description(root) if root is not None else None
        if root is None or about is None or edit_mode_reason(root):
            return None
        made_of = root.get(contract.RECORDED, ""), about
        measured = statistics_by_layer(root, ("mean", "active", "lowest"))
        for layer in about.network.layers:
            if time.monotonic() > end:
                yield
                end = time.monotonic() + PORTION
                # Undo may have made all data-blocks anew meanwhile.
                root = network_by_id(key)
                if root is None or edit_mode_reason(root):
                    return None
            if layer.path in measured and measured[layer.path][0].size:
                mean, active, lowest = measured[layer.path]
                # An answer is meant to be at a bound.
                is_answer = layer.path in about.network.outputs
                saturated = np.zeros(len(mean), bool) if is_answer else _saturated(root, layer, len(mean))
                found[layer.path] = health_of(mean, never_active(active, lowest, layer.activation), saturated)
        return LayersHealth(*made_of, found) if found else None


health_store = HealthStore()
"""The one store of a Blender session."""


def _saturated(root: bpy.types.Collection, layer: Layer, neurons: int) -> np.ndarray | None:
    """Which neurons are at a bound nearly always; None where the bound or the activations are not known."""
    bounds = bounds_of(layer.class_name, layer.activation)
    if bounds is None:
        return None if layer.class_name in UNKNOWN_BOUNDS else np.zeros(neurons, bool)
    obj: Any = object_of(root, "neurons", layer.path)
    names = meshes.sampled_names(obj.data, contract.ACTIVATION) if obj is not None and not obj.data.is_editmode else []
    if not names:
        return None
    return often_near(bounds, len(names), lambda sample: meshes.read_floats(obj.data, names[sample]))

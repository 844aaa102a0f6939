"""What covers show: neurons of a layer, from what the objects of the layer hold."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import bpy
import numpy as np

from ...core.blocks.covers import (
    CoverGrid,
    graded_neurons,
    map_grid,
    mean_magnitudes,
    number_grid,
    page_span,
    strongest_neurons,
)
from ...core.network import Network
from ...core.quantities.activation import ACTIVATION
from ...core.texts import format_count
from ..base import contract, meshes
from ..base.find import network_modifier
from ..base.parts import Parts
from ..base.versions import get_modifier_input, set_modifier_input
from ..inputs import part_of
from ..layers.neuron_values import intact_samples
from ..nodes import books as nodes
from ..nodes.cards import ATLAS_INPUTS
from ..nodes.tones import highest_input

_SHARED_INPUTS = (*ATLAS_INPUTS, "Low", "High", "Material")
_CHANGE_INPUTS = ("Changed", "Change Material", "Largest Change")
"""What a cover shows as the cards of its layer do."""
_WHOLE = 10_000
"""Fewer further neurons are told exactly."""
_NUMBER: tuple[int, ...] = ()
_PAIR: tuple[int, ...] = (2,)
_CELL_QUANTITIES = {
    **dict.fromkeys((contract.NEURON, contract.ACTIVATION, contract.INTACT, contract.PEAK), _NUMBER),
    **dict.fromkeys((contract.MAP_RANGE, contract.CHANGE_RANGE), _PAIR),
}
"""What the vertices of a cover's cells hold per sample."""


@dataclass
class Values:
    """What the objects of a network's layers hold, each read once."""

    parts: Parts
    network: Network

    @cached_property
    def activations(self) -> dict[str, np.ndarray]:
        """Float32 (samples, neurons), by layer: of neurons that are drawn, where they were measured."""
        return self._read(lambda obj: meshes.read_samples(obj.data, contract.ACTIVATION))

    @cached_property
    def means(self) -> dict[str, np.ndarray]:
        """Mean magnitudes, float64 (samples,), by layer."""
        return {path: mean_magnitudes(values) for path, values in self.activations.items()}

    @cached_property
    def span(self) -> tuple[float, float]:
        """See `page_span`; that of the intact network, so that pages mean the same under an intervention."""
        intact = self._read(intact_samples)
        return page_span(np.concatenate([mean_magnitudes(values) for values in intact.values()] or [np.zeros(0)]))

    def _read(self, read: Callable[[bpy.types.Object], np.ndarray]) -> dict[str, np.ndarray]:
        found = ((path, self.parts.find("neurons", path)) for path in self.network.neuron_slices())
        values = {path: read(obj) for path, obj in found if obj is not None}
        return {path: own for path, own in values.items() if own.size}


@dataclass(frozen=True)
class Cover:
    """What is seen of some neurons of a layer.

    Attributes:
        grid: its cells; None of a plain one.
        text: on neurons that it does not show.
        samples: what the cells hold: quantities as float32 (samples, cells, …), the last cell standing for all of the
            layer.
        inputs: of the node group.
    """

    inputs: dict[str, Any]
    grid: CoverGrid | None = None
    text: str = ""
    samples: dict[str, np.ndarray] = field(default_factory=dict)


def cover_of(shown: str, size: tuple[float, float], values: Values, has_maps: bool) -> Cover:
    """What a cover shows of a layer or an input.

    Args:
        shown: the layer's path, or the input's name.
        size: width and height of the cover.
        has_maps: whether feature maps may be shown.
    """
    network, parts = values.network, values.parts
    if shown in {spec.name for spec in network.inputs}:
        return _picture_cover(size, parts.find("input", "", part_of(network, shown)))
    layer, activations = network.layer(shown), values.activations.get(shown)
    if activations is None:
        return _PLAIN
    cards = parts.find("card", layer.path)
    if has_maps and cards is not None and network_modifier(cards) is not None:
        ranges = meshes.read_pairs(cards.data, contract.MAP_RANGE)
        if len(ranges) == len(activations):
            return _map_cover(size, layer.neurons, activations, cards, ranges)
    return _neuron_cover(size, layer.neurons, activations, parts.find("neurons", layer.path))


def fill_cover(obj: bpy.types.Object, cover: Cover) -> None:
    """Let an object whose first vertices are a cover's cells hold what they show."""
    mesh: Any = obj.data
    for quantity, kind in _CELL_QUANTITIES.items():
        of_cells = cover.samples.get(quantity, np.zeros((0, 1, *kind), np.float32))
        # Whatever else there is stands for the whole layer too.
        further = len(mesh.vertices) - of_cells.shape[1]
        last = np.repeat(of_cells[:, -1:], further, axis=1)
        meshes.write_samples(mesh, quantity, np.concatenate([of_cells, last], axis=1))
    modifier = network_modifier(obj)
    # Somebody may have removed it, or its node group.
    for name, value in cover.inputs.items() if modifier is not None else ():
        set_modifier_input(modifier, name, value)
    mesh.update_tag()
    obj.update_tag()


_PLAIN = Cover({"Shows": nodes.NOTHING, "Cells": 0})


def _picture_cover(size: tuple[float, float], picture: bpy.types.Object | None) -> Cover:
    modifier = network_modifier(picture) if picture is not None else None
    if modifier is None or "Columns" not in modifier.node_group.interface.items_tree:
        return _PLAIN
    grid = map_grid(size, 1, _aspect(modifier))
    return Cover({**_cells(grid), **_read_inputs(modifier, _SHARED_INPUTS)}, grid)


def _map_cover(
    size: tuple[float, float], neurons: int, activations: np.ndarray, cards: bpy.types.Object, ranges: np.ndarray
) -> Cover:
    modifier = network_modifier(cards)
    if modifier is None:
        return _PLAIN
    grid = map_grid(size, neurons, _aspect(modifier), ranges.shape[1])
    chosen = strongest_neurons(activations[:, : ranges.shape[1]], grid.count)
    samples = {contract.NEURON: _with_last(chosen, np.zeros(len(chosen))), contract.MAP_RANGE: _chosen(ranges, chosen)}
    changes = meshes.read_pairs(cards.data, contract.CHANGE_RANGE)
    if len(changes) == len(chosen):
        samples[contract.CHANGE_RANGE] = _chosen(changes, chosen)
    inputs = {**_cells(grid), **_read_inputs(modifier, (*_SHARED_INPUTS, *_CHANGE_INPUTS))}
    more = _more(neurons, grid)
    return Cover(inputs, grid, more and f"{more}\nmore", samples)


def _neuron_cover(
    size: tuple[float, float], neurons: int, activations: np.ndarray, obj: bpy.types.Object | None
) -> Cover:
    modifier = network_modifier(obj) if obj is not None else None
    if obj is None or modifier is None:
        return _PLAIN
    grid = number_grid(size, neurons, activations.shape[1])
    chosen = graded_neurons(activations, grid.count)
    values = {contract.NEURON: chosen, contract.ACTIVATION: np.take_along_axis(activations, chosen, 1)}
    mesh: Any = obj.data
    if contract.PEAK in mesh.attributes:
        values[contract.PEAK] = meshes.read_floats(mesh, contract.PEAK)[chosen]
    intact = meshes.read_samples(mesh, contract.INTACT)
    if len(intact) == len(chosen):
        values[contract.INTACT] = np.take_along_axis(intact, chosen, 1)
    highest, changed = (get_modifier_input(modifier, name) for name in (highest_input(ACTIVATION), "Changed"))
    inputs = {"Shows": nodes.NEURONS, "Cells": grid.count, "Radius": grid.cell[0] / 2}
    inputs |= {"Highest": highest, "Changed": changed}
    samples = {name: _with_last(own, np.zeros(len(own))) for name, own in values.items()}
    more = _more(neurons, grid)
    in_full = f"{more} more"
    return Cover(inputs, grid, in_full if grid.has_room(in_full) else more, samples)


def _cells(grid: CoverGrid) -> dict[str, Any]:
    return {"Shows": nodes.MAPS, "Cells": grid.count, "Width": grid.cell[0], "Height": grid.cell[1]}


def _read_inputs(modifier: Any, names: Iterable[str]) -> dict[str, Any]:
    return {name: get_modifier_input(modifier, name) for name in names}


def _aspect(modifier: Any) -> float:
    return float(get_modifier_input(modifier, "Width")) / float(get_modifier_input(modifier, "Height"))


def _more(neurons: int, grid: CoverGrid) -> str:
    """How many neurons a cover does not show; empty where it has no room for that text, since it shows all."""
    further = neurons - grid.count
    if grid.text is None:
        return ""
    return f"+{further if further < _WHOLE else format_count(further)}"


def _chosen(ranges: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """The ranges of chosen maps, and as the last that of all maps of the layer: what colours may go by."""
    of_all = np.stack([np.fmin.reduce(ranges[..., 0], axis=1), np.fmax.reduce(ranges[..., 1], axis=1)], axis=1)
    return _with_last(np.take_along_axis(ranges, chosen[..., np.newaxis], 1), of_all)


def _with_last(of_cells: np.ndarray, of_layer: np.ndarray) -> np.ndarray:
    return np.concatenate([of_cells, of_layer[:, np.newaxis]], axis=1)

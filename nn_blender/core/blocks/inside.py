"""What a unit consists of: layers with what follows them, branches, or parts between its narrowest places."""

from __future__ import annotations

from collections.abc import Sequence

from ..network import Layer
from .drafts import MOST_CHILDREN, Draft, bounded, join, leaf, local_name, title
from .graph import LayerGraph
from .units import find_units, is_light, is_merge


def divide_unit(graph: LayerGraph, layers: Sequence[Layer]) -> list[Draft]:
    """Children of a unit: its layers where they are few, else the first of these that gives few enough.

    Layers with weights and what follows them without any; ways side by side, which the last layer merges; layers that
    merge ways, with all that only they need; units of units.
    """
    if len(layers) <= MOST_CHILDREN:
        return [leaf(layer) for layer in layers]
    chains = _chains(layers)
    if 1 < len(chains) <= MOST_CHILDREN:
        return [_draft(chain) for chain in chains]
    apart = components(layers[:-1])
    if 1 < len(apart) < MOST_CHILDREN:
        return [*map(_draft, apart), leaf(layers[-1])]
    branches = _branches(graph, layers)
    if 1 < len(branches) <= MOST_CHILDREN:
        return [_draft(branch) for branch in branches]
    units = [unit.layers for unit in find_units(layers, len(layers))]
    if 1 < len(units) < len(layers):
        return bounded([_draft(unit) for unit in units])
    return bounded([_draft(chain) for chain in chains])


def _draft(layers: Sequence[Layer]) -> Draft:
    if len(layers) == 1:
        return leaf(layers[0])
    main = next((layer for layer in layers if not is_light(layer)), layers[0])
    if len(layers) <= MOST_CHILDREN and not is_merge(layers[-1]):
        return join(local_name(main), [leaf(layer) for layer in layers])
    return Draft(title(layers) or local_name(layers[-1]), tuple(layers))


def _chains(layers: Sequence[Layer]) -> list[list[Layer]]:
    """Layers with weights, each with what alone reads it and has none: convolution, normalisation, activation."""
    paths = {layer.path for layer in layers}
    readers: dict[str, int] = {}
    for layer in layers:
        for name in layer.inputs:
            readers[name] = readers.get(name, 0) + 1
    chains: list[list[Layer]] = []
    chain_of: dict[str, list[Layer]] = {}
    for layer in layers:
        before = chain_of.get(layer.inputs[0]) if len(layer.inputs) == 1 and layer.inputs[0] in paths else None
        alone = before is not None and before[-1].path == layer.inputs[0] and readers[layer.inputs[0]] == 1
        if alone and before and not is_merge(before[-1]) and (is_light(layer) or all(map(is_light, before))):
            before.append(layer)
        else:
            before = [layer]
            chains.append(before)
        chain_of[layer.path] = before
    return chains


def components(layers: Sequence[Layer]) -> list[list[Layer]]:
    """Layers that are joined with each other by what they read."""
    part_of: dict[str, list[Layer]] = {}
    for layer in layers:
        joined = {id(part_of[name]): part_of[name] for name in layer.inputs if name in part_of}
        part = [other for own in joined.values() for other in own] + [layer]
        part_of.update((other.path, part) for other in part)
    parts = {id(part): part for part in part_of.values()}
    places = {layer.path: k for k, layer in enumerate(layers)}
    return [sorted(part, key=lambda layer: places[layer.path]) for part in parts.values()]


def _branches(graph: LayerGraph, layers: Sequence[Layer]) -> list[list[Layer]]:
    """Layers with all that is read for them alone; a layer that merges ways begins anew, and so does one that several
    read.

    Data leaves such a part only through its last layer, so that it never comes back.
    """
    numbers = {graph.place[layer.path]: layer for layer in layers}
    end_of: dict[int, int] = {}
    for number in sorted(numbers, reverse=True):
        ends = {end_of[reader] for reader in graph.read_by[number] if reader in numbers}
        leaves = graph.leaving(number, numbers) > 0
        is_end = is_merge(numbers[number]) or len(ends) != 1 or leaves
        end_of[number] = number if is_end else ends.pop()
    parts: dict[int, list[Layer]] = {}
    for number in sorted(numbers):
        parts.setdefault(end_of[number], []).append(numbers[number])
    return [parts[end] for end in sorted(parts)]

"""Divides a network into a hierarchy of blocks: stages, repeated units, branches and layers, found from its graph."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import accumulate, groupby, pairwise

from ..network import Layer, Network
from ..texts import unique_name
from .drafts import (
    MOST_CHILDREN,
    Draft,
    bounded,
    grouped,
    join,
    join_runs,
    kind,
    leaf,
    local_name,
    name_of_all,
    same_word,
    title,
    without_common_start,
)
from .graph import LayerGraph
from .hierarchy import NETWORK, Part, make_leaf, make_part
from .inside import components, divide_unit
from .segments import Segment, segment_keys, segments
from .spoken_names import spoken_names
from .unit_names import units_by_name
from .units import LONG_UNIT, crossings, find_runs, find_units, head_start, is_light, starts_stage

STEM, EMBEDDING, HEAD = "stem", "embedding", "head"
MOST_INPUTS = 6
"""More inputs than so many become blocks of inputs."""
FEW_UNITS = 8
"""So many units stand side by side; of more, those that follow their like become one block."""
_FEWEST_STAGES = 3
"""So many sizes of positions make stages of few units too."""
_LARGE_END = 16
"""Beyond so many layers, what stands before or after named units is more than a stem or a head."""
_SHORT_SEGMENT = 3
"""What leads from an input or to an output in so few parts is one block where there are many."""
_LONG_CHAIN, _CHAIN_OF_SEVERAL = 4, 3
"""How often one layer with weights, or several in turn, follow themselves to be a block apart from their stage."""
_SHELL = 6
"""A block in which one child has at least so many times the layers of all others is only a shell around that."""

_Stages = tuple[Segment, list[Draft]]


def find_hierarchy(network: Network) -> Part:
    """The hierarchy of a network's blocks, the same for the same network.

    Inputs and the blocks of the top level are the network's children. Nested models are blocks; a network that has few
    layers has no others.
    """
    graph = LayerGraph(network)
    drafts = [_refined(graph, draft) for draft in _level(graph, network.layers, 0)]
    ids: set[str] = set(graph.names)
    children = [*_inputs(graph, network, ids), *_parts(graph, drafts, "", ids)]
    if not children:
        return Part("", network.name, NETWORK, "")
    return make_part(graph, "", network.name, children, kind=NETWORK)


def _level(graph: LayerGraph, layers: Sequence[Layer], depth: int) -> list[Draft]:
    """What some layers consist of: nested models, and units and stages of those that are in none."""
    items: list[Draft] = []
    for model, part in groupby(layers, lambda layer: _nested_in(layer.path, depth)):
        inside = tuple(part)
        if not model:
            items += map(leaf, inside)
        elif len(inside) == 1:
            items.append(replace(leaf(inside[0]), name=model))
        else:
            items.append(join(model, _level(graph, inside, depth + 1)))
    if len(items) <= MOST_CHILDREN:
        return items
    return _divided(graph, items)


def _divided(graph: LayerGraph, items: Sequence[Draft]) -> list[Draft]:
    """Stages or units of many parts; those that other inputs enter or other outputs leave stay apart."""
    drafts = _by_segment(graph, items)
    is_too_many = len(drafts) > 1 and sum(len(own) for _segment, own in drafts) > MOST_CHILDREN
    found = bounded(_fewer(drafts) if is_too_many else _all_of(drafts))
    while len(found) == 1 and found[0].children:
        found = bounded(found[0].children)
    return found


def _by_segment(graph: LayerGraph, items: Sequence[Draft]) -> list[_Stages]:
    """Stages of each segment; by names, of units that belong to it with their last layer."""
    units = units_by_name(graph, items)
    if units is None:
        parts = segments(graph, items)
        return [(key, _stages(graph, part, is_alone=len(parts) == 1)) for key, part in parts]
    keys = segment_keys(graph, [replace(unit, layers=unit.layers[-1:]) for unit in units])
    runs = [
        (key, [unit for _key, unit in run]) for key, run in groupby(zip(keys, units, strict=True), lambda pair: pair[0])
    ]
    many = len(units) > FEW_UNITS
    return [(key, _named_stages(graph, run, is_alone=len(runs) == 1, many=many)) for key, run in runs]


def _all_of(drafts: Iterable[_Stages]) -> list[Draft]:
    return [draft for _segment, own in drafts for draft in own]


def _fewer(drafts: Sequence[_Stages]) -> list[Draft]:
    """Segments of fewer blocks: what repeats as one, then short ones as one, then neighbours of the longest ones."""
    shorter = [(key, _short(own)) for key, own in drafts]
    sizes = [len(own) for _key, own in shorter]
    while sum(sizes) > MOST_CHILDREN and max(sizes) > 1:
        sizes[sizes.index(max(sizes))] -= 1
    shorter = [(key, grouped(own, size)) for (key, own), size in zip(shorter, sizes, strict=True)]
    if len(shorter) <= MOST_CHILDREN:
        return _all_of(shorter)
    # Many inputs or outputs: towers are joined with towers, and ways to outputs with each other.
    runs = [_all_of(run) for _segments, run in groupby(shorter, lambda pair: pair[0].kind)]
    room = max(1, MOST_CHILDREN // len(runs))
    return [draft for run in runs for draft in bounded(run, room)]


def _short(units: list[Draft]) -> list[Draft]:
    """Units of a segment with those joined that repeat, and all where they are few."""
    runs = join_runs(units)
    if len(runs) > _SHORT_SEGMENT:
        return runs
    name = name_of_all(runs) if same_word(runs[0], runs[-1]) else runs[-1].name
    return [join(name, units if len(units) <= MOST_CHILDREN else runs)]


def _stages(graph: LayerGraph, items: Sequence[Draft], *, is_alone: bool) -> list[Draft]:
    """Stages of a segment."""
    units = None if is_alone else units_by_name(graph, items)
    if units is not None:
        return _named_stages(graph, units, is_alone=False, many=len(units) > FEW_UNITS)
    return _layers_alone(graph, items, is_alone=is_alone)


def _layers_alone(graph: LayerGraph, items: Sequence[Draft], *, is_alone: bool) -> list[Draft]:
    """Stages of parts that are no units; few that lead from an input or to an output are one block."""
    if len(items) > _SHORT_SEGMENT:
        return _structural_stages(graph, items, is_alone=is_alone)
    return list(items) if is_alone else [join(items[-1].name, items)]


def _named_stages(graph: LayerGraph, units: Sequence[Draft], *, is_alone: bool, many: bool) -> list[Draft]:
    if all(len(unit.layers) == 1 for unit in units):
        return _layers_alone(graph, units, is_alone=is_alone)
    first = next(k for k, unit in enumerate(units) if len(unit.layers) > 1)
    last = next(k + 1 for k in range(len(units) - 1, -1, -1) if len(units[k].layers) > 1)
    stages: list[Draft] = []
    for stage, group in groupby(units[first:last], lambda unit: unit.stage):
        own = list(group)
        stages += [join(stage, own, len(own))] if stage else join_runs(own) if many else own
    before = [layer for unit in units[:first] for layer in unit.layers]
    if before and all(map(is_light, before)) and stages and stages[0].repeats == 1:
        stages[0] = join(stages[0].name, [*units[:first], *(stages[0].children or map(leaf, stages[0].layers))])
        first = 0
    start = _end(graph, STEM, units[:first], is_alone=is_alone)
    return [*start, *stages, *_end(graph, HEAD, units[last:], is_alone=is_alone)]


def _end(graph: LayerGraph, name: str, items: Sequence[Draft], *, is_alone: bool) -> list[Draft]:
    """What stands before or after named units."""
    if len(items) > _LARGE_END:
        return _structural_stages(graph, items, is_alone=is_alone)
    if not items:
        return []
    if not is_alone:
        name = items[-1].name if name == HEAD else _name([item.layers[0] for item in items])
    return [join(name, items)]


def _structural_stages(graph: LayerGraph, items: Sequence[Draft], *, is_alone: bool) -> list[Draft]:
    """By the sizes of positions and by what repeats; plain layers before the first branched part are the stem."""
    layers = [layer for item in items for layer in item.layers]
    starts = [0, *accumulate(len(item.layers) for item in items)]
    head_at = head_start(layers) if is_alone else len(layers)
    stop = next(k for k, start in enumerate(starts) if start >= head_at)  # Not within a nested model.
    units = _structural_units(graph, items[:stop])
    head = items[stop:]
    drafts: list[Draft] = []
    branched = next((k for k, unit in enumerate(units) if _is_branched(unit)), 0)
    before = [layer for unit in units[:branched] for layer in unit.layers]
    if is_alone and before and 2 * len(before) <= len(layers):
        embeds = any(layer.class_name.endswith("Embedding") for layer in before)
        drafts.append(join(EMBEDDING if embeds else STEM, units[:branched]))
        units = units[branched:]
    by_size = _by_size(graph, units)
    found = [draft for stage in by_size for draft in _runs(stage)]
    if len(units) <= FEW_UNITS and len(by_size) < _FEWEST_STAGES:
        found = units
    return [*drafts, *found, *([join(HEAD, head)] if head else [])]


def _is_branched(unit: Draft) -> bool:
    paths = {layer.path for layer in unit.layers}
    return len(paths) > 1 and any(sum(name in paths for name in layer.inputs) > 1 for layer in unit.layers[1:])


def _structural_units(graph: LayerGraph, items: Sequence[Draft]) -> list[Draft]:
    """Nested models are units of their own; what stands between them is cut where one output alone is read on."""
    units: list[Draft] = []
    for is_nested, group in groupby(items, lambda item: bool(item.children)):
        if is_nested:
            units += group
        else:
            plain = [layer for item in group for layer in item.layers]
            units += [Draft(_name(part), tuple(part)) for part in _pieces(graph, plain)]
    return units


def _pieces(graph: LayerGraph, layers: Sequence[Layer]) -> list[Sequence[Layer]]:
    """Units of plain layers; long ones too where they consist of ways side by side up to a layer that merges them.

    Skips from an encoder to its decoder hold nothing together.
    """
    held = [graph.without_long_skips(layer) for layer in layers]
    ends = [k + 1 for k, crossing in enumerate(crossings(held)) if crossing <= 1 or k == len(held) - 1]
    sizes: list[int] = []
    start = 0
    for first, last in pairwise([0, *ends]):
        if last - first > LONG_UNIT and len(components(held[first : last - 1])) > 1:
            sizes += [len(unit.layers) for unit in find_units(held[start:first], first - start)]
            sizes.append(last - first)
            start = last
    sizes += [len(unit.layers) for unit in find_units(held[start:], len(held) - start)]
    return [layers[end - size : end] for size, end in zip(sizes, accumulate(sizes), strict=True)]


def _by_size(graph: LayerGraph, units: Iterable[Draft]) -> list[list[Draft]]:
    """A stage ends where positions become more or fewer, and where units of several layers are called otherwise."""
    stages: list[list[Draft]] = []
    for unit in units:
        before = stages[-1][-1] if stages else unit
        otherwise = min(len(before.layers), len(unit.layers)) > 3 and title(before.layers) and title(unit.layers)
        is_new = starts_stage(before.unit, unit.unit) or graph.changes_size(before.unit.main, unit.unit.main)
        if stages and not is_new and (not otherwise or same_word(before, unit)):
            stages[-1].append(unit)
        else:
            stages.append([unit])
    return stages


def _runs(units: Sequence[Draft]) -> list[Draft]:
    """A stage as one block, or where a structure repeats inside, that as one and what is around it as others."""
    found: list[Draft] = []
    done = 0
    for start, period, count in find_runs([unit.unit for unit in units]):
        inside = units[start : start + period * count]
        enough = 2 if any(len(unit.layers) > 3 for unit in inside) else _CHAIN_OF_SEVERAL if period > 1 else _LONG_CHAIN
        if count < enough:
            continue
        if start > done:
            found.append(_stage(units[done:start]))
        turns = [_turn(inside[k : k + period]) for k in range(0, len(inside), period)]
        found.append(_stage(turns, count))
        done = start + period * count
    return found + ([_stage(units[done:])] if done < len(units) else [])


def _turn(units: Sequence[Draft]) -> Draft:
    """Units that repeat together."""
    return units[0] if len(units) == 1 else join(kind([layer for unit in units for layer in unit.layers]), units)


def _stage(units: Sequence[Draft], repeats: int = 1) -> Draft:
    layers = [layer for unit in units for layer in unit.layers]
    if len(units) == 1:
        return units[0]
    named = [unit for unit in units if title(unit.layers)]
    name = name_of_all(named) if len(named) == len(units) else kind(layers)
    return join(name if len(name) <= 24 else kind(layers), units, repeats)


def _name(layers: Sequence[Layer]) -> str:
    """What somebody called some layers, else the only one with weights, else what kind of thing they do."""
    heavy = [layer for layer in layers if not is_light(layer)]
    return title(layers) or (local_name(heavy[0]) if len(heavy) == 1 else kind(layers))


def _refined(graph: LayerGraph, draft: Draft) -> Draft:
    """The draft divided down to its layers, no level of it with too many children."""
    if len(draft.layers) == 1:
        return draft if not draft.children else replace(draft, children=())
    children = draft.children or tuple(divide_unit(graph, draft.layers))
    while len(children) == 1 and children[0].children:
        children = children[0].children
    refined = tuple(_refined(graph, child) for child in bounded(children))
    return replace(draft, children=refined if draft.children else _without_shell(refined))


def _without_shell(children: tuple[Draft, ...]) -> tuple[Draft, ...]:
    """With what a child consists of in its place where that is nearly all there is."""
    largest = max(range(len(children)), key=lambda k: len(children[k].layers))
    inner = children[largest]
    rest = sum(len(child.layers) for child in children) - len(inner.layers)
    spliced = (*children[:largest], *inner.children, *children[largest + 1 :])
    is_shell = _SHELL * rest <= len(inner.layers) and len(spliced) <= MOST_CHILDREN
    return spliced if inner.children and is_shell else children


def _parts(graph: LayerGraph, drafts: Sequence[Draft], prefix: str, ids: set[str], around: str = "") -> list[Part]:
    """Parts of drafts, with names of their own among them and ids of their own in the network."""
    parts: list[Part] = []
    usual = _names(drafts, prefix)
    known: set[str] = set()
    for draft, short, name in zip(drafts, usual, spoken_names(drafts, usual, around), strict=True):
        if len(draft.layers) == 1:
            parts.append(make_leaf(graph, draft.layers[0].path, name))
            continue
        key = unique_name(short, known)
        known.add(key)
        id_ = unique_name(f"{prefix}/{key}" if prefix else key, ids)
        ids.add(id_)
        parts.append(make_part(graph, id_, name, _parts(graph, draft.children, id_, ids, name), draft.repeats))
    return parts


def _names(drafts: Sequence[Draft], prefix: str) -> list[str]:
    """What drafts beside each other are called: several that only have the name of their kind are counted."""
    names = [_short_name(draft, prefix) for draft in drafts]
    given = [k for k, draft in enumerate(drafts) if draft.name not in (STEM, HEAD)]
    for k, name in zip(given, without_common_start([names[k] for k in given]), strict=True):
        names[k] = name
    counts: dict[str, int] = {}
    for k, draft in enumerate(drafts):
        if len(draft.layers) > 1 and _is_kind(draft) and names.count(draft.name) + counts.get(draft.name, 0) > 1:
            counts[draft.name] = counts.get(draft.name, 0) + 1
            names[k] = f"{draft.name} {counts[draft.name]}"
    return names


def _is_kind(draft: Draft) -> bool:
    return draft.name == kind(draft.layers)


def _short_name(draft: Draft, prefix: str) -> str:
    """Without the names of the blocks it is in: inside ``enc2``, ``enc2_conv`` is ``conv``."""
    short = draft.name
    for block in prefix.split("/") if prefix else ():
        short = short.removeprefix(f"{block}_").removesuffix(f"_{block}") or short
    return short


def _inputs(graph: LayerGraph, network: Network, ids: set[str]) -> list[Part]:
    """The inputs of a network; many as blocks of inputs."""
    parts = [make_leaf(graph, spec.name, _input_name(network, spec.name)) for spec in network.inputs]
    while len(parts) > MOST_INPUTS:
        size = math.ceil(len(parts) / min(MOST_INPUTS, math.ceil(len(parts) / MOST_CHILDREN)))
        groups = [parts[start : start + size] for start in range(0, len(parts), size)]
        parts = []
        for group in groups:
            name = unique_name(name_of_all([Draft(part.name, ()) for part in group]), ids)
            ids.add(name)
            parts.append(make_part(graph, name, name, group, len(group)) if len(group) > 1 else group[0])
    return parts


def _input_name(network: Network, name: str) -> str:
    """Keras's own names of inputs say nothing but that they are, and what the first layer is called."""
    is_after_layer = any(name == f"{local_name(layer)}_input" for layer in network.layers[:1])
    is_default = is_after_layer or re.fullmatch(r"input(_layer)?(_\d+)?", name)
    return "input" if len(network.inputs) == 1 and is_default else name


def _nested_in(path: str, depth: int) -> str:
    """Name of the model nested at some depth that a layer is in, with the number of its call; empty if in none."""
    *models, name = path.split("/")
    if len(models) <= depth:
        return ""
    return models[depth] + name[name.find("#") :] if "#" in name else models[depth]

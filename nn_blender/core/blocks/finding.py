"""Finds a network's blocks: by nested models and names where those tell, else by structure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from ..interventions.intervention import switch_of
from ..network import Layer, Network
from ..texts import unique_name
from .blocks import Block, block_of
from .drafts import default_name
from .unit_names import NAME_PATTERNS
from .units import Unit, find_runs, find_units, head_start, is_alike, is_light, is_merge, sizes_of, starts_stage

MOST_BLOCKS = 16
FEW_LAYERS = 3
"""Networks up to this size have one block per layer."""
_LARGE_PART = 16
"""Beyond this many layers, a nested model, or what stands before or after named blocks, is more than one block."""
_LONG_CHAIN, _CHAIN_OF_SEVERAL = 4, 3
"""How often one layer with weights, or several in turn, follow themselves to be a block apart from their stage."""

STEM, EMBEDDING, HEAD = "stem", "embedding", "head"
_STAGE = "stage"


@dataclass(frozen=True)
class _Draft:
    """A block to be."""

    name: str
    layers: tuple[Layer, ...]
    repeats: int = 1


def find_blocks(network: Network) -> tuple[Block, ...]:
    """The blocks of a network, at most `MOST_BLOCKS`, the same for the same network."""
    if len(network.layers) <= FEW_LAYERS:
        drafts = [_Draft(_local(layer.path), (layer,)) for layer in network.layers]
    else:
        drafts = _joined(_without_prefix(_nested(network.layers, 0)), MOST_BLOCKS)
    blocks: list[Block] = []
    names: set[str] = set()
    stages = 0
    for draft in drafts:
        stages += draft.name == _STAGE
        name = unique_name(f"{_STAGE} {stages}" if draft.name == _STAGE else draft.name, names)
        names.add(name)
        blocks.append(block_of(name, draft.layers, draft.repeats))
    return tuple(blocks)


def _nested(layers: Sequence[Layer], depth: int) -> list[_Draft]:
    """Where several models are nested, one block each, or its own blocks where it is large."""
    parts = [(name, tuple(part)) for name, part in groupby(layers, lambda layer: _part(layer.path, depth))]
    models = [part for name, part in parts if name]
    if not models:
        return _flat(layers)
    if len(models) == 1 and 2 * len(models[0]) > len(layers):
        return _nested(layers, depth + 1)
    drafts: list[_Draft] = []
    units: list[Unit] = []
    if not parts[0][0] and all(map(is_light, parts[0][1])):
        parts[:2] = [(parts[1][0], parts[0][1] + parts[1][1])]
    for number, (name, part) in enumerate(parts):
        if len(part) <= _LARGE_PART:
            end = STEM if number == 0 else HEAD if number == len(parts) - 1 else _local(part[0].path)
            units.append(Unit(part, name=name or end))
            continue
        drafts += _alike(units)
        units = []
        inner = _nested(part, depth + 1)
        drafts += [replace(draft, name=f"{name}/{draft.name}") for draft in inner] if name else inner
    return drafts + _alike(units)


def _flat(layers: Sequence[Layer]) -> list[_Draft]:
    """By the names of layers of one model, else by their structure."""
    for pattern in NAME_PATTERNS[:3]:
        matches = [pattern.match(_local(layer.path)) for layer in layers]
        keys = [(match["stage"], match["unit"]) if match else None for match in matches]
        known = [key for key in keys if key is not None]
        runs = [key for key, _run in groupby(known)]
        if len(runs) > 1 and len(set(runs)) == len(runs) and 2 * len(known) >= max(len(layers), 4 * len(runs)):
            return _named(layers, keys)
    return _structural(layers)


def _named(layers: Sequence[Layer], keys: Sequence[tuple[str, str] | None]) -> list[_Draft]:
    """A layer whose name tells nothing belongs to the unit before; in front are the stem, behind the head."""
    first = next(k for k, key in enumerate(keys) if key)
    last = next(k for k in range(len(keys) - 1, -1, -1) if keys[k])
    last = max([last, *(k for k in range(last + 1, head_start(layers)) if is_merge(layers[k]))])
    units: dict[tuple[str, str], list[Layer]] = {}
    key = ("", "")
    for layer, own in zip(layers[first : last + 1], keys[first : last + 1], strict=True):
        key = own or key
        units.setdefault(key, []).append(layer)
    drafts = []
    for stage, group in groupby(units.items(), lambda item: item[0][0]):
        named = [Unit(tuple(unit), name=name) for (_stage, name), unit in group]
        inside = tuple(layer for unit in named for layer in unit.layers)
        drafts += [_Draft(stage, inside, len(named))] if stage else _alike(named)
    return [*_end(STEM, layers[:first]), *drafts, *_end(HEAD, layers[last + 1 :])]


def _end(name: str, layers: Sequence[Layer]) -> list[_Draft]:
    if len(layers) > _LARGE_PART:
        return _structural(layers)
    return [_Draft(name, tuple(layers))] if layers else []


def _without_prefix(drafts: list[_Draft]) -> list[_Draft]:
    """Leaves out words that all names start with, where what is left is still a name."""
    words = [draft.name.split("_") for draft in drafts if draft.name not in (STEM, HEAD)]
    same = 0
    while len(words) > 1 and all(
        len(own) > same + 1 and own[same] == words[0][same] and own[same + 1][:1].isalpha() for own in words
    ):
        same += 1
    if len({own[same] for own in words}) == 1 and any(len(own) == same + 1 for own in words):
        return drafts
    return [
        draft if draft.name in (STEM, HEAD) else replace(draft, name="_".join(draft.name.split("_")[same:]))
        for draft in drafts
    ]


def _alike(units: Sequence[Unit]) -> list[_Draft]:
    """Units that follow their like, and are called like it but for a number, become one block."""
    groups: list[list[Unit]] = []
    for unit in units:
        if groups and _word(groups[-1][-1].name) == _word(unit.name) and is_alike(groups[-1][-1], unit):
            groups[-1].append(unit)
        else:
            groups.append([unit])
    return [_Draft(_range(group[0].name, group[-1].name), _layers_of(group), len(group)) for group in groups]


def _structural(layers: Sequence[Layer]) -> list[_Draft]:
    """By the sizes of positions and by what repeats; plain layers before the first branched part are the stem."""
    stop = head_start(layers)
    units = find_units(layers, stop)
    drafts = []
    branched = next((k for k, unit in enumerate(units) if unit.is_compound), 0)
    stem = _layers_of(units[:branched])
    if stem and 2 * len(stem) <= len(layers):
        embeds = any(layer.class_name.endswith("Embedding") for layer in stem)
        drafts.append(_Draft(EMBEDDING if embeds else STEM, stem))
        units = units[branched:]
    stages: list[list[Unit]] = []
    for unit in units:
        if stages and not starts_stage(stages[-1][-1], unit):
            stages[-1].append(unit)
        else:
            stages.append([unit])
    found = [part for stage in stages for part in _stage(stage)]
    are_small = all(len(inside) <= _LARGE_PART for inside, _repeats in found)
    drafts += [_Draft(_name(inside, are_small), inside, repeats) for inside, repeats in found]
    return [*drafts, _Draft(HEAD, tuple(layers[stop:]))] if stop < len(layers) else drafts


def _stage(units: Sequence[Unit]) -> list[tuple[tuple[Layer, ...], int]]:
    """One block, or where a structure repeats inside it, that as one and what stands before and after it as others.

    Each comes as its layers and how often they repeat.
    """
    groups: list[tuple[Sequence[Unit], int]] = []
    done = 0
    for start, period, count in find_runs(units):
        inside = units[start : start + period * count]
        enough = 2 if any(unit.is_compound for unit in inside) else _CHAIN_OF_SEVERAL if period > 1 else _LONG_CHAIN
        is_all = len(inside) == len(units) and not sizes_of(units[0].main)
        if count < enough and not is_all:
            continue
        if start - done < period:
            inside = units[done : start + period * count]
        else:
            groups.append((units[done:start], 1))
        done = start + period * count
        groups.append((inside, count))
        if len(units) - done < period:
            groups[-1] = ([*inside, *units[done:]], count)
            done = len(units)
    if done < len(units):
        groups.append((units[done:], 1))
    return [(_layers_of(group), repeats) for group, repeats in groups if group]


def _name(layers: Sequence[Layer], may_be_first: bool) -> str:
    """The first layer that does something, if someone has named it, else what kind of thing the layers do."""
    classes = [layer.class_name for layer in layers]
    main = next((layer for layer in layers if not is_light(layer)), layers[0])
    kind = default_name(main.class_name)
    if may_be_first and not re.fullmatch(rf"{kind}(_\d+)?", _local(main.path)):
        return _local(main.path)
    if any("Attention" in name for name in classes):
        return "attention"
    return _STAGE if any("Conv" in name for name in classes) else kind


def _joined(drafts: list[_Draft], at_most: int) -> list[_Draft]:
    """Neighbours become one block, with about as many layers each, until there are few enough blocks."""
    if len(drafts) <= at_most:
        return drafts
    first, *middle, last = drafts
    sizes = [len(draft.layers) for draft in middle]
    total, before = sum(sizes), 0
    groups: dict[int, list[_Draft]] = {}
    for draft, size in zip(middle, sizes, strict=True):
        groups.setdefault(before * (at_most - 2) // total, []).append(draft)
        before += size
    return [first, *map(_as_one, groups.values()), last]


def _as_one(drafts: Sequence[_Draft]) -> _Draft:
    if len(drafts) == 1:
        return drafts[0]
    layers = tuple(layer for draft in drafts for layer in draft.layers)
    return _Draft(_range(drafts[0].name, drafts[-1].name), layers)


def _range(first: str, last: str) -> str:
    """A name for everything from one name to another.

    >>> _range("block_3", "block_5")
    'block_3–5'
    """
    if switch_of(first) == switch_of(last):
        return switch_of(first)
    number = re.search(r"\d+$", last)
    same = number is not None and first.startswith(last[: number.start()]) and first[number.start() :].isdigit()
    return f"{first}–{number.group() if same and number else last}"


def _word(name: str) -> str:
    return re.sub(r"[\W\d_]+$", "", name)


def _layers_of(units: Sequence[Unit]) -> tuple[Layer, ...]:
    return tuple(layer for unit in units for layer in unit.layers)


def _part(path: str, depth: int) -> str:
    """Name of the model nested at some depth that a layer is in, with the number of its call; empty if in none."""
    *models, name = path.split("/")
    if len(models) <= depth:
        return ""
    _name, mark, call = name.partition("#")
    return models[depth] + mark + call


def _local(path: str) -> str:
    return path.rpartition("/")[2].partition("#")[0]

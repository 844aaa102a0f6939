"""Units and stages by the names of layers, where those tell them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise
from statistics import median_low

from .drafts import Draft, default_name, has_default_name, local_name
from .graph import LayerGraph, in_order
from .segments import Segment, segment_keys

_WORDS = "block|stage|unit|layer|cell|group|level|module|encoder|decoder|enc|dec|down|up|res"
NAME_PATTERNS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"(?P<stage>(?:\w+?_)?[a-z]+_?\d+)_(?:block|unit|layer)_?(?P<unit>\d+)(?:_|$)",
        rf"(?P<stage>(?:\w+?_)?(?:{_WORDS})_?\d+)(?P<unit>[a-z])(?:_|$)",
        rf"(?P<stage>)(?P<unit>(?:\w+?_)?(?:{_WORDS})_?\d+|expanded_conv(?:_\d+)?)(?:_|$)",
        r"(?P<stage>)(?P<unit>[a-z]+\d+)_",
        rf"(?P<stage>).*?_(?P<unit>(?:(?:stem|reduce|reduction|{_WORDS})_)?\d+)(?:_[a-z]+)?$",
    )
)
"""How stage and unit stand in layers' names; the first one that most layers follow is the network's way."""
_AT_END = NAME_PATTERNS[-1]

Key = tuple[str, str]


def units_by_name(graph: LayerGraph, items: Sequence[Draft]) -> list[Draft] | None:
    """Units of some parts by the names of their layers, each after those it reads; None where names do not tell.

    A part whose name tells nothing belongs to the unit before, if it comes from the same inputs and leads to the same
    outputs; those before the first named one keep their own names, and so do those behind the last.
    """
    for pattern in NAME_PATTERNS:
        keys = _keys(items, pattern)
        counts = Counter(key for key in keys if key)
        layers = sum(len(item.layers) for item, key in zip(items, keys, strict=True) if key)
        total = sum(len(item.layers) for item in items)
        if len(counts) > 1 and 2 * layers >= max(total, 4 * len(counts)):
            units = _units(graph, items, keys, pattern)
            if units:
                return units
    return None


def _keys(items: Sequence[Draft], pattern: re.Pattern[str]) -> list[Key | None]:
    """What stands in the name of each; a nested model is a unit of its own."""
    keys: list[Key | None] = []
    for item in items:
        if item.children:
            keys.append(("", item.name))
            continue
        match = pattern.match(local_name(item.layers[0]))
        if pattern is _AT_END and has_default_name(item.layers[0]):
            match = None
        keys.append((match["stage"], match["unit"]) if match else None)
    return keys


def _units(
    graph: LayerGraph, items: Sequence[Draft], keys: Sequence[Key | None], pattern: re.Pattern[str]
) -> list[Draft] | None:
    first = next(k for k, key in enumerate(keys) if key)
    last = max(k for k, key in enumerate(keys) if key)
    groups = [[layer.path for layer in item.layers] for item in items]
    edges = graph.edges_between(groups)
    segments = segment_keys(graph, items)
    own = _spread(items, list(keys), edges, range(first, last + 1), segments, at_end=pattern is _AT_END)
    own = _settled(own, edges)
    if any(_are_apart(segments[k] for k, other in enumerate(own) if other == key) for key in set(own)):
        return None
    members: dict[Key, list[Draft]] = {}
    for item, key in zip(items, own, strict=True):
        members.setdefault(key, []).append(item)
    places = {key: k for k, key in enumerate(members)}
    order = in_order(len(members), {(places[own[a]], places[own[b]]) for a, b in edges if own[a] != own[b]})
    if len(order) < len(members):
        return None
    named = list(members.items())
    return [_unit(*named[k]) for k in order]


def _are_apart(segments: Iterable[Segment]) -> bool:
    """Whether some of them come from inputs, or lead to outputs, of which neither is part of the other's."""
    known = sorted(set(segments), key=lambda segment: len(segment.sources))
    return any(not (a.sources <= b.sources and (a.ends <= b.ends or a.ends >= b.ends)) for a, b in pairwise(known))


def _spread(
    items: Sequence[Draft],
    keys: list[Key | None],
    edges: Iterable[tuple[int, int]],
    inside: range,
    segments: Sequence[Segment],
    *,
    at_end: bool,
) -> list[Key]:
    """A key for every part: those without one get that of what alone reads them, or of the part before."""
    read_by: dict[int, list[int]] = {}
    for source, target in edges:
        read_by.setdefault(source, []).append(target)
    own_names = _own_names(items, keys)
    for k in reversed(inside):
        after = {keys[reader] for reader in read_by.get(k, ())}
        makes_room = items[k].layers[0].class_name.startswith("ZeroPadding")
        if keys[k] is None and (at_end or makes_room) and len(after) == 1 and k not in own_names:
            keys[k] = after.pop()
    result: list[Key] = []
    for k, key in enumerate(keys):
        if key is None and k in inside and k in own_names:
            result.append(("", own_names[k]))
        elif key is None and k in inside and segments[k] == segments[k - 1]:
            result.append(result[-1])
        else:
            result.append(key or ("", f" {k}"))
    return result


def _own_names(items: Sequence[Draft], keys: Sequence[Key | None]) -> dict[int, str]:
    """The first word of names that somebody gave, where neighbours without a key share it, as in ``pool2_conv``."""
    usual = {default_name(item.layers[0].class_name).partition("_")[0] for item in items}
    words: dict[int, str] = {}
    for k, item in enumerate(items):
        word, mark, _rest = local_name(item.layers[0]).partition("_")
        if keys[k] is None and mark and word not in usual:
            words[k] = word
    return {k: word for k, word in words.items() if word in (words.get(k - 1), words.get(k + 1))}


def _settled(keys: list[Key], edges: Iterable[tuple[int, int]]) -> list[Key]:
    """A part that an earlier unit reads belongs to that unit."""
    places: dict[Key, list[int]] = {}
    for k, key in enumerate(keys):
        places.setdefault(key, []).append(k)
    middle = {key: median_low(own) for key, own in places.items()}
    keys = list(keys)
    for source, target in sorted(edges, reverse=True):
        if middle[keys[target]] < middle[keys[source]]:
            keys[source] = keys[target]
    return keys


def _unit(key: Key, items: Sequence[Draft]) -> Draft:
    stage, unit = key
    if len(items) == 1 and (unit.startswith(" ") or items[0].children):
        return items[0]
    layers = tuple(layer for item in items for layer in item.layers)
    if unit.startswith(" "):
        unit = items[-1].name
    name = f"{stage}_block{unit}" if stage and unit.isdigit() else stage + unit
    if unit.isdigit() and not stage:
        words = {local_name(layer).partition("_")[0] for layer in layers if not has_default_name(layer)}
        name = f"{words.pop()}_{unit}" if len(words) == 1 else f"cell {unit}"
    children = tuple(items) if any(item.children for item in items) else ()
    return Draft(name, layers, children, stage=stage)

"""Gives layers names that Keras 3 takes, and keeps those in the file for all who show them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import count

from ..call_graph import Trail
from .entries import Config, inside, is_model, name_of

SEPARATOR = "/"
"""Keras 3 refuses it in names; old DenseNets have it in most."""


def rename_layers(model: Config) -> dict[Trail, str]:
    """Rename in place what Keras 3 refuses; calls still say the old names.

    Returns:
        Names as in the file of the layers that have new ones, by their new trails.
    """
    written: dict[Trail, str] = {}
    config = model["config"]
    if isinstance(config.get("name"), str):
        config["name"] = config["name"].replace(SEPARATOR, "-")
    _rename(config["layers"], (), written)
    return written


def without_clashes(model: Config, written: Mapping[Trail, str]) -> dict[Trail, str]:
    """The written names that lead to one layer each: ``a/b`` may also be layer ``b`` of a nested model ``a``."""
    trails = list(_trails(model["config"]["layers"], ()))
    paths = {
        trail: SEPARATOR.join(written.get(trail[: depth + 1], name) for depth, name in enumerate(trail))
        for trail in trails
    }
    count = Counter(paths.values())
    return {trail: name for trail, name in written.items() if count[paths.get(trail, "")] < 2}


def _trails(entries: list[Config], trail: Trail) -> Iterator[Trail]:
    """The trails of all layers that are no models."""
    for entry in entries:
        here = (*trail, name_of(entry))
        if is_model(entry):
            yield from _trails(entry["config"]["layers"], here)
        else:
            yield here


def new_names(names: Iterable[str]) -> dict[str, str]:
    """New names by old ones, each different from all others.

    >>> new_names(["a/b", "a-b"])
    {'a/b': 'a-b-1', 'a-b': 'a-b'}
    """
    names = list(names)
    taken = {name for name in names if SEPARATOR not in name}
    new = {}
    for name in names:
        free = base = name.replace(SEPARATOR, "-")
        if free != name:
            numbers = count(1)
            while free in taken:
                free = f"{base}-{next(numbers)}"
            taken.add(free)
        new[name] = free
    return new


def _rename(entries: list[Config], trail: Trail, written: dict[Trail, str]) -> None:
    new = new_names(name_of(entry) for entry in entries)
    for entry in entries:
        old = name_of(entry)
        here = (*trail, new[old])
        _put(entry, new[old])
        if new[old] != old:
            written[here] = old
        _rename(entry["config"]["layers"] if is_model(entry) else list(inside(entry)), here, written)


def _put(entry: Config, name: str) -> None:
    if "name" in entry:
        entry["name"] = name
    if entry["config"].get("name") is not None:
        entry["config"]["name"] = name

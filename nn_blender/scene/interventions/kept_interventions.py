"""Interventions that are kept under a name, on the network's root collection, to be switched between."""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass
from typing import Any

import bpy

from ...core.errors import UserError
from ...core.interventions.intervention import Intervention
from ...core.network import Network
from ...core.texts import unique_name
from ..base import contract
from ..network.description import parse_description


@dataclass(frozen=True)
class Kept:
    """An intervention under a name of its own."""

    name: str
    intervention: Intervention


def kept_interventions(root: bpy.types.Collection) -> tuple[Kept, ...]:
    """What is kept with a network, in the order in which it was; entries that make no sense are left out."""
    text = root.get(contract.TEXT)
    kept = root.get(contract.INTERVENTIONS, "")
    return _parse(kept, text.as_string()) if text and isinstance(kept, str) else ()


def keep_intervention(root: bpy.types.Collection, name: str, intervention: Intervention) -> str:
    """Keep one more and return the name it has: a number is added where another one has the name already."""
    kept = kept_interventions(root)
    name = unique_name(name, [one.name for one in kept])
    _write(root, (*kept, Kept(name, intervention)))
    return name


def rename_intervention(root: bpy.types.Collection, index: int, name: str) -> str:
    """Rename a kept one and return the name it has; see `keep_intervention`."""
    kept = list(kept_interventions(root))
    name = unique_name(name, [one.name for number, one in enumerate(kept) if number != index])
    kept[index] = Kept(name, kept[index].intervention)
    _write(root, tuple(kept))
    return name


def forget_intervention(root: bpy.types.Collection, index: int) -> None:
    kept = kept_interventions(root)
    _write(root, kept[:index] + kept[index + 1 :])


def _write(root: bpy.types.Collection, kept: tuple[Kept, ...]) -> None:
    entries = [{"name": one.name, "intervention": one.intervention.to_dict()} for one in kept]
    root[contract.INTERVENTIONS] = json.dumps({"kept": entries})


@functools.lru_cache(maxsize=8)
def _parse(kept: str, description: str) -> tuple[Kept, ...]:
    """Panels ask at every redraw."""
    about = parse_description(description)
    if about is None:
        return ()
    try:
        entries = json.loads(kept)["kept"]
        found = [_entry(entry, about.network) for entry in entries]
    except (ValueError, KeyError, TypeError):
        return ()
    return tuple(one for one in found if one is not None)


def _entry(entry: Any, network: Network) -> Kept | None:
    """Other tools may have written it."""
    try:
        return Kept(str(entry["name"]), Intervention.from_dict(entry["intervention"], network))
    except (UserError, ValueError, KeyError, TypeError, AttributeError):
        return None

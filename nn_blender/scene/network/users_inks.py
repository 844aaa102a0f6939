"""Materials that users gave texts and the legend instead of the network's own, for when these are made anew."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import bpy

from ..base import contract
from ..base.find import all_objects, network_modifier
from ..base.versions import get_modifier_input, set_modifier_input

Inks = Mapping[tuple[str, str, str], bpy.types.Material]
"""Materials by the role, layer and part of what has them."""

_ROLES = ("texts", "title", "legend")
_TITLES = ("name", "facts")
_LABELS = ("texts", "", "names"), ("texts", "", "parts")
"""What holds the names of layers in a row, and all labels of a network of blocks."""


def users_inks(root: bpy.types.Collection) -> Inks:
    """What users chose, of a row or of a network of blocks."""
    found = {}
    for key, obj in _texts(root):
        material = _material(obj)
        if material is not None and contract.NETWORK not in material:
            found[key] = material
    in_row, in_blocks = _LABELS
    return found | ({in_blocks: found[in_row]} if in_row in found else {})


def give_inks(root: bpy.types.Collection, inks: Inks) -> None:
    """Give them to the same texts again, as far as these are there."""
    for key, obj in _texts(root) if inks else ():
        if key not in inks:
            continue
        modifier = network_modifier(obj)
        if modifier is not None:
            set_modifier_input(modifier, "Material", inks[key])
            obj.update_tag()
        elif obj.data is not None and obj.data.materials:
            obj.data.materials[0] = inks[key]


def _texts(root: bpy.types.Collection) -> list[tuple[tuple[str, str, str], Any]]:
    texts: list[tuple[tuple[str, str, str], Any]] = []
    titles = []
    for obj in all_objects(root):
        role = obj.get(contract.ROLE)
        if role == "title" and contract.PART not in obj:
            titles.append(obj)
        elif role in _ROLES:
            texts.append(((role, obj.get(contract.LAYER, ""), obj.get(contract.PART, "")), obj))
    # A row's two titles are told apart by their size.
    titles.sort(key=lambda title: -title.data.size)
    return texts + [(("title", "", part), title) for part, title in zip(_TITLES, titles, strict=False)]


def _material(obj: Any) -> bpy.types.Material | None:
    modifier = network_modifier(obj)
    if modifier is not None:
        return get_modifier_input(modifier, "Material")
    return obj.data.materials[0] if obj.data is not None and obj.data.materials else None

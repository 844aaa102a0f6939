"""The groups of properties that modules of the interface fill together."""

from __future__ import annotations

from collections.abc import Iterable
from types import ModuleType
from typing import Any

import bpy


def make_group(name: str, modules: Iterable[ModuleType], declared_as: str) -> type[bpy.types.PropertyGroup]:
    """A group of all the properties that modules declare under one name.

    Args:
        name: of the class.
        declared_as: the modules' name for what they declare: properties by the names that they get.
    """
    properties: dict[str, Any] = {}
    for module in modules:
        properties |= getattr(module, declared_as, {})
    return type(name, (bpy.types.PropertyGroup,), {"__annotations__": properties})

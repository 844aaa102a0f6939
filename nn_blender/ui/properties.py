"""The groups of properties that modules of the interface fill together."""

from __future__ import annotations

from collections.abc import Iterable
from types import ModuleType

import bpy


def make_group(name: str, modules: Iterable[ModuleType], declared_as: str) -> type[bpy.types.PropertyGroup]:
    """A group of all the properties that modules declare in classes of one name.

    Properties are annotations, which Blender reads when the group is registered and then forgets. If they were kept as
    they are made, in a dictionary, Blender 4.2's module would crash when Python ends.

    Args:
        name: of the group.
        declared_as: name of the modules' classes.
    """
    declared = [getattr(module, declared_as) for module in modules if hasattr(module, declared_as)]
    return type(name, (*declared, bpy.types.PropertyGroup), {})

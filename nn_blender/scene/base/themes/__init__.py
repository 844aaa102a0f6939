"""Themes, one file each, and which of them a network has."""

from __future__ import annotations

import bpy

from ....core.registry import Registry
from .. import contract
from ..theme import Theme

THEMES: Registry[Theme] = Registry(__name__)

DEFAULT_THEME = "studio"


def theme_of(root: bpy.types.Collection) -> Theme:
    """The theme that a network's root collection names; the default one where it names none that is there."""
    return named_theme(root.get(contract.THEME, DEFAULT_THEME))


def named_theme(name: str) -> Theme:
    """The theme of that name; the default one where there is none, as in scenes of later versions."""
    return THEMES.find(name if name in THEMES else DEFAULT_THEME)

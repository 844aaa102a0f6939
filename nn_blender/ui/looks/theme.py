"""The choice of the theme, in the panel Appearance and where networks are imported."""

from __future__ import annotations

import bpy

from ...scene.base.find import current_scene
from ...scene.base.themes import THEMES, theme_of
from ...scene.set_theme import set_theme
from ..common.active import root_of

ITEMS = tuple((theme.name, theme.label, theme.description) for theme in THEMES)
AS_IN_SCENE = "scene"
IMPORT_ITEMS = (
    (AS_IN_SCENE, "As in the Scene", "The theme of the networks that are in the scene, Studio where there are none"),
    *ITEMS,
)


def _get_theme(self: bpy.types.PropertyGroup) -> int:
    return [name for name, _, _ in ITEMS].index(theme_of(root_of(self)).name)


def _set_theme(_: bpy.types.PropertyGroup, number: int) -> None:
    set_theme(current_scene(), ITEMS[number][0])


class OnNetwork:
    theme: bpy.props.EnumProperty(  # type: ignore[valid-type]
        name="Theme",
        description="How the networks of the scene look: their materials, lights, floor and background. "
        "Nothing is measured or made anew, and what you changed yourself stays",
        items=ITEMS,
        get=_get_theme,
        set=_set_theme,
        options=set(),
    )

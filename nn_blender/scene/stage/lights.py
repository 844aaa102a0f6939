"""The lights of a stage, which are the theme's: strips along a network, or suns that shine from there."""

from __future__ import annotations

from typing import Any

import bpy

from ..base import contract
from ..base.theme import Light, Theme
from ..base.themed import Themed, mark
from ..base.themes import named_theme
from ..base.theming import use_theme, write_value


def make_light(name: str, part: str, theme: Theme, size: tuple[float, float], extent: float) -> bpy.types.Light:
    """A light for a network.

    Args:
        part: which of the theme's `Lights`.
        size: length and width of the strip.
        extent: how much longer than one unit the network is, which strips of light are stronger by.
    """
    light: Any = bpy.data.lights.new(name, "AREA")
    light.shape = "RECTANGLE"
    light.size, light.size_y = size
    remember(light, part, extent)
    use_theme(light, theme)
    return _turn_into(light, theme, 1.0)


def remember(light: bpy.types.Light, part: str, extent: float) -> None:
    """Write on a light what its look follows from; see `make_light`."""
    light[contract.PART], light[contract.EXTENT] = part, extent
    mark(light, "color", Themed(f"lights.{part}.colour"))


def change_light(light: Any, theme: Theme) -> None:
    """Let a light follow another theme; one that its user made another kind of light only takes on its colour."""
    kind, energy = _look(light, named_theme(light[contract.THEME])).kind, light[contract.WRITTEN]["energy"][0]
    use_theme(light, theme)
    if light.type == kind:
        _turn_into(light, theme, light.energy / energy)


def _turn_into(light: Any, theme: Theme, share: float) -> bpy.types.Light:
    """Give a light the kind and strength of the theme's.

    Args:
        share: how much stronger than that its user made it.
    """
    look = _look(light, theme)
    light.type = look.kind
    # Of the former kind until it is asked for again.
    light = bpy.data.lights[light.name]
    write_value(light, "energy", look.power * (light[contract.EXTENT] if look.kind == "AREA" else 1.0))
    light.energy *= share
    if look.kind == "SUN":
        light.angle = look.angle
    return light  # type: ignore[no-any-return]


def _look(light: bpy.types.Light, theme: Theme) -> Light:
    look: Light = getattr(theme.lights, light[contract.PART])
    return look

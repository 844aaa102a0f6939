"""Gives the networks of a scene another theme: values in materials, lights, floor and background, nothing else."""

from __future__ import annotations

import bpy

from .base import contract
from .base.find import data_blocks, networks, objects
from .base.parts import Parts, Recipe
from .base.themed import Themed, mark
from .base.themes import named_theme, theme_of
from .base.theming import use_theme
from .looks import card_colours, materials
from .stage.legend import show_legend
from .stage.lights import change_light, remember
from .stage.stage import fill_world

RECIPES = [recipe for room in (materials, card_colours) for recipe in vars(room).values() if isinstance(recipe, Recipe)]
"""Of everything that has colours."""


def set_theme(scene: bpy.types.Scene, name: str) -> None:
    """Let all networks of a scene, which share its floor and its background, have the theme of that name.

    Nothing is computed, made or placed anew; colours that users chose themselves stay.
    """
    theme = named_theme(name)
    for root in networks(scene):
        _prepare(scene, root)
        for block in data_blocks(root[contract.NETWORK]):
            if isinstance(block, bpy.types.Light):
                change_light(block, theme)
            elif contract.THEME in block and block != root:
                use_theme(block, theme)
        root[contract.THEME] = theme.name
        show_legend(root)
        root.update_tag()


def _prepare(scene: bpy.types.Scene, root: bpy.types.Collection) -> None:
    """Bring what was made before there were themes to where it can change with the theme."""
    before = theme_of(root)
    parts = Parts(scene, root.name.removeprefix("NN "), root[contract.NETWORK], root)
    older = {
        (block[contract.ROLE], block.get(contract.PART, ""))
        for block in data_blocks(root[contract.NETWORK])
        if isinstance(block, bpy.types.Material | bpy.types.NodeTree) and contract.THEME not in block
    }
    for recipe in RECIPES:
        if (recipe.role, recipe.part) in older:
            parts.renew(recipe)
    for block in data_blocks(root[contract.NETWORK]):
        if contract.THEME in block:
            continue
        if isinstance(block, bpy.types.Material):
            mark(block, "diffuse_color", Themed("plain.map"))
        elif isinstance(block, bpy.types.Light):
            part = "rim" if "Rim" in block.name else "key"
            remember(block, part, block.energy / getattr(before.lights, part).power)
        elif isinstance(block, bpy.types.World):
            fill_world(block)
        else:
            continue
        use_theme(block, before)
    for role in contract.WITHOUT_SHADOW:
        for obj in objects(root, role):
            obj.visible_shadow = False

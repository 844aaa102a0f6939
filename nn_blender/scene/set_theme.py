"""Gives the networks of a scene another theme: values in materials, lights, floor and background, nothing else."""

from __future__ import annotations

import bpy

from .base import contract
from .base.find import data_blocks, networks, objects
from .base.parts import Parts, Recipe
from .base.themed import Themed, mark
from .base.themes import named_theme, theme_of
from .base.theming import use_theme, write_value
from .blocks.paint import paint_layers
from .looks import book_materials, card_colours, explanation_materials, materials
from .looks.card_materials import shows_picture
from .network.description import read_description
from .stage.legend import show_legend
from .stage.lights import change_light, remember
from .stage.stage import fill_world

RECIPES = [
    recipe
    for room in (materials, card_colours, book_materials, explanation_materials)
    for recipe in vars(room).values()
    if isinstance(recipe, Recipe)
]
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
        about = read_description(root)
        if about is not None:
            paint_layers(Parts(scene, about.network.name, root[contract.NETWORK], root), about.network)
        root.update_tag()


def _prepare(scene: bpy.types.Scene, root: bpy.types.Collection) -> None:
    """Bring what was made before there were themes to where it can change with the theme."""
    before, older = theme_of(root), [block for block in data_blocks(root[contract.NETWORK]) if _is_older(block)]
    if not older:
        return
    _renew(scene, root, {(block[contract.ROLE], block.get(contract.PART, "")) for block in older})
    for block in data_blocks(root[contract.NETWORK]):
        if not _is_older(block):
            continue
        if isinstance(block, bpy.types.Material) and shows_picture(block):
            mark(block, "diffuse_color", Themed("plain.map"))
        elif isinstance(block, bpy.types.Light):
            part = "rim" if "Rim" in block.name else "key"
            remember(block, part, block.energy / getattr(before.lights, part).power)
            write_value(block, "energy", block.energy)
        elif isinstance(block, bpy.types.World):
            fill_world(block)
        use_theme(block, before)
    flat = [name.lower() for name in contract.WITHOUT_SHADOW]
    for child in root.children:
        for obj in child.objects if child.get(contract.ROLE) in flat else ():
            obj.visible_shadow = False
    for text in objects(root, "texts"):
        text.visible_shadow = False


def _is_older(block: bpy.types.ID) -> bool:
    """Whether something that has colours does not say of which theme they are."""
    kinds = (bpy.types.Material, bpy.types.ShaderNodeTree, bpy.types.Light, bpy.types.World)
    return isinstance(block, kinds) and contract.THEME not in block


def _renew(scene: bpy.types.Scene, root: bpy.types.Collection, older: set[tuple[str, str]]) -> None:
    """Make materials and node groups anew, given by role and part; what shows them then shows the new ones."""
    parts = Parts(scene, root.name.removeprefix("NN "), root[contract.NETWORK], root)
    for recipe in RECIPES:
        if (recipe.role, recipe.part) in older:
            parts.renew(recipe)
    if (materials.legend.role, materials.legend.part) in older and read_description(root) is not None:
        show_legend(root)

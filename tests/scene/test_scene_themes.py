"""A network's looks come from the theme that its root collection names, and nowhere else."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import bpy
import numpy as np
import pytest
from made import made_contents

from nn_blender.scene.base import contract, meshes
from nn_blender.scene.base.find import data_blocks, network_modifier, objects
from nn_blender.scene.base.themes import THEMES, theme_of
from nn_blender.scene.base.themes.studio import STUDIO
from nn_blender.scene.base.versions import get_modifier_input
from nn_blender.scene.build import build_network
from nn_blender.scene.maps.closeups import add_closeup


def other_colours(part: object) -> object:
    """Every colour and ramp of a part of a theme in colours that no other theme has."""
    if dataclasses.is_dataclass(part):
        fields = [field.name for field in dataclasses.fields(part)]
        return dataclasses.replace(part, **{name: other_colours(getattr(part, name)) for name in fields})
    if isinstance(part, tuple) and isinstance(part[0], tuple):
        return tuple((place, other_colours(colour)) for place, colour in part)
    return tuple(0.9 - 0.5 * channel for channel in part) if isinstance(part, tuple) else part


def other_sizes(part: object) -> object:
    return dataclasses.replace(part, **{name: size / 2 for name, size in vars(part).items()})


OTHER = dataclasses.replace(
    other_colours(STUDIO), name="other", letters=other_sizes(STUDIO.letters), gaps=other_sizes(STUDIO.gaps)
)


def colours_in_nodes(tree: bpy.types.NodeTree) -> set[tuple[float, ...]]:
    found = set()
    for node in tree.nodes:
        if node.bl_idname == "ShaderNodeValToRGB":
            found |= {tuple(element.color)[:3] for element in node.color_ramp.elements}
        found |= {
            tuple(socket.default_value)[:3]
            for socket in node.inputs
            if socket.type == "RGBA" and not socket.is_linked and socket.enabled
        }
    # White is what Blender gives sockets that nobody set.
    return {tuple(round(channel, 4) for channel in colour) for colour in found} - {(1.0, 1.0, 1.0)}


def colours_of(root: bpy.types.Collection) -> dict[str, set[tuple[float, ...]]]:
    """The colours in every material, light and world of a network, by name; colour maps are no part of its theme."""
    found = {"world": colours_in_nodes(bpy.context.scene.world.node_tree)}
    for block in data_blocks(root[contract.NETWORK]):
        if isinstance(block, bpy.types.Light):
            found[block.name] = {tuple(round(channel, 4) for channel in block.color)}
        elif isinstance(block, bpy.types.Material):
            found[block.name] = colours_in_nodes(block.node_tree)
    return {name: colours for name, colours in found.items() if colours}


def build(folder: Path) -> bpy.types.Collection:
    scene = bpy.context.scene
    root = build_network(scene, made_contents(folder), "id-1")
    add_closeup(scene, root, "conv", 1)
    return root


def test_a_network_has_the_studio_theme_until_it_is_given_another(tmp_path: Path) -> None:
    root = build(tmp_path)
    assert root[contract.THEME] == "studio"
    assert theme_of(root) is STUDIO
    del root[contract.THEME]
    assert theme_of(root) is STUDIO
    root[contract.THEME] = "a theme of a later version"
    assert theme_of(root) is STUDIO


@pytest.fixture
def in_other_theme(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Gives every network another theme from then on, in an empty file."""

    def change() -> None:
        bpy.ops.wm.read_factory_settings(use_empty=True)
        monkeypatch.setattr(THEMES, "find", lambda name: OTHER)

    return change


def test_no_colour_stays_when_the_theme_is_another(tmp_path: Path, in_other_theme: Callable[[], None]) -> None:
    studio = colours_of(build(tmp_path))
    in_other_theme()
    other = colours_of(build(tmp_path))
    assert len(studio) > 12
    assert studio.keys() == other.keys()
    assert {name: colours & other[name] for name, colours in studio.items() if colours & other[name]} == {}


def test_letters_and_gaps_are_those_of_the_theme(tmp_path: Path, in_other_theme: Callable[[], None]) -> None:
    def sizes() -> list[float]:
        root = build(tmp_path)
        texts = [obj.data.size for role in ("title", "legend") for obj in objects(root, role) if obj.type == "FONT"]
        stores = [get_modifier_input(network_modifier(obj), "Size") for obj in objects(root, "texts", "")
                  if obj["nn_part"] not in ("names", "facts")]  # fmt: skip
        names = next(obj for obj in objects(root, "label") if obj["nn_part"] == "names")
        return [*texts, *stores, *meshes.read_floats(names.data, "size")]

    studio = sizes()
    in_other_theme()
    assert len(studio) > 12
    np.testing.assert_allclose(sizes(), np.array(studio) / 2, rtol=1e-6)

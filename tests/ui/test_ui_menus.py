"""The Network menu: Blender's search finds operators by their path through it."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import bpy
import pytest

from nn_blender.scene.build import build_network
from nn_blender.ui.network import menus

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scene"))
from made import made_contents


class Entries:
    """A layout that keeps what is drawn, as Blender's search reads it: path and operator."""

    def __init__(self, path: str = "") -> None:
        self.path = path
        self.operator_context = ""
        self.found: dict[str, tuple[str, Any]] = {}

    def operator(self, idname: str, text: str = "", icon: str = "") -> Any:
        registered = getattr(bpy.ops.nn, idname.removeprefix("nn.")).get_rna_type()
        given = SimpleNamespace()
        self.found[f"{self.path} > {text or registered.name}"] = (registered, given)
        return given

    def menu(self, name: str) -> None:
        self.found |= read(getattr(menus, name), f"{self.path} > ")

    def separator(self) -> None:
        """Nothing that a search could find."""


def read(menu: type, before: str = "") -> dict[str, tuple[Any, Any]]:
    layout = Entries(before + menu.bl_label)
    menu.draw(SimpleNamespace(layout=layout), bpy.context)
    return layout.found


@pytest.fixture
def built(registered: None, tmp_path: Path) -> None:
    build_network(bpy.context.scene, made_contents(tmp_path), "id-1")


@pytest.mark.usefixtures("built")
@pytest.mark.parametrize(
    "words", ["neuron", "layer", "test image", "disable", "import network", "next sample", "frame", "sweep"]
)
def test_what_users_type_is_found(words: str) -> None:
    found = [path for path in read(menus.NN_MT_network) if all(word in path.lower() for word in words.split())]
    assert found


@pytest.mark.usefixtures("built")
def test_every_entry_gives_its_operator_what_that_knows() -> None:
    for path, (operator, given) in read(menus.NN_MT_network).items():
        assert set(vars(given)) <= set(operator.properties.keys()), path


def test_without_a_network_the_menu_imports_one() -> None:
    assert list(read(menus.NN_MT_network)) == ["Network > Import Network…"]


def test_it_stands_in_the_header_and_in_the_right_click_menu_and_leaves_with_the_extension() -> None:
    for menu, draw in menus.PLACES:
        assert draw in getattr(bpy.types, menu)._dyn_ui_initialize()
    menus.stop()
    for menu, draw in menus.PLACES:
        assert draw not in getattr(bpy.types, menu)._dyn_ui_initialize()
    menus.start()

"""The Network menu: Blender's search finds operators by their path through it."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import bpy
import pytest
from made import made_contents

from nn_blender import ui
from nn_blender.core.blocks.opening import Opening
from nn_blender.scene.build import build_network
from nn_blender.ui.network import menus


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
    "words",
    [
        *("neuron", "layer", "test image", "disable", "import network", "open example", "next sample", "frame"),
        *("sweep", "why", "reason"),
    ],
)
def test_what_users_type_is_found(words: str) -> None:
    found = [path for path in read(menus.NN_MT_network) if all(word in path.lower() for word in words.split())]
    assert found


ON_LINES = {
    "bring_sample",
    *(
        "choose_class",
        "choose_layer",
        "choose_neuron",
        "filter_by_class",
        "go_to_sample",
        "hide_edge",
        "restore_neuron",
    ),
    *("use_intervention", "rename_intervention", "forget_intervention", "remove_test_images"),
    *("show_part", "toggle_layer_part", "reset_input", "choose_network", "sort_layers"),
}
"""Commands on a line of a list, or on settings that one sees beside their button."""
UNDER_MOUSE = {"pick", "hover", "neuron_menu"}
ON_JOBS = {"cancel", "copy_error", "dismiss_error"}
ON_TENSORFLOW = {
    *("set_up_tensorflow", "remove_tensorflow", "check_python", "open_setup_log", "withdraw_consent"),
    *("open_preferences", "open_network_preferences"),
}
ON_ROWS = {"find_blocks", "merge_blocks", "rename_block", "split_block"}
"""Commands on blocks of scenes that are one row of layers."""


def test_commands_that_the_menu_leaves_out_are_known(registered: None, tmp_path: Path) -> None:
    opening = Opening.of(made_contents(tmp_path).network)
    build_network(bpy.context.scene, made_contents(tmp_path), "id-1", opening=opening)
    found = {operator.identifier for operator, _ in read(menus.NN_MT_network).values()}
    there = {cls.bl_idname.removeprefix("nn.") for cls in ui.CLASSES if issubclass(cls, bpy.types.Operator)}
    missing = {name for name in there if f"NN_OT_{name}" not in found}
    assert missing == ON_LINES | UNDER_MOUSE | ON_JOBS | ON_TENSORFLOW | ON_ROWS


@pytest.mark.usefixtures("built")
def test_every_entry_gives_its_operator_what_that_knows() -> None:
    for path, (operator, given) in read(menus.NN_MT_network).items():
        assert set(vars(given)) <= set(operator.properties.keys()), path


def test_without_a_network_the_menu_imports_one_or_opens_an_example() -> None:
    assert list(read(menus.NN_MT_network)) == [
        "Network > Import Network…",
        "Network > Open Example > Digits",
        "Network > Open Example > Branched Digits",
    ]


def test_it_stands_in_the_header_and_in_the_right_click_menu_and_leaves_with_the_extension() -> None:
    for menu, draw in menus.PLACES:
        assert draw in getattr(bpy.types, menu)._dyn_ui_initialize()
    menus.stop()
    for menu, draw in menus.PLACES:
        assert draw not in getattr(bpy.types, menu)._dyn_ui_initialize()
    menus.start()

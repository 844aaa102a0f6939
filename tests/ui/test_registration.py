"""What the interface adds to Blender, as its folders declare it."""

from __future__ import annotations

import pkgutil

import bpy
import pytest

from nn_blender import ui
from nn_blender.ui.common.rooms import ROOMS
from nn_blender.ui.common.sidebar import RoomPanel


def test_every_module_that_declares_something_is_listed_in_its_folder() -> None:
    names = ("CLASSES", "OnScene", "OnNetwork", "OnWindow", "OnWorkspace", "start", "stop")
    for folder in ui.FOLDERS:
        modules = [
            getattr(folder, found.name)
            for found in pkgutil.iter_modules(folder.__path__)
            if hasattr(folder, found.name)
        ]
        declaring = {module for module in modules if any(name in vars(module) for name in names)}
        assert declaring <= set(folder.MODULES), folder.__name__


def test_every_folder_of_the_interface_is_registered() -> None:
    folders = {found.name for found in pkgutil.iter_modules(ui.__path__) if found.ispkg}
    assert {folder.__name__.rpartition(".")[2] for folder in ui.FOLDERS} == folders


@pytest.mark.parametrize("declared_as", ["OnScene", "OnNetwork", "OnWindow", "OnWorkspace"])
def test_no_two_modules_declare_the_same_property(declared_as: str) -> None:
    classes = [getattr(module, declared_as) for module in ui.MODULES if hasattr(module, declared_as)]
    names = [name for cls in classes for name in cls.__annotations__]
    assert names
    assert len(names) == len(set(names))


def test_tooltips_are_one_line_that_ends_without_a_dot() -> None:
    described = {
        cls.bl_idname: getattr(bpy.ops.nn, cls.bl_idname.removeprefix("nn.")).get_rna_type().description
        for cls in ui.CLASSES
        if issubclass(cls, bpy.types.Operator)
    }
    assert all(described.values())
    assert not [name for name, text in described.items() if "\n" in text or text.endswith(".")]


def test_panels_of_a_room_have_a_place_each() -> None:
    panels = [cls for cls in ui.CLASSES if issubclass(cls, RoomPanel)]
    places = [(cls.room, cls.bl_order) for cls in panels]
    assert len(set(places)) == len(panels) > 10
    first = [min((cls for cls in panels if cls.room == room), key=lambda cls: cls.bl_order) for room, *_ in ROOMS]
    assert [cls.bl_label for cls in first] == ["Layers", "Samples", "Switched Neurons", "Appearance"]


def test_what_stands_on_the_window_is_not_saved_and_has_room_for_more() -> None:
    window = bpy.context.window_manager.nn
    assert type(window).__name__ == "NN_PG_window"
    assert window.switching.factor == 1

"""A network can be looked through by keys alone, and none of them is one of Blender's own."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import bpy
import pytest
from made import made_contents

from nn_blender.scene.build import build_network
from nn_blender.ui.common.active import active_network, active_slab
from nn_blender.ui.network.keymap import KEYS

OVER_VIEWPORT = {
    *("Window", "Screen", "Screen Editing", "Frames", "Object Mode", "Object Non-modal"),
    *("3D View", "3D View Generic", "User Interface"),
}
"""Blender's keymaps that hear of keys over the 3D viewport in Object Mode."""


@pytest.fixture
def root(tmp_path: Path) -> bpy.types.Collection:
    build_network(bpy.context.scene, made_contents(tmp_path), "id-1")
    return active_network(bpy.context)


def blenders_keys(name: str) -> ModuleType:
    (file,) = (Path(folder) / "keymap_data" / f"{name}.py" for folder in bpy.utils.preset_paths("keyconfig"))
    spec = importlib.util.spec_from_file_location(name, file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", ["blender_default", "industry_compatible_data"])
def test_no_key_is_one_of_blenders_own(name: str) -> None:
    module = blenders_keys(name)
    taken = {
        (item["type"], *(bool(item.get(key, False)) for key in ("shift", "ctrl", "alt")))
        for keymap, _, content in module.generate_keymaps(module.Params())
        for _, item, _ in content["items"]
        if keymap in OVER_VIEWPORT
    }
    assert ("HOME", False, False, False) in taken or ("F", False, False, False) in taken
    items = bpy.context.window_manager.keyconfigs.addon.keymaps["3D View"].keymap_items
    ours = [item for item in items if item.idname in dict(KEYS)]
    keys = {(item.type, bool(item.shift), bool(item.ctrl), bool(item.alt)) for item in ours}
    assert len(keys) == len(ours) == 6
    assert not keys & taken


@pytest.mark.usefixtures("root")
def test_layers_are_stepped_through_in_the_order_of_the_data_and_end_at_the_ends() -> None:
    seen = []
    for step in (-1, 1, 1, -1, 100, 1, -1):
        bpy.ops.nn.step_layer(step=step)
        seen.append(active_slab(bpy.context)["nn_layer"])
    assert seen == ["conv", "norm", "pool", "norm", "output", "output", "hidden"]


def test_neurons_are_stepped_through_within_their_layer(root: bpy.types.Collection) -> None:
    while not active_slab(bpy.context)["nn_neurons"]:
        bpy.ops.nn.step_layer()
    count = active_slab(bpy.context)["nn_neurons"]
    assert count > 1
    seen = []
    for step in (-1, 1, 1000, -1):
        bpy.ops.nn.step_neuron(step=step)
        seen.append(root.nn.neurons.neuron)
    assert seen == [0, 1, count - 1, count - 2]

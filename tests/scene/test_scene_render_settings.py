"""Render settings: scenes with Blender's own get those that show networks well, and have their own back afterwards."""

from __future__ import annotations

from pathlib import Path

import bpy
import pytest
from made import made_contents

from nn_blender.actions.network.import_network import ImportOptions, _build
from nn_blender.actions.network.remove_network import remove_network
from nn_blender.scene.base import contract
from nn_blender.scene.base.find import networks
from nn_blender.scene.base.versions import can_denoise, eevee_engine
from nn_blender.scene.stage.rendering import has_blenders_settings


@pytest.fixture
def scene() -> bpy.types.Scene:
    bpy.ops.wm.read_factory_settings(use_empty=True)
    return bpy.context.scene


def build(scene: bpy.types.Scene, folder: Path, name: str, *, prepare_render: bool = True) -> bpy.types.Collection:
    options = ImportOptions(file=folder / "made.keras", prepare_render=prepare_render)
    _build(scene, made_contents(folder), name, options, None)
    return networks(scene)[-1]


def settings(scene: bpy.types.Scene) -> list[object]:
    render, cycles = scene.render, scene.cycles
    return [
        *(render.engine, render.resolution_x, render.resolution_y, scene.view_settings.view_transform),
        *(cycles.samples, cycles.max_bounces, cycles.use_light_tree, cycles.sampling_pattern),
    ]


def test_a_new_scene_renders_a_picture_of_bounded_cost_in_the_legends_colours(
    scene: bpy.types.Scene, tmp_path: Path
) -> None:
    assert has_blenders_settings(scene)
    build(scene, tmp_path, "id-1")
    samples = 64 if can_denoise() else 128
    assert settings(scene) == ["CYCLES", 1600, 900, "Standard", samples, 4, False, "TABULATED_SOBOL"]


def test_its_own_settings_come_back_with_the_last_network_but_for_what_was_set_since(
    scene: bpy.types.Scene, tmp_path: Path
) -> None:
    before = settings(scene)
    first, second = build(scene, tmp_path, "id-1"), build(scene, tmp_path, "id-2")
    remove_network(scene, first)
    assert scene.render.engine == "CYCLES"
    scene.render.resolution_x, scene.render.resolution_y = 640, 480
    remove_network(scene, second)
    assert settings(scene) == [before[0], 640, 480, *before[3:]]


@pytest.mark.parametrize(
    ("owner", "name", "value"),
    [
        ("render", "engine", "BLENDER_WORKBENCH"),
        ("render", "resolution_x", 1080),
        ("view_settings", "view_transform", "Filmic"),
        ("cycles", "samples", 32),
        ("eevee", "taa_render_samples", 16),
    ],
)
def test_a_scene_whose_rendering_somebody_chose_keeps_it(
    scene: bpy.types.Scene, tmp_path: Path, owner: str, name: str, value: object
) -> None:
    setattr(scene.path_resolve(owner), name, value)
    before = settings(scene)
    build(scene, tmp_path, "id-1")
    assert settings(scene) == before


def test_scripts_keep_the_scenes_settings_unless_they_ask(scene: bpy.types.Scene, tmp_path: Path) -> None:
    build(scene, tmp_path, "id-1", prepare_render=False)
    assert scene.render.engine == eevee_engine()


def test_a_network_of_another_blender_gives_back_this_ones_eevee(scene: bpy.types.Scene, tmp_path: Path) -> None:
    root = build(scene, tmp_path, "id-1")
    (stored,) = {"BLENDER_EEVEE", "BLENDER_EEVEE_NEXT"} - {eevee_engine()}
    root[contract.PREVIOUS_RENDER] = {**root[contract.PREVIOUS_RENDER].to_dict(), "render.engine": stored}
    remove_network(scene, root)
    assert scene.render.engine == eevee_engine()
    assert not networks(scene)


def test_a_network_goes_though_an_engine_of_before_is_not_installed(scene: bpy.types.Scene, tmp_path: Path) -> None:
    root = build(scene, tmp_path, "id-1")
    root[contract.PREVIOUS_RENDER] = {**root[contract.PREVIOUS_RENDER].to_dict(), "render.engine": "OTHERS"}
    remove_network(scene, root)
    assert not networks(scene)
    assert scene.render.resolution_x == 1920


def test_a_network_can_be_removed_when_cycles_was_switched_off(scene: bpy.types.Scene, tmp_path: Path) -> None:
    root = build(scene, tmp_path, "id-1")
    bpy.ops.preferences.addon_disable(module="cycles")
    try:
        remove_network(scene, root)
        assert not networks(scene)
        assert scene.render.resolution_x == 1920
    finally:
        bpy.ops.preferences.addon_enable(module="cycles")

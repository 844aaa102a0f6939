"""The button that frames a network, a layer or a neuron."""

from __future__ import annotations

import bpy
import pytest
from made import made_contents

from nn_blender.core.blocks.opening import Opening
from nn_blender.scene.base.find import objects
from nn_blender.scene.build import build_network
from nn_blender.ui.common.active import layers_collection


def test_without_a_network_it_says_what_to_do_first() -> None:
    with pytest.raises(RuntimeError, match="Import a network first"):
        bpy.ops.nn.frame()


@pytest.mark.parametrize("is_row", [True, False])
def test_the_camera_comes_nearer_to_a_layer_and_a_neuron_and_goes_back_to_the_network(tmp_path, is_row: bool) -> None:
    scene, contents = bpy.context.scene, made_contents(tmp_path)
    root = build_network(scene, contents, "id-1", opening=None if is_row else Opening.of(contents.network))
    scene.nn.layer = layers_collection(root).objects.find(next(objects(root, "slab", "conv")).name)
    camera = scene.camera
    camera.data.type = "ORTHO"
    widths = []
    for what in ("NETWORK", "LAYER", "NEURON", "NETWORK"):
        assert bpy.ops.nn.frame(what=what, camera=True) == {"FINISHED"}
        widths.append(camera.data.ortho_scale)
    assert widths[0] > widths[1] > widths[2]
    assert widths[3] == pytest.approx(widths[0], rel=1e-3)


def test_a_block_that_is_not_there_is_told(tmp_path) -> None:
    contents = made_contents(tmp_path)
    build_network(bpy.context.scene, contents, "id-1", opening=Opening.of(contents.network))
    with pytest.raises(RuntimeError, match="There is no"):
        bpy.ops.nn.frame(what="BLOCK", block="nowhere", camera=True)

"""Pictures of blocks that open: nothing jumps, the end is as it should be, and what is seen is what is picked."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import bpy
import numpy as np
import pytest
from made import build_in_blocks, made_contents
from realized import realized

from bench.films import check_picking, largest_step, open_by_hand, open_by_keys, render
from nn_blender.scene.base import meshes
from nn_blender.scene.base.find import objects
from nn_blender.scene.network.contents import Contents
from nn_blender.scene.opening.film import key_opening
from nn_blender.scene.opening.opening import OpeningChange, open_blocks

STEPS = 10
SAME = 0.03
"""How much a cell of a picture may differ: an edge between two rows of pixels may fall to either, as places round."""
JUMP = 3.0
"""A change from one picture to the next that so many times the median is."""


@pytest.fixture
def contents(tmp_path: Path) -> Contents:
    return made_contents(tmp_path, samples=2)


@pytest.fixture
def root(contents: Contents, build_once: Callable[..., bpy.types.Collection]) -> bpy.types.Collection:
    return build_once(build_in_blocks, contents, "id-1")


def scene() -> bpy.types.Scene:
    return bpy.context.scene


def test_nothing_jumps_while_a_click_opens_a_block(root):
    pictures = list(open_by_hand(scene(), root, "front", STEPS))
    assert largest_step(pictures) < JUMP
    open_blocks(scene(), root, {})
    np.testing.assert_allclose(render(scene()), pictures[0], atol=SAME)
    open_blocks(scene(), root, {"front": 1.0})
    np.testing.assert_allclose(render(scene()), pictures[-1], atol=SAME)


def test_nothing_jumps_in_a_film_and_its_last_frame_is_the_open_block(root):
    pictures = list(open_by_keys(scene(), root, "front", STEPS))
    assert largest_step(pictures) < JUMP
    open_blocks(scene(), root, {"front": 1.0})
    np.testing.assert_allclose(render(scene()), pictures[-1], atol=SAME)


def test_what_jumps_is_found():
    way = [np.full((4, 4, 3), value) for value in (0.0, 0.1, 0.2, 0.3, 0.9, 1.0)]
    assert largest_step(way) == pytest.approx(6.0)


@pytest.mark.parametrize("value", [0.0, 0.3, 0.7, 1.0])
def test_what_is_seen_is_picked_at_any_value(root, value):
    change = OpeningChange(scene(), root, {"front": value, "pair": 1.0})
    change.finish()
    assert check_picking(scene(), root) >= 3
    for frame, keyed in ((1, 0.0), (11, 1.0)):
        key_opening(scene(), root, "back", keyed, frame)
    for frame in (1, 4, 8, 11):
        scene().frame_set(frame)
        assert check_picking(scene(), root) >= 3


def test_values_are_right_in_the_middle_of_a_film(root, contents):
    for frame, keyed in ((1, 0.0), (40, 1.0)):
        key_opening(scene(), root, "front", keyed, frame)
    slices = contents.network.neuron_slices()
    for frame, sample in ((20, 0), (30, 1)):
        scene().frame_set(frame)
        depsgraph = bpy.context.evaluated_depsgraph_get()
        recorded = contents.recording.activations[sample]
        shown = [obj for obj in objects(root, "neurons") if not obj.hide_render]
        assert {obj["nn_layer"] for obj in shown} >= {"output"}
        for obj in shown:
            own = meshes.read_floats(obj.evaluated_get(depsgraph).data, "activation")
            np.testing.assert_array_equal(own, recorded[slices[obj["nn_layer"]]][: len(own)])
        (back,) = (book for book in objects(root, "book") if book["nn_block"] == "back")
        with realized(back) as mesh:
            covered = meshes.read_floats(mesh, "activation")
        # The book itself has 0 where its cover's neurons have their activations.
        np.testing.assert_array_equal(np.unique(covered), np.unique([0.0, *recorded[slices["hidden"]]]))

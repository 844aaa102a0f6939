"""What panels find at every redraw is what is there: after objects were renamed, removed, made or given other tags."""

from __future__ import annotations

from pathlib import Path

import bpy
import pytest
from made import made_contents

from nn_blender.scene.base import contract
from nn_blender.scene.base.find import first_of, object_of, objects
from nn_blender.scene.build import build_network


@pytest.fixture
def root(tmp_path: Path) -> bpy.types.Collection:
    return build_network(bpy.context.scene, made_contents(tmp_path), "found", with_stage=False)


def test_every_object_is_found_as_a_loop_over_all_finds_it(root: bpy.types.Collection) -> None:
    for role in ("slab", "neurons", "card", "anchor", "bars", "no such role"):
        assert first_of(root, role) == next(objects(root, role), None)
        for layer in ("conv", "hidden", "output", "no such layer"):
            assert object_of(root, role, layer) == next(objects(root, role, layer), None)


def test_renamed_removed_and_new_objects_are_found_as_they_are(root: bpy.types.Collection) -> None:
    slab, other = object_of(root, "slab", "conv"), object_of(root, "slab", "hidden")
    assert slab is not None
    assert other is not None
    slab.name, other.name = "Swapped", slab.name
    assert (object_of(root, "slab", "conv"), object_of(root, "slab", "hidden")) == (slab, other)
    bpy.data.objects.remove(slab)
    assert object_of(root, "slab", "conv") is None
    made = bpy.data.objects.new("New", None)
    contract.tag(made, "found", "slab")
    made[contract.LAYER] = "conv"
    root.objects.link(made)
    assert object_of(root, "slab", "conv") == made
    made[contract.ROLE] = "mine"
    assert object_of(root, "slab", "conv") is None


def test_each_object_is_given_once_though_it_stands_in_two_collections(root: bpy.types.Collection) -> None:
    slabs = list(objects(root, "slab"))
    root.objects.link(slabs[0])
    assert sorted(obj.name for obj in objects(root, "slab")) == sorted(obj.name for obj in slabs)

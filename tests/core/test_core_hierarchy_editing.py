"""How somebody changes a network's hierarchy: names, blocks of several parts, blocks taken apart."""

from __future__ import annotations

import pytest
from network_zoo import two_in_two_out, unet

from nn_blender.core.blocks.dividing import find_hierarchy
from nn_blender.core.blocks.editing import join_parts, rename_part, take_apart
from nn_blender.core.blocks.hierarchy import hierarchy_from_dict, hierarchy_to_dict
from nn_blender.core.errors import UserError


def names(root):
    return [child.name for child in root.children]


def ids(root):
    return [child.id for child in root.children]


def test_a_part_gets_another_name_and_keeps_its_id():
    net = unet()
    root = rename_part(find_hierarchy(net), "bridge", " deepest ")
    assert next(child.id for child in root.children if child.name == "deepest") == "bridge"
    assert hierarchy_from_dict(hierarchy_to_dict(root), net) == root
    for bad in ("", "Encoder 1"):
        with pytest.raises(UserError) as refused:
            rename_part(root, "bridge", bad)
        assert refused.value.code == "hierarchy.bad_name"


def test_parts_beside_each_other_become_one_block_and_are_taken_apart_again():
    net = unet()
    before = find_hierarchy(net)
    root = join_parts(before, net, ["enc4", "bridge", "dec4"], "bottom")
    assert names(root) == [
        "photo", "Encoder 1", "Encoder 2", "Encoder 3", "bottom", "Decoder 3", "Decoder 2", "Decoder 1", "Head",
    ]  # fmt: skip
    bottom = root.children[4]
    assert (bottom.layers, ids(bottom), bottom.cover) == (21, ["enc4", "bridge", "dec4"], "dec4_b_relu")
    assert (root.layers, root.parameters) == (before.layers, before.parameters)
    assert hierarchy_from_dict(hierarchy_to_dict(root), net) == root
    assert take_apart(root, net, "bottom") == before
    flat = take_apart(before, net, "bridge")
    assert len(flat.children) == len(before.children) + 5


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        (["enc1"], "beside each other"),
        ([], "beside each other"),
        (["enc1", "enc2_pool"], "beside each other"),
        (["enc1", "bridge"], "come back"),
    ],
)
def test_what_cannot_be_one_block_is_refused(parts, reason):
    net = unet()
    with pytest.raises(UserError) as refused:
        join_parts(find_hierarchy(net), net, parts)
    assert refused.value.code == "hierarchy.cannot_join"
    assert reason in str(refused.value)


def test_a_block_that_is_not_there_is_refused():
    net = two_in_two_out()
    root = find_hierarchy(net)
    for change in (
        lambda: rename_part(root, "nothing", "name"),
        lambda: take_apart(root, net, "photo"),
        lambda: join_parts(root, net, ["nothing", "look1"]),
    ):
        with pytest.raises(UserError) as refused:
            change()
        assert refused.value.code == "hierarchy.unknown_part"

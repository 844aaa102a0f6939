"""Which blocks a network is divided into, from stages down to layers, and how they are written and read."""

from __future__ import annotations

import json

import pytest
from network_zoo import (
    ZOO,
    chain,
    five_branches,
    layer,
    many_outputs,
    nested_three_deep,
    network,
    residual,
    two_in_two_out,
    unet,
)

from nn_blender.core.blocks.arranging import arrange
from nn_blender.core.blocks.at_first import AUTO, blocks_for, blocks_to_level
from nn_blender.core.blocks.dividing import find_hierarchy
from nn_blender.core.blocks.drafts import Draft
from nn_blender.core.blocks.hierarchy import (
    BLOCK,
    INPUT,
    LAYER,
    Part,
    hierarchy_from_dict,
    hierarchy_to_dict,
)
from nn_blender.core.blocks.spoken_names import spoken_names
from nn_blender.core.errors import UserError

TOP = {
    "convnexttiny": (
        "stem 3, stage_0 ×3 24, downsampling_block_0 2, stage_1 ×3 24, downsampling_block_1 2, stage_2 ×9 72, "
        "downsampling_block_2 2, stage_3 ×3 23, head 4"
    ),
    "densenet121": (
        "stem 6, conv2 ×6 42, pool2 4, conv3 ×12 84, pool3 4, conv4 ×24 168, pool4 4, conv5 ×16 112, head 4"
    ),
    "digits": "conv_1, normalize_1, relu_1, pool_1, conv_2, pool_2, dropout, flatten, dense_1, digit",
    "efficientnetb0": (
        "stem 6, block1 10, block2 ×2 29, block3 ×2 29, block4 ×3 44, block5 ×3 43, block6 ×4 59, block7 13, head 6"
    ),
    "efficientnetb7": (
        "stem 6, block1 ×4 46, block2 ×7 104, block3 ×7 104, block4 ×10 149, block5 ×10 148, block6 ×13 194, "
        "block7 ×4 58, head 6"
    ),
    "efficientnetv2b0": (
        "stem 5, block1 3, block2 ×2 12, block3 ×2 12, block4 ×3 43, block5 ×5 73, block6 ×8 118, head 6"
    ),
    "emotions": "stem 6, stage 1 9, stage 2 9, stage 3 9, stage 4 10, head 2",
    "inceptionresnetv2": (
        "stem 17, mixed_5b 23, block35_1–10 ×10 220, mixed_6a 14, block17_1–20 ×20 320, mixed_7a 23, "
        "block8_1–10 ×10 159, conv_7b 3, head 2"
    ),
    "inceptionv3": "stem 17, mixed0–2 ×3 69, mixed3 14, mixed4–7 ×4 128, mixed8 20, mixed9–10 ×2 62, head 2",
    "mobilenet": "stem 3, conv_1 6, conv_2–3 ×2 13, conv_4–5 ×2 13, conv_6–11 ×6 37, conv_12–13 ×2 13, head 5",
    "mobilenetv2": (
        "stem 3, expanded_conv 5, block_1–2 ×2 18, block_3–5 ×3 27, block_6–9 ×4 36, block_10–12 ×3 26, "
        "block_13–15 ×3 27, block_16 8, head 5"
    ),
    "nasnetmobile": (
        "stem 3, stem_1 47, stem_2 57, cell 0–3 ×4 186, reduce_4 51, cell 5–8 ×4 186, reduce_8 51, "
        "cell 9–12 ×4 186, head 3"
    ),
    "resnet50": "stem 6, conv2 ×3 32, conv3 ×4 42, conv4 ×6 62, conv5 ×3 32, head 2",
    "resnet50v2": "stem 4, conv2 ×3 35, conv3 ×4 46, conv4 ×6 68, conv5 ×3 34, head 4",
    "vgg16": "block1 3, block2 3, block3 4, block4 4, block5 4, head 4",
    "xception": "block1 6, block2 9, block3 10, block4 10, block5–12 ×8 80, block13 10, block14 6, head 2",
    "unet": "enc1 7, enc2 7, enc3 7, enc4 7, bridge 6, dec4 8, dec3 8, dec2 8, dec1 8, Head",
    "five branches": "stage 1 16, stage 2 16, stage 3 16, head 2",
    "nested three deep": "left 12, right 12, classes",
    "transformer": "embedding, attention ×6 42, head 2",
}
"""Blocks of the top level: name, how often their structure repeats, number of layers of those with several."""


@pytest.fixture(scope="module")
def any_network(known_network):
    return lambda name: ZOO[name]() if name in ZOO else known_network(name)


def key_of(block: Part) -> str:
    """The id without those of the blocks around it; where a layer inside has that already, without its number."""
    key = block.id.rpartition("/")[2]
    return key.removesuffix(" 2") if key.removesuffix(" 2") in {leaf.id for leaf in block.leaves} else key


def seen(part: Part) -> str:
    """Ids of blocks, which follow from names of layers, names of layers, and how many layers there are."""
    words = [
        (key_of(child) if child.children else child.name)
        + (f" ×{child.repeats}" if child.repeats > 1 else "")
        + (f" {child.layers}" if child.children else "")
        for child in part.children
        if child.kind != INPUT
    ]
    return ", ".join(words)


def part_of(root: Part, id_: str) -> Part:
    return next(part for part in root.walk() if part.id == id_)


@pytest.mark.parametrize("name", TOP)
def test_a_reader_agrees_with_the_top_level(name, any_network):
    assert seen(find_hierarchy(any_network(name))) == TOP[name]


@pytest.mark.parametrize("name", [*TOP, "mobilenetv3small", *ZOO])
def test_every_layer_and_input_is_in_the_hierarchy_once_and_no_level_has_too_many_parts(name, any_network):
    net = any_network(name)
    root = find_hierarchy(net)
    parts = list(root.walk())
    assert sorted(leaf.cover for leaf in root.leaves if leaf.kind == LAYER) == sorted(one.path for one in net.layers)
    assert [leaf.cover for leaf in root.leaves if leaf.kind == INPUT] == [spec.name for spec in net.inputs]
    assert len({part.id for part in parts}) == len(parts)
    assert max(len([child for child in part.children if child.kind != INPUT]) for part in parts) <= 12
    assert all(len(part.children) > 1 for part in parts if part.kind == BLOCK)
    assert (root.layers, root.parameters) == (len(net.layers), net.parameters)
    for part in parts:
        assert len({child.name for child in part.children if child.kind == BLOCK}) == sum(
            child.kind == BLOCK for child in part.children
        )


@pytest.mark.parametrize("name", [*TOP, "mobilenetv3small", *ZOO])
def test_a_hierarchy_comes_back_from_json(name, any_network):
    net = any_network(name)
    root = find_hierarchy(net)
    assert hierarchy_from_dict(json.loads(json.dumps(hierarchy_to_dict(root))), net) == root


def test_repeated_units_branches_and_layers_are_below_stages(known_network):
    resnet = find_hierarchy(known_network("resnet50"))
    assert seen(part_of(resnet, "conv3")) == "block1 12, block2 10, block3 10, block4 10"
    assert [leaf.id for leaf in part_of(resnet, "conv3/block4").leaves][-1] == "conv3_block4_out"
    inception = find_hierarchy(known_network("inceptionv3"))
    mixed = part_of(inception, "mixed4–7/mixed4")
    assert [child.layers for child in mixed.children] == [3] * 9 + [4, 1]
    nasnet = find_hierarchy(known_network("nasnetmobile"))
    sums = [child.cover for child in part_of(nasnet, "cell 0–3/cell 1").children if "add" in child.cover]
    assert sums == [f"normal_add_{k}_1" for k in (1, 2, 3, 4, 5)]
    branches = part_of(find_hierarchy(ZOO["five branches"]()), "stage 1")
    assert [child.layers for child in branches.children] == [1, 2, 3, 4, 5, 1]


def test_a_cover_is_what_most_edges_leave_from_and_one_of_the_childrens(known_network):
    for root in (find_hierarchy(known_network("resnet50")), find_hierarchy(unet())):
        assert all(part.cover == part.cover_child.cover for part in root.walk() if part.children)
    resnet = find_hierarchy(known_network("resnet50"))
    assert part_of(resnet, "conv3").cover == "conv3_block4_out"
    # The pooling stands last in its block, but what goes to the decoder tells what the block found.
    assert part_of(find_hierarchy(unet()), "enc2").cover == "enc2_b_relu"


def test_towers_stay_apart_and_no_input_falls_into_a_head():
    root = find_hierarchy(two_in_two_out())
    blocks = [[leaf.cover for leaf in child.leaves] for child in root.children]
    tower = [names for names in blocks if any(name.startswith("read") for name in names)]
    assert all(name.startswith("read") for names in tower for name in names)
    ends = [names for names in blocks if names[-1] in ("kind", "age")]
    assert ends == [["kind_dense", "kind"], ["age_dense", "age"]]
    assert [child.name for child in root.children[:2]] == ["photo", "measurements"]
    heads = find_hierarchy(many_outputs())
    assert [leaf.cover for leaf in heads.children[1].leaves] == ["trunk"]


def test_nested_models_are_blocks():
    root = find_hierarchy(nested_three_deep())
    assert [part.id for part in root.walk() if part.kind == BLOCK][:4] == [
        "left", "left/one", "left/one/first", "left/one/second",
    ]  # fmt: skip


def test_as_many_levels_are_open_at_first_as_are_seen_well(known_network):
    net = known_network("resnet50")
    resnet = find_hierarchy(net)
    assert blocks_for(net, resnet, AUTO) == ()
    assert blocks_to_level(resnet, 1) == ()
    assert blocks_to_level(resnet, 2) == ("stem", "conv2", "conv3", "conv4", "conv5", "head")
    assert set(blocks_to_level(resnet, 9)) == {part.id for part in resnet.walk() if part.kind == BLOCK}
    assert blocks_for(chain(500), find_hierarchy(chain(500)), AUTO) == ("dense",)


def test_branches_that_closed_blocks_would_hide_are_shown_in_one_of_them(known_network):
    net = five_branches()
    root = find_hierarchy(net)
    assert blocks_for(net, root, AUTO) == (root.children[1].id,)
    for name in ("inceptionv3", "nasnetmobile", "xception"):  # Most of their layers stand in chains of units.
        net = known_network(name)
        assert blocks_for(net, find_hierarchy(net), AUTO) == ()


def test_levels_stay_closed_that_would_only_be_small():
    net = nested_three_deep()
    root = find_hierarchy(net)
    for opened in (blocks_for(net, root, AUTO), blocks_for(net, root, AUTO, aspect=9 / 16)):
        picture = arrange(net, root, dict.fromkeys(opened, 1.0))
        heights = sorted(book.cover[1] for book in picture.books)
        assert heights[len(heights) // 2] * 12 >= picture.frame.height


def test_a_thousand_layers_are_divided_alike_each_time():
    for make in (residual, chain):
        root = find_hierarchy(make(1000))
        assert root == find_hierarchy(make(1000))
        assert root.layers == len(make(1000).layers)


def test_weights_of_a_layer_that_is_called_twice_count_once():
    layers = [layer("a", "Dense", ["x"], (4,), 20), layer("a#1", "Dense", ["a"], (4,), 20)]
    assert find_hierarchy(network(layers, {"x": (4,)}, "a#1")).parameters == 20


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda data: data["children"].pop(), "other layers"),
        (lambda data: data.pop("children"), "not written as blocks"),
        (lambda data: data["children"][1].update(repeats=0), "not written as blocks"),
        (lambda data: data["children"][1].update(name=""), "name of its own"),
        (lambda data: data["children"][2].update(id=data["children"][1]["id"]), "name of its own"),
        (lambda data: data["children"][1]["children"].append(data["children"][3]["children"].pop()), "comes back"),
        (lambda data: data["children"][0].update(input="nothing"), "not written as blocks"),
    ],
)
def test_a_hierarchy_that_does_not_fit_the_network_is_refused(change, reason):
    net = unet()
    data = hierarchy_to_dict(find_hierarchy(net))
    change(data)
    with pytest.raises(UserError) as refused:
        hierarchy_from_dict(data, net)
    assert refused.value.code == "hierarchy.unreadable"
    assert reason in str(refused.value)


@pytest.mark.parametrize("ending", [("Activation",), ("MaxPooling2D",), ("BatchNormalization", "Activation")])
def test_branches_are_not_hidden_in_a_block_that_is_nearly_all_of_the_block_around_it(ending: tuple[str, ...]) -> None:
    layers, last = [], "input"
    for unit in ("unit1", "unit2"):
        ends = []
        for branch in range(5):
            end = last
            for number in range(branch + 1):
                layers.append(layer(f"{unit}_branch{branch}_conv{number}", "Conv2D", [end], (28, 28, 16)))
                end = layers[-1].path
            ends.append(end)
        layers.append(layer(f"{unit}_concat", "Concatenate", ends, (28, 28, 80), 0))
        for number, kind in enumerate(ending):
            layers.append(layer(f"{unit}_end{number}", kind, [layers[-1].path], (28, 28, 80), 0))
        last = layers[-1].path
    layers.append(layer("classes", "Dense", [last], (10,)))
    root = find_hierarchy(network(layers, {"input": (28, 28, 3)}, "classes"))
    for unit in (part for part in root.children if part.id.startswith("unit")):
        of_branches = [child for child in unit.children if "branch" in child.leaves[0].cover]
        assert [child.layers for child in of_branches] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("name", "names"),
    [
        ("xception", "Block 1, Block 2, Block 3, Block 4, Blocks 5–12, Block 13, Block 14, Head"),
        ("inceptionresnetv2", "Stem, Mixed 5b, Block 35, Mixed 6a, Block 17, Mixed 7a, Block 8, Conv 7b, Head"),
        ("efficientnetb0", "Stem, Block 1, Block 2, Block 3, Block 4, Block 5, Block 6, Block 7, Head"),
        ("two inputs and outputs", "Look 1, Look 2, Look 3, Read 1, Read 2, join, Think 1–3, Kind, Age"),
        ("nested three deep", "left, right, classes"),
        ("500 layers", "Dense layers, Head"),
    ],
)
def test_blocks_are_called_as_a_person_would_write_it(name, names, any_network):
    root = find_hierarchy(any_network(name))
    assert ", ".join(child.name for child in root.children if child.kind != INPUT) == names


@pytest.mark.parametrize("name", [*TOP, *ZOO])
def test_blocks_beside_each_other_have_names_of_their_own(name, any_network):
    for part in find_hierarchy(any_network(name)).walk():
        names = [child.name for child in part.children]
        assert all(names.count(child.name) == 1 for child in part.children if child.children), names


def test_ways_between_the_same_ends_are_called_branches():
    root = find_hierarchy(five_branches())
    unit = next(child for child in root.children if child.is_block)
    assert [child.name for child in unit.children if child.is_block] == [f"Branch {k}" for k in (1, 2, 3, 4)]


def test_blocks_of_the_same_start_are_told_apart_by_what_all_their_layers_share():
    layers = []
    for name in ("stage1_down_conv", "stage1_down_bn", *(f"stage1_unit{k}_{part}" for k in (1, 2, 3) for part in "ab")):
        layers.append(layer(name, "Conv2D", [layers[-1].path if layers else "input"], (8, 8, 4)))
    drafts = [Draft("stage1", tuple(layers[:2])), Draft("stage1", tuple(layers[2:]))]
    assert spoken_names(drafts, ["stage1", "stage1"]) == ["Stage 1 down", "Stage 1"]


@pytest.mark.parametrize("name", ["nested three deep", "resnet50", "digits"])
def test_ways_to_all_blocks_are_those_to_each(any_network, name: str) -> None:
    hierarchy = find_hierarchy(any_network(name))
    ways = list(hierarchy.ways_to_blocks())
    assert [way[-1] for way in ways] == list(hierarchy.blocks)
    assert ways == [hierarchy.way_to(block.id) for block in hierarchy.blocks]

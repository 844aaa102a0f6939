"""Which layers are one block, what the blocks are called, and how they are edited."""

from __future__ import annotations

import json

import pytest

from nn_blender.core.blocks import units
from nn_blender.core.blocks.blocks import (
    block_of,
    from_dict,
    merge_blocks,
    rename_block,
    split_block,
    to_dict,
)
from nn_blender.core.blocks.finding import MOST_BLOCKS, find_blocks
from nn_blender.core.errors import UserError

SEEN = {
    "digits": "conv_1 (4) | conv_2 (3) | head (3)",
    "emotions": "stem (6) | stage 1 (9) | stage 2 (9) | stage 3 (9) | stage 4 (10) | head (2)",
    "vgg16": "block1 (3) | block2 (3) | block3 (4) | block4 (4) | block5 (4) | head (4)",
    "resnet50": "stem (6) | conv2 ×3 (32) | conv3 ×4 (42) | conv4 ×6 (62) | conv5 ×3 (32) | head (2)",
    "mobilenetv2": (
        "stem (3) | expanded_conv (5) | block_1–2 ×2 (18) | block_3–5 ×3 (27) | block_6–9 ×4 (36) | "
        "block_10–12 ×3 (26) | block_13–15 ×3 (27) | block_16 (8) | head (5)"
    ),
    "efficientnetb0": (
        "stem (6) | block1 (10) | block2 ×2 (29) | block3 ×2 (29) | block4 ×3 (44) | block5 ×3 (43) | "
        "block6 ×4 (59) | block7 (13) | head (6)"
    ),
    "efficientnetb7": (
        "stem (6) | block1 ×4 (46) | block2 ×7 (104) | block3 ×7 (104) | block4 ×10 (149) | block5 ×10 (148) | "
        "block6 ×13 (194) | block7 ×4 (58) | head (6)"
    ),
    "inceptionv3": (
        "stem (17) | stage 1 ×3 (69) | stage 2 (14) | stage 3 ×4 (128) | stage 4 (20) | stage 5 ×2 (62) | head (2)"
    ),
    "xception": (
        "block1 (6) | block2 (9) | block3 (10) | block4 (10) | block5–12 ×8 (80) | block13 (10) | block14 (6) | "
        "head (2)"
    ),
}
"""Blocks of real networks, with their number of layers."""


def seen(blocks):
    return " | ".join(f"{block.title} ({len(block.layers)})" for block in blocks)


def dense(count, units=16, start=0):
    names = ["dense" if k == 0 else f"dense_{k}" for k in range(start, start + count)]
    return [(name, "Dense", (units,), 100) for name in names]


def transformer(depth):
    rows = [("embedding", "Embedding", (64, 32), 1000)]
    for k in range(depth):
        before = rows[-1][0]
        rows += [
            (f"norm_a{k}", "LayerNormalization", (64, 32), 64),
            (f"multi_head_attention_{k}", "MultiHeadAttention", (64, 32), 4000, (f"norm_a{k}", f"norm_a{k}")),
            (f"add_a{k}", "Add", (64, 32), 0, (before, f"multi_head_attention_{k}")),
            (f"norm_b{k}", "LayerNormalization", (64, 32), 64),
            (f"dense_{2 * k + 1}", "Dense", (64, 128), 4000),
            (f"dense_{2 * k + 2}", "Dense", (64, 32), 4000),
            (f"add_b{k}", "Add", (64, 32), 0, (f"add_a{k}", f"dense_{2 * k + 2}")),
        ]
    return [*rows, ("pool", "GlobalAveragePooling1D", (32,), 0), ("classes", "Dense", (2,), 66)]


def unet(depth):
    rows, skips, number = [], [], 0

    def convolutions(size, filters):
        nonlocal number
        for _ in range(2):
            rows.append((f"conv2d_{number}", "Conv2D", (size, size, filters), 9 * filters))
            number += 1

    for k in range(depth):
        convolutions(128 >> k, 16 << k)
        skips.append(rows[-1][0])
        rows.append((f"max_pooling2d_{k}", "MaxPooling2D", (64 >> k, 64 >> k, 16 << k), 0))
    convolutions(128 >> depth, 16 << depth)
    for k in reversed(range(depth)):
        shape = (128 >> k, 128 >> k, 16 << k)
        rows.append((f"conv2d_transpose_{k}", "Conv2DTranspose", shape, 40))
        rows.append((f"concatenate_{k}", "Concatenate", (*shape[:2], 32 << k), 0, (rows[-1][0], skips.pop())))
        convolutions(128 >> k, 16 << k)
    return [*rows, ("mask", "Conv2D", (128, 128, 1), 17)]


@pytest.mark.parametrize("name", SEEN)
def test_a_reader_agrees_with_the_blocks_of_a_real_network(name, known_network):
    network = known_network(name)
    blocks = find_blocks(network)
    assert seen(blocks) == SEEN[name]
    assert [path for block in blocks for path in block.layers] == [layer.path for layer in network.layers]
    assert sum(block.parameters for block in blocks) == network.parameters
    assert sum(block.neurons for block in blocks) == network.neurons
    assert len({block.name for block in blocks}) == len(blocks)


def test_a_block_ends_where_its_stage_does(known_network):
    layers = {block.name: block.layers for block in find_blocks(known_network("resnet50"))}
    assert layers["conv3"][0].startswith("conv3_block1_")
    assert layers["conv3"][-1] == "conv3_block4_out"
    assert layers["head"] == ("avg_pool", "predictions")
    layers = {block.name: block.layers for block in find_blocks(known_network("vgg16"))}
    assert layers["block2"] == ("block2_conv1", "block2_conv2", "block2_pool")
    assert layers["head"] == ("flatten", "fc1", "fc2", "predictions")
    layers = {block.name: block.layers for block in find_blocks(known_network("digits"))}
    assert layers["conv_2"] == ("conv_2", "pool_2", "dropout")


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (dense(3), "dense (1) | dense_1 (1) | dense_2 (1)"),
        (dense(29) + dense(1, 10, 29), "dense ×29 (29) | head (1)"),
        (transformer(6), "embedding (1) | attention ×6 (42) | head (2)"),
        (
            unet(3),
            "stage 1 (3) | stage 2 (3) | stage 3 (3) | stage 4 (2) | "
            "stage 5 (4) | stage 6 (4) | stage 7 (4) | head (1)",
        ),
    ],
    ids=["few", "same", "transformer", "unet"],
)
def test_without_telling_names_structure_decides(rows, expected, make_network):
    assert seen(find_blocks(make_network(rows))) == expected


def test_sizes_that_are_open_leave_pooling_to_tell_stages_apart(make_network):
    rows = []
    for k in range(3):
        rows += [
            (f"conv2d_{2 * k}", "Conv2D", (-1, -1, 8 << k), 90),
            (f"conv2d_{2 * k + 1}", "Conv2D", (-1, -1, 8 << k), 90),
            (f"max_pooling2d_{k}", "MaxPooling2D", (-1, -1, 8 << k), 0),
        ]
    rows += [("pool", "GlobalAveragePooling2D", (32,), 0), ("classes", "Dense", (10,), 330)]
    assert seen(find_blocks(make_network(rows))) == "stage 1 (3) | stage 2 (3) | stage 3 (3) | head (2)"


def test_nested_models_are_blocks_and_a_large_one_alone_is_looked_into(known_network, make_network):
    two = [(f"{model}/{path}", *rest) for model in ("encoder", "decoder") for path, *rest in dense(4)]
    assert seen(find_blocks(make_network(two))) == "encoder (4) | decoder (4)"
    inside = known_network("resnet50").layers[:-1]
    rows = [("scale", "Rescaling", (224, 224, 3), 0)]
    rows += [
        (f"resnet50/{layer.path}", layer.class_name, layer.output_shape, layer.parameters,
         tuple(f"resnet50/{path}" for path in layer.inputs))
        for layer in inside
    ]  # fmt: skip
    rows += [("dropout", "Dropout", (2048,), 0), ("classes", "Dense", (5,), 10_245)]
    expected = "stem (7) | conv2 ×3 (32) | conv3 ×4 (42) | conv4 ×6 (62) | conv5 ×3 (32) | head (3)"
    assert seen(find_blocks(make_network(rows))) == expected


def test_models_that_repeat_are_one_block(make_network):
    rows = [("embedding", "Embedding", (64, 32), 100)]
    rows += [
        (f"layer_{k}/{name}", kind, (64, 32), 100)
        for k in range(5)
        for name, kind in (("attention", "MultiHeadAttention"), ("dense", "Dense"))
    ]
    rows += [("pool", "GlobalAveragePooling1D", (32,), 0)]
    assert seen(find_blocks(make_network(rows))) == "stem (1) | layer_0–4 ×5 (10) | head (1)"


def test_there_are_never_many_blocks(make_network):
    rows = []
    for k in range(60):
        size = 8 if k % 2 else 64
        rows.append((f"conv2d_{k}", "Conv2D", (size, size, k + 1), 10))
    network = make_network(rows)
    blocks = find_blocks(network)
    assert len(blocks) == MOST_BLOCKS
    assert max(len(block.layers) for block in blocks) <= 5
    assert [path for block in blocks for path in block.layers] == [layer.path for layer in network.layers]


def test_time_grows_with_the_number_of_layers_not_with_its_square(known_network, monkeypatch):
    calls = []
    alike = units.is_alike
    monkeypatch.setattr(units, "is_alike", lambda first, second: calls.append(first) or alike(first, second))
    compared = []
    for times in (50, 100):
        calls.clear()
        list(units.find_runs([units.Unit((layer,)) for layer in known_network("vgg16").layers * times]))
        compared.append(len(calls))
    assert compared[1] <= 2.1 * compared[0]


def test_a_shared_layers_weights_count_once_in_a_block(make_network):
    rows = [(path, "Dense", (4,), 20) for path in ("shared", "shared#1", "shared#2", "other")]
    block, head = find_blocks(make_network(rows))
    assert (block.parameters, block.neurons, head.parameters) == (20, 12, 20)


def test_merging_and_splitting_are_each_others_opposite(known_network):
    network = known_network("vgg16")
    blocks = find_blocks(network)
    merged = merge_blocks(blocks, network, 1, 2)
    assert seen(merged) == "block1 (3) | block2 (7) | block4 (4) | block5 (4) | head (4)"
    assert merged[1].parameters == blocks[1].parameters + blocks[2].parameters
    apart = split_block(merged, network, "block3_conv1")
    assert [block.layers for block in apart] == [block.layers for block in blocks]
    assert rename_block(apart, 2, " block3 ") == blocks


def test_what_is_split_still_says_what_repeats(make_network):
    network = make_network(dense(29) + dense(1, 10, 29))
    blocks = split_block(find_blocks(network), network, "dense_20")
    assert seen(blocks) == "dense ×20 (20) | dense_20 ×9 (9) | head (1)"


@pytest.mark.parametrize(
    ("edit", "code"),
    [
        (lambda blocks, network: merge_blocks(blocks, network, 5, 6), "blocks.nothing_to_merge"),
        (lambda blocks, network: merge_blocks(blocks, network, 2, 2), "blocks.nothing_to_merge"),
        (lambda blocks, network: split_block(blocks, network, "block3_conv1"), "blocks.nothing_to_split"),
        (lambda blocks, network: split_block(blocks, network, "nowhere"), "blocks.unknown_layer"),
        (lambda blocks, network: rename_block(blocks, 0, "head"), "blocks.bad_name"),
        (lambda blocks, network: rename_block(blocks, 0, "  "), "blocks.bad_name"),
    ],
)
def test_edits_that_make_no_sense_are_refused(edit, code, known_network):
    network = known_network("vgg16")
    with pytest.raises(UserError) as caught:
        edit(find_blocks(network), network)
    assert caught.value.code == code
    assert caught.value.fix


def test_blocks_survive_json(known_network):
    network = known_network("efficientnetb0")
    blocks = rename_block(merge_blocks(find_blocks(network), network, 2, 3), 2, "early")
    assert from_dict(json.loads(json.dumps(to_dict(blocks))), network) == blocks


def test_blocks_that_do_not_fit_the_network_are_refused(known_network):
    network = known_network("vgg16")
    good = to_dict(find_blocks(network))

    def changed(**values):
        return {"blocks": [{**good["blocks"][0], **values}, *good["blocks"][1:]]}

    other = to_dict(find_blocks(known_network("digits")))
    for bad in (
        None, [], {}, {"blocks": [3]}, {"blocks": []}, other, changed(layers=["block1_conv1"]), changed(name="head"),
        changed(name=""), changed(repeats=0), changed(repeats=4), changed(repeats="2"), changed(layers=None),
    ):  # fmt: skip
        with pytest.raises(UserError) as caught:
            from_dict(bad, network)
        assert caught.value.code == "blocks.unreadable"


def test_blocks_of_layers_that_do_not_follow_each_other_survive_json(known_network):
    network = known_network("vgg16")
    lanes = [block_of(name, network.layers[start::2]) for name, start in (("left", 0), ("right", 1))]
    assert from_dict(json.loads(json.dumps(to_dict(lanes))), network) == tuple(lanes)
    (merged,) = merge_blocks(lanes, network, 0, 1)
    assert merged.layers == tuple(layer.path for layer in network.layers)
    turned = {"blocks": [{"name": "all", "layers": list(merged.layers[::-1]), "repeats": 1}]}
    with pytest.raises(UserError):
        from_dict(turned, network)

"""Scenes of networks of every shape, as their own camera sees them: all of it, nothing over something else, legibly."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

import bpy
import numpy as np
import pytest
from known_networks import read_network
from network_zoo import ZOO
from seen import BOARD, BOOK, CAPTION, LABEL, LEGEND, SLAB, TITLE, Seen, seen_things

from nn_blender.core.blocks.opening import Opening
from nn_blender.core.inputs import decide_inputs
from nn_blender.core.network import Network
from nn_blender.core.outputs import decide_outputs
from nn_blender.core.recording import OutputResult, Recording, Sample, SampleValue
from nn_blender.scene.build import build_network
from nn_blender.scene.network.contents import Contents
from nn_blender.scene.opening.opening import open_blocks
from nn_blender.scene.stage.rendering import prepare_new_scene

FEW = ("digits", "inceptionv3", "unet", "two inputs and outputs", "nested three deep")
MANY = (
    "convnexttiny", "densenet121", "efficientnetb0", "efficientnetv2b0", "emotions", "inceptionresnetv2",
    "mobilenetv2", "mobilenetv3small", "nasnetmobile", "resnet50v2", "vgg16", "xception",
    "five branches", "transformer", "500 layers",
)  # fmt: skip
NAMES = FEW + MANY if os.environ.get("CI") else FEW
SLACK = 1e-4
"""Of the height of the picture."""
FULL_HD = 1080
READABLE = 14
"""Pixels."""
STATES: dict[str, Callable[[Opening], dict[str, float]]] = {
    "closed": lambda opening: {},
    "auto": lambda opening: dict(opening.opened),
    "open": lambda opening: {part.id: 1.0 for part in opening.root.blocks},
    "half open": lambda opening: {part.id: 0.5 for part in opening.root.blocks},
}


def made_contents(network: Network) -> Contents:
    """Made-up measurements of one sample, as an import has them."""
    random = np.random.default_rng(0)
    outputs = decide_outputs(network)
    values = [
        random.dirichlet(np.ones(layer.neurons if layer else 1))[np.newaxis].astype(np.float32)
        for layer in map(network.layer_of_output, network.outputs)
    ]
    values = [row if len(one.shape) < 3 else None for row, one in zip(values, outputs, strict=True)]
    activations = random.normal(0.3, 1.0, (1, network.neurons)).astype(np.float32)
    sample = Sample("sample", tuple(SampleValue("/sample.png") for _ in network.inputs))
    results = tuple(
        OutputResult(None, np.array([[0.0, 0.5, 1.0]], np.float32)) if row is None else OutputResult.of(row)
        for row in values
    )
    return Contents(
        network=network,
        recording=Recording((sample,), activations, values[0], results=results),
        inputs=decide_inputs(network),
        outputs=outputs,
    )


@pytest.fixture(scope="module", params=NAMES)
def built(request) -> tuple[bpy.types.Collection, Opening]:
    """A network as the command line imports it."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    prepare_new_scene(bpy.context.scene)
    network = ZOO[request.param]() if request.param in ZOO else read_network(request.param)
    contents = made_contents(network)
    opening = Opening.fresh(network, contents.inputs, contents.outputs, contents.classes, contents.answer_name)
    return build_network(bpy.context.scene, contents, "id-1", opening=opening), opening


@pytest.fixture
def empty_scene() -> None:
    """Scenes are built once for several tests here."""


@pytest.fixture(params=STATES)
def state(request, built) -> str:
    root, opening = built
    open_blocks(bpy.context.scene, root, STATES[request.param](opening))
    return request.param


def corners(things: Sequence[Seen]) -> np.ndarray:
    return np.array([thing.corners for thing in things]).reshape(-1, 4)


def overlaps(things: Sequence[Seen], others: Sequence[Seen]) -> list[tuple[str, str]]:
    first, second = corners(things), corners(others)
    meet = np.logical_and.reduce(
        [first[:, None, k] < second[None, :, k + 2] - SLACK for k in (0, 1)]
        + [second[None, :, k] < first[:, None, k + 2] - SLACK for k in (0, 1)]
    )
    return [(things[a].name, others[b].name) for a, b in np.argwhere(meet) if things[a] is not others[b]]


def test_everything_is_in_the_picture_and_apart(built, state):
    things, ratio = seen_things(bpy.context.scene)
    rects = corners(things)
    outside = (rects[:, :2] < -SLACK).any(axis=1) | (rects[:, 2:] > np.array([ratio, 1.0]) + SLACK).any(axis=1)
    assert not [thing for thing, is_outside in zip(things, outside, strict=True) if is_outside]
    apart = [thing for thing in things if thing.kind in (BOOK, SLAB, LABEL, BOARD, CAPTION, TITLE, LEGEND)]
    assert {BOOK, SLAB} & {thing.kind for thing in apart}
    assert not overlaps(apart, apart)


def test_the_picture_is_filled(built):
    root, opening = built
    open_blocks(bpy.context.scene, root, STATES["auto"](opening))
    things, ratio = seen_things(bpy.context.scene)
    rects = corners([thing for thing in things if thing.kind not in (TITLE, LEGEND)])
    width, height = rects[:, 2].max() - rects[:, 0].min(), rects[:, 3].max() - rects[:, 1].min()
    assert width > 0.8 * ratio or height > 0.8


def test_answers_can_be_read(built):
    root, opening = built
    open_blocks(bpy.context.scene, root, STATES["auto"](opening))
    assert all(board.letters * FULL_HD / opening.picture.frame.height >= READABLE for board in opening.picture.boards)

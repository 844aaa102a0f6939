"""Solid view: slabs and books have the colour of their mean activation, at every sample, and keep up with it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import bpy
import numpy as np
import pytest
from made import made_contents, made_hierarchy

from nn_blender.core.blocks.answers import answers_of
from nn_blender.core.blocks.covers import mean_magnitudes, page_glow, page_span
from nn_blender.core.blocks.opening import Opening
from nn_blender.scene.base import contract
from nn_blender.scene.base.curves import curves_of
from nn_blender.scene.base.find import objects
from nn_blender.scene.base.theme import Theme
from nn_blender.scene.base.themes import named_theme
from nn_blender.scene.build import build_network, update_network
from nn_blender.scene.network.contents import Contents
from nn_blender.scene.samples.timeline import set_timing
from nn_blender.scene.set_theme import set_theme

FRAMES = 24


@pytest.fixture
def contents(tmp_path: Path) -> Contents:
    return made_contents(tmp_path, frames_per_sample=FRAMES)


@pytest.fixture
def root(contents: Contents, build_once: Callable[..., bpy.types.Collection]) -> bpy.types.Collection:
    def build(scene: bpy.types.Scene, contents: Contents, network_id: str) -> bpy.types.Collection:
        answers = answers_of(contents.network, contents.outputs, contents.classes)
        hierarchy = made_hierarchy(contents)
        opening = Opening.of(contents.network, answers=answers, root=hierarchy, inputs=contents.inputs)
        return build_network(scene, contents, network_id, opening=opening)

    return build_once(build, contents, "id-1")


def glows(contents: Contents) -> dict[str, np.ndarray]:
    """Places on the ramp of positive values, float (samples,), by layer, from what was measured."""
    slices, values = contents.network.neuron_slices(), contents.recording.activations
    means = {path: mean_magnitudes(values[:, own]) for path, own in slices.items() if values[:, own].size}
    span = page_span(np.concatenate(list(means.values())))
    return {path: page_glow(own, span) for path, own in means.items()}


def on_ramp(place: float, theme: Theme) -> list[float]:
    stops = [stop for stop, _ in theme.glow.positive]
    return [float(np.interp(place, stops, [colour[k] for _, colour in theme.glow.positive])) for k in range(3)]


def shown(obj: bpy.types.Object, frame: int) -> list[float]:
    bpy.context.scene.frame_set(frame)
    return list(obj.color)[:3]


def book(root: bpy.types.Collection, block: str) -> bpy.types.Object:
    return next(obj for obj in objects(root, "book") if obj[contract.BLOCK] == block)


def of_back(own: dict[str, np.ndarray]) -> np.ndarray:
    return np.mean([own[layer] for layer in ("flat", "odd", "hidden") if layer in own], axis=0)


def test_slabs_and_books_have_the_colour_of_their_mean(root: bpy.types.Collection, contents: Contents) -> None:
    theme, own = named_theme("studio"), glows(contents)
    seen = set()
    for sample in range(3):
        for frame in (1 + sample * FRAMES, (sample + 1) * FRAMES):
            slab = next(objects(root, "slab", "output"))
            assert shown(slab, frame) == pytest.approx(on_ramp(own["output"][sample], theme), abs=1e-5)
            back = on_ramp(of_back(own)[sample], theme)
            assert shown(book(root, "back"), frame) == pytest.approx(back, abs=1e-5)
            seen.add(tuple(shown(book(root, "back"), 1 + sample * FRAMES)))
    assert len(seen) == 3


def test_colours_fade_as_values_do_and_follow_the_timing(root: bpy.types.Collection, contents: Contents) -> None:
    back, theme, place = book(root, "back"), named_theme("studio"), of_back(glows(contents))
    set_timing(bpy.context.scene, root, 10, 4)
    first, second = (np.array(on_ramp(place[k], theme)) for k in range(2))
    for frame, share in ((1, 0.0), (7, 0.0), (9, 0.5), (11, 1.0), (17, 1.0)):
        assert shown(back, frame) == pytest.approx((first + (second - first) * share).tolist(), abs=1e-5), frame
    set_timing(bpy.context.scene, root, 6, 0)
    for sample in range(3):
        assert shown(back, 6 * sample + 6) == pytest.approx(on_ramp(place[sample], theme), abs=1e-5)


def test_colours_are_those_of_the_theme(root: bpy.types.Collection, contents: Contents) -> None:
    paper = named_theme("paper")
    set_theme(bpy.context.scene, "paper")
    slab = next(objects(root, "slab", "output"))
    assert shown(slab, 1) == pytest.approx(on_ramp(glows(contents)["output"][0], paper), abs=1e-5)
    neurons = next(objects(root, "neurons", "output"))
    assert list(neurons.color)[:3] == pytest.approx(paper.surfaces.neuron.colour, abs=1e-5)
    wrong = next(obj for obj in objects(root, "label") if obj.get(contract.PART) == "wrong")
    assert list(wrong.color)[:3] == pytest.approx(paper.ink.wrong, abs=1e-5)


def test_colours_that_are_there_already_are_not_written_again(root: bpy.types.Collection, contents: Contents) -> None:
    slab = next(objects(root, "slab", "conv"))
    (curve, *_) = curves_of(slab)
    curve.lock = True  # Only a curve that is made anew has not kept this.
    update_network(bpy.context.scene, root, contents)
    assert curves_of(slab)[0].lock
    set_timing(bpy.context.scene, root, FRAMES + 1, 0)
    assert not any(curve.lock for curve in curves_of(slab))

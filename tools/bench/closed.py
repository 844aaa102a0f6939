"""Real networks whose blocks are all closed, beside the same with all of them open, and beside a million neurons."""

from __future__ import annotations

from collections.abc import Iterator

import bpy

from nn_blender.scene.base import contract
from nn_blender.scene.base.find import objects
from nn_blender.scene.opening.opening import open_blocks, require_opening

from .cases import FULLY_OPEN, MILLION, MILLION_NEURONS, Case
from .measuring import WrongScene, frame_step_milliseconds, hold_frames
from .models import import_closed
from .networks import build_scene
from .progress import say
from .rows import Measured
from .scenes import Shown, cycles_frame, held_check, show_all_tiers


def measure(case: Case) -> Iterator[Measured]:
    say("rendering a million neurons")
    build_scene(MILLION)
    million = {one.metric: one.value for one in cycles_frame()}
    root, imported = import_closed(case.name.removeprefix("closed-"), case.samples)
    scene = bpy.context.scene
    say("rendering it closed")
    for one in cycles_frame():
        yield Measured(one.metric, one.value, {**one.baselines, MILLION_NEURONS: million[one.metric]})
    recording, network = imported.contents.recording, imported.contents.network
    assert recording is not None, "images were run"
    _check_closed(root)
    frames = hold_frames(case.samples)
    closed = frame_step_milliseconds(scene.frame_set, frames, lambda _sample: _check_closed(root))
    say("opening all of it")
    open_blocks(scene, root, dict.fromkeys((block.id for block in require_opening(root)[1].root.blocks), 1.0))
    show_all_tiers(root)
    held = held_check(Shown(scene, root, network, recording.activations))
    opened = frame_step_milliseconds(scene.frame_set, frames, held)
    yield Measured("frame_ms", closed, {FULLY_OPEN: opened})


def _check_closed(root: bpy.types.Collection) -> None:
    """Only the layers that no block is around may be drawn."""
    drawn = {one.object.original for one in bpy.context.evaluated_depsgraph_get().object_instances}
    for obj in objects(root, "neurons"):
        if obj in drawn and contract.SHOWN_OPEN in obj:
            raise WrongScene(f"{obj[contract.LAYER]} is drawn inside a closed block")

"""The Timing panel: how long each sample is shown."""

from __future__ import annotations

from typing import Any

import bpy

from ...scene.samples.timeline import fade_frames, frames_per_sample, sample_count, set_timing
from ..common.active import active_network, root_of
from ..common.rooms import SAMPLES
from ..common.sidebar import ClosedPanel, draw_facts, fields


def _get_frames(self: NN_PG_timing) -> int:
    return frames_per_sample(root_of(self))


def _set_frames(self: NN_PG_timing, frames: int) -> None:
    set_timing(bpy.context.scene, root_of(self), frames, fade_frames(root_of(self)))


def _get_fade(self: NN_PG_timing) -> int:
    return fade_frames(root_of(self))


def _set_fade(self: NN_PG_timing, fade: int) -> None:
    set_timing(bpy.context.scene, root_of(self), frames_per_sample(root_of(self)), fade)


class NN_PG_timing(bpy.types.PropertyGroup):
    frames: bpy.props.IntProperty(  # type: ignore[valid-type]
        name="Frames per Sample",
        description="How many frames each sample is shown. Markers and the end of the scene move along",
        get=_get_frames,
        set=_set_frames,
        min=1,
        soft_max=240,
        max=4096,
        options=set(),
    )
    fade: bpy.props.IntProperty(  # type: ignore[valid-type]
        name="Fade Frames",
        description="How many of these frames fade to the next sample; at least one frame does not fade",
        get=_get_fade,
        set=_set_fade,
        min=0,
        soft_max=120,
        max=4095,
        options=set(),
    )


class NN_PT_timing(ClosedPanel, bpy.types.Panel):
    bl_label = "Timing"
    bl_order = 30
    room = SAMPLES

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        root, scene = active_network(context), context.scene
        column = fields(layout)
        column.prop(root.nn.timing, "frames")
        column.prop(root.nn.timing, "fade")
        rate = scene.render.fps / scene.render.fps_base
        each = frames_per_sample(root)
        draw_facts(
            layout,
            ("Per Sample", f"{each / rate:.2f} s at {rate:.4g} fps"),
            ("In All", f"{each * sample_count(root) / rate:.1f} s"),
        )
        is_playing = context.screen is not None and context.screen.is_animation_playing
        icon: Any = "PAUSE" if is_playing else "PLAY"
        layout.operator("screen.animation_play", text="Pause" if is_playing else "Play", icon=icon)


CLASSES = (NN_PG_timing, NN_PT_timing)


class OnNetwork:
    timing: bpy.props.PointerProperty(type=NN_PG_timing)  # type: ignore[valid-type]

"""Brings samples that the network gets wrong into the scene, where more were measured than are shown."""

from __future__ import annotations

from dataclasses import replace

import bpy

from ...core.description.description import Description
from ...core.samples.options import SHOWN_AT_MOST
from ...scene.network.description import read_description
from ..common.active import active_network
from ..common.knowing import known_description
from ..common.needs import StartsJob
from .input_operators import launch_measuring, reason_against_measuring
from .input_settings import edited_options


def wrong_elsewhere(about: Description) -> int:
    """How many measured samples the intact network gets wrong that are not in the scene."""
    return _wrong(about) - sum(shown.answer.right is False for shown in about.samples)


def _wrong(about: Description) -> int:
    """How many measured samples the intact network gets wrong."""
    return 0 if about.accuracy is None else about.labelled - about.right


class NN_OT_bring_wrong(StartsJob, bpy.types.Operator):
    """Show the samples that the intact network gets wrong, in place of right ones: the network runs again"""

    bl_idname = "nn.bring_wrong"
    bl_label = "Bring Into the Scene"

    @classmethod
    def reason_against(cls, root: bpy.types.Collection) -> str:
        """Why no wrong samples can be brought into the scene; empty where they can."""
        about, reason = known_description(root), reason_against_measuring(root)
        if about is None or reason:
            return reason
        if not wrong_elsewhere(about):
            return "All samples that the network gets wrong are in the scene"
        if len(about.samples) == SHOWN_AT_MOST and all(shown.answer.right is False for shown in about.samples):
            return f"A scene holds at most {SHOWN_AT_MOST:,} samples"
        return ""

    def execute(self, context: bpy.types.Context) -> set[str]:
        root = active_network(context)
        settings, wrong = root.nn.input, _wrong(read_description(root))
        settings.order, settings.shown = "wrong", min(max(settings.shown, wrong), SHOWN_AT_MOST)
        return launch_measuring(self, root)


class NN_OT_bring_sample(StartsJob, bpy.types.Operator):
    """Show this sample in the scene, in place of the last one: the network runs again"""

    bl_idname = "nn.bring_sample"
    bl_label = "Bring Sample Into the Scene"

    name: bpy.props.StringProperty(  # type: ignore[valid-type]
        name="Name", description="Name of a sample that was measured", options={"SKIP_SAVE"}
    )

    @classmethod
    def reason_against(cls, root: bpy.types.Collection) -> str:
        return reason_against_measuring(root)

    def execute(self, context: bpy.types.Context) -> set[str]:
        root = active_network(context)
        options = edited_options(root)
        names = dict.fromkeys((self.name, *options.first))
        return launch_measuring(self, root, replace(options, first=(*names,)[: options.shown]))


CLASSES = (NN_OT_bring_wrong, NN_OT_bring_sample)

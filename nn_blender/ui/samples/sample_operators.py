"""The operator that goes to a sample, from wherever samples are named."""

from __future__ import annotations

import bpy

from ...scene.samples.timeline import has_samples, sample_count, show_sample
from ..common.active import active_network
from ..common.choices import choose_sample, kept_choices
from ..common.needs import NeedsReason


class NN_OT_go_to_sample(NeedsReason, bpy.types.Operator):
    """Go to the frame that shows this sample"""

    bl_idname = "nn.go_to_sample"
    bl_label = "Go to Sample"

    sample: bpy.props.IntProperty(  # type: ignore[valid-type]
        name="Sample", description="Number of the sample in the scene, from 0", min=0, options={"SKIP_SAVE"}
    )
    inspect: bpy.props.BoolProperty(  # type: ignore[valid-type]
        name="Inspect", description="Let the inspector show the sample too", options={"SKIP_SAVE"}
    )

    @classmethod
    def reason_against(cls, root: bpy.types.Collection) -> str:
        return "" if has_samples(root) else "The network was imported without samples"

    @classmethod
    def description(cls, context: bpy.types.Context, properties: bpy.types.OperatorProperties) -> str:
        shown = sample_count(active_network(context))
        if properties.sample < shown:
            return "Go to the frame that shows this sample"
        return f"This sample is not in the scene, which shows {shown}: show more or pick others, and measure again"

    def execute(self, context: bpy.types.Context) -> set[str]:
        root = active_network(context)
        if self.sample >= sample_count(root):
            self.report({"ERROR"}, f"The scene has samples 0 to {sample_count(root) - 1}")
            return {"CANCELLED"}
        if self.inspect:
            choose_sample(root, self.sample)
        else:
            show_sample(context.scene, root, self.sample)
            kept_choices.keep_frame(context.scene)
        return {"FINISHED"}


CLASSES = (NN_OT_go_to_sample,)

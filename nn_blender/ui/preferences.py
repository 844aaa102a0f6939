"""Preferences of the extension: where TensorFlow is."""

from __future__ import annotations

import bpy

from ..actions.settings import EXTENSION
from .jobs import jobs


class NN_AP_preferences(bpy.types.AddonPreferences):
    bl_idname = EXTENSION

    python: bpy.props.StringProperty(  # type: ignore[valid-type]
        name="Python with TensorFlow",
        description="Interpreter that has TensorFlow and Keras; networks are computed by it, outside Blender",
        subtype="FILE_PATH",
    )

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        layout.use_property_split = True
        row = layout.row(align=True)
        row.prop(self, "python")
        row.operator("nn.check_python", text="Check", icon="CHECKMARK")
        jobs.draw(layout)
        if jobs.verdict:
            layout.label(text=jobs.verdict, icon="CHECKMARK")


CLASSES = (NN_AP_preferences,)

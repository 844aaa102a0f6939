"""Preferences of the extension: where TensorFlow is."""

from __future__ import annotations

from pathlib import Path

import bpy

from .jobs import jobs

EXTENSION = __package__.removesuffix(".ui").removesuffix(".nn_blender")
"""What Blender calls this extension: the package around ours, which holds the manifest."""


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


def worker_python() -> Path | None:
    """The interpreter chosen in the preferences; None where none is."""
    extension = bpy.context.preferences.addons.get(EXTENSION)
    python = extension.preferences.python if extension and extension.preferences else ""
    return Path(bpy.path.abspath(python)) if python else None


CLASSES = (NN_AP_preferences,)

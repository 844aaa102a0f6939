"""Preferences of the extension: where TensorFlow is, and setting it up."""

from __future__ import annotations

import shutil

import bpy

from ...actions.settings import EXTENSION, chosen_python, environment, may_go_online, preferences, worker_python
from ...actions.tensorflow import choose_variant
from ...core.errors import UserError
from ...core.protocol import MEMORY_PERCENT
from ...engine.tensorflow.builds import MB, VARIANTS
from ...engine.tensorflow.environment import Environment, Status
from ...engine.worker import SETTINGS
from ..common.jobs import draw_keras_2_button, jobs
from ..common.sidebar import draw_lines
from .allowed_code import draw_allowed_code
from .last_check import checks

WIDE = 90


class NN_AP_preferences(bpy.types.AddonPreferences):
    bl_idname = EXTENSION

    python: bpy.props.StringProperty(  # type: ignore[valid-type]
        name="Python with TensorFlow",
        description="Existing Python that has TensorFlow and Keras, used instead of the extension's own environment. "
        "Leave empty to use the environment that is set up here",
        subtype="FILE_PATH",
    )
    variant: bpy.props.EnumProperty(  # type: ignore[valid-type]
        name="Build",
        description="Which build of TensorFlow to download",
        items=[(variant.name, variant.label, f"TensorFlow for {variant.label}") for variant in VARIANTS],
    )
    base_python: bpy.props.StringProperty(  # type: ignore[valid-type]
        name="Base Python",
        description="Python 3.11 to 3.13 to build the environment on. "
        "If empty, Blender's own or another one on this computer is used",
        subtype="FILE_PATH",
    )
    pip_arguments: bpy.props.StringProperty(  # type: ignore[valid-type]
        name="Pip Arguments",
        description="Added to “pip install”, for example to use your own package index or a proxy",
    )

    memory_percent: bpy.props.IntProperty(  # type: ignore[valid-type]
        name="Memory Limit",
        description="How much of the computer's memory TensorFlow's process of a network may have. "
        "A process that needs more is ended with an error. Takes effect when a process is started",
        default=75,
        min=5,
        max=95,
        subtype="PERCENTAGE",
        update=lambda self, _: apply_memory_limit(self),
    )

    render_times: bpy.props.StringProperty(  # type: ignore[valid-type]
        name="Render Times", description="What the last picture took, by render engine", options={"HIDDEN"}
    )

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        layout.use_property_split = True
        _draw_state(layout.box())
        _draw_existing(layout.box(), self)
        _draw_environment(layout.box(), self)
        layout.prop(self, "memory_percent")
        layout.separator()
        draw_allowed_code(layout, WIDE)


def apply_memory_limit(chosen: NN_AP_preferences) -> None:
    SETTINGS[MEMORY_PERCENT] = str(chosen.memory_percent)


def start() -> None:
    chosen = preferences()
    if chosen is not None:
        apply_memory_limit(chosen)


def stop() -> None:
    SETTINGS.pop(MEMORY_PERCENT, None)


def draw_offline_hint(layout: bpy.types.UILayout) -> None:
    """Why nothing can be downloaded, and where to change that."""
    column = layout.column(align=True)
    column.label(text="Online access is off.", icon="INTERNET_OFFLINE")
    column.label(text="Turn it on to download TensorFlow.", icon="BLANK1")
    column.operator("nn.open_network_preferences", icon="PREFERENCES")


def draw_set_up_button(layout: bpy.types.UILayout) -> None:
    """The button that sets TensorFlow up, with what it costs."""
    try:
        variant = choose_variant(None)
    except UserError as error:
        layout.label(text=error.message, icon="ERROR")
        return
    layout.operator("nn.set_up_tensorflow", icon="IMPORT")
    layout.label(
        text=f"Downloads {variant.size_to_download // MB} MB, takes {variant.size_on_disk / MB / 1000:.1f} GB."
    )


def _draw_state(box: bpy.types.UILayout) -> None:
    """Whether TensorFlow can be used, which one that is, and what is going on; else the button that sets it up."""
    python, own = worker_python(), environment()
    if python is not None and shutil.which(python) is None:
        draw_lines(box, f"There is no Python at {python}. Choose another one, or leave the path empty.", "ERROR", WIDE)
    elif python is None:
        box.label(text=_describe(own), icon="INFO")
        _draw_way_to_environment(box, own.status)
    else:
        box.label(text=_describe(own), icon="CHECKMARK" if chosen_python() or own.status is Status.READY else "INFO")
        last = checks.of(python)
        draw_lines(box, f"Python: {python}", "BLANK1", WIDE)
        said = f"{last.verdict} Checked at {last.at}." if last else "Not checked since Blender was started."
        draw_lines(box, said, "BLANK1", WIDE)
        box.operator("nn.check_python", text="Check", icon="FILE_REFRESH")
    jobs.draw_progress(box)
    jobs.draw_error(box, WIDE)


def _draw_way_to_environment(box: bpy.types.UILayout, status: Status) -> None:
    if not may_go_online():
        draw_offline_hint(box)
    elif status is Status.ABSENT:
        draw_set_up_button(box)
    else:
        box.operator("nn.set_up_tensorflow", text="Repair", icon="TOOL_SETTINGS").repair = True


def _draw_existing(box: bpy.types.UILayout, chosen: NN_AP_preferences) -> None:
    """A path is long, so it has the whole width."""
    box.label(text="Use an Existing Python that has TensorFlow and Keras:")
    row = box.row()
    row.use_property_split = False
    row.prop(chosen, "python", text="")


def _draw_environment(box: bpy.types.UILayout, chosen: NN_AP_preferences) -> None:
    """The environment that is set up here."""
    own = environment()
    is_unused = chosen_python() is not None and own.status is not Status.ABSENT
    box.label(text="The Extension's Own Environment" + (" (not used)" if is_unused else ""))
    for name in ("variant", "base_python", "pip_arguments"):
        box.prop(chosen, name)
    if own.status is Status.ABSENT:
        if chosen_python() is not None:
            draw_set_up_button(box)
        return
    row = box.row()
    row.operator("nn.set_up_tensorflow", text="Repair", icon="TOOL_SETTINGS").repair = True
    row.operator("nn.remove_tensorflow", icon="TRASH")
    if own.has_keras_2:
        box.label(text="Keras 2 is there too.", icon="CHECKMARK")
    else:
        draw_keras_2_button(box)
    box.operator("nn.open_setup_log", icon="TEXT")


def _describe(own: Environment) -> str:
    """In a sentence which TensorFlow is used, or why none can be."""
    if chosen_python() is not None:
        return "An existing Python with TensorFlow is used."
    return {
        Status.ABSENT: "TensorFlow is not set up.",
        Status.INCOMPLETE: "TensorFlow's set-up was interrupted. Repair resumes it.",
        Status.DAMAGED: "TensorFlow's environment lacks files. Repair restores them.",
        Status.OUTDATED: "TensorFlow works, but its packages are out of date. Repair updates them.",
        Status.READY: f"TensorFlow {own.tensorflow} is set up.",
    }[own.status]


CLASSES = (NN_AP_preferences,)

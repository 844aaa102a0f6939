"""Operators that set TensorFlow up, check it and remove it."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import bpy

from ...actions.settings import EXTENSION, environment, may_go_online, preferences, worker_python
from ...actions.tensorflow import SetUpOptions, remove_tensorflow, set_up_tensorflow
from ...engine.tensorflow.environment import Status
from ...engine.tensorflow.interpreter import InterpreterReport, check
from ..common.jobs import jobs
from .last_check import Check, checks


class NN_OT_set_up_tensorflow(bpy.types.Operator):
    """Download TensorFlow into an environment of its own, separate from Blender's Python, or repair that environment"""

    bl_idname = "nn.set_up_tensorflow"
    bl_label = "Set Up TensorFlow"

    repair: bpy.props.BoolProperty(  # type: ignore[valid-type]
        name="Repair", description="Check every installed file and replace damaged ones", options={"SKIP_SAVE"}
    )
    with_keras_2: bpy.props.BoolProperty(  # type: ignore[valid-type]
        name="With Keras 2",
        description="Add Keras 2, which runs those old models that Keras 3 cannot",
        options={"SKIP_SAVE"},
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not may_go_online():
            cls.poll_message_set("Enable Preferences > System > Network > Allow Online Access first")
            return False
        return jobs.poll(cls)

    def execute(self, context: bpy.types.Context) -> set[str]:
        chosen = preferences()
        options = SetUpOptions(repair=self.repair, with_keras_2=self.with_keras_2)
        if chosen:
            base = Path(bpy.path.abspath(chosen.base_python)) if chosen.base_python else None
            options = replace(options, variant=chosen.variant, base_python=base, pip_arguments=chosen.pip_arguments)
        return jobs.launch(self, set_up_tensorflow(options), "Set up TensorFlow")


class NN_OT_remove_tensorflow(bpy.types.Operator):
    """Delete the environment with TensorFlow that was set up here"""

    bl_idname = "nn.remove_tensorflow"
    bl_label = "Remove"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if environment().status is Status.ABSENT:
            cls.poll_message_set("TensorFlow is not set up")
            return False
        return jobs.poll(cls)

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> Any:
        return context.window_manager.invoke_confirm(self, event)

    def execute(self, context: bpy.types.Context) -> set[str]:
        return jobs.launch(self, remove_tensorflow(), "Remove TensorFlow")


class NN_OT_check_python(bpy.types.Operator):
    """Start the Python in use and report its versions of TensorFlow and Keras"""

    bl_idname = "nn.check_python"
    bl_label = "Check Python"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if worker_python() is None:
            cls.poll_message_set("Set up TensorFlow first, or choose a Python that has it")
            return False
        return jobs.poll(cls)

    def execute(self, context: bpy.types.Context) -> set[str]:
        checks.last = None
        return jobs.launch(self, check(worker_python()), "Check Python", on_done=_keep_verdict)


class NN_OT_open_setup_log(bpy.types.Operator):
    """Open the log of TensorFlow's set-up in the text editor"""

    bl_idname = "nn.open_setup_log"
    bl_label = "Show Log"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not environment().log.is_file():
            cls.poll_message_set("TensorFlow has not been set up yet, so there is no log")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        text = bpy.data.texts.load(str(environment().log), internal=True)
        self.report({"INFO"}, f"Opened the log in the text editor as {text.name}")
        return {"FINISHED"}


class NN_OT_open_preferences(bpy.types.Operator):
    """Show the preferences of this extension"""

    bl_idname = "nn.open_preferences"
    bl_label = "Open Preferences"

    def execute(self, context: bpy.types.Context) -> set[str]:
        bpy.ops.preferences.addon_show(module=EXTENSION)
        return {"FINISHED"}


class NN_OT_open_network_preferences(bpy.types.Operator):
    """Show the preference that allows Blender to go online"""

    bl_idname = "nn.open_network_preferences"
    bl_label = "Open Network Preferences"

    def execute(self, context: bpy.types.Context) -> set[str]:
        bpy.ops.screen.userpref_show(section="SYSTEM")
        return {"FINISHED"}


def _keep_verdict(report: InterpreterReport) -> None:
    checks.last = Check(report.python, report.verdict, time.strftime("%H:%M"))


CLASSES = (
    NN_OT_set_up_tensorflow,
    NN_OT_remove_tensorflow,
    NN_OT_check_python,
    NN_OT_open_setup_log,
    NN_OT_open_preferences,
    NN_OT_open_network_preferences,
)

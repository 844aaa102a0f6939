"""Operators that edit what is shown to the network, and measure it again."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import Any

import bpy

from ...actions.network.measure_again import measure_again
from ...actions.settings import worker_python
from ...core.errors import UserError
from ...core.samples.finding import ARRAYS, PICTURES, TEXTS
from ...core.samples.options import MeasureOptions
from ...engine.jobs import Progress
from ...scene.base import contract
from ..common.active import active_network, network_by_id
from ..common.jobs import jobs
from ..common.needs import NeedsDescription, StartsJob, reason_against_running
from ..common.paths import absolute, optional_path
from ..common.reruns import run_now
from ..common.sidebar import NeedsNetwork
from .input_settings import adopt, edited_options, edited_preprocessing, is_edited, is_model_missing

SAMPLE_FILES = (*PICTURES, *ARRAYS, *TEXTS)


class NN_OT_add_test_images(NeedsNetwork, bpy.types.Operator):
    """Add images or array files to the samples that are run through the network"""

    bl_idname = "nn.add_test_images"
    bl_label = "Add Files"
    bl_options = {"REGISTER", "UNDO"}

    directory: bpy.props.StringProperty(  # type: ignore[valid-type]
        subtype="DIR_PATH", options={"SKIP_SAVE", "HIDDEN"}
    )
    files: bpy.props.CollectionProperty(  # type: ignore[valid-type]
        type=bpy.types.OperatorFileListElement, options={"SKIP_SAVE", "HIDDEN"}
    )
    filter_glob: bpy.props.StringProperty(  # type: ignore[valid-type]
        default="".join(f"*{ending};" for ending in SAMPLE_FILES), options={"HIDDEN"}
    )

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        names = [element.name for element in self.files if element.name]
        if not names:
            self.report({"WARNING"}, "No file was chosen")
            return {"CANCELLED"}
        _add_paths(active_network(context), [str(Path(self.directory) / name) for name in names])
        return {"FINISHED"}


class NN_OT_add_test_folder(NeedsNetwork, bpy.types.Operator):
    """Add a folder of samples, or of folders named after their class, to those that are run through the network"""

    bl_idname = "nn.add_test_folder"
    bl_label = "Add Folder"
    bl_options = {"REGISTER", "UNDO"}

    directory: bpy.props.StringProperty(  # type: ignore[valid-type]
        subtype="DIR_PATH", options={"SKIP_SAVE", "HIDDEN"}
    )
    filter_folder: bpy.props.BoolProperty(default=True, options={"HIDDEN"})  # type: ignore[valid-type]

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        if not self.directory:
            self.report({"WARNING"}, "No folder was chosen")
            return {"CANCELLED"}
        _add_paths(active_network(context), [self.directory])
        return {"FINISHED"}


class NN_OT_remove_test_images(NeedsNetwork, bpy.types.Operator):
    """Remove the chosen entry from the list. The files are not touched"""

    bl_idname = "nn.remove_test_images"
    bl_label = "Remove"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not super().poll(context):
            return False
        settings = active_network(context).nn.input
        if not 0 <= settings.sample < len(settings.samples):
            cls.poll_message_set("Choose an entry in the list first")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        settings = active_network(context).nn.input
        settings.samples.remove(settings.sample)
        settings.sample = max(min(settings.sample, len(settings.samples) - 1), 0)
        return {"FINISHED"}


class NN_OT_reset_input(NeedsDescription, bpy.types.Operator):
    """Go back to the settings that the scene was measured with"""

    bl_idname = "nn.reset_input"
    bl_label = "Reset"
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        adopt(active_network(context))
        return {"FINISHED"}


class NN_OT_measure_again(StartsJob, bpy.types.Operator):
    """Run the network with these settings and update the scene. Only what has changed is computed"""

    bl_idname = "nn.measure_again"
    bl_label = "Measure Again"

    @classmethod
    def reason_against(cls, root: bpy.types.Collection) -> str:
        """Why there is nothing to measure again, or why it cannot be done; empty where it can."""
        reason = reason_against_measuring(root)
        if not reason and not is_edited(root) and not is_model_missing(root):
            return "The scene already shows these settings"
        return reason

    def execute(self, context: bpy.types.Context) -> set[str]:
        return launch_measuring(self, active_network(context))


def reason_against_measuring(root: bpy.types.Collection) -> str:
    """Why a network cannot be measured with its settings; empty where it can."""
    reason = reason_against_running(root)
    if reason:
        return reason
    model = root.nn.input.model
    if is_model_missing(root) and not (model and absolute(model).exists()):
        return "The model file is missing: choose where it is now"
    try:
        edited_preprocessing(root)
    except UserError as error:
        return error.message
    return ""


def launch_measuring(
    operator: bpy.types.Operator, root: bpy.types.Collection, options: MeasureOptions | None = None
) -> set[str]:
    """For the execute of operators: measure a network, with its settings or others, and show that in the scene."""
    model = optional_path(root.nn.input.model)
    again = _measure(worker_python(), root[contract.NETWORK], options or edited_options(root), model)
    return jobs.launch(operator, again, NN_OT_measure_again.bl_label, on_done=_finish)


def _measure(
    python: Path, network_id: str, options: MeasureOptions, model: Path | None
) -> Generator[Progress, None, None]:
    yield from measure_again(python, network_by_id(network_id), options, model)
    adopt(network_by_id(network_id))


def _finish(_: None) -> None:
    """What the switches change is computed anew too; all of it is one step of undo, none where measuring fails."""
    run_now(NN_OT_measure_again.bl_label)


def _add_paths(root: bpy.types.Collection, paths: list[str]) -> None:
    settings = root.nn.input
    for path in paths:
        settings.samples.add().path = path
    settings.sample = len(settings.samples) - 1


CLASSES: tuple[Any, ...] = (
    NN_OT_add_test_images,
    NN_OT_add_test_folder,
    NN_OT_remove_test_images,
    NN_OT_reset_input,
    NN_OT_measure_again,
)

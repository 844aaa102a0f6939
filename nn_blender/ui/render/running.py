"""Render Picture and Render Film: to a file that is named beforehand, in Blender's own render window."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bpy

from ...actions.literal_paths import literal
from ...actions.render import (
    RenderOptions,
    make_folder,
    render_animation,
    render_still,
    require_content,
    set_output,
)
from ...core.errors import UserError
from ...scene.stage import rendering
from ..common.active import active_network, title_of
from ..common.jobs import jobs, report_error
from ..common.sidebar import NeedsNetwork

LOOK = 0.2
"""Seconds between two looks at whether the render is over."""


def render_folder(scene: bpy.types.Scene) -> Path:
    """Where pictures and films go: the chosen folder, else ``renders`` beside the saved file, else the user's home."""
    chosen: str = scene.nn.render.folder  # type: ignore[attr-defined]
    if chosen:
        return Path(bpy.path.abspath(chosen))
    saved = bpy.data.filepath
    return Path(saved).parent / "renders" if saved else Path.home() / "renders"


def next_file(folder: Path, name: str, suffix: str) -> Path:
    """The first of ``name-1``, ``name-2`` … with the suffix that does not exist yet: nothing is ever replaced."""
    number = 1
    while (file := folder / f"{name}-{number}{suffix}").exists():
        number += 1
    return file


def picture_file(context: bpy.types.Context) -> Path:
    return next_file(render_folder(context.scene), _network_name(context), ".png")


def film_output(context: bpy.types.Context) -> Path:
    """A video, or a folder of numbered pictures where this Blender writes no videos."""
    return next_file(
        render_folder(context.scene),
        f"{_network_name(context)}-film",
        ".mp4" if bpy.app.build_options.codec_ffmpeg else "",
    )


class RendersFile(NeedsNetwork):
    """For the two operators that render in the window."""

    bl_options = {"REGISTER"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not super().poll(context):
            return False
        operator: Any = cls
        if context.scene.camera is None:
            operator.poll_message_set("The scene has no camera. Add one, or press Frame Network's camera button")
            return False
        if bpy.app.is_job_running("RENDER"):
            operator.poll_message_set("Wait for the render to finish, or cancel it")
            return False
        return jobs.poll(operator)


class NN_OT_render_picture(RendersFile, bpy.types.Operator):
    """Render the current frame to a new PNG file in the folder that the panel Render names. Esc cancels"""

    bl_idname = "nn.render_picture"
    bl_label = "Render Picture"

    def execute(self, context: bpy.types.Context) -> set[str]:
        return _start(self, context, picture_file(context), is_film=False)


class NN_OT_render_film(RendersFile, bpy.types.Operator):
    """Render all frames of the scene to a new film in the folder that the panel Render names. Esc cancels"""

    bl_idname = "nn.render_film"
    bl_label = "Render Film"

    def execute(self, context: bpy.types.Context) -> set[str]:
        return _start(self, context, film_output(context), is_film=True)


def _start(operator: Any, context: bpy.types.Context, output: Path, is_film: bool) -> set[str]:
    scene = context.scene
    before = rendering.output_settings(scene)
    if bpy.app.background:
        # There is no window to render in; Blender waits until it is done.
        try:
            (render_animation if is_film else render_still)(scene, output, RenderOptions())
        except UserError as error:
            return report_error(operator, error)
        finally:
            rendering.restore_output(scene, before)
        operator.report({"INFO"}, f"Rendered {output}")
        return {"FINISHED"}
    try:
        make_folder(output if is_film and not rendering.is_video(output) else output.parent)
    except UserError as error:
        return report_error(operator, error)
    jobs.error = None
    place = contextlib.ExitStack()
    set_output(scene, place.enter_context(literal(output)), is_film)
    started = bpy.ops.render.render("INVOKE_DEFAULT", animation=is_film, write_still=not is_film)
    if "CANCELLED" in started:
        rendering.restore_output(scene, before)
        place.close()
        return report_error(
            operator, UserError("render.failed", "Blender did not start to render.", "See its console.")
        )

    def finish() -> None:
        place.close()
        if scene_name in bpy.data.scenes:
            rendering.restore_output(bpy.data.scenes[scene_name], before)
            _finish(bpy.data.scenes[scene_name], output, is_film)

    scene_name = scene.name
    _after_render(finish)
    return {"FINISHED"}


def _after_render(finish: Callable[[], None]) -> None:
    """Call a function once the render is over."""

    def look() -> float | None:
        if bpy.app.is_job_running("RENDER"):
            return LOOK
        finish()
        return None

    bpy.app.timers.register(look, first_interval=LOOK)


def _finish(scene: bpy.types.Scene, output: Path, is_film: bool) -> None:
    is_folder = is_film and not rendering.is_video(output)
    written = [*output.glob("*.png")] if is_folder else [output] if output.exists() else []
    try:
        require_content(output, written)
    except UserError as error:
        # Who cancels knows it.
        jobs.error = error if written else None
        return
    scene.nn.render.written = str(output)  # type: ignore[attr-defined]


def _network_name(context: bpy.types.Context) -> str:
    return bpy.path.clean_name(title_of(active_network(context)))


class NN_OT_open_render_folder(bpy.types.Operator):
    """Open the folder for pictures and films"""

    bl_idname = "nn.open_render_folder"
    bl_label = "Open Folder"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not render_folder(context.scene).is_dir():
            cls.poll_message_set("Nothing was rendered there yet")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        bpy.ops.wm.path_open(filepath=str(render_folder(context.scene)))
        return {"FINISHED"}


CLASSES = (NN_OT_render_picture, NN_OT_render_film, NN_OT_open_render_folder)

"""Render what a scene shows: a still or its frames."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy

from ..core.errors import UserError
from ..core.texts import operator_reason
from ..scene.stage import rendering
from .literal_paths import literal


@dataclass(frozen=True)
class RenderOptions:
    """How to render.

    Attributes:
        engine: ``cycles``, ``eevee`` or ``workbench``; None keeps the scene's.
        size: width and height in pixels; None keeps the scene's.
        samples: per pixel; None keeps the scene's.
        frames: first and last frame of an animation; None takes the scene's.
    """

    engine: str | None = None
    size: tuple[int, int] | None = None
    samples: int | None = None
    frames: tuple[int, int] | None = None


def check_output(output: Path, is_animation: bool) -> None:
    """Whether the kind of file fits what is to be rendered, before any time is spent on it.

    Raises:
        UserError: code ``render.output``.
    """
    suffix = output.suffix.lower()
    videos = ", ".join(rendering.VIDEOS)
    if is_animation and suffix and suffix not in rendering.VIDEOS:
        raise UserError("render.output", f"{output} is not a video file.", f"Name a file with {videos}, or a folder.")
    if not is_animation and suffix != ".png":
        more = " Add --animation for a film." if suffix in rendering.VIDEOS else ""
        raise UserError("render.output", f"{output} is not a PNG file.", f"Name a file that ends in .png.{more}")


def render_still(scene: bpy.types.Scene, file: Path, options: RenderOptions, frame: int | None = None) -> None:
    """Render one frame to a PNG file; the current frame unless another is named.

    Raises:
        UserError: code ``render.unwritable``, ``render.no_camera`` or ``render.failed``.
    """
    _prepare(scene, file.parent, options)
    file.unlink(missing_ok=True)
    scene.frame_set(scene.frame_current if frame is None else frame)
    with literal(file) as place:
        set_output(scene, place, is_film=False)
        _run(write_still=True)
    require_content(file, [file] if file.exists() else [])


def render_animation(scene: bpy.types.Scene, output: Path, options: RenderOptions) -> None:
    """Render frames to a video (``.mp4``) or as ``0001.png`` and so on to a folder.

    Raises:
        UserError: code ``render.unwritable``, ``render.no_camera`` or ``render.failed``.
    """
    is_video = rendering.is_video(output)
    _prepare(scene, output.parent if is_video else output, options)
    if options.frames:
        scene.frame_start, scene.frame_end = options.frames
    with literal(output) as place:
        set_output(scene, place, is_film=True)
        _run(animation=True)
    require_content(output, [output] if is_video and output.exists() else [*output.glob("*.png")])


def _prepare(scene: bpy.types.Scene, folder: Path, options: RenderOptions) -> None:
    if scene.camera is None:
        raise UserError("render.no_camera", "The scene has no camera.", "Add one, or import with the stage.")
    make_folder(folder)
    rendering.set_engine(scene, options.engine, options.samples)
    if options.size:
        scene.render.resolution_x, scene.render.resolution_y = options.size
        scene.render.resolution_percentage = 100


def make_folder(folder: Path) -> None:
    """Make the folder of pictures or films, where it is not there.

    Raises:
        UserError: code ``render.unwritable``.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        message = f"{folder} cannot be written: {error.strerror or error}."
        raise UserError("render.unwritable", message, "Choose another folder.") from error


def set_output(scene: bpy.types.Scene, place: Path, is_film: bool) -> None:
    """Let a scene render to a PNG file; a film to a video, or to a folder where the place has no ending of one."""
    if not is_film:
        rendering.output_still(scene, place)
    elif rendering.is_video(place):
        rendering.output_video(scene, place)
    else:
        rendering.output_frames(scene, place)


def _run(**choices: Any) -> None:
    try:
        bpy.ops.render.render(**choices)
    except RuntimeError as error:
        reason = operator_reason(error)
        is_about_file = "save" in reason or "writ" in reason
        fix = "Choose another place for the file." if is_about_file else "Try another render engine."
        raise UserError("render.failed", f"Rendering failed: {reason}.", fix) from error


def require_content(output: Path, written: list[Path]) -> None:
    """Blender says nothing of a disk that is full.

    Raises:
        UserError: code ``render.failed``.
    """
    if not written or not all(file.stat().st_size for file in written):
        raise UserError(
            "render.failed",
            f"Blender could not write {output}." if written else f"Blender wrote no {output}.",
            "Free some disk space, or choose another place for it.",
        )

"""Render settings of a scene."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import bpy

from ..base.versions import can_denoise, eevee_engine, set_picture_format, set_video_format

ENGINES = ("cycles", "eevee", "workbench")
VIDEOS = {".mp4": "MPEG4", ".mkv": "MKV", ".mov": "QUICKTIME"}
"""Containers of a film by the file's ending."""
RECOMMENDED_VIEW = "Standard"
"""The view transform that shows colours as the legend does."""
BLENDERS_VIEW = "AgX"
"""That of Blender's own new scenes."""
_CHOICES = {"engine", "view_transform", "sampling_pattern", "use_denoising"}
"""Settings of which Blender does not tell the default, or not the same in every build."""


def set_engine(scene: bpy.types.Scene, engine: str | None, samples: int | None) -> None:
    """Choose engine (one of `ENGINES`) and samples per pixel; None keeps what the scene has."""
    if engine:
        names = {"cycles": "CYCLES", "eevee": eevee_engine(), "workbench": "BLENDER_WORKBENCH"}
        scene.render.engine = names[engine]  # type: ignore[assignment]
    if engine == "workbench":
        scene.display.shading.color_type = "OBJECT"
    if samples:
        scene.cycles.samples = samples
        scene.eevee.taa_render_samples = samples


def renders_with_cycles(scene: bpy.types.Scene) -> bool:
    engine: str = scene.render.engine
    return engine == "CYCLES"


def good_samples() -> int:
    """Samples per pixel of a good picture: noise that no denoiser takes away needs more of them."""
    return 64 if can_denoise() else 128


def _recommended() -> dict[tuple[str, str], Any]:
    """Settings of a scene, by their owner and name: colours as the legend shows them, and light quick to compute.

    Without bounces surfaces are lit by the lights and by what glows near them; light that comes by way of another
    surface makes pictures about a hundredth brighter, for a fifth more time. With two lights a tree of lights only
    costs time, as does a pattern of samples that is computed instead of looked up; what is saved must render where
    Blender has no denoiser.
    """
    return {
        ("render", "engine"): "CYCLES",
        ("view_settings", "view_transform"): RECOMMENDED_VIEW,
        ("render", "resolution_x"): 1600,
        ("render", "resolution_y"): 900,
        ("cycles", "samples"): good_samples(),
        ("cycles", "use_denoising"): False,
        ("cycles", "use_light_tree"): False,
        ("cycles", "sampling_pattern"): "TABULATED_SOBOL",
        ("cycles", "max_bounces"): 4,
        ("cycles", "diffuse_bounces"): 0,
        ("cycles", "glossy_bounces"): 0,
        ("cycles", "sample_clamp_indirect"): 4.0,
        ("eevee", "use_raytracing"): True,
    }


def prepare_new_scene(scene: bpy.types.Scene) -> None:
    """Settings for a scene that we made, as `_recommended` has them."""
    for (owner, name), value in _recommended().items():
        setattr(scene.path_resolve(owner), name, value)


def has_blenders_settings(scene: bpy.types.Scene) -> bool:
    """Whether a scene still renders as Blender's own new scenes do, so that nobody has chosen how."""
    if not hasattr(scene, "cycles"):  # Somebody switched Cycles off.
        return False
    if scene.render.engine != eevee_engine() or scene.view_settings.view_transform != BLENDERS_VIEW:
        return False
    names = [*_recommended(), ("eevee", "taa_render_samples")]
    groups = [(scene.path_resolve(owner), name) for owner, name in names if name not in _CHOICES]
    return all(getattr(group, name) == group.bl_rna.properties[name].default for group, name in groups)


def prepare_users_scene(scene: bpy.types.Scene) -> dict[str, Any]:
    """As `prepare_new_scene`, where a scene has Blender's own settings; what `restore_settings` brings back."""
    if not has_blenders_settings(scene):
        return {}
    before = {f"{owner}.{name}": getattr(scene.path_resolve(owner), name) for owner, name in _recommended()}
    prepare_new_scene(scene)
    return before


def restore_settings(scene: bpy.types.Scene, before: Mapping[str, Any]) -> None:
    """Undo `prepare_users_scene`, without what the user has set since, and what this Blender does not have."""
    for (owner, name), value in _recommended().items():
        stored = before.get(f"{owner}.{name}")
        group = getattr(scene, owner, None)  # None where somebody switched Cycles off.
        if stored is None or group is None or getattr(group, name) != value:
            continue
        if name == "engine" and stored.startswith("BLENDER_EEVEE"):
            stored = eevee_engine()  # Other versions call it otherwise.
        # Custom properties hold truth values as whole numbers in some versions.
        with suppress(TypeError):  # A choice that is none here: of an engine that is not installed, for example.
            setattr(group, name, type(value)(stored))


def is_video(place: Path) -> bool:
    """Whether a film is written as a video there, and not as a folder of pictures, whose name may have a dot."""
    return place.suffix.lower() in VIDEOS


def output_still(scene: bpy.types.Scene, file: Path) -> None:
    set_picture_format(scene.render.image_settings)
    scene.render.use_file_extension = False
    scene.render.filepath = str(file)


def output_frames(scene: bpy.types.Scene, folder: Path) -> None:
    """PNG files named by the frame, ``0001.png`` and so on."""
    set_picture_format(scene.render.image_settings)
    scene.render.use_file_extension = True
    scene.render.filepath = str(folder) + "/"


def output_video(scene: bpy.types.Scene, file: Path) -> None:
    """H.264 in the container of the file's suffix."""
    set_video_format(scene.render.image_settings)
    scene.render.ffmpeg.format = VIDEOS[file.suffix.lower()]
    scene.render.ffmpeg.codec = "H264"
    scene.render.ffmpeg.constant_rate_factor = "HIGH"
    scene.render.use_file_extension = False
    scene.render.filepath = str(file)


def picture_aspect(scene: bpy.types.Scene) -> float:
    """Width by height of what the scene renders."""
    render = scene.render
    return render.resolution_x * render.pixel_aspect_x / (render.resolution_y * render.pixel_aspect_y)


_OUTPUT = (
    ("render", "filepath"),
    ("render", "use_file_extension"),
    ("render.image_settings", "media_type"),
    ("render.image_settings", "file_format"),
    ("render.image_settings", "color_mode"),
    ("render.ffmpeg", "format"),
    ("render.ffmpeg", "codec"),
    ("render.ffmpeg", "constant_rate_factor"),
)
"""What rendering to a file changes, each after what it depends on."""


def output_settings(scene: bpy.types.Scene) -> dict[tuple[str, str], Any]:
    """What `restore_output` brings back after a picture or film was written."""
    found = {}
    for owner, name in _OUTPUT:
        settings = scene.path_resolve(owner)
        if hasattr(settings, name):
            found[owner, name] = getattr(settings, name)
    return found


def restore_output(scene: bpy.types.Scene, before: dict[tuple[str, str], Any]) -> None:
    for (owner, name), value in before.items():
        setattr(scene.path_resolve(owner), name, value)

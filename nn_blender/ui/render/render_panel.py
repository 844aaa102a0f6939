"""The Render panel: what a picture and a film will be, told before they are rendered."""

from __future__ import annotations

import bpy

from ...core.render_times import Picture, Rendered, format_duration, format_length
from ...core.texts import format_count
from ...scene.base.versions import can_denoise
from ...scene.samples.timeline import frames_per_sample, sample_count
from ...scene.stage import rendering
from ..common.active import active_network
from ..common.rooms import LOOK
from ..common.sidebar import ClosedPanel, draw_facts, draw_lines, fields
from .running import film_output, picture_file
from .watching import picture_of, render_times, samples_per_pixel

SIZES = {
    "HD": ("HD", (1280, 720)),
    "FULL_HD": ("Full HD", (1920, 1080)),
    "UHD": ("4K", (3840, 2160)),
    "SQUARE": ("Square", (1080, 1080)),
}
OTHER = "OTHER"
SIZE_ITEMS = (
    *((key, f"{name} ({width} × {height})", "") for key, (name, (width, height)) in SIZES.items()),
    (OTHER, "Other", "The size that is set in the Output properties"),
)
GOOD = rendering.good_samples()
QUALITIES = {"DRAFT": ("Draft", GOOD // 4), "GOOD": ("Good", GOOD), "FINE": ("Fine", GOOD * 4)}
QUALITY_ITEMS = (
    *((key, f"{name} ({samples} samples)", "") for key, (name, samples) in QUALITIES.items()),
    (OTHER, "Other", "The samples that are set in the Render properties"),
)


def _get_size(_: NN_PG_render) -> int:
    render = bpy.context.scene.render
    sizes = [size for _, size in SIZES.values()]
    size = (render.resolution_x, render.resolution_y)
    return sizes.index(size) if render.resolution_percentage == 100 and size in sizes else len(sizes)


def _set_size(_: NN_PG_render, number: int) -> None:
    if number < len(SIZES):
        render = bpy.context.scene.render
        render.resolution_x, render.resolution_y = list(SIZES.values())[number][1]
        render.resolution_percentage = 100


def _get_quality(_: NN_PG_render) -> int:
    found = [samples for _, samples in QUALITIES.values()]
    samples = samples_per_pixel(bpy.context.scene)
    return found.index(samples) if samples in found else len(found)


def _set_quality(_: NN_PG_render, number: int) -> None:
    if number < len(QUALITIES):
        rendering.set_engine(bpy.context.scene, None, list(QUALITIES.values())[number][1])


class NN_PG_render(bpy.types.PropertyGroup):
    size: bpy.props.EnumProperty(  # type: ignore[valid-type]
        name="Size", description="Pixels of the picture", items=SIZE_ITEMS, get=_get_size, set=_set_size, options=set()
    )
    quality: bpy.props.EnumProperty(  # type: ignore[valid-type]
        name="Quality",
        description="Samples per pixel: more take longer and leave less noise",
        items=QUALITY_ITEMS,
        get=_get_quality,
        set=_set_quality,
        options=set(),
    )
    folder: bpy.props.StringProperty(  # type: ignore[valid-type]
        name="Folder",
        description="Where pictures and films go; empty for the folder “renders” beside the saved file, "
        "or else in your home folder",
        subtype="DIR_PATH",
        options=set(),
    )
    written: bpy.props.StringProperty(name="Written", description="The last picture or film")  # type: ignore[valid-type]


class NN_OT_recommended_render(bpy.types.Operator):
    bl_idname = "nn.recommended_render"
    bl_label = "Use Recommended Settings"
    bl_description = (
        f"Set the scene to render as quickly and truly as new scenes do: Cycles, {GOOD} samples, few bounces, colours "
        "as the legend shows them. The size of pictures stays"
    )
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        render = context.scene.render
        size = render.resolution_x, render.resolution_y
        rendering.prepare_new_scene(context.scene)
        render.resolution_x, render.resolution_y = size
        return {"FINISHED"}


class NN_PT_render(ClosedPanel, bpy.types.Panel):
    bl_label = "Render"
    bl_order = 50
    room = LOOK

    def draw(self, context: bpy.types.Context) -> None:
        layout, scene = self.layout, context.scene
        column = fields(layout)
        column.prop(scene.render, "engine")
        column.prop(scene.nn.render, "size")
        column.prop(scene.nn.render, "quality")
        column.prop(scene.nn.render, "folder")
        _draw_hints(layout, scene)
        _draw_costs(layout, context)
        row = layout.row(align=True)
        row.operator("nn.render_picture", icon="RENDER_STILL")
        row.operator("nn.render_film", icon="RENDER_ANIMATION")
        if scene.nn.render.written:
            draw_lines(layout, f"Written: {scene.nn.render.written}", "CHECKMARK")
        layout.operator("nn.open_render_folder", icon="FILE_FOLDER")


def _draw_hints(layout: bpy.types.UILayout, scene: bpy.types.Scene) -> None:
    """What makes this scene's pictures slower than need be, or their colours other than the legend's."""
    view, with_cycles = scene.view_settings.view_transform, rendering.renders_with_cycles(scene)
    hints = []
    if view != rendering.RECOMMENDED_VIEW:
        hints.append(f"The view transform {view} changes the legend's colours.")
    if not with_cycles:
        hints.append("Cycles gives the same picture on every computer.")
    offers_settings = bool(hints)
    if with_cycles and not can_denoise():
        hints.append("This Blender has no denoiser: its qualities have twice the samples instead.")
    for hint in hints:
        draw_lines(layout, hint, "INFO")
    if offers_settings:
        layout.operator("nn.recommended_render")


def _draw_costs(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """What a picture and a film will be, and what they will take."""
    scene, picture = context.scene, picture_of(context.scene)
    last, frames = render_times.last(scene), _frames(scene)
    seconds = None if last is None else last.seconds_for(picture)
    denoised = ", denoised" if rendering.renders_with_cycles(scene) and can_denoise() else ""
    draw_facts(
        layout,
        ("Picture", picture_file(context).name),
        ("Pixels", f"{picture.width:,} × {picture.height:,}"),
        ("Samples", f"{picture.samples:,} per pixel{denoised}"),
        ("Time", _format_time(seconds)),
        ("Film", film_output(context).name),
        ("Time", _format_time(seconds, frames)),
    )
    draw_lines(layout, _length(context, frames))
    draw_lines(layout, _grounds(picture, last), "TIME")


def _frames(scene: bpy.types.Scene) -> int:
    return max((scene.frame_end - scene.frame_start) // max(scene.frame_step, 1) + 1, 0)


def _length(context: bpy.types.Context, frames: int) -> str:
    """How long the film is, and of how many samples where it shows them all."""
    scene, root = context.scene, active_network(context)
    samples, each = sample_count(root), frames_per_sample(root)
    is_whole = samples > 0 and frames == samples * each and scene.frame_step == 1
    rate = scene.render.fps / scene.render.fps_base
    return format_length(frames, rate, *((samples, each) if is_whole else ()))


def _grounds(picture: Picture, last: Rendered | None) -> str:
    """What the times are estimated from, or how much there is to do where that is not known."""
    if last is None:
        return (
            f"{format_count(round(picture.cost))} samples in all; how long they take is known after the first picture"
        )
    of, size = last.picture, f"{last.picture.width:,} × {last.picture.height:,}"
    samples = f"{of.samples:,} sample{'' if of.samples == 1 else 's'}"
    return f"Estimated from the last picture: {size}, {samples}, {last.seconds:.3g} s"


def _format_time(seconds: float | None, pictures: int = 1) -> str:
    """How long rendering takes, in words, from what one picture takes."""
    return "not known yet" if seconds is None else format_duration(seconds * pictures)


CLASSES = (NN_PG_render, NN_OT_recommended_render, NN_PT_render)


class OnScene:
    render: bpy.props.PointerProperty(type=NN_PG_render)  # type: ignore[valid-type]

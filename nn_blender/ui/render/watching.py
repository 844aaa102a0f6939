"""Watches every render of a network, also F12: it is denoised where this Blender can, and what it takes is remembered.

Blender calls what is here from the thread that renders; panels are drawn in another, and read only whole values.
"""

from __future__ import annotations

import time
from typing import Any

import bpy
from bpy.app.handlers import persistent

from ...actions.settings import preferences
from ...core.render_times import Picture, Rendered, read_times, write_times
from ...scene.base.find import networks
from ...scene.base.versions import can_denoise
from ...scene.stage import rendering


class RenderTimes:
    """What the last render took, by engine and device; remembered in the extension's preferences."""

    def __init__(self) -> None:
        self._times: dict[str, Rendered] = {}

    def read(self) -> None:
        chosen = preferences()
        self._times = read_times(chosen.render_times) if chosen else {}

    def keep(self, scene: bpy.types.Scene, rendered: Rendered) -> None:
        self._times = {**self._times, engine_of(scene): rendered}
        chosen = preferences()
        if chosen:
            chosen.render_times = write_times(self._times)
            # Blender saves preferences when it quits, where something is said to have changed.
            bpy.context.preferences.is_dirty = True

    def last(self, scene: bpy.types.Scene) -> Rendered | None:
        """The last one that was rendered as the scene is."""
        return self._times.get(engine_of(scene))


render_times = RenderTimes()
"""Those of this computer."""


def engine_of(scene: bpy.types.Scene) -> str:
    """What decides how quickly samples are rendered."""
    engine: str = scene.render.engine
    return f"{engine} {scene.cycles.device}" if rendering.renders_with_cycles(scene) else engine


def picture_of(scene: bpy.types.Scene) -> Picture:
    """What a picture of a scene costs."""
    render = scene.render
    share = render.resolution_percentage / 100
    width, height = round(render.resolution_x * share), round(render.resolution_y * share)
    return Picture(width, height, samples_per_pixel(scene))


def samples_per_pixel(scene: bpy.types.Scene) -> int:
    if rendering.renders_with_cycles(scene):
        return int(scene.cycles.samples)
    return int(scene.eevee.taa_render_samples) if "EEVEE" in scene.render.engine else 1


class _Watch:
    """The render that runs, if it is one of a network."""

    def __init__(self) -> None:
        self.is_of_network = False
        self.was_denoised: bool | None = None
        self.began = 0.0
        self.seconds: list[float] = []

    def begin(self, scene: bpy.types.Scene) -> None:
        self.seconds, self.is_of_network = [], bool(networks(scene))
        if self.is_of_network and rendering.renders_with_cycles(scene):
            settings: Any = scene.cycles
            self.was_denoised, settings.use_denoising = settings.use_denoising, can_denoise()

    def end(self, scene: bpy.types.Scene) -> None:
        if self.was_denoised is not None:
            settings: Any = scene.cycles
            settings.use_denoising = self.was_denoised
        self.was_denoised = None


_watch = _Watch()


@persistent
def _begin(scene: bpy.types.Scene, *_: object) -> None:
    _watch.begin(scene)


@persistent
def _begin_picture(*_: object) -> None:
    _watch.began = time.monotonic()


@persistent
def _end_picture(*_: object) -> None:
    _watch.seconds.append(time.monotonic() - _watch.began)


@persistent
def _complete(scene: bpy.types.Scene, *_: object) -> None:
    _watch.end(scene)
    if _watch.is_of_network and _watch.seconds:
        mean = sum(_watch.seconds) / len(_watch.seconds)
        render_times.keep(scene, Rendered(picture_of(scene), mean))


@persistent
def _cancel(scene: bpy.types.Scene, *_: object) -> None:
    _watch.end(scene)


HANDLERS: tuple[tuple[str, Any], ...] = (
    ("render_init", _begin),
    ("render_pre", _begin_picture),
    ("render_post", _end_picture),
    ("render_complete", _complete),
    ("render_cancel", _cancel),
)


def start() -> None:
    render_times.read()
    for name, handler in HANDLERS:
        getattr(bpy.app.handlers, name).append(handler)


def stop() -> None:
    for name, handler in HANDLERS:
        getattr(bpy.app.handlers, name).remove(handler)

"""Lets the level of detail follow the user's own view: a timer puts the networks' viewers where it is.

Of several viewports the one that was navigated last leads. What counts is how large things appear in the viewport as
it is, so looking through the camera and zooming in on its picture shows more; `follow the camera` is there for who
wants to see what a render will show. Where the file is opened without the extension, the last place of the view stays.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import bpy
from mathutils import Matrix

from ...scene.looks.level_of_detail import following_viewers, place_viewer

TICK = 0.05
"""Seconds between two looks at the views."""
RESTING = 10
"""Looks between two at the viewers while no view changes: undo may have brought them back to where they were."""


@dataclass(frozen=True)
class _Seen:
    """What the user last did to a view, and when, by a count that grows with every such change; 0 for never."""

    navigated: tuple[float, ...]
    turn: int


class _Views:
    """What is remembered of the windows' views; all of it can be found out again."""

    def __init__(self) -> None:
        self._seen: dict[int, _Seen] = {}
        self._shown: dict[int, tuple[float, ...]] = {}
        self._turn = 0
        self._rested = 0

    def follow(self) -> None:
        """Bring viewers in line, where a view has changed or none has for a while."""
        views = list(_views())
        self._notice([view for _scene, view, _size in views])
        shown = {view.as_pointer(): _picture(view) for _scene, view, _size in views}
        self._rested += 1
        if shown == self._shown and self._rested < RESTING:
            return
        self._shown, self._rested = shown, 0
        for scene in dict.fromkeys(scene for scene, _view, _size in views):
            self._lead(scene, [(view, size) for other, view, size in views if other == scene])

    def _notice(self, views: list[bpy.types.RegionView3D]) -> None:
        before, self._seen = self._seen, {}
        for view in views:
            key, navigated = view.as_pointer(), _navigated(view)
            seen = before.get(key, _Seen(navigated, 0))
            if seen.navigated != navigated:
                self._turn += 1
                seen = _Seen(navigated, self._turn)
            self._seen[key] = seen

    def _lead(self, scene: bpy.types.Scene, views: list[tuple[bpy.types.RegionView3D, int]]) -> None:
        view, _size = max(views, key=lambda one: (self._seen[one[0].as_pointer()].turn, one[1]))
        wide = view.window_matrix[0][0]
        if wide <= 0:
            # It was never drawn.
            return
        is_perspective = view.window_matrix[3][3] == 0
        spread, width = (2 / wide, 0.0) if is_perspective else (0.0, 2 / wide)
        matrix = view.view_matrix.inverted_safe()
        for viewer in following_viewers(scene):
            place_viewer(viewer, matrix, spread, width)


_state = _Views()


def start() -> None:
    if not bpy.app.background:
        bpy.app.timers.register(_tick, persistent=True)


def stop() -> None:
    if bpy.app.timers.is_registered(_tick):
        bpy.app.timers.unregister(_tick)


def _tick() -> float:
    # A render reads the scene from another thread.
    if not bpy.app.is_job_running("RENDER"):
        _state.follow()
    return TICK


def _views() -> Iterator[tuple[bpy.types.Scene, bpy.types.RegionView3D, int]]:
    """Every 3D view that can be seen, with its window's scene and its area's size."""
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            if area.type == "VIEW_3D":
                space = area.spaces.active
                for view in space.region_quadviews or [space.region_3d]:
                    yield window.scene, view, area.width * area.height


def _navigated(view: bpy.types.RegionView3D) -> tuple[float, ...]:
    """What changes when the user navigates; a camera that an animation moves does not count."""
    if view.view_perspective == "CAMERA":
        return view.view_camera_zoom, *view.view_camera_offset
    return (view.view_distance, *_numbers(view.view_matrix))


def _picture(view: bpy.types.RegionView3D) -> tuple[float, ...]:
    return (*_numbers(view.view_matrix), *_numbers(view.window_matrix))


def _numbers(matrix: Matrix) -> tuple[float, ...]:
    return tuple(number for row in matrix for number in row)

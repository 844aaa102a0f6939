"""Outlines what lies under the mouse while neurons are picked, with a few facts beside it.

It follows every move of the mouse; nothing of it is kept in the scene.
"""

from __future__ import annotations

import math
from typing import Any

import bpy

from ...core.layout.projection import View
from ...core.texts import format_count, format_shape
from ...scene.base import contract
from ...scene.base.find import object_of
from ...scene.neurons.neuron_facts import neuron_facts
from ...scene.neurons.picking import (
    OF_BLOCKS,
    OF_INPUTS,
    OF_OUTPUTS,
    Picked,
    corners_of,
    output_of,
    pick,
    sphere_of,
    view_of,
)
from ...scene.samples.timeline import shown_sample
from ..blocks.opening_operators import reason_against_hand
from ..card.card_operators import is_on_card
from ..common.active import network_by_id
from ..common.drawing import draw_line, draw_texts, hull
from ..common.knowing import known_description
from ..common.neuron_texts import describe_facts

RING_STEPS = 48
RING_GAP, SMALLEST_RING = 2.0, 6.0
"""Pixels between a sphere and its ring, and the ring's least radius."""
AT_REST = 0.15
"""Seconds after which a view that has not moved is at rest."""
LEAVE_LABEL = {
    *("LEFTMOUSE", "WHEELUPMOUSE", "WHEELDOWNMOUSE", "WHEELINMOUSE", "WHEELOUTMOUSE"),
    *("LEFT_SHIFT", "RIGHT_SHIFT", "LEFT_CTRL", "RIGHT_CTRL", "LEFT_ALT", "RIGHT_ALT", "OSKEY"),
    *("PAGE_UP", "PAGE_DOWN", "D"),
}
"""What is pressed without opening a menu where the mouse is, or turning the view while it moves."""


class Hover:
    """What is outlined, in which region of the window. Holds nothing of Blender's own, which may not live as long."""

    def __init__(self) -> None:
        self.picked: Picked | None = None
        self.region = 0
        self.mouse = (0, 0)
        self._seen: View | None = None
        self._is_covered = False
        self._handle: Any = None

    def show(self, region: bpy.types.Region, picked: Picked, mouse: tuple[int, int], seen: View) -> None:
        """Outline what was picked at a pixel of a region, for as long as it is seen as it is now."""
        self.picked, self.region, self.mouse, self._seen = picked, region.as_pointer(), mouse, seen
        self._is_covered = False
        if self._handle is None:
            self._handle = bpy.types.SpaceView3D.draw_handler_add(self._draw, (), "WINDOW", "POST_PIXEL")
        region.tag_redraw()

    def cover(self, region: bpy.types.Region) -> None:
        """Show nothing until the mouse moves, since a menu may open where it is, or the view be turned by it."""
        self._is_covered = True
        region.tag_redraw()

    def clear(self) -> None:
        """Show nothing any more. The region has to be redrawn."""
        if self._handle is not None:
            bpy.types.SpaceView3D.draw_handler_remove(self._handle, "WINDOW")
        self.picked, self.region, self._handle = None, 0, None

    def has_moved(self, view: View) -> bool:
        """Whether the view is another one than when this was last asked, or than what was picked in."""
        is_same = self._seen is not None and view.is_same(self._seen)
        self._seen = view
        return not is_same

    def _draw(self) -> None:
        context = bpy.context
        root = network_by_id(self.picked.network)
        if root is None or context.region.as_pointer() != self.region or self._is_covered:
            return
        if is_waiting() or self.has_moved(view_of(context.region, context.region_data)):
            # What was picked is not under the mouse any more.
            look_again_soon()
            return
        lines = outline(context, root, self.picked)
        if self.picked.block and not lines:
            # It was opened or closed since the mouse moved.
            return
        for line in lines:
            draw_line(line)
        if not is_on_card(context, self.picked):
            draw_texts(describe(context.scene, root, self.picked), self.mouse)


hover = Hover()
"""There is one mouse."""


def look(context: bpy.types.Context, mouse: tuple[int, int]) -> bool:
    """Whether there is something at a pixel of the context's region; it is shown then."""
    view = view_of(context.region, context.region_data)
    picked = pick(context, view, *mouse)
    if picked is not None:
        hover.show(context.region, picked, mouse, view)
    elif hover.picked is not None:
        hover.clear()
        context.region.tag_redraw()
    return picked is not None


def is_waiting() -> bool:
    """Whether the view moved a moment ago."""
    return bpy.app.timers.is_registered(look_again)


def look_again_soon() -> None:
    if not is_waiting():
        bpy.app.timers.register(look_again, first_interval=AT_REST)


def look_again() -> float | None:
    """Show what is under the mouse, once the view has come to rest; a wheel or a key may have moved it."""
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            for region in area.regions:
                if region.as_pointer() == hover.region:
                    with bpy.context.temp_override(window=window, area=area, region=region):
                        if hover.has_moved(view_of(region, bpy.context.region_data)):
                            return AT_REST
                        look(bpy.context, hover.mouse)
                        return None
    return None


class NN_OT_hover(bpy.types.Operator):
    """Show what lies under the mouse"""

    bl_idname = "nn.hover"
    bl_label = "Look at Neurons"
    bl_options = {"INTERNAL"}
    tool = "nn.pick_neurons"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return context.region_data is not None

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        if hover.region == context.region.as_pointer() or not look(context, _mouse(event)):
            return {"PASS_THROUGH"}
        # From here on it hears of every move, also of those that leave the viewport.
        self._region = hover.region
        context.window_manager.modal_handler_add(self)
        return {"RUNNING_MODAL", "PASS_THROUGH"}

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        if hover.region != self._region:
            return {"CANCELLED", "PASS_THROUGH"}
        if event.type == "WINDOW_DEACTIVATE" or not self._is_inside(context, event):
            self.cancel(context)
            return {"CANCELLED", "PASS_THROUGH"}
        if event.type == "MOUSEMOVE" and not look(context, _mouse(event)):
            return {"CANCELLED", "PASS_THROUGH"}
        if event.value == "PRESS" and event.type not in LEAVE_LABEL:
            hover.cover(context.region)
        return {"PASS_THROUGH"}

    def cancel(self, context: bpy.types.Context) -> None:
        if hover.region == self._region:
            hover.clear()
            if context.area is not None:
                context.area.tag_redraw()

    def _is_inside(self, context: bpy.types.Context, event: bpy.types.Event) -> bool:
        """Whether the mouse is in the viewport, on none of the bars that lie over it, and the tool still chosen."""
        if context.area is None or context.region is None or context.region_data is None:
            return False
        tool = context.workspace.tools.from_space_view3d_mode(context.mode)
        if tool is None or tool.idname != self.tool:
            return False
        over = [region.type for region in context.area.regions if _holds(region, event.mouse_x, event.mouse_y)]
        return _holds(context.region, event.mouse_x, event.mouse_y) and set(over) == {"WINDOW"}


def describe(scene: bpy.types.Scene, root: bpy.types.Collection, picked: Picked) -> list[str]:
    """A few lines about what was picked; of a neuron for the sample that is shown."""
    if picked.block:
        hint = "click to open" if picked.role in OF_BLOCKS else "click to close"
        return [*_describe_block(root, picked.block), reason_against_hand(root) or hint]
    if picked.role in (*OF_INPUTS, *OF_OUTPUTS):
        return _describe_end(scene, root, picked)
    if picked.neuron is None:
        slab = object_of(root, picked.role, picked.layer)
        if slab is None or contract.CLASS not in slab:
            return [picked.layer]
        return [picked.layer, slab[contract.CLASS], format_shape(tuple(slab[contract.OUTPUT_SHAPE]))]
    lines = [f"{picked.layer}, neuron {picked.neuron}"]
    facts = neuron_facts(root, picked.layer, picked.neuron, shown_sample(scene, root))
    return lines if facts is None else [*lines, *describe_facts(facts)]


def _describe_end(scene: bpy.types.Scene, root: bpy.types.Collection, picked: Picked) -> list[str]:
    """The sample that is shown, and what an output says of it."""
    about, shown = known_description(root), shown_sample(scene, root)
    if about is None or shown >= len(about.samples):
        return ["No sample is shown"]
    if picked.role in OF_INPUTS:
        return [about.samples[shown].sample.name]
    output, answer = output_of(picked.part, about), about.current_samples[shown].answer
    is_answer = output == about.answer_output.name and answer.predictions
    return [output, *([answer.best] if is_answer else [])]


def _describe_block(root: bpy.types.Collection, id_: str) -> list[str]:
    about = known_description(root)
    parts = about.opening.root.walk() if about is not None and about.opening is not None else ()
    part = next((part for part in parts if part.id == id_), None)
    if part is None:
        return [id_]
    layers = f"{part.layers} layer{'' if part.layers == 1 else 's'}"
    return [part.title, f"{layers}, {format_count(part.parameters)} parameters"]


def outline(context: bpy.types.Context, root: bpy.types.Collection, picked: Picked) -> list[list[tuple[float, float]]]:
    """Closed lines of pixels around what was picked; none where the viewport does not show it."""
    view = view_of(context.region, context.region_data)
    if picked.role != "neurons":
        # Nothing may be evaluated anew while a window is drawn.
        corners = corners_of(root, picked, context.view_layer.depsgraph)
        if corners is None:
            return []
        shown = view.project(corners)
        return [hull(shown.pixels)] if shown.visible.all() else []
    sphere = sphere_of(root, picked)
    if sphere is None:
        return []
    shown = view.project(sphere[0][None])
    if not shown.visible[0]:
        return []
    (x, y), radius = shown.pixels[0], max(sphere[1] * float(shown.scale[0]) + RING_GAP, SMALLEST_RING)
    angles = [math.tau * step / RING_STEPS for step in range(RING_STEPS + 1)]
    return [[(x + radius * math.cos(angle), y + radius * math.sin(angle)) for angle in angles]]


def stop() -> None:
    hover.clear()
    if is_waiting():
        bpy.app.timers.unregister(look_again)


def _mouse(event: bpy.types.Event) -> tuple[int, int]:
    return event.mouse_region_x, event.mouse_region_y


def _holds(region: bpy.types.Region, x: int, y: int) -> bool:
    return region.x <= x < region.x + region.width and region.y <= y < region.y + region.height

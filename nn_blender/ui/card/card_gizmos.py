"""The card as gizmos of the 3D viewport: its body, which can be dragged, and its buttons with their tooltips.

As gizmos they take the clicks on them from whatever lies behind, with any tool, and are drawn only where a viewport
shows gizmos.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import bpy
from bpy.app.handlers import persistent
from mathutils import Matrix

from ...scene.neurons.picking import view_of
from ..common.active import active_network, active_slab
from .card_operators import card_settings, card_subject, pinned_subject
from .content import Content, Subject, chosen_subject, content_of
from .drawing import draw_card, pictures
from .geometry import Box, Plan, free_part, place_beside, place_within, plan_card, size_of

RADIUS = 0.5
"""Of a button, in heights of its box."""
BACKGROUND, LIT = (0.08, 0.08, 0.08), (0.28, 0.28, 0.28)


@dataclass(frozen=True)
class Button:
    """A button of the card.

    Attributes:
        name: what stands beside it; empty for one beside the title.
        options: of its operator.
    """

    operator: str
    name: str
    icon: str
    options: Mapping[str, Any] = field(default_factory=dict)


CORNER = {
    "pin": Button("nn.pin_card", "", "UNPINNED"),
    "unpin": Button("nn.pin_card", "", "PINNED"),
    "replace": Button("nn.replace_card", "", "LOOP_BACK"),
    "hide": Button("nn.toggle_card", "", "X"),
}
BUTTONS = {
    "disable": Button("nn.switch_neuron", "Disable", "HIDE_ON", {"gain": 0.0}),
    "enable": Button("nn.switch_neuron", "Enable", "HIDE_OFF", {"gain": 1.0}),
    "disable layer": Button("nn.switch_layer", "Disable", "HIDE_ON", {"enable": False}),
    "enable layer": Button("nn.switch_layer", "Enable", "HIDE_OFF", {"enable": True}),
    "frame neuron": Button("nn.frame", "Frame", "ZOOM_SELECTED", {"what": "NEURON"}),
    "frame layer": Button("nn.frame", "Frame", "ZOOM_SELECTED", {"what": "LAYER"}),
    "enlarge": Button("nn.add_closeup", "Enlarge", "IMAGE_PLANE"),
    "connect": Button("nn.show_connections", "Connect", "LINKED"),
}
"""In the order in which they stand."""


@dataclass(frozen=True)
class Card:
    """What one viewport shows of a card, from one redraw to the next."""

    content: Content
    plan: Plan
    buttons: tuple[str, ...]
    corner: tuple[str, ...]
    leader: tuple[float, float] | None


def find_card(context: bpy.types.Context) -> Card | None:
    """The card as it belongs into the viewport of the context; None where nothing is chosen that has one."""
    root, slab = active_network(context), active_slab(context)
    chosen, pinned = chosen_subject(context.scene, root, slab), pinned_subject(context)
    subject = pinned or chosen
    content = content_of(context.scene, subject) if subject is not None else None
    if subject is None or content is None:
        return None
    # Operators work on what is chosen.
    buttons = buttons_of(subject, content) if subject == chosen else ()
    settings = card_settings(context)
    corner = ("unpin" if pinned else "pin", *(("replace",) if settings.is_moved else ()), "hide")
    scale = context.preferences.system.ui_scale
    free, about = _free_part(context), _seen(context, content)
    rows = len(content.lines), len(content.tiles), len(buttons)
    size = size_of(*rows, scale, has_large=content.has_large)
    if settings.is_moved:
        place = place_within((scale * settings.place[0], scale * settings.place[1]), size, free)
    else:
        place = place_beside(size, about, free, scale)
    plan = plan_card(place, *rows, len(corner), scale, has_large=content.has_large)
    return Card(content, plan, buttons, corner, about.nearest(*plan.card.centre) if about is not None else None)


class NN_GT_card(bpy.types.Gizmo):
    """The card without its buttons"""

    bl_idname = "NN_GT_card"
    __slots__ = ("card", "grip")

    def setup(self) -> None:
        self.card: Card | None = None

    def draw(self, context: bpy.types.Context) -> None:
        if self.card is not None:
            names = [BUTTONS[name].name for name in self.card.buttons]
            draw_card(self.card.plan, self.card.content, names, self.card.leader)

    def test_select(self, context: bpy.types.Context, location: tuple[int, int]) -> int:
        if self.card is None or not self.card.plan.card.holds(*location):
            return -1
        plan = self.card.plan
        on_button = any(box.holds(*location) for box in (*map(_face, plan.buttons), *plan.corner))
        return -1 if on_button else 0

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        box = self.card.plan.card
        self.grip = event.mouse_region_x - box.left, event.mouse_region_y - box.bottom
        return {"RUNNING_MODAL"}

    def modal(self, context: bpy.types.Context, event: bpy.types.Event, tweak: set[str]) -> set[str]:
        scale, settings = context.preferences.system.ui_scale, card_settings(context)
        if event.type == "MOUSEMOVE":
            settings.is_moved = True
            across, up = self.grip
            settings.place = (event.mouse_region_x - across) / scale, (event.mouse_region_y - up) / scale
            context.area.tag_redraw()
        return {"RUNNING_MODAL"}


class NN_GGT_card(bpy.types.GizmoGroup):
    bl_idname = "NN_GGT_card"
    bl_label = "Card of a Neuron or Layer"
    bl_space_type = "VIEW_3D"
    bl_region_type = "WINDOW"
    bl_options = {"PERSISTENT", "SCALE", "SHOW_MODAL_ALL"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return context.region_data is not None and card_subject(context) is not None

    def setup(self, context: bpy.types.Context) -> None:
        # What comes first is drawn last, above the others.
        self.buttons = {name: _make(self.gizmos, button) for name, button in {**CORNER, **BUTTONS}.items()}
        self.body = self.gizmos.new(NN_GT_card.bl_idname)
        self.body.use_draw_modal = True
        self.enlarged = -1

    def draw_prepare(self, context: bpy.types.Context) -> None:
        card = find_card(context)
        self.body.card = card
        for gizmo in self.buttons.values():
            gizmo.hide = True
        if card is None:
            return
        neuron = active_network(context).nn.neurons.neuron
        if neuron != self.enlarged:
            enlarge = BUTTONS["enlarge"]
            self.buttons["enlarge"].target_set_operator(enlarge.operator).neuron = self.enlarged = neuron
        for names, boxes in ((card.corner, card.plan.corner), (card.buttons, map(_face, card.plan.buttons))):
            for name, box in zip(names, boxes, strict=True):
                gizmo = self.buttons[name]
                gizmo.hide = False
                gizmo.matrix_basis = Matrix.Translation((*box.centre, 0.0))
                # Blender enlarges gizmos by the interface's scale itself.
                gizmo.scale_basis = RADIUS * box.height / context.preferences.system.ui_scale


def buttons_of(subject: Subject, content: Content) -> tuple[str, ...]:
    """Which of `BUTTONS` a card has."""
    if subject.neuron is None:
        return "disable layer", "enable layer", "frame layer"
    return "enable" if content.is_off else "disable", "frame neuron", "enlarge" if content.has_maps else "connect"


def _make(gizmos: Any, button: Button) -> Any:
    gizmo = gizmos.new("GIZMO_GT_button_2d")
    gizmo.icon = button.icon
    gizmo.draw_options = {"BACKDROP", "OUTLINE"}
    gizmo.color, gizmo.color_highlight = BACKGROUND, LIT
    gizmo.alpha, gizmo.alpha_highlight = 0.6, 0.9
    gizmo.use_tooltip = True
    options = gizmo.target_set_operator(button.operator)
    for name, value in button.options.items():
        setattr(options, name, value)
    return gizmo


def _face(box: Box) -> Box:
    """The round part of a button that has its name beside it."""
    return Box(box.left, box.bottom, box.height, box.height)


def _free_part(context: bpy.types.Context) -> Box:
    region = context.region
    if not context.preferences.system.use_region_overlap:
        return Box(0.0, 0.0, region.width, region.height)
    over = [
        (one.alignment, one.width, one.height)
        for one in context.area.regions
        if one.type in {"UI", "TOOLS", "TOOL_HEADER", "HEADER"} and one.width > 1 and one.height > 1
    ]
    return free_part(region.width, region.height, over)


def _seen(context: bpy.types.Context, content: Content) -> Box | None:
    """Around what a card tells of, in pixels; None where it is out of sight."""
    if not len(content.points):
        return None
    region = context.region
    shown = view_of(region, context.region_data).project(content.points)
    if not shown.visible.all():
        return None
    (left, bottom), (right, top) = shown.pixels.min(axis=0), shown.pixels.max(axis=0)
    if right < 0 or top < 0 or left > region.width or bottom > region.height:
        return None
    return Box(float(left), float(bottom), float(right - left), float(top - bottom))


@persistent
def _leave_file(*_: object) -> None:
    pictures.forget()


def start() -> None:
    bpy.app.handlers.load_pre.append(_leave_file)


def stop() -> None:
    bpy.app.handlers.load_pre.remove(_leave_file)
    pictures.forget()


CLASSES = (NN_GT_card, NN_GGT_card)

"""Shows and hides the card, holds it at one neuron or layer, and moves it back to where it belongs."""

from __future__ import annotations

from typing import Any

import bpy

from ...scene.base import contract
from ...scene.base.find import networks, object_of
from ...scene.neurons.picking import Picked
from ..common.active import active_network, active_slab
from ..common.asked_store import redraw_sidebars
from ..common.sidebar import NeedsNetwork
from .content import Subject, chosen_subject

WHOLE_LAYER = -1
"""In place of a neuron's number."""


def _redraw(_self: Any, _context: bpy.types.Context) -> None:
    redraw_sidebars()


class NN_PG_card(bpy.types.PropertyGroup):
    """Stays as it is over undo.

    Attributes:
        place: its lower left corner in pixels at the interface's usual scale, where the user has moved it.
        network, layer, neuron: what it is held at; no layer where it follows what is chosen.
    """

    is_shown: bpy.props.BoolProperty(  # type: ignore[valid-type]
        name="Card",
        description="Show a card with the value, the maps and the switch of the chosen neuron or layer in the viewport",
        default=True,
        update=_redraw,
    )
    is_moved: bpy.props.BoolProperty()  # type: ignore[valid-type]
    place: bpy.props.FloatVectorProperty(size=2)  # type: ignore[valid-type]
    network: bpy.props.StringProperty()  # type: ignore[valid-type]
    layer: bpy.props.StringProperty()  # type: ignore[valid-type]
    neuron: bpy.props.IntProperty(default=WHOLE_LAYER)  # type: ignore[valid-type]


class OnWindow:
    card: bpy.props.PointerProperty(type=NN_PG_card)  # type: ignore[valid-type]


def card_settings(context: bpy.types.Context) -> Any:
    manager: Any = context.window_manager
    return manager.nn.card


def pinned_subject(context: bpy.types.Context) -> Subject | None:
    """What the card is held at; None where it follows what is chosen, and where the scene has nothing of that name."""
    settings = card_settings(context)
    if not settings.layer:
        return None
    root = next((root for root in networks(context.scene) if root[contract.NETWORK] == settings.network), None)
    if root is None or object_of(root, "slab", settings.layer) is None:
        return None
    return Subject(settings.network, settings.layer, None if settings.neuron == WHOLE_LAYER else settings.neuron)


def card_subject(context: bpy.types.Context) -> Subject | None:
    """What the card tells of; None where it is hidden or nothing is chosen that has one."""
    if not card_settings(context).is_shown:
        return None
    return pinned_subject(context) or chosen_subject(context.scene, active_network(context), active_slab(context))


def is_on_card(context: bpy.types.Context, picked: Picked) -> bool:
    """Whether a card in this viewport tells of what was picked already."""
    viewport: Any = context.space_data
    subject = card_subject(context) if viewport.show_gizmo else None
    return subject == Subject(picked.network, picked.layer, picked.neuron)


class NN_OT_toggle_card(NeedsNetwork, bpy.types.Operator):
    """Show the card of the chosen neuron or layer in the viewport, or hide it"""

    bl_idname = "nn.toggle_card"
    bl_label = "Show or Hide Card"

    def execute(self, context: bpy.types.Context) -> set[str]:
        settings = card_settings(context)
        settings.is_shown = not settings.is_shown
        return {"FINISHED"}


class NN_OT_pin_card(NeedsNetwork, bpy.types.Operator):
    """Hold the card at this neuron or layer while others are chosen, or let it follow what is chosen again"""

    bl_idname = "nn.pin_card"
    bl_label = "Pin Card"

    def execute(self, context: bpy.types.Context) -> set[str]:
        settings = card_settings(context)
        if pinned_subject(context) is not None:
            settings.layer = ""
            redraw_sidebars()
            return {"FINISHED"}
        subject = chosen_subject(context.scene, active_network(context), active_slab(context))
        if subject is None:
            self.report({"WARNING"}, "Choose a neuron or a layer first")
            return {"CANCELLED"}
        settings.network, settings.layer = subject.network, subject.layer
        settings.neuron = WHOLE_LAYER if subject.neuron is None else subject.neuron
        redraw_sidebars()
        return {"FINISHED"}


class NN_OT_replace_card(NeedsNetwork, bpy.types.Operator):
    """Let the card lie beside its neuron or layer again"""

    bl_idname = "nn.replace_card"
    bl_label = "Move Card Back"

    def execute(self, context: bpy.types.Context) -> set[str]:
        card_settings(context).is_moved = False
        redraw_sidebars()
        return {"FINISHED"}


CLASSES = (NN_PG_card, NN_OT_toggle_card, NN_OT_pin_card, NN_OT_replace_card)

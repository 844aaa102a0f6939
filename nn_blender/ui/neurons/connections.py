"""The strongest weights between neurons, as lines in the scene."""

from __future__ import annotations

from functools import partial
from typing import Any

import bpy

from ...actions.neurons.connections import show_connections
from ...actions.settings import worker_python
from ...scene.base import contract
from ...scene.base.find import first_of
from ...scene.neurons import selection
from ...scene.neurons.connections import (
    ConnectionsShown,
    are_of_all,
    connections_shown,
    has_connections,
    remove_connections,
    set_of_all,
)
from ..common.active import active_network, active_slab, network_by_id, root_of
from ..common.jobs import jobs
from ..common.knowing import known, known_selection
from ..common.needs import NeedsReason, StartsJob, edit_mode_reason, reason_against_running
from ..common.rooms import LOOK
from ..common.sidebar import ClosedPanel, draw_facts, draw_lines, fields

MOST_NAMED = 3

SHOWN_ITEMS = (
    ("SELECTED", "Selected Neurons", "Draw the lines that end at selected neurons"),
    ("ALL", "Whole Network", "Draw the lines of all neurons"),
)


def _get_shown(self: NN_PG_connections) -> int:
    return int(are_of_all(root_of(self)))


def _set_shown(self: NN_PG_connections, number: int) -> None:
    set_of_all(root_of(self), bool(number))


class NN_PG_connections(bpy.types.PropertyGroup):
    most: bpy.props.IntProperty(  # type: ignore[valid-type]
        name="Per Neuron",
        description="How many of the strongest weights into each neuron to read",
        default=3,
        min=1,
        soft_max=20,
        max=1000,
        options=set(),
    )
    shown: bpy.props.EnumProperty(  # type: ignore[valid-type]
        name="Show Lines Of",
        description="Which neurons' lines to draw",
        items=SHOWN_ITEMS,
        get=_get_shown,
        set=_set_shown,
        options=set(),
    )


class NN_OT_show_connections(StartsJob, bpy.types.Operator):
    """Read the strongest weights into each neuron from the model file and show those of selected neurons as lines"""

    bl_idname = "nn.show_connections"
    bl_label = "Show Connections"

    @classmethod
    def reason_against(cls, root: bpy.types.Collection) -> str:
        """Why no connections can be shown; empty where they can."""
        return reason_against_running(root) or edit_mode_reason(root)

    def execute(self, context: bpy.types.Context) -> set[str]:
        root, slab = active_network(context), active_slab(context)
        chosen = (slab[contract.LAYER], root.nn.neurons.neuron) if slab is not None else None
        showing = show_connections(worker_python(), root, root.nn.connections.most)
        select = partial(_select_where_none_is, root[contract.NETWORK], chosen)
        return jobs.launch(self, showing, on_done=select, undo_step="Show Connections")


class NN_OT_remove_connections(NeedsReason, bpy.types.Operator):
    """Remove the lines between neurons"""

    bl_idname = "nn.remove_connections"
    bl_label = "Remove Connections"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def reason_against(cls, root: bpy.types.Collection) -> str:
        return "" if has_connections(root) else "There are no connections in the scene"

    def execute(self, context: bpy.types.Context) -> set[str]:
        remove_connections(active_network(context))
        return {"FINISHED"}


class NN_PT_connections(ClosedPanel, bpy.types.Panel):
    bl_label = "Connections"
    bl_order = 30
    room = LOOK

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        root: Any = active_network(context)
        settings = root.nn.connections
        there = known(root, connections_shown)
        column = fields(layout)
        column.prop(settings, "most")
        row = column.row(align=True)
        is_other = there is not None and there.most != settings.most
        row.operator("nn.show_connections", text="Read Again" if there else "Show Connections", depress=is_other)
        if there is None:
            return
        row.operator("nn.remove_connections", text="", icon="TRASH")
        column.prop(settings, "shown")
        anchor = first_of(root, "anchor")
        if anchor is not None and contract.CONNECTIONS_THICKNESS in anchor:
            column.prop(anchor, f'["{contract.CONNECTIONS_THICKNESS}"]', text="Thickness")
        _draw_facts(layout, root, there)


def _select_where_none_is(network_id: str, chosen: tuple[str, int] | None, _: object) -> None:
    """Select the chosen neuron, so that some connections are seen."""
    root = network_by_id(network_id)
    if chosen is not None and not selection.selected(root):
        selection.select(root, chosen[0], [chosen[1]])


def _draw_facts(layout: bpy.types.UILayout, root: bpy.types.Collection, there: ConnectionsShown) -> None:
    draw_facts(layout, ("Read", f"{there.count:,}, {there.more:,} more not read"))
    notes = []
    if not are_of_all(root) and not known_selection(root):
        notes.append("Select neurons to see their lines")
    if there.left_out:
        named, more = there.left_out[:MOST_NAMED], len(there.left_out) - MOST_NAMED
        others = f", +{more:,} more" if more > 0 else ""
        notes.append(f"No lines into {', '.join(named)}{others}: these layers read no neurons of a layer in the scene")
    for note in notes:
        draw_lines(layout, note, "INFO")


CLASSES = (NN_PG_connections, NN_OT_show_connections, NN_OT_remove_connections, NN_PT_connections)


class OnNetwork:
    connections: bpy.props.PointerProperty(type=NN_PG_connections)  # type: ignore[valid-type]

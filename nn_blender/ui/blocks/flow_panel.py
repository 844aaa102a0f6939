"""Where the data of the chosen layer or block comes from and goes to: lit up, and ribbons hidden one by one."""

from __future__ import annotations

from typing import Any

import bpy

from ...core.blocks.ways import Ends, routes_at
from ...core.errors import UserError
from ...core.layout.picture import answer_end
from ...scene.flow.ribbons import (
    drawn_ends,
    hidden_edges,
    hide_edge,
    light_routes,
    lit_part,
    show_all_edges,
    skipping_ends,
)
from ...scene.looks.visibility import is_shown, objects_of
from ..common.active import active_network, choose
from ..common.jobs import report_error
from ..common.knowing import known_description
from ..common.needs import NeedsReason
from .opening_operators import NeedsOpening

SKIPS = " (skip)"
"""After the name of what a ribbon in the colour of skips leads to."""


class NN_OT_light_flow(NeedsReason, NeedsOpening, bpy.types.Operator):
    """Light up where the data of the chosen layer or block comes from and goes to, or put that back"""

    bl_idname = "nn.light_flow"
    bl_label = "Light Up Data Flow"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def reason_against(cls, root: bpy.types.Collection) -> str:
        return "" if root.nn.opening.part else "Choose a layer or a block first"

    def execute(self, context: bpy.types.Context) -> set[str]:
        root = active_network(context)
        part = root.nn.opening.part
        if lit_part(root) == part:
            light_routes(root, "")
        else:
            choose(context.scene, root, part)
        return {"FINISHED"}


class NN_OT_hide_edge(NeedsOpening, bpy.types.Operator):
    """Hide or show the ribbon between two parts of the network"""

    bl_idname = "nn.hide_edge"
    bl_label = "Hide or Show Ribbon"
    bl_options = {"REGISTER", "UNDO"}

    source: bpy.props.StringProperty(  # type: ignore[valid-type]
        name="From", description="Id of the layer or block where the ribbon begins", options={"SKIP_SAVE"}
    )
    target: bpy.props.StringProperty(  # type: ignore[valid-type]
        name="To", description="Id of the layer, block or output where the ribbon ends", options={"SKIP_SAVE"}
    )

    @classmethod
    def description(cls, context: bpy.types.Context, properties: bpy.types.OperatorProperties) -> str:
        root = active_network(context)
        names = names_of(root)
        source, target = (names.get(id_, id_) for id_ in (properties.source, properties.target))
        is_hidden = root is not None and (properties.source, properties.target) in hidden_edges(root)
        verb = "Show" if is_hidden else "Hide"
        return f"{verb} the ribbon from {source} to {target}, in the viewport and in renders"

    def execute(self, context: bpy.types.Context) -> set[str]:
        root = active_network(context)
        ends = self.source, self.target
        try:
            hide_edge(root, *ends, ends not in hidden_edges(root))
        except UserError as error:
            return report_error(self, error)
        return {"FINISHED"}


class NN_OT_show_edges(NeedsReason, NeedsOpening, bpy.types.Operator):
    """Show all ribbons that were hidden one by one, also those that are not seen now because their blocks are closed"""

    bl_idname = "nn.show_edges"
    bl_label = "Show All Ribbons"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def reason_against(cls, root: bpy.types.Collection) -> str:
        return "" if hidden_edges(root) else "No ribbon is hidden by itself"

    def execute(self, context: bpy.types.Context) -> set[str]:
        try:
            show_all_edges(active_network(context))
        except UserError as error:
            return report_error(self, error)
        return {"FINISHED"}


def draw_flow(layout: bpy.types.UILayout, root: bpy.types.Collection) -> None:
    """The ribbons of what is chosen, and switches for all of them."""
    if next(objects_of(root, "ribbon"), None) is not None:
        shown = is_shown(root, "ribbon")
        icon: Any = "HIDE_OFF" if shown else "HIDE_ON"
        layout.operator("nn.show_part", text="All Ribbons", icon=icon, depress=shown).part = "ribbon"
    _draw_part(layout, root)
    hidden = len(hidden_edges(root))
    if hidden:
        layout.operator("nn.show_edges", text=f"Show {hidden} Hidden", icon="LOOP_BACK")


def names_of(root: bpy.types.Collection | None) -> dict[str, str]:
    """How parts of a network and its outputs are called, by the ids that ribbons name them by."""
    about = known_description(root) if root is not None else None
    if about is None or about.opening is None:
        return {}
    outputs = {answer_end(name): f"output {name}" for name in about.network.outputs}
    return outputs | {part.id: part.name for part in about.opening.root.walk()}


def _draw_part(layout: bpy.types.UILayout, root: bpy.types.Collection) -> None:
    """The ribbons of what is chosen, or of the closed block that it is in."""
    about, chosen = known_description(root), root.nn.opening.part
    if about is None or about.opening is None:
        return
    drawn = drawn_ends(root)
    found = routes_at(about.opening.root, drawn, chosen) if chosen else None
    if found is None:
        text = "No ribbon leads to or from it" if chosen else "Choose a layer or a block first"
        layout.label(text=text, icon="INFO")
        return
    part, sources, targets = found
    is_lit = lit_part(root) == chosen
    icon: Any = "LIGHT_SUN" if is_lit else "LIGHT"
    layout.operator("nn.light_flow", text=f"Light Up {part.name}", icon=icon, depress=is_lit)
    edges = {around.id: f"edge of {around.name}" for around in about.opening.root.way_to(part.id)[:-1]}
    names, hidden = names_of(root) | edges, set(hidden_edges(root))
    column = layout.column(align=True)
    skips = skipping_ends(root)
    for ends in sources:
        _draw_edge(column, f"From {names[ends[0]]}{SKIPS * (ends in skips)}", ends, ends in hidden)
    for ends in targets:
        _draw_edge(column, f"To {names[ends[1]]}{SKIPS * (ends in skips)}", ends, ends in hidden)
    across = part.id, part.id
    if across in drawn:
        _draw_edge(column, "Through the block", across, across in hidden)


def _draw_edge(column: bpy.types.UILayout, text: str, ends: Ends, is_hidden: bool) -> None:
    row = column.row(align=True)
    row.label(text=text)
    icon: Any = "HIDE_ON" if is_hidden else "HIDE_OFF"
    button = row.operator("nn.hide_edge", text="", icon=icon, emboss=False)
    button.source, button.target = ends


CLASSES = (NN_OT_light_flow, NN_OT_hide_edge, NN_OT_show_edges)

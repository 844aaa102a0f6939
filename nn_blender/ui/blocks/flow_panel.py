"""Where the data of the chosen layer or block comes from and goes to: lit up, and ribbons hidden one by one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import bpy

from ...core.blocks.ways import Ends, routes_at
from ...core.errors import UserError
from ...core.layout.picture import answer_end
from ...scene.base.find import first_of
from ...scene.flow.ribbons import (
    drawn_ends,
    hidden_edges,
    hide_edge,
    light_routes,
    lit_part,
    show_all_edges,
    skipping_ends,
)
from ...scene.looks.hiding import hidden
from ..common.active import active_network, choose
from ..common.jobs import report_error
from ..common.knowing import known, known_description
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
    ribbons = first_of(root, "ribbon")
    if ribbons is not None:
        shown = not hidden(ribbons)[0]
        icon: Any = "HIDE_OFF" if shown else "HIDE_ON"
        layout.operator("nn.show_part", text="All Ribbons", icon=icon, depress=shown).part = "ribbon"
    _draw_part(layout, root)
    count = len(hidden_edges(root))
    if count:
        layout.operator("nn.show_edges", text=f"Show {count} Hidden", icon="LOOP_BACK")


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
    found: _Ways | None = known(root, _ways_of, chosen) if chosen else None
    if found is None:
        text = "No ribbon leads to or from it" if chosen else "Choose a layer or a block first"
        layout.label(text=text, icon="INFO")
        return
    is_lit = lit_part(root) == chosen
    icon: Any = "LIGHT_SUN" if is_lit else "LIGHT"
    layout.operator("nn.light_flow", text=f"Light Up {found.name}", icon=icon, depress=is_lit)
    column, hidden_ones = layout.column(align=True), set(hidden_edges(root))
    for ends, text in found.ribbons.items():
        row = column.row(align=True)
        row.label(text=text)
        icon = "HIDE_ON" if ends in hidden_ones else "HIDE_OFF"
        button = row.operator("nn.hide_edge", text="", icon=icon, emboss=False)
        button.source, button.target = ends


@dataclass(frozen=True)
class _Ways:
    """The ribbons of a part.

    Attributes:
        name: of what is seen of it: its own, or that of the closed block that it is in.
        ribbons: source and target of each, with what it is called.
    """

    name: str
    ribbons: Mapping[Ends, str]


def _ways_of(root: bpy.types.Collection, chosen: str) -> _Ways | None:
    """The ribbons of a part; None where no ribbon leads to or from it."""
    about, drawn = known_description(root), drawn_ends(root)
    if about is None or about.opening is None:
        return None
    found = routes_at(about.opening.root, drawn, chosen)
    if found is None:
        return None
    part, sources, targets = found
    edges = {around.id: f"edge of {around.name}" for around in about.opening.root.way_to(part.id)[:-1]}
    names, skips = names_of(root) | edges, skipping_ends(root)
    texts = {ends: f"From {names[ends[0]]}{SKIPS * (ends in skips)}" for ends in sources}
    texts |= {ends: f"To {names[ends[1]]}{SKIPS * (ends in skips)}" for ends in targets}
    across = part.id, part.id
    return _Ways(part.name, texts | {across: "Through the block"} if across in drawn else texts)


CLASSES = (NN_OT_light_flow, NN_OT_hide_edge, NN_OT_show_edges)

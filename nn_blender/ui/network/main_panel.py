"""The top of the sidebar: importing, the line of what is going on, the network that is shown, and the rooms."""

from __future__ import annotations

import bpy

from ...actions.settings import may_go_online, worker_python
from ...core.errors import UserError
from ...scene.base.find import networks
from ..common.active import active_network, title_of
from ..common.jobs import jobs
from ..common.rooms import draw_rooms
from ..common.sidebar import Sidebar, letters_in_line
from ..common.wanted_interventions import wanted_interventions
from ..interventions.switch_drawing import describe_switched
from ..tensorflow.preferences import draw_offline_hint, draw_set_up_button
from .examples import draw_examples


class NN_PT_main(Sidebar, bpy.types.Panel):
    bl_label = "Neural Network"
    bl_order = 0
    bl_options = {"HIDE_HEADER"}

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        root = active_network(context)
        if root is None:
            _draw_beginning(layout.box())
            return
        # A panel without a header has no ground of its own: the viewport would show through.
        box = layout.box()
        _draw_network(box, context, root)
        _draw_status(box, root)
        draw_rooms(box, context, letters_in_line())


def _draw_beginning(layout: bpy.types.UILayout) -> None:
    """What there is to do while there is no network."""
    if worker_python() is None:
        column = layout.column()
        column.label(text="TensorFlow is not set up", icon="INFO")
        if may_go_online():
            draw_set_up_button(column)
        else:
            draw_offline_hint(column)
        column.operator("nn.open_preferences", text="Use an Existing Python…", icon="PREFERENCES")
    row = layout.row()
    row.scale_y = 1.4
    row.operator("nn.import_network", text="Import Network…", icon="IMPORT")
    if jobs.running:
        jobs.draw_progress(layout)
    else:
        row = layout.row()
        row.active = False
        row.label(text="No network yet")
    jobs.draw_error(layout)
    layout.label(text="Or open an example")
    draw_examples(layout.column(align=True))


def _draw_network(layout: bpy.types.UILayout, context: bpy.types.Context, root: bpy.types.Collection) -> None:
    """The network that is shown, which a click inspects; others to choose; importing and removing."""
    row = layout.row(align=True)
    row.operator("nn.choose_network", text=title_of(root), icon="OUTLINER_COLLECTION").network = root.name
    if len(networks(context.scene)) > 1:
        row.menu(NN_MT_networks.__name__, text="", icon="DOWNARROW_HLT")
    if worker_python() is None:
        row.operator("nn.open_preferences", text="", icon="ERROR")
    row.separator()
    row.operator("nn.import_network", text="", icon="IMPORT")
    row.operator("nn.remove_network", text="", icon="TRASH")


def _draw_status(layout: bpy.types.UILayout, root: bpy.types.Collection) -> None:
    """One line that is always there, so that nothing moves under the mouse when a job begins or neurons are off."""
    if jobs.running:
        jobs.draw_progress(layout)
        return
    if jobs.error is not None:
        _draw_error(layout, jobs.error)
        return
    wanted = wanted_interventions.find(root)
    not_run = "" if wanted is None or wanted_interventions.are_shown(root) else ", not run yet"
    if wanted is not None and not wanted.is_empty:
        split = layout.split(factor=0.66)
        split.label(text=describe_switched(wanted) + not_run)
        split.operator("nn.enable_all", text="Enable All")
        return
    row = layout.row()
    row.active = False
    row.label(text="" if wanted is None else f"The network is intact{not_run}")


def _draw_error(layout: bpy.types.UILayout, error: UserError) -> None:
    """What went wrong, in the line; the rest of it on a click, since it would move all that is below."""
    row = layout.row(align=True)
    message = row.row(align=True)
    message.alert = True
    message.popover(NN_PT_error.__name__, text=error.message, icon="ERROR")
    row.operator("nn.dismiss_error", text="", icon="X")


class NN_PT_error(bpy.types.Panel):
    bl_label = "What Went Wrong"
    bl_space_type = "VIEW_3D"
    bl_region_type = "HEADER"
    bl_options = {"INSTANCED"}
    bl_ui_units_x = 16

    def draw(self, _: bpy.types.Context) -> None:
        jobs.draw_error(self.layout, 46)


class NN_MT_networks(bpy.types.Menu):
    bl_label = "Networks"

    def draw(self, context: bpy.types.Context) -> None:
        for root in networks(context.scene):
            button = self.layout.operator("nn.choose_network", text=title_of(root), icon="OUTLINER_COLLECTION")
            button.network = root.name


CLASSES = (NN_MT_networks, NN_PT_error, NN_PT_main)

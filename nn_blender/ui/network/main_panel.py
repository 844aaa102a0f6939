"""The sidebar's tab: importing, the job that runs, and what the network is."""

from __future__ import annotations

import bpy

from ...actions.settings import may_go_online, worker_python
from ...core.description.description import Description
from ...scene.base import contract
from ...scene.base.find import all_objects, networks
from ...scene.network.description import read_description, unreadable
from ..common.active import active_network
from ..common.jobs import jobs
from ..common.sidebar import ClosedPanel, Sidebar, draw_facts, draw_lines
from ..common.wanted_interventions import wanted_interventions
from ..interventions.switch_drawing import describe_switched
from ..looks.framing import draw_frame
from ..tensorflow.preferences import draw_offline_hint, draw_set_up_button


class NN_PT_main(Sidebar, bpy.types.Panel):
    bl_label = "Neural Network"

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        if worker_python() is None:
            box = layout.box()
            box.label(text="TensorFlow is not set up", icon="INFO")
            if may_go_online():
                draw_set_up_button(box)
            else:
                draw_offline_hint(box)
            box.operator("nn.open_preferences", text="Use an Existing Python…", icon="PREFERENCES")
        row = layout.row()
        row.scale_y = 1.4
        row.operator("nn.import_network", icon="IMPORT")
        root = active_network(context)
        _draw_status(layout, root)
        jobs.draw_error(layout)
        if root is not None:
            row = layout.row(align=True)
            if len(networks(context.scene)) > 1:
                row.prop(context.scene.nn, "network", text="", icon="OUTLINER_COLLECTION")
            else:
                row.label(text=root.name, icon="OUTLINER_COLLECTION")
            row.operator("nn.remove_network", text="", icon="TRASH")
            layout.row().prop(root.nn, "theme", expand=True)
            draw_frame(layout, "NETWORK", "Frame Network")


def _draw_status(layout: bpy.types.UILayout, root: bpy.types.Collection | None) -> None:
    """One line that is always there, so that nothing moves under the mouse when a job begins or neurons are off."""
    if jobs.running:
        jobs.draw_progress(layout)
        return
    wanted = wanted_interventions.find(root) if root is not None else None
    not_run = "" if wanted is None or wanted_interventions.are_shown(root) else ", not run yet"
    if wanted is not None and not wanted.is_empty:
        split = layout.split(factor=0.66)
        split.label(text=describe_switched(wanted) + not_run)
        split.operator("nn.enable_all", text="Enable All")
        return
    row = layout.row()
    row.active = False
    if root is None:
        row.label(text="No network yet")
    else:
        row.label(text="" if wanted is None else f"The network is intact{not_run}")


class NN_PT_model(ClosedPanel, bpy.types.Panel):
    bl_label = "Model"
    bl_order = 10

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        root = active_network(context)
        about = read_description(root)
        if about is None:
            draw_lines(layout, unreadable(root).message, "ERROR")
            return
        network = about.network
        neurons = sum(slab[contract.NEURONS] for slab in _slabs(root))
        draw_facts(
            layout,
            ("Name", network.name),
            ("Layers", f"{len(network.layers):,}"),
            ("Neurons", f"{neurons:,}"),
            ("Parameters", f"{network.parameters:,}"),
            ("Accuracy", _format_accuracy(about)),
        )
        notes = layout.column(align=True)
        for note in about.notes:
            draw_lines(notes, note)


def _slabs(root: bpy.types.Collection) -> list[bpy.types.Object]:
    return [obj for obj in all_objects(root) if obj.get(contract.ROLE) == "slab"]


def _format_accuracy(about: Description) -> str:
    if about.accuracy is None:
        return "no labels"
    return f"{about.accuracy:.1%}, {about.right:,} of {about.labelled:,} correct"


CLASSES = (NN_PT_main, NN_PT_model)

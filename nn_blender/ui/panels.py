"""The sidebar's tab: what the network is, what it sees and what it answers."""

from __future__ import annotations

import math
from typing import Any

import bpy

from ..actions.settings import may_go_online, worker_python
from ..core.recording import format_output
from ..engine.registry import workers
from ..scene import contract
from ..scene.description import read_description as description
from ..scene.find import networks
from ..scene.labels import format_shape
from ..scene.timeline import shown_sample
from .jobs import jobs, wrapped
from .preferences import draw_offline_hint, draw_set_up_button
from .properties import active_network

PREDICTIONS = 5


class Sidebar:
    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = "NN"


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
            box.operator("nn.open_preferences", text="Other Ways", icon="PREFERENCES")
        row = layout.row()
        row.scale_y = 1.4
        row.operator("nn.import_network", icon="IMPORT")
        jobs.draw(layout)
        if len(networks(context.scene)) > 1:
            layout.prop(context.scene.nn, "network", text="", icon="OUTLINER_COLLECTION")


class Child(Sidebar):
    """A panel below the main one that needs a network."""

    bl_parent_id = "NN_PT_main"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return active_network(context) is not None


class NN_PT_model(Child, bpy.types.Panel):
    bl_label = "Model"

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        root = active_network(context)
        about = description(root)
        if not about:
            layout.label(text="Its description is missing from the file", icon="ERROR")
            layout.operator("nn.remove_network", icon="TRASH")
            return
        network = about["network"]
        neurons = sum(slab[contract.NEURONS] for slab in _slabs(root))
        _draw_facts(
            layout,
            ("Name", network["name"]),
            ("Layers", f"{len(network['layers']):,}"),
            ("Neurons", f"{neurons:,}"),
            ("Parameters", f"{network['parameters']:,}"),
            ("Accuracy", _format_accuracy(about)),
        )
        notes = layout.column(align=True)
        for note in about.get("notes", []):
            for line in wrapped(note):
                notes.label(text=line)
        layout.operator("nn.remove_network", icon="TRASH")


class NN_PT_sample(Child, bpy.types.Panel):
    bl_label = "Test Image"

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        root = active_network(context)
        about = description(root)
        samples = about.get("samples", [])
        if not samples:
            layout.label(text="Imported without test images", icon="INFO")
            return
        index = shown_sample(context.scene, root)
        row = layout.row(align=True)
        row.operator("nn.show_sample", text="", icon="TRIA_LEFT").step = -1
        row.label(text=f"{index + 1} of {len(samples)}")
        row.operator("nn.show_sample", text="", icon="TRIA_RIGHT").step = 1
        sample = samples[index]
        facts = [("File", sample["name"])]
        if sample["label"]:
            facts.append(("True Class", sample["label"]))
        _draw_facts(layout, *facts)
        right = sample["right"]
        if right is not None:
            layout.label(text="Recognised" if right else "Mistaken", icon="CHECKMARK" if right else "CANCEL")
        for prediction in sample["predictions"][:PREDICTIONS]:
            value = math.nan if prediction["probability"] is None else prediction["probability"]
            text = f"{prediction['label']}   {format_output(value, about['outputs_are_probabilities'])}"
            factor = min(max(value, 0.0), 1.0) if about["outputs_are_probabilities"] and value == value else 0.0
            layout.progress(factor=factor, text=text)


class NN_PT_layers(Child, bpy.types.Panel):
    bl_label = "Layers"

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        root = active_network(context)
        layers = next((child for child in root.children if child.get(contract.ROLE) == "layers"), None)
        if layers is None:
            layout.label(text="Its layers were removed from the file", icon="ERROR")
            return
        layout.template_list("NN_UL_layers", "", layers, "objects", context.scene.nn, "layer", rows=6)
        if context.scene.nn.layer >= len(layers.objects):
            return
        slab = layers.objects[context.scene.nn.layer]
        if slab.get(contract.ROLE) != "slab":
            return
        _draw_facts(
            layout,
            ("Layer", slab[contract.LAYER]),
            ("Class", slab[contract.CLASS]),
            ("Output", format_shape(tuple(slab[contract.OUTPUT_SHAPE]))),
            ("Neurons", f"{slab[contract.NEURONS]:,}"),
            ("Parameters", f"{slab[contract.PARAMETERS]:,}"),
        )
        layout.operator("nn.select_layer", icon="RESTRICT_SELECT_OFF").layer = slab[contract.LAYER]


class NN_PT_worker(Child, bpy.types.Panel):
    bl_label = "TensorFlow"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        root = active_network(context)
        running = workers.is_alive(root[contract.NETWORK])
        facts = [("Process", "Ready" if running else "Not running")]
        for package, version in description(root).get("versions", {}).items():
            facts.append((package.title(), version))
        _draw_facts(self.layout, *facts)


def _slabs(root: bpy.types.Collection) -> list[bpy.types.Object]:
    return [thing for thing in root.all_objects if thing.get(contract.ROLE) == "slab"]


def _format_accuracy(about: dict[str, Any]) -> str:
    if about["accuracy"] is None:
        return "no labels"
    return f"{about['accuracy']:.1%} of {about.get('labelled', len(about['samples'])):,}"


def _draw_facts(layout: bpy.types.UILayout, *facts: tuple[str, str]) -> None:
    column = layout.column(align=True)
    for name, value in facts:
        split = column.split(factor=0.4)
        label = split.row()
        label.alignment = "RIGHT"
        label.active = False
        label.label(text=name)
        split.label(text=value)


CLASSES = (NN_PT_main, NN_PT_model, NN_PT_sample, NN_PT_layers, NN_PT_worker)

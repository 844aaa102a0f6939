"""The Influence panel: what the score of a class loses without each neuron."""

from __future__ import annotations

import math
from collections.abc import Generator, Mapping
from typing import Any

import bpy
import numpy as np
from bpy_extras.io_utils import ExportHelper

from ...actions.neurons.export_influence import export_influence
from ...actions.neurons.sweep import preview_influence, sweep_layer, sweep_neurons
from ...actions.settings import worker_python
from ...core.description.measurements import PREDICTED, TRUE, InfluenceState
from ...core.errors import UserError
from ...core.quantities import ESTIMATED, MEASURED, colour_quantities
from ...core.recording import class_name, format_output
from ...engine.jobs import Progress
from ...scene.base import contract
from ...scene.looks.shown_quantity import SAME, colour_by, set_size_by, size_by
from ...scene.network.description import require_description
from ...scene.neurons.influence import (
    ESTIMATE,
    EXACT,
    LayerFacts,
    NeuronInfluence,
    influence_states,
    layer_facts,
    neuron_influence,
    read_influence,
)
from ...scene.neurons.selection import selected
from ...scene.stage.legend import set_colour_by
from ..common.active import active_network, active_slab, network_by_id, root_of
from ..common.jobs import jobs, report_error
from ..common.knowing import known_description, known_selection
from ..common.needs import NeedsLayer, NeedsReason, StartsJob, edit_mode_reason, reason_against_running
from ..common.paths import absolute
from ..common.rooms import EXPERIMENT
from ..common.sidebar import ClosedPanel, draw_facts, draw_lines, fields, format_number
from ..common.undo_steps import as_one_step

MOST_LISTED = 8
SAMPLES_ITEMS = (
    ("shown", "In the Scene", "Over the samples that the scene shows"),
    ("all", "All Measured", "Over all measured samples; takes proportionally longer"),
    ("one", "Shown Sample", "For the sample that is shown alone"),
)
TARGET_ITEMS = (
    (TRUE, "True Class", "The true class of each sample; the predicted one where no label is known"),
    (PREDICTED, "Predicted Class", "The class with the highest output of each sample"),
    ("class", "One Class", "The same class for all samples, whatever they show"),
)
COLOUR_ITEMS = tuple(
    (quantity.name, quantity.title, quantity.colour_description, "NONE", quantity.colour_number)
    for quantity in colour_quantities()
)
SIZE_ITEMS = (
    (SAME, "Same", "All neurons of a layer have the same size", "NONE", 0),
    *(
        (quantity.name, quantity.title, quantity.size_description, "NONE", quantity.colour_number + 1)
        for quantity in colour_quantities()
    ),
)
_MEASURING: tuple[tuple[str, Any], ...] = (
    ("nn.estimate_influence", "LIGHT"),
    ("nn.sweep_layer", "SHADERFX"),
    ("nn.sweep_selection", "RESTRICT_SELECT_OFF"),
)
_COLOURS, _SIZES = ({number: name for name, *_, number in items} for items in (COLOUR_ITEMS, SIZE_ITEMS))


def _get_colour_by(self: NN_PG_influence) -> int:
    return colour_by(root_of(self)).colour_number


def _set_colour_by(self: NN_PG_influence, number: int) -> None:
    set_colour_by(root_of(self), _COLOURS[number])


def _get_size_by(self: NN_PG_influence) -> int:
    return next(number for number, name in _SIZES.items() if name == size_by(root_of(self)))


def _set_size_by(self: NN_PG_influence, number: int) -> None:
    set_size_by(root_of(self), _SIZES[number])


class NN_PG_influence(bpy.types.PropertyGroup):
    target: bpy.props.EnumProperty(  # type: ignore[valid-type]
        name="For", description="Class whose score is looked at", items=TARGET_ITEMS, options=set()
    )
    class_number: bpy.props.IntProperty(  # type: ignore[valid-type]
        name="Class", description="Number of the class, from 0", min=0, options=set()
    )
    samples: bpy.props.EnumProperty(  # type: ignore[valid-type]
        name="Samples", description="Samples to measure influence over", items=SAMPLES_ITEMS
    )
    colour_by: bpy.props.EnumProperty(  # type: ignore[valid-type]
        name="Colour By",
        description="What the colours of neurons show",
        items=COLOUR_ITEMS,
        get=_get_colour_by,
        set=_set_colour_by,
        options=set(),
    )
    size_by: bpy.props.EnumProperty(  # type: ignore[valid-type]
        name="Size By",
        description="What the sizes of neurons show",
        items=SIZE_ITEMS,
        get=_get_size_by,
        set=_set_size_by,
        options=set(),
    )


class RunsNetwork(StartsJob):
    """For operators that measure influence."""

    samples: bpy.props.EnumProperty(  # type: ignore[valid-type]
        name="Samples",
        description="Samples to measure influence over",
        items=SAMPLES_ITEMS,
        options={"SKIP_SAVE"},
    )
    target: bpy.props.EnumProperty(  # type: ignore[valid-type]
        name="For", description="Class whose score is looked at", items=TARGET_ITEMS, options={"SKIP_SAVE"}
    )
    class_number: bpy.props.IntProperty(  # type: ignore[valid-type]
        name="Class", description="Number of the class, from 0", min=0, options={"SKIP_SAVE"}
    )

    @property
    def wanted(self) -> str:
        """Whose score, as actions have it."""
        return str(self.class_number) if self.target == "class" else str(self.target)

    @classmethod
    def reason_against(cls, root: bpy.types.Collection) -> str:
        """Why influence cannot be measured; empty where it can."""
        about, reason = known_description(root), reason_against_running(root)
        if about is None or reason:
            return reason
        return edit_mode_reason(root) if about.samples else "There are no samples: add some and measure again"

    def start(self, steps: Generator[Progress, None, None], network_id: str) -> set[str]:
        operator: Any = self
        return jobs.launch(operator, as_one_step(steps, self.bl_label, lambda: _states(network_id)))


class NN_OT_estimate_influence(RunsNetwork, bpy.types.Operator):
    """Estimate the influence of all neurons in one pass, as activation times gradient"""

    bl_idname = "nn.estimate_influence"
    bl_label = "Estimate All Layers"

    def execute(self, context: bpy.types.Context) -> set[str]:
        root = active_network(context)
        return self.start(preview_influence(worker_python(), root, self.samples, self.wanted), root[contract.NETWORK])


class NN_OT_sweep_layer(NeedsLayer, RunsNetwork, bpy.types.Operator):
    bl_idname = "nn.sweep_layer"
    bl_label = "Sweep Layer"
    bl_description = (
        "Disable the neurons of the chosen layer one by one and measure how much the score of the class falls. "
        "Neurons that an earlier sweep left out come first"
    )

    def execute(self, context: bpy.types.Context) -> set[str]:
        root, layer = active_network(context), active_slab(context)[contract.LAYER]
        sweep = sweep_layer(worker_python(), root, layer, which=self.samples, target=self.wanted)
        return self.start(sweep, root[contract.NETWORK])


class NN_OT_sweep_selection(RunsNetwork, bpy.types.Operator):
    """Disable the selected neurons one by one and measure how much the score of the class falls"""

    bl_idname = "nn.sweep_selection"
    bl_label = "Sweep Selection"

    @classmethod
    def reason_against(cls, root: bpy.types.Collection) -> str:
        return super().reason_against(root) or ("" if known_selection(root) else "Select neurons first")

    def execute(self, context: bpy.types.Context) -> set[str]:
        root = active_network(context)
        neurons = {layer: chosen.tolist() for layer, chosen in selected(root).items()}
        sweep = sweep_neurons(worker_python(), root, neurons, self.samples, self.wanted)
        return self.start(sweep, root[contract.NETWORK])


class NN_OT_export_influence(NeedsReason, bpy.types.Operator, ExportHelper):
    """Write the influence of all neurons for which it is known to a CSV table"""

    bl_idname = "nn.export_influence"
    bl_label = "Export Influence"
    bl_options = {"REGISTER"}

    filename_ext = ".csv"
    filter_glob: bpy.props.StringProperty(default="*.csv", options={"HIDDEN"})  # type: ignore[valid-type]

    @classmethod
    def reason_against(cls, root: bpy.types.Collection) -> str:
        return "" if influence_states(root) else "Estimate the influence or sweep a layer first"

    def execute(self, context: bpy.types.Context) -> set[str]:
        file = absolute(self.filepath)
        if file.suffix.lower() != self.filename_ext:
            self.report({"ERROR"}, f"{file.name} does not end in {self.filename_ext}")
            return {"CANCELLED"}
        try:
            count = export_influence(active_network(context), file)
        except UserError as error:
            return report_error(self, error)
        self.report({"INFO"}, f"Wrote {count:,} neurons to {file}")
        return {"FINISHED"}


class NN_PT_influence(ClosedPanel, bpy.types.Panel):
    bl_label = "Influence"
    bl_order = 40
    room = EXPERIMENT

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        root, slab = active_network(context), active_slab(context)
        settings = root.nn.influence
        column = fields(layout)
        column.prop(settings, "target")
        if settings.target == "class":
            about = known_description(root)
            name = class_name(about.classes, settings.class_number) if about is not None else ""
            text = "Class" if name in ("", str(settings.class_number)) else f"Class ({name})"
            column.prop(settings, "class_number", text=text)
        column.prop(settings, "samples")
        column = layout.column(align=True)
        for operator, icon in _MEASURING:
            button = column.operator(operator, icon=icon)
            button.samples, button.target = settings.samples, settings.target
            button.class_number = settings.class_number
        column = fields(layout)
        column.prop(settings, "colour_by")
        column.prop(settings, "size_by")
        if slab is not None:
            _draw_layer(layout, root, slab)
        layout.operator("nn.export_influence", text="Export Influence…", icon="EXPORT")


def _draw_layer(layout: bpy.types.UILayout, root: bpy.types.Collection, slab: bpy.types.Object) -> None:
    layer = slab[contract.LAYER]
    facts, values = layer_facts(root, layer), read_influence(root, layer)
    if facts is None or values is None:
        layout.label(text=f"{layer}: not measured yet", icon="INFO")
        return
    samples = facts.sample or f"{facts.samples:,}"
    rows = [("Layer", layer), ("Influence", _kind(facts, len(values))), ("For", facts.subject), ("Samples", samples)]
    draw_facts(layout, *rows)
    if facts.rank_correlation is not None:
        draw_lines(layout, f"Rank correlation with estimate: {facts.rank_correlation:.3f}")
    for note in facts.notes:
        draw_lines(layout, note)
    if not facts.is_current:
        draw_lines(layout, "Out of date: samples or switches have changed since", "ERROR")
    _draw_most(layout, layer, values)
    _draw_neuron(layout, root, layer)


def _kind(facts: LayerFacts, neurons: int) -> str:
    if facts.kind == ESTIMATE:
        return ESTIMATED
    return MEASURED if facts.kind == EXACT else f"{MEASURED} for {facts.swept:,} of {neurons:,}"


def _draw_most(layout: bpy.types.UILayout, layer: str, values: np.ndarray) -> None:
    """The most influential neurons, for or against the class."""
    order = most_influential(values)
    column = layout.column(align=True)
    for neuron in order[:MOST_LISTED]:
        row = column.split(factor=0.5, align=True)
        chosen = row.operator("nn.choose_neuron", text=f"Neuron {neuron}")
        chosen.layer, chosen.neuron = layer, int(neuron)
        row.label(text=_signed(values[neuron]))
    if len(order) > MOST_LISTED:
        column.label(text=f"+{len(order) - MOST_LISTED:,} more")


def most_influential(values: np.ndarray) -> np.ndarray:
    """The neurons of which something is known, the largest magnitudes first, int (known,)."""
    sizes = np.abs(values)
    order = np.argsort(-np.nan_to_num(sizes, nan=-1.0), kind="stable")
    return order[: np.count_nonzero(~np.isnan(sizes))]


def _draw_neuron(layout: bpy.types.UILayout, root: bpy.types.Collection, layer: str) -> None:
    neuron = root.nn.neurons.neuron
    facts = neuron_influence(root, layer, neuron)
    if facts is None:
        return
    box = layout.box()
    box.label(text=f"If neuron {neuron} is disabled")
    rows = []
    if math.isnan(facts.most):
        rows.append(("Class Score", f"{_change(-facts.estimate)}, estimated"))
    else:
        rows += [
            ("Accuracy", _points(-facts.accuracy)),
            ("Class Score", _change(-facts.influence)),
            ("Estimated", _change(-facts.estimate)),
            ("Most Affected", _most_affected(root, facts)),
        ]
    draw_facts(box, *rows)


def _points(share: float) -> str:
    """A change of accuracy."""
    if math.isnan(share):
        return "no labels"
    return f"{share * 100:+.1f} points" if share else "unchanged"


def _most_affected(root: bpy.types.Collection, facts: NeuronInfluence) -> str:
    if facts.change == 0:
        return "none"
    about = require_description(root)
    sign = "+" if facts.change > 0 else ""
    change = format_output(facts.change, about.outputs_are_probabilities)
    return f"{class_name(about.classes, int(facts.most))}, {sign}{change}"


def _change(value: float) -> str:
    return "unchanged" if value == 0 else _signed(value)


def _signed(value: float) -> str:
    if value == 0:
        return "0"
    return f"{value:+.3g}" if math.isfinite(value) else format_number(value)


def _states(network_id: str) -> Mapping[str, InfluenceState]:
    root = network_by_id(network_id)
    return influence_states(root) if root else {}


CLASSES = (
    NN_PG_influence,
    NN_OT_estimate_influence,
    NN_OT_sweep_layer,
    NN_OT_sweep_selection,
    NN_OT_export_influence,
    NN_PT_influence,
)


class OnNetwork:
    influence: bpy.props.PointerProperty(type=NN_PG_influence)  # type: ignore[valid-type]

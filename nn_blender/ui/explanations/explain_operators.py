"""Operators of the panel Explain."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import bpy

from ...actions.explanations.explain_samples import Asked, explain_samples
from ...actions.settings import worker_python
from ...core.description.explanation import Explanation
from ...core.errors import UserError
from ...engine.jobs import Progress
from ...scene.base import contract
from ...scene.network.description import read_description
from ...scene.samples.timeline import shown_sample
from ...scene.show_explanation import remove_explanation
from ..common.active import active_network, network_by_id
from ..common.jobs import jobs, report_error
from ..common.knowing import known_description
from ..common.needs import NeedsReason, StartsJob, edit_mode_reason, reason_against_running
from ..common.undo_steps import as_one_step
from .explain_settings import (
    NEURON,
    PREDICTED,
    asked_of,
    holder_of,
    neuron_target,
    reason_against_classes,
    reason_against_target,
)


class Explains(StartsJob):
    """For operators that explain samples in the scene; all of them, but for ``only_shown``."""

    only_shown: bpy.props.BoolProperty(  # type: ignore[valid-type]
        name="Shown Sample Only", description="Explain only the sample that is shown", options={"SKIP_SAVE"}
    )

    @classmethod
    def reason_against(cls, root: bpy.types.Collection) -> str:
        about, reason = known_description(root), reason_against_running(root)
        if about is None or reason:
            return reason
        return edit_mode_reason(root) if about.samples else "There are no samples: add some and measure again"

    def start(self, context: bpy.types.Context, root: bpy.types.Collection, asked: Asked) -> set[str]:
        operator: Any = self
        count = len(read_description(root).samples)
        shown = min(shown_sample(context.scene, root), max(count - 1, 0))
        others = () if self.only_shown else tuple(number for number in range(count) if number != shown)
        steps = explain_samples(worker_python(), root, asked, (shown, *others))
        return jobs.launch(operator, _as_one_step(steps, root[contract.NETWORK], self.bl_label))


class NN_OT_explain(Explains, bpy.types.Operator):
    bl_idname = "nn.explain"
    bl_label = "Explain"
    bl_description = (
        "Explain the samples in the scene: show by maps over the input and beside it what the score of the target "
        "depends on. The sample that is shown comes first"
    )

    @classmethod
    def description(cls, _context: bpy.types.Context, properties: bpy.types.OperatorProperties) -> str:
        return "Explain the sample that is shown, and no other" if properties.only_shown else cls.bl_description

    @classmethod
    def reason_against(cls, root: bpy.types.Collection) -> str:
        about, reason = known_description(root), super().reason_against(root)
        return reason or (reason_against_target(bpy.context, root, about) if about is not None else "")

    def execute(self, context: bpy.types.Context) -> set[str]:
        root = active_network(context)
        try:
            return self.start(context, root, asked_of(context, root, known_description(root)))
        except UserError as error:
            return report_error(self, error)


class NN_OT_explain_top_classes(Explains, bpy.types.Operator):
    """Explain the classes with the highest outputs by the method that is chosen in Explain"""

    bl_idname = "nn.explain_top_classes"
    bl_label = "Show Maps of Top Classes"

    @classmethod
    def reason_against(cls, root: bpy.types.Collection) -> str:
        return super().reason_against(root) or reason_against_classes(root)

    def execute(self, context: bpy.types.Context) -> set[str]:
        root = active_network(context)
        root.nn.explain.target = PREDICTED
        return self.start(context, root, asked_of(context, root, known_description(root)))


class NN_OT_explain_neuron(Explains, bpy.types.Operator):
    """Explain the chosen neuron or feature map: show which parts of the samples its activation depends on"""

    bl_idname = "nn.explain_neuron"
    bl_label = "Explain This Neuron"

    @classmethod
    def reason_against(cls, root: bpy.types.Collection) -> str:
        return super().reason_against(root) or ("" if neuron_target(bpy.context, root) else "Choose a neuron first")

    def execute(self, context: bpy.types.Context) -> set[str]:
        root = active_network(context)
        root.nn.explain.target = NEURON
        return self.start(context, root, asked_of(context, root, known_description(root)))


class NN_OT_explain_again(Explains, bpy.types.Operator):
    """Explain the same again, of the network and the samples as they are now"""

    bl_idname = "nn.explain_again"
    bl_label = "Explain Again"

    @classmethod
    def reason_against(cls, root: bpy.types.Collection) -> str:
        about, reason = known_description(root), super().reason_against(root)
        return reason or ("" if about is not None and about.explanation else "Nothing is explained yet")

    def execute(self, context: bpy.types.Context) -> set[str]:
        root = active_network(context)
        shown = known_description(root).explanation
        targets = tuple(one.target for one in shown.targets if not one.is_intact)
        with_intact = len(targets) < len(shown.targets)
        return self.start(context, root, Asked(shown.method, targets, shown.chosen_layer, shown.steps, with_intact))


class NN_OT_remove_explanation(NeedsReason, bpy.types.Operator):
    """Remove the maps that explain answers, over the input and beside it"""

    bl_idname = "nn.remove_explanation"
    bl_label = "Remove Explanation"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def reason_against(cls, root: bpy.types.Collection) -> str:
        return "" if holder_of(root) is not None else "Nothing is explained"

    def execute(self, context: bpy.types.Context) -> set[str]:
        try:
            remove_explanation(context.scene, active_network(context))
        except UserError as error:
            return report_error(self, error)
        return {"FINISHED"}


def _as_one_step(steps: Generator[Progress, None, None], network_id: str, name: str) -> Generator[Progress, None, None]:
    return as_one_step(steps, name, lambda: _explanation(network_id))


def _explanation(network_id: str) -> Explanation | None:
    root = network_by_id(network_id)
    about = read_description(root) if root is not None else None
    return about.explanation if about is not None else None


CLASSES = (
    NN_OT_explain,
    NN_OT_explain_top_classes,
    NN_OT_explain_neuron,
    NN_OT_explain_again,
    NN_OT_remove_explanation,
)

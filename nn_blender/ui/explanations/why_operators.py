"""Operators of the panel Why This Answer?: find reasons, choose what they are about, and act on them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import bpy
from bpy.app.handlers import persistent

from ...actions.explanations.why import bring_back, find_reasons, forget
from ...actions.interventions.switch import set_factor
from ...actions.settings import worker_python
from ...core.description.description import Description
from ...core.errors import UserError
from ...core.neurons.reasons import KeptReasons
from ...core.recording import class_name
from ...scene.base import contract
from ...scene.base.find import networks
from ...scene.explanations.reasons import reasons_of
from ...scene.neurons.reason_marks import are_reasons_marked, remove_reason_marks, show_reason_marks
from ...scene.samples.timeline import shown_sample
from ..common.active import active_network
from ..common.jobs import jobs, report_error
from ..common.knowing import known_description
from ..common.needs import NeedsDescription, NeedsObjectMode, NeedsReason, StartsJob, reason_against_running
from ..common.reruns import keep_up_to_date

PREDICTED = -1
"""In place of a class: the one that the network answers."""


class OnWindow:
    why_class: bpy.props.IntProperty(  # type: ignore[valid-type]
        name="Class",
        description="Number of the class that is explained; -1 for the one with the highest output",
        default=PREDICTED,
        min=PREDICTED,
        options=set(),
    )
    why_network: bpy.props.StringProperty(  # type: ignore[valid-type]
        name="Network", description="Whose class it is; other networks explain the one with the highest output",
        options=set(),
    )  # fmt: skip


def class_count(about: Description) -> int:
    """How many classes, labels or values the answer gives; 0 where it is not numbers in a row."""
    layer = about.network.layer_of_output(about.answer)
    if layer is None or len(layer.output_shape) != 1:
        return 0
    return 2 if about.answer_output.kind == "binary" else max(layer.output_shape[0], 0)


def class_names(about: Description) -> list[str]:
    """Names of all classes of the answer, or numbers of its values; a name that several have, with the number too."""
    names = [class_name(about.classes, index) for index in range(class_count(about))]
    counts = Counter(names)
    return [f"{name} ({index})" if counts[name] > 1 else name for index, name in enumerate(names)]


def asked_class(context: bpy.types.Context, root: bpy.types.Collection, about: Description) -> int | None:
    """The class that is to be explained; None for the one with the highest output."""
    window: Any = context.window_manager.nn
    is_own = window.why_network == root[contract.NETWORK]
    return window.why_class if is_own and 0 <= window.why_class < class_count(about) else None


def shown_reasons(context: bpy.types.Context, root: bpy.types.Collection) -> KeptReasons | None:
    """What is kept for the sample that is shown and the class that is asked for; None where nothing is."""
    about, shown = known_description(root), shown_sample(context.scene, root)
    if about is None or shown >= len(about.samples):
        return None
    return reasons_of(root, about.samples[shown].sample, asked_class(context, root, about))


class NN_OT_find_reasons(StartsJob, bpy.types.Operator):
    bl_idname = "nn.find_reasons"
    bl_label = "Find Reasons"
    bl_description = (
        "Find the neurons of all layers that speak most for the class on this sample and against it, the fewest "
        "neurons without which the answer is another one, and the most similar samples"
    )

    @classmethod
    def reason_against(cls, root: bpy.types.Collection) -> str:
        about, reason = known_description(root), reason_against_running(root)
        if about is None or reason:
            return reason
        if not about.samples:
            return "There are no samples: add some and measure again"
        return "" if class_count(about) else "The network's answer is not numbers in a row"

    def execute(self, context: bpy.types.Context) -> set[str]:
        root = active_network(context)
        shown, asked = shown_sample(context.scene, root), asked_class(context, root, known_description(root))
        return jobs.launch(self, find_reasons(worker_python(), root, shown, asked))


_items: list[tuple[str, str, str]] = []
"""Blender keeps no copy of the names of items that a function gives."""


def _class_items(_: object, context: bpy.types.Context | None) -> list[tuple[str, str, str]]:
    root = active_network(context) if context is not None else None
    about = known_description(root) if root is not None else None
    names = class_names(about) if about is not None else ()
    _items[:] = [(str(PREDICTED), "Predicted Class", ""), *((str(k), name, "") for k, name in enumerate(names))]
    return _items


class ChoosesClass(NeedsDescription):
    """For operators that choose the class that is explained."""

    bl_property = "index"

    index: bpy.props.EnumProperty(  # type: ignore[valid-type]
        name="Class", description="The class that is explained", items=_class_items, options={"SKIP_SAVE"}
    )

    def execute(self, context: bpy.types.Context) -> set[str]:
        window: Any = context.window_manager.nn
        window.why_class = int(self.index)
        window.why_network = active_network(context)[contract.NETWORK]
        return {"FINISHED"}


class NN_OT_choose_class(ChoosesClass, bpy.types.Operator):
    """Choose the class that is explained"""

    bl_idname = "nn.choose_class"
    bl_label = "Choose Class"

    @classmethod
    def description(cls, context: bpy.types.Context, properties: bpy.types.OperatorProperties) -> str:
        if int(properties.index) == PREDICTED:
            return "Explain the class with the highest output"
        about = known_description(active_network(context))
        name = class_names(about)[int(properties.index)] if about is not None else properties.index
        return f"Explain what speaks for and against {name}"


class NN_OT_find_class(ChoosesClass, bpy.types.Operator):
    """Explain another class: search for it by its name"""

    bl_idname = "nn.find_class"
    bl_label = "Other Class"

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        context.window_manager.invoke_search_popup(self)
        return {"FINISHED"}


class NN_OT_switch_turn(NeedsReason, NeedsObjectMode, bpy.types.Operator):
    """Disable the neurons without which the answer is another one, and run the network again"""

    bl_idname = "nn.switch_turn"
    bl_label = "Disable Neurons That Turn the Answer"
    # Its undo step is pushed when the last value is written; see `reruns.keep_up_to_date`.
    bl_options = {"REGISTER"}

    @classmethod
    def reason_against(cls, root: bpy.types.Collection) -> str:
        kept = shown_reasons(bpy.context, root)
        if kept is None:
            return "Find the reasons of the answer first"
        turn = kept.reasons.turn
        return "" if turn is not None and turn.neurons else "No neurons were found that turn the answer"

    def execute(self, context: bpy.types.Context) -> set[str]:
        root = active_network(context)
        by_layer: dict[str, list[int]] = {}
        for layer, neuron in shown_reasons(context, root).reasons.turn.neurons:
            by_layer.setdefault(layer, []).append(neuron)
        try:
            set_factor(root, by_layer, 0.0)
        except UserError as error:
            return report_error(self, error)
        keep_up_to_date(self.bl_label)
        return {"FINISHED"}


class NN_OT_mark_reasons(NeedsReason, NeedsObjectMode, bpy.types.Operator):
    """Mark the neurons that speak most for the class, in orange, and against it, in blue, by their ranks"""

    bl_idname = "nn.mark_reasons"
    bl_label = "Show in Scene"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def reason_against(cls, root: bpy.types.Collection) -> str:
        return "" if shown_reasons(bpy.context, root) else "Find the reasons of the answer first"

    def execute(self, context: bpy.types.Context) -> set[str]:
        root = active_network(context)
        kept = shown_reasons(context, root)
        left_out = show_reason_marks(context.scene, root, kept)
        if left_out:
            self.report({"INFO"}, f"{left_out} of the neurons are not drawn and have no mark of their own")
        return {"FINISHED"}


class NN_OT_unmark_reasons(NeedsReason, bpy.types.Operator):
    """Remove the marks of neurons that speak for or against a class"""

    bl_idname = "nn.unmark_reasons"
    bl_label = "Remove from Scene"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def reason_against(cls, root: bpy.types.Collection) -> str:
        return "" if are_reasons_marked(root) else "No reasons are shown in the scene"

    def execute(self, context: bpy.types.Context) -> set[str]:
        remove_reason_marks(context.scene, active_network(context))
        return {"FINISHED"}


def start() -> None:
    for handlers, function in _handlers():
        handlers.append(function)


def stop() -> None:
    for handlers, function in _handlers():
        handlers.remove(function)
    forget()


def _handlers() -> list[tuple[list[Callable[..., None]], Callable[..., None]]]:
    calls = bpy.app.handlers
    return [(calls.undo_post, _after_jump), (calls.redo_post, _after_jump), (calls.load_pre, _leave_file)]


@persistent
def _after_jump(*_: object) -> None:
    for scene in bpy.data.scenes:
        for root in networks(scene):
            bring_back(root)


@persistent
def _leave_file(*_: object) -> None:
    forget()


CLASSES = (
    NN_OT_find_reasons,
    NN_OT_choose_class,
    NN_OT_find_class,
    NN_OT_switch_turn,
    NN_OT_mark_reasons,
    NN_OT_unmark_reasons,
)

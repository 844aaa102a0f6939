"""What the panel Explain was told: method, target and how much, on the network; and how the maps look."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import bpy

from ...actions.explanations.explain_samples import Asked
from ...core.description.description import Description
from ...core.errors import UserError
from ...core.explanations import METHODS, Method, Target
from ...core.requests.explanations import ExplainRequest
from ...scene.base import contract
from ...scene.base.colour_maps import COLOUR_MAPS
from ...scene.base.find import first_of
from ...scene.looks.explanation_look import LEAST_FULL_AT, RULES, ExplanationLook, colours_for, get_look
from ...scene.nodes.explanations import HOLDER
from ...scene.show_explanation import set_look
from ..common.active import active_slab, root_of
from ..common.knowing import known_description
from .why_operators import class_count, class_names

PREDICTED, CLASS, NEURON = "PREDICTED", "CLASS", "NEURON"
METHOD_ITEMS = tuple((method.name, method.label, method.description) for method in METHODS)
TARGET_ITEMS = (
    (PREDICTED, "Predicted Class", "The class with the highest output, and those that come next, for each sample"),
    (CLASS, "Class", "A class of your choice, the same for all samples, and another one beside it"),
    (NEURON, "Chosen Neuron", "The neuron or feature map that is chosen, of whichever layer"),
)
RULE_ITEMS = (
    ("sample", "Sample", "All maps of the sample shown, so that its classes can be compared"),
    ("samples", "All Samples", "All maps of all samples, so that samples can be compared"),
)
COLOUR_ITEMS, SIGNED_ITEMS = (
    tuple((name, COLOUR_MAPS[name].label, COLOUR_MAPS[name].description) for name in colours_for(is_signed))
    for is_signed in (False, True)
)
MOST_CLASSES = 5


def holder_of(root: bpy.types.Collection) -> bpy.types.Object | None:
    """The object that holds how the explanation looks; None where nothing is explained."""
    return first_of(root, HOLDER)


def _look(group: NN_PG_explain) -> ExplanationLook:
    holder = holder_of(root_of(group))
    return get_look(holder) if holder is not None else ExplanationLook(colours_for(False)[0])


def _change_look(group: NN_PG_explain, **choices: Any) -> None:
    root = root_of(group)
    if holder_of(root) is not None:
        set_look(bpy.context.scene, root, replace(_look(group), **choices))


def _number(names: Iterable[str], name: str) -> int:
    """Which of the names it is; the first where it is none of them."""
    return {one: number for number, one in enumerate(names)}.get(name, 0)


def _get_rule(self: NN_PG_explain) -> int:
    return _number(RULES, _look(self).rule)


def _set_rule(self: NN_PG_explain, number: int) -> None:
    _change_look(self, rule=RULES[number])


def _get_colours(self: NN_PG_explain) -> int:
    return _number(colours_for(False), _look(self).colours)


def _set_colours(self: NN_PG_explain, number: int) -> None:
    _change_look(self, colours=colours_for(False)[number])


def _get_signed_colours(self: NN_PG_explain) -> int:
    return _number(colours_for(True), _look(self).colours)


def _set_signed_colours(self: NN_PG_explain, number: int) -> None:
    _change_look(self, colours=colours_for(True)[number])


def _get_full_at(self: NN_PG_explain) -> float:
    return _look(self).full_at


def _set_full_at(self: NN_PG_explain, share: float) -> None:
    _change_look(self, full_at=share)


def _find_class(self: NN_PG_explain, _context: bpy.types.Context, text: str) -> list[str]:
    about = known_description(root_of(self))
    return [name for name in class_names(about) if text.lower() in name.lower()] if about is not None else []


def _find_layer(self: NN_PG_explain, _context: bpy.types.Context, text: str) -> list[str]:
    about = known_description(root_of(self))
    layers = about.network.layers if about is not None else ()
    return [layer.path for layer in layers if len(layer.output_shape) > 1 and text.lower() in layer.path.lower()]


class NN_PG_explain(bpy.types.PropertyGroup):
    method: bpy.props.EnumProperty(  # type: ignore[valid-type]
        name="Method",
        description="How the answer is explained",
        items=METHOD_ITEMS,
        default="grad-cam",
        options=set(),
    )
    target: bpy.props.EnumProperty(  # type: ignore[valid-type]
        name="Target", description="What is explained", items=TARGET_ITEMS, options=set()
    )
    count: bpy.props.IntProperty(  # type: ignore[valid-type]
        name="Classes",
        description="How many of the classes with the highest outputs have a map each",
        default=3,
        min=1,
        max=MOST_CLASSES,
        options=set(),
    )
    class_name: bpy.props.StringProperty(  # type: ignore[valid-type]
        name="Class", description="Name of the class, or number of the value", search=_find_class, options=set()
    )
    beside: bpy.props.StringProperty(  # type: ignore[valid-type]
        name="Beside It",
        description="Another class, whose map stands beside that of the first; none where it is empty",
        search=_find_class,
        options=set(),
    )
    layer: bpy.props.StringProperty(  # type: ignore[valid-type]
        name="Layer",
        description="Path of the layer whose feature maps are weighted; the last one that fits where it is empty",
        search=_find_layer,
        options=set(),
    )
    steps: bpy.props.IntProperty(  # type: ignore[valid-type]
        name="Steps",
        description="How many points on the way, or noisy copies, are taken of every sample",
        default=ExplainRequest.steps,
        min=1,
        max=4096,
        options=set(),
    )
    with_intact: bpy.props.BoolProperty(  # type: ignore[valid-type]
        name="Before and After",
        description="Explain the network without its switches too, beside what it says with them",
        options=set(),
    )
    colours: bpy.props.EnumProperty(  # type: ignore[valid-type]
        name="Colours",
        description="Colour map of the explanation",
        items=COLOUR_ITEMS,
        get=_get_colours,
        set=_set_colours,
        options=set(),
    )
    signed_colours: bpy.props.EnumProperty(  # type: ignore[valid-type]
        name="Colours",
        description="Colour map of the explanation",
        items=SIGNED_ITEMS,
        get=_get_signed_colours,
        set=_set_signed_colours,
        options=set(),
    )
    rule: bpy.props.EnumProperty(  # type: ignore[valid-type]
        name="Range",
        description="Whose largest magnitude the colours reach",
        items=RULE_ITEMS,
        get=_get_rule,
        set=_set_rule,
        options=set(),
    )
    full_at: bpy.props.FloatProperty(  # type: ignore[valid-type]
        name="Full Colour At",
        description="Share of the largest magnitude from which on colours are full",
        min=LEAST_FULL_AT,
        max=1.0,
        subtype="FACTOR",
        get=_get_full_at,
        set=_set_full_at,
        options=set(),
    )


def method_of(root: bpy.types.Collection) -> Method:
    """The method that is chosen in the panel."""
    return METHODS.find(root.nn.explain.method)


def neuron_target(context: bpy.types.Context, root: bpy.types.Collection) -> Target | None:
    """The neuron that is chosen; None where no layer with neurons is."""
    slab = active_slab(context)
    if slab is None or not slab[contract.NEURONS]:
        return None
    return Target(min(root.nn.neurons.neuron, slab[contract.NEURONS] - 1), layer=slab[contract.LAYER])


def reason_against_classes(root: bpy.types.Collection) -> str:
    """Why the method that is chosen explains no class or value; empty where it does."""
    method = method_of(root)
    if not method.needs_neuron:
        return ""
    return f"{method.label} explains neurons: choose one and Chosen Neuron as the target, or another method"


def reason_against_target(context: bpy.types.Context, root: bpy.types.Collection, about: Description) -> str:
    """Why what is chosen in the panel cannot be explained; empty where it can."""
    settings, reason = root.nn.explain, reason_against_classes(root)
    if settings.target == NEURON:
        return "" if neuron_target(context, root) else "Choose a neuron first"
    if reason:
        return reason
    if settings.target == CLASS:
        wanted = [settings.class_name, *([settings.beside] if settings.beside else [])]
        unknown = [name for name in wanted if name not in class_names(about)]
        if not settings.class_name:
            return "Choose a class first"
        return f"The network has no class {unknown[0]}" if unknown else ""
    return ""


def asked_of(context: bpy.types.Context, root: bpy.types.Collection, about: Description) -> Asked:
    """What is chosen in the panel.

    Raises:
        UserError: code ``explanation.target``, what `reason_against_target` says.
    """
    settings, method = root.nn.explain, method_of(root)
    reason = reason_against_target(context, root, about)
    if reason:
        raise UserError("explanation.target", f"{reason}.")
    output, neuron = about.answer_number, neuron_target(context, root)
    targets: tuple[Target, ...]
    if settings.target == NEURON and neuron is not None:
        targets = (neuron,)
    elif settings.target == CLASS:
        names = class_names(about)
        wanted = dict.fromkeys(name for name in (settings.class_name, settings.beside) if name)
        targets = tuple(Target(names.index(name), output=output) for name in wanted)
    else:
        count = min(settings.count, max(class_count(about), 1))
        targets = tuple(Target(rank=rank, output=output) for rank in range(count))
    layer = settings.layer if method.weights_layer else ""
    return Asked(method.name, targets, layer, settings.steps, settings.with_intact)


CLASSES = (NN_PG_explain,)


class OnNetwork:
    explain: bpy.props.PointerProperty(type=NN_PG_explain)  # type: ignore[valid-type]

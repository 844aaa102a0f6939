"""The glow of neurons: which activation glows brightest, and on which scale."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import bpy

from ...core.description.description import Description
from ...core.normalisation import RULES, SCALES, Normalisation, Range
from ...core.quantities.activation import ACTIVATION
from ...scene.base import contract
from ...scene.looks.normalisation import get_normalisation
from ...scene.stage.legend import BRIGHTEST, STATISTIC, show_normalisation
from ..common.active import active_slab, root_of
from ..common.knowing import known_description
from ..common.sidebar import draw_facts, fields, format_number

RULE_ITEMS = (
    ("layer", "Layer", "Brightest is the highest activation of its layer over all samples"),
    ("neuron", "Neuron", "Brightest is the neuron's own highest activation over all samples"),
    ("network", "Network", "Brightest is the highest activation of the whole network over all samples"),
    ("fixed", "Fixed Range", "Dark and brightest are values that you choose"),
)
SCALE_ITEMS = (
    ("linear", "Linear", "Twice the activation is twice the glow"),
    ("logarithmic", "Logarithmic", "Every power of ten gets the same share of the glow, which shows small activations"),
)


def _change(root: bpy.types.Collection, **choices: Any) -> None:
    show_normalisation(root, replace(get_normalisation(root), **choices))


def _get_rule(self: NN_PG_glow) -> int:
    return RULES.index(get_normalisation(root_of(self)).rule)


def _set_rule(self: NN_PG_glow, number: int) -> None:
    _change(root_of(self), rule=RULES[number])


def _get_scale(self: NN_PG_glow) -> int:
    return SCALES.index(get_normalisation(root_of(self)).scale)


def _set_scale(self: NN_PG_glow, number: int) -> None:
    _change(root_of(self), scale=SCALES[number])


def _get_dark(self: NN_PG_glow) -> float:
    return get_normalisation(root_of(self)).dark


def _set_dark(self: NN_PG_glow, value: float) -> None:
    _change(root_of(self), dark=value)


def _get_bright(self: NN_PG_glow) -> float:
    return get_normalisation(root_of(self)).bright


def _set_bright(self: NN_PG_glow, value: float) -> None:
    _change(root_of(self), bright=value)


class NN_PG_glow(bpy.types.PropertyGroup):
    rule: bpy.props.EnumProperty(  # type: ignore[valid-type]
        name="Brightest",
        description="What the brightest glow stands for",
        items=RULE_ITEMS,
        get=_get_rule,
        set=_set_rule,
        options=set(),
    )
    scale: bpy.props.EnumProperty(  # type: ignore[valid-type]
        name="Scale",
        description="How the glow increases with the activation",
        items=SCALE_ITEMS,
        get=_get_scale,
        set=_set_scale,
        options=set(),
    )
    dark: bpy.props.FloatProperty(  # type: ignore[valid-type]
        name="Dark Up To",
        description="Neurons whose activation is no larger than this, regardless of sign, are dark",
        get=_get_dark,
        set=_set_dark,
        min=0.0,
        precision=3,
        options=set(),
    )
    bright: bpy.props.FloatProperty(  # type: ignore[valid-type]
        name="Brightest From",
        description="Neurons whose activation is at least this, regardless of sign, are brightest",
        get=_get_bright,
        set=_set_bright,
        min=0.0,
        precision=3,
        options=set(),
    )


def draw_glow(layout: bpy.types.UILayout, context: bpy.types.Context, root: bpy.types.Collection) -> None:
    """Which activation glows brightest, on which scale, and what that comes to."""
    about = known_description(root)
    normalisation = get_normalisation(root)
    column = fields(layout)
    column.prop(root.nn.glow, "rule")
    column.prop(root.nn.glow, "scale")
    if normalisation.rule == "fixed":
        column.prop(root.nn.glow, "dark")
        column.prop(root.nn.glow, "bright")
    slab = active_slab(context)
    statistic = STATISTIC[about.statistic if about else "mean"]
    facts = [(ACTIVATION.title, f"{ACTIVATION.provenance}, {statistic}")]
    facts += legend_words(about, normalisation, slab[contract.LAYER] if slab else "")
    draw_facts(layout, *facts)


def legend_words(about: Description | None, normalisation: Normalisation, layer: str) -> list[tuple[str, str]]:
    """What is brightest, of the chosen layer with its number, and what negative activations look like."""
    ranges: Mapping[str, Range] = about.ranges if about else {}
    highest = {path: max(-low, high) for path, (low, high) in ranges.items()}
    brightest = BRIGHTEST[normalisation.rule]
    if normalisation.rule == "network":
        brightest += f", {format_number(max(highest.values(), default=1.0))}"
    elif normalisation.rule == "fixed":
        brightest = f"from {normalisation.bright:.3g}, dark up to {normalisation.dark:.3g}"
    facts = [("Brightest", brightest)]
    if normalisation.rule == "layer" and layer in highest:
        facts.append((layer, format_number(highest[layer])))
    if any(low < 0 for low, _ in ranges.values()):
        facts.append(("Negative", "violet instead of green"))
    return facts


CLASSES = (NN_PG_glow,)


class OnWorkspace:
    look_glow: bpy.props.BoolProperty(name="Glow", default=True, options=set())  # type: ignore[valid-type]


class OnNetwork:
    glow: bpy.props.PointerProperty(type=NN_PG_glow)  # type: ignore[valid-type]

"""The legend: what colours mean, in the scene and so in every picture of it."""

from __future__ import annotations

import math
from collections.abc import Collection
from functools import partial

import bpy

from ...core.description.description import Description
from ...core.description.measurements import TRUE
from ...core.layout.layout import Layout, Vector
from ...core.normalisation import Normalisation
from ...core.quantities import ESTIMATED, LAYER, MEASURED, QUANTITIES, Quantity
from ...core.quantities.activation import ACTIVATION
from ...core.quantities.change import CHANGE
from ...core.quantities.influence import INFLUENCE
from ..base import contract, meshes
from ..base.find import objects
from ..base.parts import Parts
from ..base.themed import Themed
from ..base.themes import theme_of
from ..looks import materials
from ..looks.normalisation import get_normalisation, set_normalisation
from ..looks.shown_quantity import colour_by
from ..network import text_objects
from ..network.description import change_description, read_description
from ..nodes.cards import UV
from .frame_legend import fit_legend

DISTANCE = 2.4
HEIGHT = -0.75
WIDTH = 3.0
BRIGHTEST = {
    "layer": "the highest of its layer",
    "neuron": "the neuron's own highest",
    "network": "the network's highest",
    "fixed": "a fixed range",
}
"""What makes a neuron brightest, by the rules of `core.normalisation`."""

STATISTIC = {
    "mean": "mean over positions",
    "max": "maximum over positions",
    "positive": "mean of the positive part",
}
"""How a neuron with positions becomes one number, by `core.recording.STATISTICS`."""


def add_legend(parts: Parts, layout: Layout) -> None:
    holder = legend_holder(parts, layout)
    strip = parts.mesh_object(
        ("legend", "", "strip"),
        "Legend strip",
        lambda: meshes.plane_mesh("Legend", WIDTH, 0.12, UV),
        contract.LABELS_COLLECTION,
        holder,
    )
    if not strip.data.materials:
        strip.data.materials.append(parts.material(materials.legend))
    size, above, below = parts.theme.letters.legend, parts.theme.gaps.legend_above, -parts.theme.gaps.legend_below
    for part, x, z, align in (
        ("rule", 0.0, above, "LEFT"),
        ("low", 0.0, below, "LEFT"),
        ("zero", WIDTH / 2, below, "CENTER"),
        ("high", WIDTH, below, "RIGHT"),
    ):
        text = parts.obj(
            ("legend", "", part),
            f"Legend {part}",
            partial(text_objects.text_curve, f"Legend {part}", "", size, parts.material(materials.dim_ink), align),
            contract.LABELS_COLLECTION,
            holder,
        )
        text.location = (x, 0.0, z)
        text.rotation_euler = (math.pi / 2, 0.0, 0.0)


def legend_holder(parts: Parts, layout: Layout) -> bpy.types.Object:
    """What the legend's parts are placed by."""
    holder = parts.empty("Legend", contract.LABELS_COLLECTION, "legend", parts.anchor)
    if not holder.constraints:
        holder.location = legend_place(layout)
        text_objects.face(holder, parts.focus, upright=True)
    return holder


def legend_place(layout: Layout) -> Vector:
    """Beside the input, at the foot of the network, before whatever stands there in other rows."""
    return layout.input.x, layout.free_before(layout.input, WIDTH) - DISTANCE, layout.bounds.z + HEIGHT


def show_normalisation(root: bpy.types.Collection, normalisation: Normalisation) -> None:
    """Let neurons glow by another rule and the legend say so; nothing is computed or written anew."""
    set_normalisation(root, normalisation)
    change_description(root, normalisation=normalisation)
    root[contract.GLOW_NETWORK] = max((abs(end) for end in _range_ends(read_description(root))), default=1.0)
    show_legend(root)


def show_legend(root: bpy.types.Collection) -> None:
    """Bring the legend in line with the network's colours; while it compares, these are of the change."""
    about = read_description(root)
    quantity = shown_quantity(root)
    has_negative = quantity.range_rule == LAYER or min(_range_ends(about), default=0) < 0
    if quantity.range_rule == LAYER:
        bodies = layer_legend(quantity, _provenances(about, quantity), _subject(about, quantity))
    else:
        statistic, largest = about.statistic if about else "mean", root.get(contract.GLOW_NETWORK, 1.0)
        bodies = legend_texts(quantity, get_normalisation(root), statistic, has_negative, largest)
    ramp = "glow.signed" if has_negative else "glow.positive"
    _write_legend(root, bodies, Themed("glow.change" if quantity.is_change else ramp))


def shown_quantity(root: bpy.types.Collection) -> Quantity:
    """What neurons show: what they are coloured by, or instead of activation its change while the network compares."""
    is_compared = bool(root.get(contract.COMPARE, 0)) and bool(root.get(contract.RECORDED, ""))
    quantity = colour_by(root)
    return CHANGE if is_compared and quantity == ACTIVATION else quantity


def set_colour_by(root: bpy.types.Collection, name: str) -> None:
    """Colour neurons by the quantity of that name; nothing is computed or written anew."""
    root[contract.COLOUR_BY] = QUANTITIES.find(name).colour_number
    show_legend(root)
    # Drivers do not hear of custom properties that Python sets.
    root.update_tag()


def _range_ends(about: Description | None) -> list[float]:
    return [end for ends in about.ranges.values() for end in ends] if about else []


def _write_legend(root: bpy.types.Collection, bodies: dict[str, str], ramp: Themed) -> None:
    parts = {obj.get(contract.PART): obj for obj in objects(root, "legend")}
    for part, body in bodies.items():
        if part in parts:
            parts[part].data.body = body
    strip = parts["strip"].active_material if "strip" in parts else None
    if strip is not None and strip.node_tree is not None:
        materials.set_ramp(strip.node_tree, ramp, theme_of(root))
    fit_legend(root)


def _provenances(about: Description | None, quantity: Quantity) -> list[str]:
    """Where the values of each layer come from, for the quantity of which that differs."""
    states = about.influence.values() if about and quantity == INFLUENCE else ()
    return [ESTIMATED if state.kind == "estimate" else MEASURED for state in states]


def _subject(about: Description | None, quantity: Quantity) -> str:
    """Whose score a quantity is about, where that is not the true class of several samples."""
    states = about.influence.values() if about and quantity == INFLUENCE else ()
    found = {(state.subject(about.classes), state.sample) for state in states if about}
    if len(found) > 1:
        return "several classes or samples"
    subject, sample = next(iter(found), ("", ""))
    if sample:
        return f"{subject} for {sample}"
    return "" if subject == f"the {TRUE} class" else subject


def layer_legend(quantity: Quantity, provenances: Collection[str] = (), subject: str = "") -> dict[str, str]:
    """The words beside the colours of a quantity whose range is that of its layer; see `Quantity.described`.

    Args:
        subject: whose score it is about, where that has to be said.
    """
    on = f" on {subject}" if subject else ""
    rule = f"{quantity.described(provenances)}{on}, by the largest of its layer"
    return {"rule": rule, "low": quantity.low, "zero": quantity.zero, "high": quantity.high}


def legend_texts(
    quantity: Quantity, normalisation: Normalisation, statistic: str, has_negative: bool, largest: float
) -> dict[str, str]:
    """The words beside the colours of a quantity that follows the glow's rule: rule, lowest, zero and highest."""
    top = {"network": f"{largest:.3g}", "fixed": f"≥ {normalisation.bright:.3g}"}.get(normalisation.rule, "highest")
    bottom = f"≤ {normalisation.dark:.3g}" if normalisation.rule == "fixed" else "0"
    over_positions = f", {STATISTIC[statistic]}" if statistic != "mean" else ""
    rule = f"{quantity.described()}{over_positions}, by {BRIGHTEST[normalisation.rule]}"
    if normalisation.scale == "logarithmic":
        rule += ", logarithmic"
        is_open = normalisation.rule != "fixed" or normalisation.dark <= 0
        bottom = "≤ 1/1000" if is_open else bottom
    if quantity.is_change:
        return {"rule": rule, "low": quantity.low, "zero": quantity.zero, "high": quantity.high}
    if not has_negative:
        return {"rule": rule, "low": bottom, "zero": "", "high": top}
    return {"rule": rule, "low": quantity.low, "zero": bottom, "high": top}

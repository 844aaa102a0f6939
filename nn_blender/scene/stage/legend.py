"""What the colours mean, in the scene and therefore in every picture of it."""

from __future__ import annotations

import math

import bpy

from ...core.description.description import Description
from ...core.layout.layout import Layout
from ...core.normalisation import Normalisation
from ..base import contract, meshes
from ..base.colour_maps import Ramp
from ..base.find import objects
from ..base.parts import Parts
from ..base.themes import theme_of
from ..looks import materials
from ..looks.normalisation import get_normalisation, set_normalisation
from ..network import text_objects
from ..network.description import change_description, read_description
from ..nodes.cards import UV

DISTANCE = 1.5
HEIGHT = -0.85
WIDTH = 2.4
NEGATIVE = "negative"
BRIGHTEST = {
    "layer": "by the highest of its layer",
    "neuron": "by the neuron's own highest",
    "network": "by the network's highest",
    "fixed": "fixed range",
}
STATISTIC = {"mean": "", "max": ", maximum over positions", "positive": ", mean of the positive part"}


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
            lambda part=part, align=align: text_objects.text_curve(
                f"Legend {part}", "", size, parts.material(materials.dim_ink), align
            ),
            contract.LABELS_COLLECTION,
            holder,
        )
        text.location = (x, 0.0, z)
        text.rotation_euler = (math.pi / 2, 0.0, 0.0)


def legend_holder(parts: Parts, layout: Layout) -> bpy.types.Object:
    """What the legend's parts are placed by."""
    holder = parts.empty("Legend", contract.LABELS_COLLECTION, "legend", parts.anchor)
    if not holder.constraints:
        holder.location = (layout.input.x, -layout.input.width / 2 - DISTANCE, HEIGHT)
        text_objects.face(holder, parts.focus, upright=True)
    return holder


def show_normalisation(root: bpy.types.Collection, normalisation: Normalisation) -> None:
    """Let neurons glow by another rule and the legend say so; nothing is computed or written anew."""
    set_normalisation(root, normalisation)
    change_description(root, normalisation=normalisation)
    root[contract.GLOW_NETWORK] = max((abs(end) for end in _range_ends(read_description(root))), default=1.0)
    show_legend(root)


def show_legend(root: bpy.types.Collection) -> None:
    """Bring the legend in line with the network's colours; while it compares, these are of the change."""
    about, glow = read_description(root), theme_of(root).glow
    if root.get(contract.COLOUR_BY, 0) == 1:
        _write_legend(root, influence_legend(about), glow.change)
        return
    is_compared = bool(root.get(contract.COMPARE, 0)) and bool(root.get(contract.RECORDED, ""))
    has_negative = is_compared or min(_range_ends(about), default=0) < 0
    largest = root.get(contract.GLOW_NETWORK, 1.0)
    bodies = legend_texts(get_normalisation(root), about.statistic if about else "mean", has_negative, largest)
    ramp = glow.signed if has_negative else glow.positive
    if is_compared:
        rule = bodies["rule"].replace("activation", "change against the intact network", 1)
        bodies |= {"rule": rule, "low": "less", "zero": "no change", "high": "more"}
        ramp = glow.change
    _write_legend(root, bodies, ramp)


def _range_ends(about: Description | None) -> list[float]:
    return [end for ends in about.ranges.values() for end in ends] if about else []


def _write_legend(root: bpy.types.Collection, bodies: dict[str, str], ramp: Ramp) -> None:
    parts = {obj.get(contract.PART): obj for obj in objects(root, "legend")}
    for part, body in bodies.items():
        if part in parts:
            parts[part].data.body = body
    strip = parts["strip"].active_material if "strip" in parts else None
    if strip is not None and strip.node_tree is not None:
        materials.set_ramp(strip.node_tree, ramp)


def influence_legend(about: Description | None) -> dict[str, str]:
    """The words where neurons are coloured by their influence."""
    kinds = {state.kind for state in about.influence.values()} if about else set()
    how = "" if "estimate" not in kinds else (", estimated" if kinds == {"estimate"} else ", partly estimated")
    rule = f"influence{how}, by the largest of its layer"
    return {"rule": rule, "low": "against the class", "zero": "0", "high": "for the class"}


def legend_texts(normalisation: Normalisation, statistic: str, has_negative: bool, largest: float) -> dict[str, str]:
    """The words beside the colours: rule, lowest, zero and highest."""
    top = {"network": f"{largest:.3g}", "fixed": f"≥ {normalisation.bright:.3g}"}.get(normalisation.rule, "highest")
    bottom = f"≤ {normalisation.dark:.3g}" if normalisation.rule == "fixed" else "0"
    rule = f"activation{STATISTIC[statistic]}, {BRIGHTEST[normalisation.rule]}"
    if normalisation.scale == "logarithmic":
        rule += ", logarithmic"
        is_open = normalisation.rule != "fixed" or normalisation.dark <= 0
        bottom = "≤ 1/1000" if is_open else bottom
    if not has_negative:
        return {"rule": rule, "low": bottom, "zero": "", "high": top}
    return {"rule": rule, "low": NEGATIVE, "zero": bottom, "high": top}

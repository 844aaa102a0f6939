"""The inspector of a network as a whole: how large it is and how often it is right."""

from __future__ import annotations

import bpy

from ...core.description.answers import right_counts
from ...core.description.description import Description
from ...scene.network.description import unreadable
from ..common.knowing import known_description
from ..common.sidebar import draw_facts, draw_lines

ICON = "OUTLINER_COLLECTION"


def title(_: bpy.types.Context, root: bpy.types.Collection) -> str:
    return f"Network {root.name.removeprefix('NN ')}"


def draw(layout: bpy.types.UILayout, _: bpy.types.Context, root: bpy.types.Collection) -> None:
    about = known_description(root)
    if about is None:
        draw_lines(layout, unreadable(root).message, "ERROR")
        return
    facts = [
        ("Layers", f"{len(about.network.layers):,}"),
        ("Neurons", f"{about.network.neurons:,}"),
        ("Parameters", f"{about.network.parameters:,}"),
        ("Samples", f"{len(about.samples):,} of {about.evaluated:,} measured" if about.samples else "none"),
    ]
    draw_facts(layout, *facts, *_accuracy(about), *_facts_now(about))


def _accuracy(about: Description) -> list[tuple[str, str]]:
    """How often the intact network is right; nothing where its answers are no classes."""
    if about.accuracy is not None:
        return [("Accuracy", f"{about.accuracy:.1%}, {about.right:,} of {about.labelled:,} correct")]
    return [("Accuracy", "no labels")] if any(shown.answer.predictions for shown in about.samples) else []


def _facts_now(about: Description) -> list[tuple[str, str]]:
    """How often the network is right as it is switched; nothing where it is intact."""
    if about.intervention is None:
        return []
    right, known = right_counts(about.intervention.answers)
    return [("Switched", f"{right:,} of {known:,} in the scene correct")] if known else []

"""What the options of an import say about the files: what they are, what was found beside them, what they cost."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import bpy

from ...actions.network.import_network import ImportOptions
from ...actions.network.survey import Places, Survey, places_of, survey
from ...core.layout.budgets import EVERYTHING, Budget, estimate
from ...core.network import Inspection, Network
from ...core.texts import format_bytes, format_pixels
from ..common.paths import optional_path
from ..common.sidebar import draw_facts, draw_lines

MILLION = 1_000_000
WIDTH = 50
"""Letters in a line of the options."""
PLACES = ("samples", "labels", "classes")
"""Options that say where files are."""

_surveys: dict[str, Survey] = {}
"""What was said last, by all that it depends on; files are looked through once, and not at every redraw."""


def surveyed(inspection: Inspection, options: ImportOptions) -> Survey:
    """See `survey.survey`; remembered until an option that it depends on changes."""
    key = repr((inspection.network.file, options.samples, options.input_samples, options.labels, options.classes))
    if key not in _surveys:
        _surveys[key] = survey(inspection, options)
    return _surveys[key]


def forget_surveys() -> None:
    _surveys.clear()


def fill_places(model: Path, given: Mapping[str, Any]) -> dict[str, str]:
    """Paths that say where the files of a model are looked for, where none were given: choosers open there."""
    places = places_of(model)
    found = {name: str(getattr(places, name)) for name in PLACES} | {"classes_code": folder_of(model)}
    return {name: text for name, text in found.items() if not given.get(name)}


def chosen(places: Places, text: str) -> Path | None:
    """A path that the user chose; None where it is one that is looked for anyway."""
    path = optional_path(text)
    return None if path in [getattr(places, name) for name in PLACES] else path


def folder_of(model: Path) -> str:
    """What stands where nothing is chosen and nothing is looked for, so that choosers open beside the model."""
    return str(model.parent) + os.sep


def without_folder(model: Path, text: str) -> str:
    """A text that is more than `folder_of`; else empty."""
    return "" if text == folder_of(model) else text


def is_there(text: str) -> bool:
    """Whether a path is one of an existing file or folder, or empty."""
    path = optional_path(text)
    return path is None or path.exists()


def draw_survey(layout: bpy.types.UILayout, name: str, said: Survey) -> None:
    """What is said of the file of a network, by its name."""
    layout.label(text=name, icon="OUTLINER_COLLECTION")
    draw_facts(layout, *said.facts)
    for caution in said.cautions:
        draw_lines(layout, caution, "INFO", WIDTH)
    if said.code:
        column = layout.column()
        column.alert = not said.is_code_allowed
        for reason in said.code:
            draw_lines(column, reason, "ERROR", WIDTH)
        draw_lines(layout, _about_code(said), "BLANK1", WIDTH)


def _about_code(said: Survey) -> str:
    if said.is_code_allowed:
        return "You have allowed this code before; the extension's preferences list it."
    return "Allow it below if you trust the file's author. Until then only the structure is shown."


def draw_costs(layout: bpy.types.UILayout, settings: Any, networks_inside: Sequence[Network], budget: Budget) -> None:
    """What the scene would hold and, where a laptop would struggle with it, the options that make it smaller.

    Args:
        settings: the operator, whose ``shown`` and ``max_…`` these are.
    """
    costs = [estimate(network, settings.shown, budget) for network in networks_inside]
    more = sum(cost.more for cost in costs)
    neurons, pixels, size = (
        sum(getattr(cost, name) for cost in costs) for name in ("neurons", "card_pixels", "texture_bytes")
    )
    draw_facts(
        layout,
        ("Neurons", f"{neurons:,}"),
        ("Feature Maps", format_pixels(pixels)),
        ("Textures", f"up to {format_bytes(size)}"),
        ("Build Time", f"about {max(sum(cost.build_seconds for cost in costs), 0.1):.1f} s, plus the run"),
    )
    whole = [estimate(network, settings.shown, EVERYTHING) for network in networks_inside]
    column = layout.column()
    if more:
        column.label(text=f"{more:,} neurons will not be drawn", icon="ERROR")
    is_reduced = pixels < sum(cost.card_pixels for cost in whole)
    if is_reduced:
        column.label(text="Large feature maps will be scaled down", icon="INFO")
    if size > Budget.texture_bytes:
        column.label(text="Textures are large: show fewer samples or pixels", icon="ERROR")
    is_large = any(cost.exceeds(Budget()) for cost in whole)
    is_wide = any(estimate(network, 0).more for network in networks_inside)
    if more or is_reduced or is_large or is_wide:
        for name in ("max_neurons", "max_layer_neurons", "max_map_pixels"):
            column.prop(settings, name)

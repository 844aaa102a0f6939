"""Lines below maps that explain answers, and above them all, which change with the sample."""

from __future__ import annotations

import bpy

from ...core.blocks.explanation_maps import MOST_WORDS
from ...core.description.description import Description
from ...core.description.explanation import Explanation
from ...core.layout.legible import LINE
from ..base import contract
from ..base.parts import Parts, Recipe
from ..looks import materials
from ..network.sample_texts import show_sample_text
from ..nodes.explanations import HOLDER
from .texts import heading_of, words_of

LABEL, STORE, WORDS = "explanation label", "explanation texts", "explanation words"
"""Roles: of what is seen, of what holds the texts of all samples, and of what carries both."""


def words_at_samples(about: Description, explanation: Explanation, target: int) -> list[str]:
    """What is written below a target's map, for every sample in the scene; nothing for those not explained."""
    places = [explanation.place_of(sample) for sample in range(len(about.samples))]
    explained = explanation.targets[target]
    return ["" if place is None else words_of(about, explained, place, MOST_WORDS) for place in places]


def write_words(parts: Parts, target: int, texts: list[str]) -> set[bpy.types.Object]:
    part = str(target)
    holder = parts.empty(f"Explanation words {part}", contract.INPUT_COLLECTION, WORDS, parts.anchor, part)
    return {holder, *_write(parts, holder, part, texts, "CENTER", materials.ink)}


def write_heading(parts: Parts, about: Description, explanation: Explanation) -> set[bpy.types.Object]:
    holder = parts.find(HOLDER)
    assert holder is not None
    label, more = heading_of(explanation)
    explained = set(explanation.samples)
    count = len(about.samples)
    texts = [f"{label}\n{more}" if sample in explained else f"{label}\nnot explained" for sample in range(count)]
    texts = texts if more or len(explained) < count else [f"\n{label}"] * count
    return {holder, *_write(parts, holder, "heading", texts, "LEFT", materials.dim_ink)}


def _write(
    parts: Parts,
    holder: bpy.types.Object,
    part: str,
    texts: list[str],
    align: str,
    ink: Recipe[bpy.types.Material],
) -> tuple[bpy.types.Object, bpy.types.Object]:
    """Lines that change with the sample: what is seen, and what holds the texts of all samples."""
    shown = show_sample_text(
        parts,
        part,
        texts,
        contract.INPUT_COLLECTION,
        size=1.0,
        material=parts.material(ink),
        parent=holder,
        align_x=align,
        line_pitch=LINE,
        roles=(LABEL, STORE),
    )
    store = parts.find(STORE, "", part)
    assert store is not None
    return shown, store

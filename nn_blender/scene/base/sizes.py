"""Letters and gaps of every theme."""

from __future__ import annotations

from .theme import Gaps, Letters

LETTERS = Letters(
    title=0.55,
    title_facts=0.26,
    name=0.34,
    shape=0.25,
    measures=0.18,
    classes=0.32,
    answer=0.42,
    verdict=0.3,
    caption=0.28,
    closeup=0.28,
    legend=0.23,
    legend_note=0.2,
    line_height=1.6,
)

GAPS = Gaps(
    name_drop=0.42,
    shape_drop=0.78,
    measures_drop=1.06,
    answer_rise=0.62,
    verdict_room=0.44,
    classes=0.22,
    caption_rise=0.56,
    closeup_rise=0.72,
    legend_above=0.28,
    legend_below=0.32,
    legend_note_drop=0.68,
)

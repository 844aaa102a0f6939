"""Letters and gaps of every theme."""

from __future__ import annotations

from .theme import Gaps, Letters

LETTERS = Letters(
    title=0.55,
    title_facts=0.22,
    name=0.34,
    shape=0.22,
    measures=0.15,
    classes=0.3,
    answer=0.42,
    verdict=0.26,
    caption=0.24,
    closeup=0.24,
    legend=0.17,
    legend_note=0.15,
    line_height=1.6,
)

GAPS = Gaps(
    name_drop=0.42,
    shape_drop=0.74,
    measures_drop=1.0,
    answer_rise=0.62,
    verdict_room=0.38,
    classes=0.22,
    caption_rise=0.5,
    closeup_rise=0.72,
    legend_above=0.24,
    legend_below=0.22,
    legend_note_drop=0.42,
)

"""Where the maps that explain answers stand in a network's picture."""

from __future__ import annotations

import math

import bpy

from ...core.layout.picture import ELEVATION, UNIT, ExplanationMaps, Rect, floor_point
from ..base import contract
from ..base.find import objects
from ..base.parts import Parts
from ..layers.stands import place_book
from ..nodes.explanations import HOLDER

BASELINE = 0.95
"""Of the first line, below the upper end of its room, in heights of letters."""
LIFT = 0.1
"""Of texts towards the camera."""


def place_explanation(parts: Parts, maps: ExplanationMaps | None) -> None:
    """Move the cards with their words, and the heading, to where a picture has them."""
    holder = parts.find(HOLDER)
    if holder is None or maps is None:
        return
    _place_text(holder, maps.heading, maps.letters, maps.heading.x)
    cards = {card.part: (card, words) for card, words in zip(maps.cards, maps.words, strict=True)}
    for stand in tuple(objects(parts.root, "explanation stand")):
        if stand.get(contract.PART) in cards:
            place_book(stand, cards[stand[contract.PART]][0])
    for words in tuple(objects(parts.root, "explanation words")):
        if words.get(contract.PART) in cards:
            rect = cards[words[contract.PART]][1]
            _place_text(words, rect, maps.letters, rect.x + rect.width / 2)


def _place_text(holder: bpy.types.Object, rect: Rect, letters: float, x: float) -> None:
    """Let what is upright in the space of an object, with letters of height 1, be seen in a rectangle."""
    place = floor_point((x, rect.bottom))
    rise = UNIT * (rect.height - BASELINE * letters) / math.cos(ELEVATION)
    holder.location = (
        place[0],
        place[1] - LIFT * math.cos(ELEVATION),
        place[2] + rise + LIFT * math.sin(ELEVATION),
    )
    # As much higher as it takes for letters to have their own proportions in the picture.
    holder.scale = (UNIT * letters, UNIT * letters, UNIT * letters / math.cos(ELEVATION))

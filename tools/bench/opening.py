"""Whether anything jumps while blocks of a real network open, by hand and by keys, and what is picked meanwhile."""

from __future__ import annotations

from collections.abc import Iterator

import bpy

from nn_blender.scene.opening.opening import OpeningChange, open_blocks, require_opening

from .cases import Case
from .films import check_picking, largest_step, open_by_hand, open_by_keys
from .models import import_closed
from .progress import say
from .rows import Measured

STEPS = 8
VALUES = (0.0, 0.3, 0.7, 1.0)


def measure(case: Case) -> Iterator[Measured]:
    """Pictures of every block of the first level; picking at several values of every block of all levels."""
    root, _imported = import_closed(case.name.removeprefix("opening-"), case.samples)
    scene = bpy.context.scene
    hierarchy = require_opening(root)[1].root
    by_hand, by_keys = 0.0, 0.0
    for block in (child.id for child in hierarchy.children if child.is_block):
        by_hand = max(by_hand, largest_step(list(open_by_hand(scene, root, block, STEPS))))
        open_blocks(scene, root, {})
        by_keys = max(by_keys, largest_step(list(open_by_keys(scene, root, block, STEPS))))
        say(f"{block}: {by_hand:.2f} by hand, {by_keys:.2f} by keys so far")
    yield Measured("opening_step", by_hand)
    yield Measured("film_step", by_keys)
    asked = 0
    for part in hierarchy.blocks:
        way = [around.id for around in hierarchy.way_to(part.id)]
        for value in VALUES:
            OpeningChange(scene, root, dict.fromkeys(way, 1.0) | {part.id: value}).finish()
            asked += check_picking(scene, root)
    say(f"picked {asked} things as what they are")

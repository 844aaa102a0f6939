"""Which blocks are open where nobody has opened any: in a fresh import, or where somebody asks for it in a word."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import count
from statistics import median

from ..errors import UserError
from ..inputs import NetworkInput
from ..layout.picture import Picture
from ..network import Network
from .answers import Answer
from .arranging import arrange
from .hierarchy import NETWORK, Part
from .plans import Plans

AUTO, ALL, NONE = "auto", "all", "none"
"""What may be asked to be open besides a number of levels; see `blocks_for`."""
MOST_PARTS = 14
"""So many parts are seen at most where whole levels are open."""
LEAST_COVER, LEAST_COVER_IN_BRANCHES = 1 / 12, 1 / 15
"""Heights of half of the covers are at least this share of the frame's: where levels are open, and branches."""
_WAYS, _LARGE_WAY = 3, 1 / 4
"""So many children side by side are branches; two are, where both have at least that share of the layers."""

ToPicture = Callable[[Sequence[str]], Picture]


def blocks_for(
    network: Network,
    root: Part,
    wanted: str,
    answers: Sequence[Answer] | None = None,
    aspect: float = 16 / 9,
    inputs: Sequence[NetworkInput] = (),
) -> tuple[str, ...]:
    """Ids of the blocks to open where somebody asks for it in a word.

    Args:
        wanted: `AUTO` as in a fresh import, `ALL`, `NONE`, or how many levels are opened, from 0 on.
        root, answers, aspect, inputs: as `arrange` has them.

    Raises:
        UserError: ``blocks.bad_opening``, where it is something else.
    """
    if wanted == AUTO:
        return _at_first(
            network,
            root,
            lambda opened: arrange(
                network, root, dict.fromkeys(opened, 1.0), answers=answers, aspect=aspect, inputs=inputs
            ),
        )
    if wanted == ALL:
        return tuple(block.id for block in root.blocks)
    if wanted == NONE:
        return ()
    if not wanted.isdecimal():
        raise UserError(
            "blocks.bad_opening",
            f"{wanted!r} does not say which blocks to open.",
            f"Give {AUTO}, {ALL}, {NONE}, or how many levels of blocks to open.",
        )
    return blocks_to_level(root, int(wanted) + 1)


def blocks_to_level(root: Part, levels: int) -> tuple[str, ...]:
    """Ids of the blocks to open so that so many levels of a network are seen, from 1 for its top level on."""
    opened: list[str] = []
    here = [root]
    for _ in range(levels):
        opened += [part.id for part in here if part.is_block and part.kind != NETWORK]
        here = [child for part in here for child in part.children]
    return tuple(opened)


def _at_first(network: Network, root: Part, picture_of: ToPicture) -> tuple[str, ...]:
    """As many levels as show few parts that are still large; of a closed network of branches, one block with some."""
    opened: tuple[str, ...] = ()
    here: Sequence[Part] = root.children
    for levels in count(2):
        here = [below for part in here for below in (part.children or (part,))]
        deeper = blocks_to_level(root, levels)
        if len(here) > MOST_PARTS or deeper == opened or not _is_large(picture_of(deeper), LEAST_COVER):
            break
        opened = deeper
    if opened:
        return opened
    plans = Plans(network, root, ())
    branched = [part for part in root.children if part.is_block and _is_branched(plans, part)]
    if 2 * sum(part.layers for part in branched) <= root.layers:
        return ()
    example = (branched[0].id,)
    return example if _is_large(picture_of(example), LEAST_COVER_IN_BRANCHES) else ()


def _is_large(picture: Picture, least: float) -> bool:
    heights = [book.cover[1] for book in picture.books]
    return median(heights) >= least * picture.frame.height


def _is_branched(plans: Plans, part: Part) -> bool:
    """Whether data takes several ways through a block side by side, of which none is only a shortcut."""
    beside: dict[int, list[int]] = {}
    for rank, child in zip(plans.of(part).lanes.ranks, part.children, strict=False):
        beside.setdefault(rank, []).append(child.layers)
    return any(
        len(ways) >= _WAYS or (len(ways) > 1 and min(ways) >= _LARGE_WAY * part.layers) for ways in beside.values()
    )

"""Opens and closes blocks of a network in the scene; nothing is measured or built for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property

import bpy

from ...core.blocks.answers import answers_of
from ...core.blocks.motion import Motion, kept_folds
from ...core.blocks.opening import Opening
from ...core.description.description import Description
from ...core.errors import UserError
from ...core.layout.picture import Folds, Picture, Rect
from ..base import contract
from ..network.description import change_description, read_description, read_layout, require_description
from ..network.parts import network_parts
from ..stage.frame import see_frame
from ..stage.frames_seen import frame_aspect, stack_frames, stacked_with
from .keys import is_keyed
from .showing import show_opening, show_picture


def opened(root: bpy.types.Collection) -> dict[str, float]:
    """How far blocks of a network are open, 0 to 1, by id; those that are not named are closed."""
    about = read_description(root)
    return dict(about.opening.opened) if about is not None and about.opening is not None else {}


def open_blocks(scene: bpy.types.Scene, root: bpy.types.Collection, states: Mapping[str, float]) -> None:
    """Open blocks of a network, and close those that are not named; from when the distance does not decide on it.

    Args:
        states: how far blocks are open, 0 to 1, by id.

    Raises:
        UserError: ``opening.none`` where the network is a row of layers, ``opening.unknown_block`` where it has no such
            block, or what `require_description` says.
    """
    OpeningChange(scene, root, states).finish()


class OpeningChange:
    """Blocks of a network that are opened and closed, at once or step by step.

    Attributes:
        parts: of the network.
        end: which blocks are open in the end.

    Args:
        states: how far blocks are open in the end, 0 to 1, by id; those that are not named are closed.
        is_anew: whether rows fold anew although the same blocks are open.
        by_distance: whether the distance decides what is seen of all this in the end; as before where it is None.

    Raises:
        UserError: see `open_blocks`.
    """

    def __init__(
        self,
        scene: bpy.types.Scene,
        root: bpy.types.Collection,
        states: Mapping[str, float],
        *,
        is_anew: bool = False,
        by_distance: bool | None = None,
    ):
        self._about, self._start = require_opening(root)
        self._is_by_distance = self._start.by_distance is not None if by_distance is None else by_distance
        known = {block.id for block in self._start.root.blocks}
        unknown = sorted(states.keys() - known)
        if unknown:
            message = f"{self._about.network.name} has no block {unknown[0]!r}."
            raise UserError("opening.unknown_block", message, "Choose one of its blocks.")
        self._aspect = frame_aspect(scene, root)
        about = self._about
        self._answers = answers_of(about.network, about.outputs, about.classes, about.answer)
        self._root = root
        self.parts = network_parts(scene, self._about.network, root[contract.NETWORK], root)
        self._layout = read_layout(root, self._about.network)
        self.end = self._with(states, None if is_anew else kept_folds(self._start, states))

    def picture_of(self, states: Mapping[str, float]) -> Picture:
        """Another state, with the folds of the end."""
        return self._make(states, self.end.picture.folds)

    def show(self, share: float) -> None:
        """Show what is seen after a share of the way, from 0 to 1; what is written about the network stays."""
        picture = self._motion.at(share)
        self.show_picture(picture)
        self._stack(picture.frame)

    def finish(self) -> None:
        """Show the end, and write it down."""
        about = self._about
        self.end = replace(self.end, by_distance=None)
        if self._is_by_distance:
            self.end = self.end.with_distance(about.network, self._answers, self._aspect, about.inputs)
        change_description(self._root, opening=self.end)
        show_opening(self.parts, about.network, self.end, self._layout)
        self._stack(self.end.seen.frame)

    def _stack(self, frame: Rect) -> None:
        """Keep networks in one picture apart, as large as they are now; those in films stay where these have them."""
        stacked = stacked_with(self.parts.scene, self._root)
        if len(stacked) > 1 and not any(map(is_keyed, stacked)):
            stack_frames(stacked)
            see_frame(self.parts, frame)

    @cached_property
    def _motion(self) -> Motion:
        return Motion(self._start, self.end, self._make)

    def _make(self, states: Mapping[str, float], folds: Folds) -> Picture:
        return self._with(states, folds).picture

    def _with(self, states: Mapping[str, float], folds: Folds | None) -> Opening:
        network, inputs = self._about.network, self._about.inputs
        return self._start.with_opened(network, states, self._answers, self._aspect, folds, inputs)

    def show_picture(self, picture: Picture) -> None:
        """Bring everything to where a picture has it; what is written about the network stays."""
        show_picture(self.parts, self._about.network, self._start.root, picture, self._layout)


def require_opening(root: bpy.types.Collection) -> tuple[Description, Opening]:
    """What is written about a network, and which of its blocks are open.

    Raises:
        UserError: ``opening.none`` where it is a row of layers, or what `require_description` says.
    """
    about = require_description(root)
    if about.opening is None:
        message = f"{about.network.name} is laid out as one row, in which blocks cannot be opened."
        raise UserError("opening.none", message, "Update its layout first.")
    return about, about.opening

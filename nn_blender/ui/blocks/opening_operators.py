"""Operators that open and close blocks, each one step of undo; in a window things move to their new places briefly."""

from __future__ import annotations

import time
from typing import Any

import bpy
from bpy.app.handlers import persistent

from ...core.blocks.hierarchy import Part
from ...core.blocks.opening import Opening
from ...core.errors import UserError
from ...scene.base.find import networks
from ...scene.opening.by_distance import is_by_distance, set_by_distance
from ...scene.opening.film import bake_opening, clear_opening_keys, key_opening
from ...scene.opening.keys import are_keys_baked, is_keyed
from ...scene.opening.opening import OpeningChange, opened, require_opening
from ..common.active import active_network, are_openable, opens_by_distance
from ..common.choices import chosen_part
from ..common.jobs import report_error
from ..common.knowing import known, known_description
from ..common.needs import NeedsDescription, NeedsObjectMode, NeedsReason

SECONDS = 0.35
"""How long things move when a block is opened by hand."""
OPENS_BY_KEYS = "Keys say which blocks are open. Add keys, or clear them"
OPENS_BY_DISTANCE = "The distance decides which blocks are open. Switch off By Distance first"
FIRST_STEP = 0.04
STEP_SECONDS = 1 / 60


class NeedsOpening(NeedsObjectMode, NeedsDescription):
    """For operators on networks that are shown as blocks that open."""

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not super().poll(context):
            return False
        if not are_openable(active_network(context)):
            cls.poll_message_set("The network is one row, in which blocks cannot be opened. Update its layout first")
            return False
        return True


class NeedsHand(NeedsOpening):
    """For operators that make no sense while the distance decides which blocks are open."""

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not super().poll(context):
            return False
        if opens_by_distance(active_network(context)):
            cls.poll_message_set(OPENS_BY_DISTANCE)
            return False
        return True


class ChangesOpening(NeedsHand):
    """For operators that open or close blocks of the network that the panels show."""

    bl_options = {"UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not super().poll(context):
            return False
        if _is_surely_keyed(active_network(context)):
            cls.poll_message_set(OPENS_BY_KEYS)
            return False
        return True

    def states(self, root: bpy.types.Collection) -> dict[str, float]:
        """How far blocks shall be open, by id.

        Raises:
            UserError: there is no such block.
        """
        raise NotImplementedError

    def execute(self, context: bpy.types.Context) -> set[str]:
        change = self._change(context)
        if isinstance(change, UserError):
            return report_error(self, change)
        if change is None:
            return {"CANCELLED"}
        change.finish()
        return {"FINISHED"}

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        if bpy.app.background or context.window is None:
            return self.execute(context)
        change = self._change(context)
        if isinstance(change, UserError):
            return report_error(self, change)
        if change is None:
            return {"CANCELLED"}
        manager = context.window_manager
        # The first step takes longest; the clock starts after it.
        change.show(FIRST_STEP)
        self._moving, self._started = change, time.perf_counter()
        self._timer: Any = manager.event_timer_add(STEP_SECONDS, window=context.window)
        operator: Any = self
        manager.modal_handler_add(operator)
        return {"RUNNING_MODAL"}

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        if event.type != "TIMER":
            return {"RUNNING_MODAL"}
        share = FIRST_STEP + (time.perf_counter() - self._started) / SECONDS
        if share < 1:
            self._moving.show(share)
            return {"RUNNING_MODAL"}
        self.cancel(context)
        self._moving.finish()
        return {"FINISHED"}

    def cancel(self, context: bpy.types.Context) -> None:
        context.window_manager.event_timer_remove(self._timer)

    def _change(self, context: bpy.types.Context) -> OpeningChange | UserError | None:
        """What is to happen; None where everything is so already."""
        root = active_network(context)
        if is_keyed(root):
            return UserError("opening.keyed", f"{OPENS_BY_KEYS}.", "")
        try:
            states = self.states(root)
            return OpeningChange(context.scene, root, states) if states != opened(root) else None
        except UserError as error:
            return error


class NN_OT_open_block(ChangesOpening, bpy.types.Operator):
    """Open the block, so that what is inside takes its place, or close it"""

    bl_idname = "nn.open_block"
    bl_label = "Open or Close Block"

    block: bpy.props.StringProperty(  # type: ignore[valid-type]
        name="Block", description="Id of the block; empty for the chosen one", options={"SKIP_SAVE"}
    )
    action: bpy.props.EnumProperty(  # type: ignore[valid-type]
        name="Action",
        description="What happens to the block",
        items=(
            ("TOGGLE", "Open or Close", "Open the block where it is closed, else close it"),
            ("OPEN", "Open", "Open the block and those around it"),
            ("CLOSE", "Close", "Close the block; what is open inside stays so for when it is opened again"),
        ),
        options={"SKIP_SAVE"},
    )

    @classmethod
    def description(cls, context: bpy.types.Context, properties: bpy.types.OperatorProperties) -> str:
        root = active_network(context)
        if root is not None and is_open(root, properties.block or root.nn.opening.part):
            return "Close the block: it shows as one book again"
        return "Open the block: what is inside takes its place"

    def states(self, root: bpy.types.Collection) -> dict[str, float]:
        block = self.block or root.nn.opening.part
        if not self.block and not _is_block(root, block):
            raise UserError("opening.no_block", "No block is chosen.", "Choose one in the list Blocks.")
        states, hierarchy = opened(root), require_opening(root)[1].root
        is_closing = self.action == "CLOSE" or (self.action == "TOGGLE" and is_open(root, block))
        if is_closing:
            states.pop(block, None)
            return states
        way = [part.id for part in hierarchy.way_to(block)] or [block]
        return states | dict.fromkeys(way, 1.0)


class NN_OT_open_level(NeedsReason, ChangesOpening, bpy.types.Operator):
    """Open all blocks of the chosen block's level, or of the first level on which one is closed"""

    bl_idname = "nn.open_level"
    bl_label = "Open All of This Level"

    @classmethod
    def reason_against(cls, root: bpy.types.Collection) -> str:
        about = known_description(root)
        level = _level(about.opening, root.nn.opening.part) if about is not None and about.opening is not None else []
        return "" if level else "All blocks of this level are open"

    def states(self, root: bpy.types.Collection) -> dict[str, float]:
        level = _level(require_opening(root)[1], root.nn.opening.part)
        return opened(root) | dict.fromkeys((part.id for way in level for part in way), 1.0)


class NN_OT_close_blocks(NeedsReason, ChangesOpening, bpy.types.Operator):
    """Close all blocks of the network, those inside others too"""

    bl_idname = "nn.close_blocks"
    bl_label = "Close All"

    @classmethod
    def reason_against(cls, root: bpy.types.Collection) -> str:
        about = known_description(root)
        is_any = about is not None and about.opening is not None and about.opening.opened
        return "" if is_any else "All blocks are closed"

    def states(self, root: bpy.types.Collection) -> dict[str, float]:
        return {}


class NN_OT_open_by_distance(NeedsReason, NeedsOpening, bpy.types.Operator):
    """Let the distance decide which blocks are open: the closer, the more. Off, they are open as they were by hand"""

    bl_idname = "nn.open_by_distance"
    bl_label = "By Distance"
    bl_options = {"UNDO"}

    @classmethod
    def reason_against(cls, root: bpy.types.Collection) -> str:
        about = known_description(root)
        hierarchy = about.opening.root if about is not None and about.opening is not None else None
        if hierarchy is None or not any(part.is_block for part in hierarchy.children):
            return "The network has no blocks: all of its layers are shown already"
        return "Keys say which blocks are open. Clear them first" if _is_surely_keyed(root) else ""

    def execute(self, context: bpy.types.Context) -> set[str]:
        root = active_network(context)
        try:
            set_by_distance(context.scene, root, not is_by_distance(root))
        except UserError as error:
            return report_error(self, error)
        return {"FINISHED"}


class NN_OT_key_opening(NeedsReason, NeedsHand, bpy.types.Operator):
    """Key how far the block is open at the current frame. Everything that moves is keyed with it"""

    bl_idname = "nn.key_opening"
    bl_label = "Key Opening"
    bl_options = {"REGISTER", "UNDO"}

    block: bpy.props.StringProperty(  # type: ignore[valid-type]
        name="Block", description="Id of the block; empty for the chosen one", options={"SKIP_SAVE"}
    )
    value: bpy.props.FloatProperty(  # type: ignore[valid-type]
        name="Open", description="How far the block is open: 0 closed, 1 open", min=0, max=1, options={"SKIP_SAVE"}
    )

    @classmethod
    def reason_against(cls, root: bpy.types.Collection) -> str:
        part = chosen_part(root)
        return "" if part is not None and part.is_block else "Choose a block in the list first"

    def execute(self, context: bpy.types.Context) -> set[str]:
        root = active_network(context)
        try:
            key_opening(context.scene, root, self.block or root.nn.opening.part, self.value)
        except UserError as error:
            return report_error(self, error)
        return {"FINISHED"}


class NeedsKeys(NeedsReason, NeedsOpening):
    """For operators on keys of how far blocks are open."""

    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def reason_against(cls, root: bpy.types.Collection) -> str:
        return "" if known(root, is_keyed) or is_keyed(root) else "No block has keys of how far it is open"


class NN_OT_update_opening_keys(NeedsKeys, bpy.types.Operator):
    """Let everything follow the keys of how far blocks are open, after they were moved or changed"""

    bl_idname = "nn.update_opening_keys"
    bl_label = "Update Opening Keys"

    def execute(self, context: bpy.types.Context) -> set[str]:
        bake_opening(context.scene, active_network(context))
        return {"FINISHED"}


class NN_OT_clear_opening_keys(NeedsKeys, bpy.types.Operator):
    """Remove all keys of how far blocks are open. Blocks are open again as they were by hand"""

    bl_idname = "nn.clear_opening_keys"
    bl_label = "Clear Opening Keys"

    def execute(self, context: bpy.types.Context) -> set[str]:
        clear_opening_keys(context.scene, active_network(context))
        return {"FINISHED"}


def reason_against_hand(root: bpy.types.Collection) -> str:
    """Why blocks of a network cannot be opened by hand; empty where they can."""
    if opens_by_distance(root):
        return OPENS_BY_DISTANCE
    return OPENS_BY_KEYS if known(root, is_keyed) else ""


def _is_surely_keyed(root: bpy.types.Collection) -> bool:
    """Whether blocks open by keys, looked up before it is said so; where they are thought not to, it may be old."""
    return known(root, is_keyed) and is_keyed(root)


def _is_block(root: bpy.types.Collection, part: str) -> bool:
    return any(block.id == part for block in require_opening(root)[1].root.blocks)


def is_open(root: bpy.types.Collection, block: str) -> bool:
    """Whether a block is open to be seen, at least a little: so are all around it."""
    about = known_description(root)
    if about is None or about.opening is None:
        return False
    states = about.opening.opened
    way = about.opening.root.way_to(block)
    return bool(way) and all(states.get(part.id, 0.0) > 0 for part in way)


def _level(opening: Opening, chosen: str) -> list[tuple[Part, ...]]:
    """Ways to the blocks to open, which are as deep as the chosen one; none where all of them are open."""
    states, ways = opening.opened, list(opening.root.ways_to_blocks())
    closed = [way for way in ways if any(states.get(part.id, 0.0) < 1 for part in way)]
    first = min(map(len, closed), default=0)
    depth = next((len(way) for way in ways if way[-1].id == chosen), first)
    return [way for way in closed if len(way) == depth]


@persistent
def _update_films(*_: object) -> None:
    """Before a file is saved or rendered, films follow their keys."""
    for scene in bpy.data.scenes:
        for root in networks(scene):
            if is_keyed(root) and not are_keys_baked(root):
                bake_opening(scene, root)


def start() -> None:
    bpy.app.handlers.save_pre.append(_update_films)
    bpy.app.handlers.render_init.append(_update_films)


def stop() -> None:
    bpy.app.handlers.save_pre.remove(_update_films)
    bpy.app.handlers.render_init.remove(_update_films)


CLASSES = (
    NN_OT_open_block,
    NN_OT_open_level,
    NN_OT_close_blocks,
    NN_OT_open_by_distance,
    NN_OT_key_opening,
    NN_OT_update_opening_keys,
    NN_OT_clear_opening_keys,
)

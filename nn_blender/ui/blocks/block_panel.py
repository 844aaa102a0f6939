"""The blocks that stand for several layers from far away, and operators that change them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import bpy

from ...core.blocks.blocks import Block, merge_blocks, rename_block, split_block
from ...core.blocks.finding import find_blocks
from ...core.errors import UserError
from ...core.network import Network
from ...core.texts import format_count
from ...scene.base import contract
from ...scene.base.find import first_of, objects
from ...scene.blocks.blocks import read_blocks, set_blocks
from ...scene.blocks.lod_mesh import first_layer, shown_tier
from ...scene.network.description import require_description
from ..common.active import active_network, active_slab, are_openable, root_of, stage_collection
from ..common.jobs import report_error
from ..common.needs import NeedsDescription, NeedsObjectMode
from ..common.sidebar import draw_lines, list_ranks

SHOWN = {
    "blocks": "closed, too small to show layers",
    "layers": "shows layers",
    "neurons": "shows neurons",
    "maps": "shows feature maps",
}
"""What is seen of a block, by `scene.blocks.lod_mesh.shown_tier`."""

Change = Callable[[Sequence[Block], Network], Sequence[Block]]


def chosen_block(root: bpy.types.Collection) -> bpy.types.Object | None:
    """The box of the block that is chosen in the list, the first one where it is gone."""
    boxes = sorted(objects(root, "block"), key=_place)
    chosen = root.nn.blocks.name
    return next((box for box in boxes if box.get(contract.PART) == chosen), boxes[0] if boxes else None)


def _place(obj: bpy.types.Object) -> int:
    """Where an object stands in the list, which shows boxes of blocks only."""
    return first_layer(obj) if obj.get(contract.ROLE) == "block" else -1


def _get_index(self: NN_PG_blocks) -> int:
    stage, box = stage_collection(root_of(self)), chosen_block(root_of(self))
    objs = list(stage.objects) if stage else []
    return objs.index(box) if box in objs else 0


def _set_index(self: NN_PG_blocks, index: int) -> None:
    stage = stage_collection(root_of(self))
    if stage is not None and index < len(stage.objects):
        self.name = stage.objects[index].get(contract.PART, "")


class NN_PG_blocks(bpy.types.PropertyGroup):
    name: bpy.props.StringProperty(name="Block", description="Name of the chosen block")  # type: ignore[valid-type]
    index: bpy.props.IntProperty(  # type: ignore[valid-type]
        name="Block",
        description="Block to rename, or to merge with the next one",
        get=_get_index,
        set=_set_index,
        options=set(),
    )


class NN_UL_blocks(bpy.types.UIList):
    """Blocks in the order of the data: their boxes."""

    def draw_item(
        self,
        context: bpy.types.Context,
        layout: bpy.types.UILayout,
        data: bpy.types.Collection,
        box: bpy.types.Object,
        icon: int,
        active_data: bpy.types.PropertyGroup,
        active_property: str,
        index: int = 0,
        flt_flag: int = 0,
    ) -> None:
        split = layout.split(factor=0.45)
        repeats = box[contract.REPEATS]
        split.label(text=f"{box[contract.PART]} ×{repeats}" if repeats > 1 else box[contract.PART])
        count = box[contract.LAYERS]
        split.label(text=f"{count} layer{'' if count == 1 else 's'}")
        split.label(text=format_count(int(box[contract.PARAMETERS])))

    def filter_items(
        self, context: bpy.types.Context, data: bpy.types.Collection, property: str
    ) -> tuple[list[int], list[int]]:
        wanted, objs = self.filter_name.lower(), list(getattr(data, property))
        flags = [
            self.bitflag_filter_item
            if obj.get(contract.ROLE) == "block" and wanted in obj.get(contract.PART, "").lower()
            else 0
            for obj in objs
        ]
        # Boxes are made in another order where blocks were changed.
        order = sorted(range(len(objs)), key=lambda number: _place(objs[number]))
        return flags, list_ranks(order)


class ChangesBlocks(NeedsObjectMode, NeedsDescription):
    """For operators that let other layers form blocks."""

    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not super().poll(context):
            return False
        if are_openable(active_network(context)):
            cls.poll_message_set("The network is shown as blocks that open, which are not changed here")
            return False
        return True

    def change(self, context: bpy.types.Context, change: Change) -> set[str]:
        root = active_network(context)
        network = require_description(root).network
        try:
            set_blocks(context.scene, root, change(read_blocks(root, network), network))
        except UserError as error:
            return report_error(self, error)
        return {"FINISHED"}


class ChangesBlock(ChangesBlocks):
    """For operators on the block that is chosen in the list."""

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not super().poll(context):
            return False
        if chosen_block(active_network(context)) is None:
            cls.poll_message_set("The network has no blocks")
            return False
        return True

    @staticmethod
    def number(context: bpy.types.Context, blocks: Sequence[Block]) -> int:
        """Which of the blocks is chosen, the first one where somebody renamed the box."""
        name = chosen_block(active_network(context))[contract.PART]
        return next((number for number, block in enumerate(blocks) if block.name == name), 0)


class NN_OT_rename_block(ChangesBlock, bpy.types.Operator):
    """Give the chosen block another name, also in the scene"""

    bl_idname = "nn.rename_block"
    bl_label = "Rename Block"

    name: bpy.props.StringProperty(  # type: ignore[valid-type]
        name="Name", description="The block's new name", options={"SKIP_SAVE"}
    )

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        self.name = chosen_block(active_network(context))[contract.PART]
        context.window_manager.invoke_props_dialog(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        answer = self.change(context, lambda blocks, _: rename_block(blocks, self.number(context, blocks), self.name))
        if answer == {"FINISHED"}:
            active_network(context).nn.blocks.name = self.name.strip()
        return answer


class NN_OT_merge_blocks(ChangesBlock, bpy.types.Operator):
    """Merge the chosen block with the one after it"""

    bl_idname = "nn.merge_blocks"
    bl_label = "Merge with Next"

    def execute(self, context: bpy.types.Context) -> set[str]:
        def merge(blocks: Sequence[Block], network: Network) -> Sequence[Block]:
            number = self.number(context, blocks)
            return merge_blocks(blocks, network, number, number + 1)

        return self.change(context, merge)


class NN_OT_split_block(ChangesBlocks, bpy.types.Operator):
    """Split the block at the chosen layer, which begins the new block"""

    bl_idname = "nn.split_block"
    bl_label = "Split at Chosen Layer"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not super().poll(context):
            return False
        if active_slab(context) is None:
            cls.poll_message_set("Choose a layer first")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        layer = active_slab(context)[contract.LAYER]
        return self.change(context, lambda blocks, network: split_block(blocks, network, layer))


class NN_OT_find_blocks(ChangesBlocks, bpy.types.Operator):
    """Find the network's blocks again. Your names and changes are lost"""

    bl_idname = "nn.find_blocks"
    bl_label = "Find Again"

    def execute(self, context: bpy.types.Context) -> set[str]:
        return self.change(context, lambda _, network: find_blocks(network))


def draw_row_blocks(layout: bpy.types.UILayout, context: bpy.types.Context, root: bpy.types.Collection) -> None:
    """The blocks of a network that is one row of layers, and what can be done to them."""
    stage = stage_collection(root)
    if stage is None or first_of(root, "block") is None:
        draw_lines(layout, "The network's blocks were removed from the file", "ERROR")
    else:
        layout.template_list("NN_UL_blocks", "", stage, "objects", root.nn.blocks, "index", rows=5)
        box = chosen_block(root)
        tier = shown_tier(root, box, context.view_layer.depsgraph)
        if tier:
            draw_lines(layout, f"{box[contract.PART]}: {SHOWN[tier]}", "HIDE_OFF")
    column = layout.column(align=True)
    row = column.row(align=True)
    row.operator("nn.rename_block", text="Rename…")
    row.operator("nn.merge_blocks")
    slab = active_slab(context)
    column.operator("nn.split_block", text=f"Split at {slab[contract.LAYER]}" if slab else "")
    column.operator("nn.find_blocks", icon="FILE_REFRESH")


CLASSES = (
    NN_PG_blocks,
    NN_UL_blocks,
    NN_OT_rename_block,
    NN_OT_merge_blocks,
    NN_OT_split_block,
    NN_OT_find_blocks,
)


class OnNetwork:
    blocks: bpy.props.PointerProperty(type=NN_PG_blocks)  # type: ignore[valid-type]

"""Opening and closing blocks from the sidebar and by a click: what opens, what is listed, one step of undo each."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from unittest.mock import MagicMock

import bpy
import drawn
import numpy as np
import pytest
from in_blocks import book, choose_layer, click, lit, root
from made import made_contents

from nn_blender.core.layout.picture import floor_point
from nn_blender.scene.base.curves import find_curve
from nn_blender.scene.base.find import objects
from nn_blender.scene.build import build_network
from nn_blender.scene.flow.ribbons import lit_part
from nn_blender.scene.network.description import read_description
from nn_blender.scene.neurons.picking import Picked
from nn_blender.scene.opening.by_distance import is_by_distance
from nn_blender.scene.opening.film import key_opening
from nn_blender.scene.opening.keys import are_keys_baked
from nn_blender.scene.opening.opening import opened
from nn_blender.ui.blocks import opening_operators, opening_panel
from nn_blender.ui.common.choices import choose_part
from nn_blender.ui.neurons import hovering, picking

CHANGES_OF_ROW = ("rename_block", "merge_blocks", "split_block", "find_blocks")
pytestmark = pytest.mark.usefixtures("in_blocks")


def listed() -> list[tuple[str, str]]:
    """Names and first icons of the lines that the list shows, in order."""
    layers = next(child for child in root().children if child["nn_role"] == "layers")
    shown = SimpleNamespace(filter_name="", bitflag_filter_item=1)
    flags, ranks = opening_panel.NN_UL_opening.filter_items(shown, bpy.context, layers, "objects")
    lines = sorted((rank, obj) for rank, flag, obj in zip(ranks, flags, layers.objects, strict=True) if flag)
    return [_line(obj) for _, obj in lines]


def _line(obj: bpy.types.Object) -> tuple[str, str]:
    layout = MagicMock()
    layout.split.return_value = layout.row.return_value = layout
    opening_panel.NN_UL_opening.draw_item(None, bpy.context, layout, None, obj, 0, None, "")
    names = [call.kwargs["text"] for call in layout.label.call_args_list if call.kwargs["text"]]
    return names[0], layout.operator.call_args.kwargs["icon"] if layout.operator.called else ""


def test_blocks_open_and_close_each_as_one_step_of_undo() -> None:
    assert bpy.ops.nn.open_block("EXEC_DEFAULT", True, block="front") == {"FINISHED"}
    assert opened(root()) == {"front": 1.0}
    assert bpy.ops.nn.open_block("EXEC_DEFAULT", True, block="pair") == {"FINISHED"}
    shown = {obj.name: tuple(obj.location) for obj in objects(root(), "stand")}
    bpy.ops.nn.open_block("EXEC_DEFAULT", True, block="front")
    assert opened(root()) == {"pair": 1.0}
    bpy.ops.ed.undo()
    assert opened(root()) == {"front": 1.0, "pair": 1.0}
    assert {obj.name: tuple(obj.location) for obj in objects(root(), "stand")} == shown
    bpy.ops.ed.undo()
    assert opened(root()) == {"front": 1.0}
    bpy.ops.ed.undo()
    assert opened(root()) == {}


def test_opening_what_is_inside_a_closed_block_opens_that_too() -> None:
    bpy.ops.nn.open_block(block="pair")
    assert opened(root()) == {"front": 1.0, "pair": 1.0}
    assert bpy.ops.nn.open_block(block="pair", action="OPEN") == {"CANCELLED"}


def test_a_level_opens_with_what_is_around_it_and_all_close_again() -> None:
    bpy.ops.nn.open_level()
    assert opened(root()) == {"front": 1.0, "back": 1.0}
    bpy.ops.nn.open_level()
    assert opened(root()) == {"front": 1.0, "back": 1.0, "pair": 1.0, "inner": 1.0}
    assert not bpy.ops.nn.open_level.poll()
    bpy.ops.nn.close_blocks()
    assert opened(root()) == {}
    assert not bpy.ops.nn.close_blocks.poll()
    choose_part(root(), "inner")
    bpy.ops.nn.open_level()
    assert opened(root()) == {"front": 1.0, "back": 1.0, "pair": 1.0, "inner": 1.0}


def test_the_list_shows_what_one_sees_in_the_order_of_the_data() -> None:
    closed, open_ = "DISCLOSURE_TRI_RIGHT", "DISCLOSURE_TRI_DOWN"
    assert listed() == [("Front", closed), ("Back", closed), ("output", "")]
    bpy.ops.nn.open_block(block="front")
    assert listed() == [("Front", open_), ("Pair", closed), ("pool", ""), ("Back", closed), ("output", "")]


def test_a_line_of_the_list_selects_what_it_stands_for() -> None:
    layers = next(child for child in root().children if child["nn_role"] == "layers")
    bpy.context.window_manager.nn.part_row = list(layers.objects).index(book("back"))
    assert root().nn.opening.part == "back"
    assert bpy.context.selected_objects == [book("back")]
    bpy.context.window_manager.nn.part_row = list(layers.objects).index(next(objects(root(), "slab", "output")))
    assert [obj["nn_layer"] for obj in bpy.context.selected_objects] == ["output"]
    assert layers.objects[bpy.context.scene.nn.layer]["nn_layer"] == "output"


def test_a_click_on_a_book_opens_it_and_then_hits_what_is_inside(viewport: bpy.types.Region) -> None:
    hovering.hover.picked = Picked(root()["nn_network"], "", None, "book", "front")
    click(viewport, book("front"))
    assert hovering.hover.picked is None
    assert opened(root()) == {"front": 1.0}
    assert book("front").hide_viewport
    click(viewport, book("pair"))
    assert opened(root()) == {"front": 1.0, "pair": 1.0}
    assert root().nn.opening.part == "pair"


def test_a_click_on_the_ground_of_an_open_block_closes_it_as_one_step_of_undo(viewport: bpy.types.Region) -> None:
    bpy.ops.nn.open_block("EXEC_DEFAULT", True, block="pair")
    choose_layer("output")
    click_ground(viewport, "pair")
    assert opened(root()) == {"front": 1.0}
    assert (root().nn.opening.part, lit_part(root())) == ("pair", "output")
    click_ground(viewport, "front")
    assert opened(root()) == {}
    bpy.ops.ed.undo()
    assert opened(root()) == {"front": 1.0}
    bpy.ops.ed.undo()
    assert opened(root()) == {"front": 1.0, "pair": 1.0}


def click_ground(region: bpy.types.Region, block: str, extend: bool = False) -> set[str]:
    """In the lower left corner of what an open block stands on."""
    bpy.context.view_layer.update()
    trays = read_description(root()).opening.picture.trays
    rect = next(tray.rect for tray in trays if tray.part == block)
    corner = np.array(floor_point((rect.x + 0.04, rect.bottom - 0.04)))
    x, y = picking.view_of().project(corner[None]).pixels[0]
    return bpy.ops.nn.pick("EXEC_DEFAULT", True, x=round(x), y=round(y), extend=extend)


def test_with_shift_closed_blocks_are_selected_and_ground_is_left_alone(viewport: bpy.types.Region) -> None:
    for block in ("front", "back"):
        click(viewport, book(block), extend=True)
    assert opened(root()) == {}
    assert set(bpy.context.selected_objects) == {book("front"), book("back")}
    assert bpy.context.view_layer.objects.active == book("back")
    assert lit() == {("front", "back"), ("back", "output")}
    bpy.ops.nn.open_block(block="front")
    assert click_ground(viewport, "front", extend=True) == {"CANCELLED"}
    assert opened(root()) == {"front": 1.0}


def test_where_blocks_open_by_keys_a_click_says_so(viewport: bpy.types.Region) -> None:
    key_opening(bpy.context.scene, root(), "front", 0.0, 1)
    click(viewport, book("front"))
    assert opened(root()) == {}
    assert not book("front").hide_viewport
    hint = hovering.describe(bpy.context.scene, root(), Picked("id-1", "", None, "book", "front"))[-1]
    assert hint == "Keys say which blocks are open. Add keys, or clear them"


def test_without_a_chosen_block_opening_says_so_and_with_one_tells_what_it_does() -> None:
    operator = opening_operators.NN_OT_open_block
    chosen = SimpleNamespace(block="")
    for part in ("", "output"):
        root().nn.opening.part = part
        with pytest.raises(RuntimeError, match="No block is chosen"):
            bpy.ops.nn.open_block()
    with pytest.raises(RuntimeError, match="has no block 'nowhere'"):
        bpy.ops.nn.open_block(block="nowhere")
    root().nn.opening.part = "front"
    assert operator.description(bpy.context, chosen).startswith("Open")
    assert bpy.ops.nn.open_block() == {"FINISHED"}
    assert operator.description(bpy.context, chosen).startswith("Close")


def test_a_value_moves_nothing_while_a_mesh_is_in_edit_mode() -> None:
    root().nn.opening.part = "front"
    bpy.context.view_layer.objects.active = next(objects(root(), "neurons", "output"))
    bpy.ops.object.mode_set(mode="EDIT")
    root().nn.opening.open = 0.5
    assert opened(root()) == {}
    bpy.ops.object.mode_set(mode="OBJECT")
    root().nn.opening.open = 0.5
    assert opened(root()) == {"front": 0.5}


def test_what_lies_under_the_mouse_is_told_of_a_book_too(viewport: bpy.types.Region) -> None:
    picked = Picked("id-1", "", None, "book", "front")
    name, counts, hint = hovering.describe(bpy.context.scene, root(), picked)
    assert (name, counts) == ("Front", "3 layers, 84 parameters")
    assert hint == "click to open"
    (line,) = hovering.outline(bpy.context, root(), picked)
    assert len(line) >= 4
    bpy.ops.nn.open_block(block="front")
    assert hovering.outline(bpy.context, root(), picked) == []
    ground = Picked("id-1", "", None, "tray", "front")
    assert hovering.describe(bpy.context.scene, root(), ground)[-1] == "click to close"
    (line,) = hovering.outline(bpy.context, root(), ground)
    assert len(line) >= 4
    bpy.ops.nn.close_blocks()
    assert hovering.outline(bpy.context, root(), ground) == []


def test_blocks_of_a_row_are_those_of_before(tmp_path: Path) -> None:
    assert opening_panel.NN_PT_opening.poll(bpy.context)
    assert not bpy.ops.nn.find_blocks.poll()
    bpy.context.scene.nn.network = build_network(bpy.context.scene, made_contents(tmp_path), "id-2")
    layout = drawn.layout()
    opening_panel.NN_PT_opening.draw(SimpleNamespace(layout=layout), bpy.context)
    buttons = [call.args[0] for call in layout.operator.call_args_list]
    assert buttons == [f"nn.{name}" for name in ("update_layout", *CHANGES_OF_ROW)]
    assert not bpy.ops.nn.open_block.poll()


def test_in_a_window_things_move_before_the_state_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    manager = MagicMock()
    context = SimpleNamespace(
        window=object(), window_manager=manager, scene=bpy.context.scene, view_layer=bpy.context.view_layer
    )
    operator = SimpleNamespace(block="front", action="TOGGLE")
    kind = opening_operators.NN_OT_open_block
    operator._change = lambda context: kind._change(operator, context)
    operator.states = lambda root: kind.states(operator, root)
    operator.cancel = lambda context: kind.cancel(operator, context)
    monkeypatch.setattr(opening_operators, "bpy", SimpleNamespace(app=SimpleNamespace(background=False)))
    assert kind.invoke(operator, context, None) == {"RUNNING_MODAL"}
    assert opened(root()) == {}
    assert not book("pair").hide_viewport
    assert kind.modal(operator, context, SimpleNamespace(type="MOUSEMOVE")) == {"RUNNING_MODAL"}
    monkeypatch.setattr(opening_operators.time, "perf_counter", lambda: operator._started + 0.2)
    assert kind.modal(operator, context, SimpleNamespace(type="TIMER")) == {"RUNNING_MODAL"}
    assert opened(root()) == {}
    monkeypatch.setattr(opening_operators.time, "perf_counter", lambda: operator._started + 1)
    assert kind.modal(operator, context, SimpleNamespace(type="TIMER")) == {"FINISHED"}
    assert opened(root()) == {"front": 1.0}
    manager.event_timer_remove.assert_called_once()


def test_blocks_are_keyed_at_the_current_frame_and_not_opened_by_hand_then() -> None:
    assert not bpy.ops.nn.key_opening.poll()
    choose_part(root(), "front")
    scene = bpy.context.scene
    for frame, value in ((1, 0.0), (5, 1.0)):
        scene.frame_set(frame)
        assert bpy.ops.nn.key_opening("EXEC_DEFAULT", True, value=value) == {"FINISHED"}
    assert not book("pair").hide_render
    assert not bpy.ops.nn.open_block.poll()
    scene.frame_set(1)
    assert book("pair").hide_render
    assert not book("front").hide_render
    bpy.ops.nn.clear_opening_keys()
    assert bpy.ops.nn.open_block.poll()
    assert not bpy.ops.nn.clear_opening_keys.poll()


def test_keys_that_were_edited_are_followed_when_the_file_is_saved(tmp_path: Path) -> None:
    scene = bpy.context.scene
    for frame, value in ((1, 0.0), (5, 1.0)):
        key_opening(scene, root(), "front", value, frame)
    curve = find_curve(book("front"), '["nn_open"]')
    curve.keyframe_points[1].co.y = 0.0
    curve.update()
    assert not are_keys_baked(root())
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "film.blend"), copy=True)
    assert are_keys_baked(root())


def test_the_distance_opens_blocks_as_one_step_of_undo_while_the_hand_rests(viewport: bpy.types.Region) -> None:
    bpy.ops.nn.open_block("EXEC_DEFAULT", True, block="front")
    camera = bpy.context.scene.camera
    flags = {obj.name: obj.hide_viewport for obj in root().all_objects}
    assert bpy.ops.nn.open_by_distance("EXEC_DEFAULT", True) == {"FINISHED"}
    assert is_by_distance(root())
    assert opened(root()) == {"front": 1.0}
    assert len(listed()) == 11
    for operator in (bpy.ops.nn.open_block, bpy.ops.nn.open_level, bpy.ops.nn.close_blocks, bpy.ops.nn.key_opening):
        assert not operator.poll()
    # A click chooses a block, and opens nothing.
    camera.data.ortho_scale = 1e4
    click(viewport, book("back"))
    assert root().nn.opening.part == "back"
    assert is_by_distance(root())
    assert bpy.ops.nn.open_by_distance("EXEC_DEFAULT", True) == {"FINISHED"}
    assert not is_by_distance(root())
    assert {obj.name: obj.hide_viewport for obj in root().all_objects if obj.name in flags} == flags
    bpy.ops.ed.undo()
    assert is_by_distance(root())
    while is_by_distance(root()):
        bpy.ops.ed.undo()
    assert opened(root()) == {"front": 1.0}
    assert {obj.name: obj.hide_viewport for obj in root().all_objects} == flags


def test_the_distance_opens_no_blocks_that_are_keyed() -> None:
    key_opening(bpy.context.scene, root(), "front", 1.0, 1)
    assert not bpy.ops.nn.open_by_distance.poll()

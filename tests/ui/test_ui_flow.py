"""Where the data of what is chosen comes from and goes to: lit in the scene, and ribbons hidden one by one."""

from __future__ import annotations

from pathlib import Path
from unittest.mock import MagicMock

import bpy
import pytest
from in_blocks import book, choose_layer, click, lit, root
from made import made_contents

from nn_blender.core.blocks.opening import Opening
from nn_blender.scene.base.find import objects
from nn_blender.scene.base.meshes import read_floats
from nn_blender.scene.build import build_network
from nn_blender.scene.flow.ribbons import ends_of, hidden_edges, lit_part
from nn_blender.scene.opening.film import key_opening
from nn_blender.scene.opening.opening import opened
from nn_blender.ui.blocks import flow_panel
from nn_blender.ui.common.choices import choose_part

pytestmark = pytest.mark.usefixtures("in_blocks")


def test_a_click_on_a_layer_lights_its_ways_and_one_on_nothing_puts_them_back(viewport: bpy.types.Region) -> None:
    assert (lit_part(root()), lit()) == ("", set())
    click(viewport, next(objects(root(), "slab", "output")))
    assert lit() == {("back", "output"), ("output", "output output")}
    assert root().nn.opening.part == "output"
    assert bpy.ops.nn.pick("EXEC_DEFAULT", True, x=1, y=1) == {"FINISHED"}
    assert (lit_part(root()), lit()) == ("", set())
    assert bpy.ops.nn.pick("EXEC_DEFAULT", True, x=1, y=1) == {"CANCELLED"}
    bpy.ops.ed.undo()
    assert lit() == {("back", "output"), ("output", "output output")}
    bpy.ops.ed.undo()
    assert (lit_part(root()), lit()) == ("", set())


def test_what_was_put_back_stays_so_after_undo(viewport: bpy.types.Region) -> None:
    choose_layer("output")
    bpy.ops.ed.undo_push(message="choose")
    assert bpy.ops.nn.pick("EXEC_DEFAULT", True, x=1, y=1) == {"FINISHED"}
    bpy.ops.nn.open_block("EXEC_DEFAULT", True, block="front")
    bpy.ops.ed.undo()
    assert (opened(root()), lit_part(root()), lit()) == ({}, "", set())
    bpy.ops.ed.undo()
    assert lit_part(root()) == "output"


def test_a_layer_that_is_chosen_in_a_list_lights_the_ways_of_the_block_that_holds_it() -> None:
    choose_layer("norm")
    assert lit() == {("input picture", "front"), ("front", "back")}
    bpy.ops.nn.open_block(block="front")
    assert lit() == {("front", "front"), ("input picture", "front"), ("front", "pair"), ("pair", "pool")}
    bpy.ops.nn.open_block(block="pair")
    assert lit() == {("conv", "norm"), ("norm", "pair"), ("pair", "pair"), ("pair", "pool")}
    bpy.ops.nn.choose_layer(layer="output")
    assert lit() == {("back", "output"), ("output", "output output")}


def test_a_block_that_is_chosen_lights_its_ways_and_opening_one_by_a_click_leaves_them(
    viewport: bpy.types.Region,
) -> None:
    choose_part(root(), "back")
    assert lit() == {("front", "back"), ("back", "output")}
    click(viewport, book("front"))
    assert opened(root()) == {"front": 1.0}
    assert lit_part(root()) == "back"


def test_ways_of_another_network_are_put_back(tmp_path: Path) -> None:
    choose_layer("output")
    contents = made_contents(tmp_path)
    scene, first = bpy.context.scene, root()
    scene.nn.network = build_network(scene, contents, "id-2", opening=Opening.of(contents.network), with_stage=False)
    choose_layer("output")
    assert [lit_part(one) for one in (first, scene.nn.network)] == ["", "output"]


def test_ways_are_lit_at_every_frame_of_a_film_as_far_as_they_are_seen_there() -> None:
    scene = bpy.context.scene
    for frame, value in ((1, 0.0), (3, 1.0)):
        key_opening(scene, root(), "front", value, frame)
    choose_layer("pool")
    shown = {}
    for frame in (1, 3):
        scene.frame_set(frame)
        ribbons = next(objects(root(), "ribbon"))
        mesh = ribbons.evaluated_get(bpy.context.evaluated_depsgraph_get()).to_mesh()
        numbers, values = read_floats(mesh, "route").round().astype(int), read_floats(mesh, "lit")
        shown[frame] = {tuple(ends_of(ribbons)[number]) for number in numbers[values > 0.5]}
    assert shown[1] == {("input picture", "front"), ("front", "back")}
    assert shown[3] == {("pair", "pool"), ("pool", "front"), ("front", "front"), ("front", "back")}


def drawn_flow() -> tuple[list[str], list[tuple[str, str]]]:
    """Texts of the section *Data Flow*, and icons with texts of its buttons."""
    layout = MagicMock()
    layout.column.return_value = layout.row.return_value = layout
    flow_panel.draw_flow(layout, root())
    texts = [call.kwargs["text"] for call in layout.label.call_args_list]
    return texts, [(call.kwargs["icon"], call.kwargs["text"]) for call in layout.operator.call_args_list]


def test_ribbons_of_what_is_chosen_are_hidden_one_by_one_and_shown_together() -> None:
    assert drawn_flow()[0] == ["Choose a layer or a block first"]
    bpy.ops.nn.open_block(block="front")
    choose_layer("pool")
    texts, buttons = drawn_flow()
    assert texts == ["From Pair", "To edge of Front"]
    assert buttons[1:] == [("LIGHT_SUN", "Light Up pool"), ("HIDE_OFF", ""), ("HIDE_OFF", "")]
    with pytest.raises(RuntimeError, match="No ribbon is hidden"):
        bpy.ops.nn.show_edges()
    assert bpy.ops.nn.hide_edge("EXEC_DEFAULT", True, source="pair", target="pool") == {"FINISHED"}
    assert hidden_edges(root()) == [("pair", "pool")]
    assert drawn_flow()[1][2:] == [("HIDE_ON", ""), ("HIDE_OFF", ""), ("LOOP_BACK", "Show 1 Hidden")]
    ribbons = next(objects(root(), "ribbon"))
    assert ["pair", "pool"] not in [ends_of(ribbons)[number] for number in drawn_numbers(ribbons)]
    bpy.ops.nn.hide_edge("EXEC_DEFAULT", True, source="pair", target="pool")
    assert hidden_edges(root()) == []
    bpy.ops.ed.undo()
    assert hidden_edges(root()) == [("pair", "pool")]
    bpy.ops.nn.show_edges()
    ribbons = next(objects(root(), "ribbon"))
    assert drawn_numbers(ribbons) == set(range(len(ends_of(ribbons))))
    with pytest.raises(RuntimeError, match="No ribbon leads from 'conv' to 'pool'"):
        bpy.ops.nn.hide_edge(source="conv", target="pool")


def drawn_numbers(ribbons: bpy.types.Object) -> set[int]:
    mesh = ribbons.evaluated_get(bpy.context.evaluated_depsgraph_get()).to_mesh()
    return set(read_floats(mesh, "route").round().astype(int).tolist())


def test_ways_are_lit_and_put_back_by_a_button() -> None:
    assert not bpy.ops.nn.light_flow.poll()
    choose_layer("output")
    assert bpy.ops.nn.light_flow("EXEC_DEFAULT", True) == {"FINISHED"}
    assert (lit(), root().nn.opening.part) == (set(), "output")
    bpy.ops.nn.light_flow("EXEC_DEFAULT", True)
    assert lit() == {("back", "output"), ("output", "output output")}

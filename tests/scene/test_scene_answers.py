"""Answers, captions and pictures that enter or leave fill the room that a picture of the network has for them."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path

import bpy
import numpy as np
import pytest
from made import made_atlas, made_contents
from mathutils import Matrix, Vector
from test_scene_outputs import contents_of, of, texts

from nn_blender.core.blocks.answers import LONGEST_LEAD, answers_of
from nn_blender.core.blocks.opening import Opening
from nn_blender.core.interventions.intervention import Intervention, LayerIntervention
from nn_blender.core.layout.boards import LEAD
from nn_blender.core.layout.lettering import cut_name
from nn_blender.core.layout.picture import ELEVATION, UNIT, Picture, Rect
from nn_blender.core.recording import OutputResult
from nn_blender.scene.base import contract
from nn_blender.scene.base.find import objects
from nn_blender.scene.build import build_network
from nn_blender.scene.network.contents import Contents
from nn_blender.scene.show_intervention import Change, show_change

SLACK = 0.02
"""Picture units."""


def build(contents: Contents) -> tuple[bpy.types.Collection, Picture]:
    """A network in its picture, seen by the camera that the picture is for."""
    answers = answers_of(contents.network, contents.outputs, contents.classes, contents.answer_name)
    opening = Opening.of(contents.network, (), answers, inputs=contents.inputs)
    root = build_network(bpy.context.scene, contents, "id-1", with_stage=False, opening=opening)
    (focus,) = objects(root, "focus")
    focus.constraints.clear()
    focus.rotation_euler = (math.pi / 2 - ELEVATION, 0.0, 0.0)
    bpy.context.view_layer.update()
    return root, opening.picture


def rect_in_picture(root: bpy.types.Collection, seen: list[bpy.types.Object]) -> Rect:
    """What is around some objects in the picture, in picture units; of geometry that nodes make as well."""
    (anchor,) = objects(root, "anchor")
    turn = Matrix.Rotation(-(math.pi / 2 - ELEVATION), 4, "X") @ anchor.matrix_world.inverted()
    wanted, points = {obj.name for obj in seen}, []
    for instance in bpy.context.evaluated_depsgraph_get().object_instances:
        owner = instance.parent if instance.is_instance else instance.object
        if owner.original.name not in wanted or not isinstance(instance.object.data, bpy.types.Mesh | bpy.types.Curve):
            continue
        points += [turn @ instance.matrix_world @ Vector(corner) for corner in instance.object.bound_box]
    x, v = np.array([(point.x, -point.y) for point in points]).T / UNIT
    return Rect(x.min(), v.min(), float(np.ptp(x)), float(np.ptp(v)))


def on_board(root: bpy.types.Collection, output: str = "") -> list[bpy.types.Object]:
    (origin,) = [obj for obj in objects(root, "output") if obj.get(contract.PART, "") == output]
    return [obj for obj in origin.children if not obj.hide_render]


def assert_inside(inner: Rect, outer: Rect) -> None:
    assert inner.x >= outer.x - SLACK
    assert inner.v >= outer.v - SLACK
    assert inner.right <= outer.right + SLACK
    assert inner.bottom <= outer.bottom + SLACK


def softmax(count: int) -> np.ndarray:
    values = np.random.default_rng(0).random((2, count)).astype(np.float32) ** 8
    return values / values.sum(axis=1, keepdims=True)


KINDS = {
    "two classes": (of("classes", "softmax"), softmax(2)),
    "ten classes": (of("classes", "softmax"), softmax(10)),
    "a thousand classes": (of("classes", "softmax"), softmax(1000)),
    "logits of classes": (of("classes"), np.linspace(-1.5e-5, 12.5, 16).reshape(2, 8).astype(np.float32)),
    "a probability": (of("binary", "sigmoid"), np.array([[0.2], [0.93]], np.float32)),
    "a logit": (of("binary"), np.array([[-1.234], [2.5]], np.float32)),
    "labels": (of("multi-label", "sigmoid"), np.full((2, 7), 0.7, np.float32)),
    "a value": (of("values"), np.array([[-0.00012345], [1234.5]], np.float32)),
    "values": (of("values"), np.linspace(-1e-5, 1e5, 24).reshape(2, 12).astype(np.float32)),
}
NAMES = tuple(f"black-and-tan coonhound of the {number}th kind" for number in range(1000))


@pytest.mark.parametrize("names", [(), NAMES], ids=["numbers", "long names"])
@pytest.mark.parametrize("kind", KINDS)
def test_an_answer_fills_its_room_and_stays_in_it(kind: str, names: tuple[str, ...], tmp_path: Path) -> None:
    output, values = KINDS[kind]
    contents = contents_of(tmp_path, (output, values, ("0", "1")))
    contents = dataclasses.replace(contents, classes=names[: max(values.shape[1], 2)])
    root, picture = build(contents)
    (board,) = picture.boards
    for frame in (1, 25):
        bpy.context.scene.frame_set(frame)
        seen = rect_in_picture(root, on_board(root))
        assert_inside(seen, board.rect)
        assert seen.width > 0.4 * board.rect.width
        assert seen.height > 0.6 * board.rect.height


def test_the_best_of_many_classes_is_told_once(tmp_path: Path) -> None:
    output, values = KINDS["a thousand classes"]
    contents = contents_of(tmp_path, (output, values, ("0", "1")))
    root, _picture = build(dataclasses.replace(contents, classes=NAMES))
    best = [np.argsort(-row, kind="stable")[:5] for row in values]
    assert texts(root, "answer") == [cut_name(NAMES[own[0]], LEAD, LEAD * LONGEST_LEAD) for own in best]
    names = texts(root, "classes")
    assert (names[0], names[6], names[5]) == ("", "", "+995 more")
    numbers = [f"{row[number] * 100:.1f} %" for row, own in zip(values, best, strict=True) for number in own]
    assert texts(root, "values") == numbers


def test_an_answer_stays_in_its_room_beside_what_it_was_before(tmp_path: Path) -> None:
    for kind in ("ten classes", "labels", "a value", "values"):
        bpy.ops.wm.read_factory_settings(use_empty=True)
        output, values = KINDS[kind]
        contents = contents_of(tmp_path, (output, values, ("0", "1")))
        contents = dataclasses.replace(contents, classes=NAMES[: max(values.shape[1], 2)])
        root, picture = build(contents)
        other = values[::-1].copy()
        recording = dataclasses.replace(contents.recording, outputs=other, results=(OutputResult.of(other),))
        off = Intervention({"hidden": LayerIntervention.of({0: 0.0})})
        show_change(bpy.context.scene, root, contents.network, Change(off, recording))
        bpy.context.view_layer.update()
        assert_inside(rect_in_picture(root, on_board(root)), picture.boards[0].rect)


def test_every_output_has_a_board_at_its_own_place(tmp_path: Path) -> None:
    outputs = [(of(one.kind, one.activation, f"out {k}"), values) for k, (one, values) in enumerate(KINDS.values())]
    contents = contents_of(tmp_path, *((output, values, ("0", "1")) for output, values in outputs))
    root, picture = build(contents)
    assert [board.output for board in picture.boards] == [output.name for output, _ in outputs]
    for number, board in enumerate(picture.boards):
        seen = rect_in_picture(root, on_board(root, board.output if number else ""))
        assert_inside(seen, board.rect)


def test_the_caption_stands_above_the_input_in_its_room(tmp_path: Path) -> None:
    contents = made_contents(tmp_path, samples=2)
    samples = [
        dataclasses.replace(sample, name=f"a rather long name of a photograph {k}.jpeg", label="7")
        for k, sample in enumerate(contents.recording.samples)
    ]
    contents = dataclasses.replace(contents, recording=dataclasses.replace(contents.recording, samples=tuple(samples)))
    root, picture = build(contents)
    (holder,) = objects(root, "caption")
    seen = rect_in_picture(root, [obj for obj in holder.children if not obj.hide_render])
    assert picture.caption is not None
    assert_inside(seen, picture.caption.rect)
    (book,) = [book for book in picture.books if book.part == "input picture"]
    assert seen.bottom < book.rect.v
    assert abs(seen.x + seen.width / 2 - book.rect.x - book.rect.width / 2) < 0.1


@pytest.mark.parametrize("of_classes", [False, True])
def test_a_picture_that_leaves_stands_on_a_slab_like_an_input(of_classes: bool, tmp_path: Path) -> None:
    shape, axes = (12, 12, 4 if of_classes else 1), ("height", "width", "channel")
    output = of("image", name="out", shape=shape, axes=axes, of_classes=of_classes)
    contents = contents_of(tmp_path, (output, np.zeros((2, *shape), np.float32), ("", "")))
    maps = made_atlas(tmp_path, "", 1, 12, 2)
    maps = dataclasses.replace(maps, atlas=dataclasses.replace(maps.atlas, input="", output="out"))
    root, picture = build(dataclasses.replace(contents, atlases=(*contents.atlases, maps)))
    (book,) = [book for book in picture.books if book.part == "output out"]
    (stand,) = objects(root, "output stand")
    seen = rect_in_picture(root, list(stand.children))
    assert_inside(seen, book.rect)
    assert seen.width > 0.95 * book.rect.width
    assert seen.height > 0.95 * book.rect.height
    swatches = [obj for obj in on_board(root) if obj[contract.ROLE].startswith("swatch")]
    assert len(swatches) == (4 if of_classes else 0)
    if of_classes:
        assert_inside(rect_in_picture(root, on_board(root)), picture.boards[0].rect)


def test_an_output_without_its_picture_tells_what_its_values_reach_there(tmp_path: Path) -> None:
    output = of("image", name="out", shape=(12, 12, 1), axes=("height", "width", "channel"))
    contents = contents_of(tmp_path, (output, np.full((2, 12, 12, 1), 0.25, np.float32), ("", "")))
    root, picture = build(contents)
    (book,) = [book for book in picture.books if book.part == "output out"]
    assert_inside(rect_in_picture(root, on_board(root)), book.rect)

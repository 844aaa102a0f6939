"""Where books, trays, labels, boards and routes stand in the picture, in every state of opening."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest
from network_zoo import (
    AXES,
    ZOO,
    five_layers_side_by_side,
    layer,
    network,
    random_network,
    residual,
    two_in_two_out,
    unet,
)

from nn_blender.core.blocks.answers import answers_of
from nn_blender.core.blocks.arranging import LEGEND_BAND, TITLE_BAND, arrange
from nn_blender.core.blocks.dividing import find_hierarchy
from nn_blender.core.blocks.hierarchy import BLOCK, Part, hierarchy_from_dict, hierarchy_to_dict
from nn_blender.core.errors import UserError
from nn_blender.core.inputs import NetworkInput
from nn_blender.core.layout.boards import IN_PICTURE
from nn_blender.core.layout.picture import (
    MAIN,
    SKIP,
    Board,
    Book,
    Caption,
    Label,
    Picture,
    Rect,
    Tray,
    picture_from_dict,
    picture_to_dict,
    silhouette,
    world_point,
)
from nn_blender.core.outputs import NetworkOutput

KNOWN = (
    "convnexttiny", "densenet121", "digits", "efficientnetb0", "efficientnetv2b0", "emotions", "inceptionresnetv2",
    "inceptionv3", "mobilenet", "mobilenetv2", "mobilenetv3small", "nasnetmobile", "resnet50", "resnet50v2", "vgg16",
    "xception",
)  # fmt: skip
RANDOM_STATES = 6
SLACK = 1e-6
Thing = Book | Label | Board | Tray | Caption


@pytest.fixture(scope="module")
def any_network(known_network):
    return lambda name: ZOO[name]() if name in ZOO else known_network(name)


def blocks(root: Part) -> list[str]:
    return [part.id for part in root.walk() if part.kind == BLOCK]


def written_and_drawn(picture: Picture) -> list[Thing]:
    """All that must be apart."""
    captions = [picture.caption] if picture.caption else []
    return [*picture.books, *picture.labels, *picture.boards, *captions]


def corners(things: Sequence[Thing]) -> np.ndarray:
    """Float (things, 4): left, upper, right and lower ends."""
    rects = [thing.rect for thing in things]
    return np.array([(rect.x, rect.v, rect.right, rect.bottom) for rect in rects]).reshape(-1, 4)


def meet(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Bool (first, second): which rectangles overlap."""
    return np.logical_and.reduce(
        [first[:, None, k] < second[None, :, k + 2] - SLACK for k in (0, 1)]
        + [second[None, :, k] < first[:, None, k + 2] - SLACK for k in (0, 1)]
    )


def hold(outer: np.ndarray, inner: np.ndarray) -> np.ndarray:
    """Bool (outer, inner): which rectangles lie in which."""
    return np.logical_and.reduce(
        [outer[:, None, k] <= inner[None, :, k] + SLACK for k in (0, 1)]
        + [outer[:, None, k + 2] >= inner[None, :, k + 2] - SLACK for k in (0, 1)]
    )


def assert_apart(picture: Picture, root: Part) -> None:
    """No overlaps; everything in its trays and in the frame; no route through a book, a label or a board."""
    around: dict[str, frozenset[str]] = {}
    waiting = [(root, frozenset[str]())]
    while waiting:
        part, outer = waiting.pop()
        around[part.id] = outer | {part.id}
        waiting += [(child, around[part.id]) for child in part.children]
    things = written_and_drawn(picture)
    rects, trays = corners(things), corners(picture.trays)
    pairs = np.argwhere(np.triu(meet(rects, rects), 1))
    assert not len(pairs), [(things[a], things[b]) for a, b in pairs[:2]]
    if picture.trays:
        inside = np.array(
            [[tray.part in around.get(getattr(thing, "part", ""), ()) for thing in things] for tray in picture.trays]
        )
        wrong = np.argwhere(np.where(inside, ~hold(trays, rects), meet(trays, rects)))
        assert not len(wrong), [(picture.trays[a], things[b]) for a, b in wrong[:2]]
    content = picture.content
    frame = np.array([[content.x, content.v, content.right, content.bottom]])
    assert hold(frame, np.concatenate([rects, trays])).all()
    assert_routes_are_clear(picture, rects)


def assert_routes_are_clear(picture: Picture, rects: np.ndarray) -> None:
    content = picture.content
    starts, ends = (
        np.concatenate([np.array(route.points)[part] for route in picture.routes]).reshape(-1, 2)
        if picture.routes
        else np.zeros((0, 2))
        for part in (slice(None, -1), slice(1, None))
    )
    low, high = np.array([content.x, content.v]) - SLACK, np.array([content.right, content.bottom]) + SLACK
    for points in (starts, (starts + ends) / 2, ends):
        assert ((points >= low) & (points <= high)).all()
        shrunk = rects + np.minimum(0.01, 0.05 * (rects[:, 2:3] - rects[:, 0:1])) * np.array([[1, 1, -1, -1]])
        hits = np.logical_and.reduce(
            [points[:, None, k] > shrunk[None, :, k] for k in (0, 1)]
            + [points[:, None, k] < shrunk[None, :, k + 2] for k in (0, 1)]
        )
        assert not hits.any()


@pytest.mark.parametrize("name", [*KNOWN, *ZOO])
def test_nothing_overlaps_closed_open_and_in_between(name, any_network):
    net = any_network(name)
    root = find_hierarchy(net)
    ids = blocks(root)
    chance = random.Random(7)
    everything = arrange(net, root, dict.fromkeys(ids, 1.0))
    assert_apart(arrange(net, root), root)
    assert_apart(everything, root)
    assert_apart(arrange(net, root, dict.fromkeys(ids, 0.5)), root)
    for number in range(RANDOM_STATES):
        share = (number + 1) / RANDOM_STATES
        opened = {id_: chance.choice((0.02, 0.25, 0.5, 0.75, 0.98, 1.0)) for id_ in ids if chance.random() < share}
        folds = everything.folds if number % 4 else None
        assert_apart(arrange(net, root, opened, folds=folds), root)


@pytest.mark.parametrize("seed", range(30))
def test_networks_of_any_shape_are_divided_and_arranged(seed):
    net = random_network(seed)
    root = find_hierarchy(net)
    assert hierarchy_from_dict(json.loads(json.dumps(hierarchy_to_dict(root))), net) == root
    ids, chance = blocks(root), random.Random(seed)
    for states in ({}, dict.fromkeys(ids, 1.0), {id_: chance.choice((0.1, 0.5, 0.9, 1.0)) for id_ in ids}):
        assert_apart(arrange(net, root, states), root)


@pytest.mark.parametrize("name", ["resnet50", "nasnetmobile", "inceptionv3", "nested three deep", "unet"])
def test_nothing_jumps_while_blocks_open(name, any_network):
    net = any_network(name)
    root = find_hierarchy(net)
    cover_of = {part.id: part.cover for part in root.walk()}
    block = next(part for part in root.children if part.is_block)
    inner = [child.id for child in root.children[-3].children if child.is_block]
    steps = np.linspace(0, 1, 81)

    def opened(t: float) -> dict[str, float]:
        return {block.id: t, root.children[-3].id: min(1.0, 1.5 * t), **dict.fromkeys(inner, max(0.0, 2 * t - 1))}

    folds = arrange(net, root, opened(1.0)).folds
    places: list[dict[tuple[type, str], np.ndarray]] = []
    for t in steps:
        picture = arrange(net, root, opened(float(t)), folds=folds)
        things = [*picture.books, *(label for label in picture.labels if not label.is_title)]
        # What the cover of a closed block becomes shows the same layer.
        found = {(type(thing), cover_of[thing.part]): corners([thing])[0] for thing in things if thing.part in cover_of}
        places.append(found)
    for before, after in pairwise(places):
        assert set(before) <= set(after)
        assert all((after[key][2:] - after[key][:2]).max() < 0.02 for key in set(after) - set(before))
    for key in places[0]:
        steps_of = np.abs(np.diff([own[key] for own in places], axis=0)).max(axis=1)
        around_it = np.maximum(np.append(0, steps_of[:-1]), np.append(steps_of[1:], 0))
        assert (steps_of < 2 * around_it + 0.02).all(), key


@pytest.mark.parametrize("name", [*KNOWN, *ZOO])
def test_the_frame_is_filled_and_letters_can_be_read(name, any_network):
    net = any_network(name)
    root = find_hierarchy(net)
    for aspect in (16 / 9, 1.0, 21 / 9, 9 / 16):
        picture = arrange(net, root, aspect=aspect)
        assert picture.frame.width / picture.frame.height == pytest.approx(aspect)
        rects = corners(written_and_drawn(picture))
        points = np.array([point for route in picture.routes for point in route.points]).reshape(-1, 2)
        width = np.ptp(np.concatenate([rects[:, [0, 2]].ravel(), points[:, 0]])) / picture.frame.width
        height = np.ptp(np.concatenate([rects[:, [1, 3]].ravel(), points[:, 1]])) / picture.frame.height
        assert width > 0.92 or height > 0.98 * (1 - TITLE_BAND - LEGEND_BAND)
    picture = arrange(net, root)
    pixels = 1080 / picture.frame.height
    if name != "many outputs":  # Twenty answers above each other.
        assert min(line.size for label in picture.labels for line in label.lines) * pixels > 12
        assert all(board.letters * pixels >= 14 for board in picture.boards)


@pytest.mark.parametrize("name", ["vgg16", "emotions"])
def test_rows_whose_height_decides_are_spread_to_the_width_of_the_frame(name, known_network):
    net = known_network(name)
    root = find_hierarchy(net)
    folds = arrange(net, root).folds
    for share in (0.0, 0.1):
        picture = arrange(net, root, {root.blocks[0].id: share}, folds=folds)
        rects = corners(written_and_drawn(picture))
        points = np.array([point for route in picture.routes for point in route.points])
        across = np.concatenate([rects[:, [0, 2]].ravel(), points[:, 0]])
        assert np.ptp(across) / picture.frame.width > 0.9
        assert np.ptp(across) <= picture.content.width + 1e-9
        assert np.ptp(rects[:, [1, 3]]) == pytest.approx(picture.content.height)


def test_a_u_shape_has_level_skips():
    for net in (unet(), unet(named=False)):
        root = find_hierarchy(net)
        picture = arrange(net, root)
        skips = [route for route in picture.routes if route.kind == SKIP]
        assert len(skips) == 4
        assert all(len({round(v, 9) for _x, v in route.points}) == 1 for route in skips)
        assert len({route.points[0][1] for route in skips}) == 4
        opened = arrange(net, root, dict.fromkeys(blocks(root), 1.0))
        outside = {child.id for child in root.children}
        level = [r for r in opened.routes if r.kind == SKIP and {r.source, r.target} <= outside]
        assert [len({round(v, 9) for _x, v in route.points}) for route in level] == [1] * 4


def test_branches_stand_side_by_side_and_the_main_path_is_straight(known_network):
    net = five_layers_side_by_side()
    books = {book.part: book for book in arrange(net, find_hierarchy(net)).books}
    branches = [books[f"conv2d_{k}"] for k in range(5)]
    assert len({round(book.rect.x, 9) for book in branches}) == 1
    assert len({round(book.rect.v, 9) for book in branches}) == 5
    net = known_network("inceptionv3")
    root = find_hierarchy(net)
    picture = arrange(net, root, {"mixed4–7": 1.0, "mixed4–7/mixed4": 1.0})
    unit = next(part for part in root.walk() if part.id == "mixed4–7/mixed4")
    own = {child.id for child in unit.children}
    lanes = {round(book.rect.v + book.rect.height / 2, 6) for book in picture.books if book.part in own}
    assert len(lanes) == 4
    assert all(route.kind == MAIN for route in picture.routes if route.source in own)


@pytest.mark.parametrize("name", ["digits", "vgg16", "densenet121", "emotions"])
def test_answers_beside_two_rows_are_reached_on_a_level_way(name, known_network):
    net = known_network(name)
    root = find_hierarchy(net)
    picture = arrange(net, root)
    fold = picture.folds.blocks[root.id]
    assert (len(fold.rows), fold.beside) == (2, True)
    (board,), (route,) = picture.boards, [route for route in picture.routes if route.target.startswith("output ")]
    assert len({round(v, 9) for _x, v in route.points}) == 1
    assert board.rect.v < route.points[-1][1] < board.rect.bottom
    assert all(board.rect.x > book.rect.right for book in picture.books)


def test_inputs_and_outputs_stand_at_their_own_ends():
    net = two_in_two_out()
    picture = arrange(net, find_hierarchy(net), answers=answers_of(net, classes=("cat", "dog")))
    books = {book.part: book.rect for book in picture.books}
    assert books["input photo"].x == pytest.approx(books["input measurements"].x, abs=1)
    assert [board.output for board in picture.boards] == ["kind", "age"]
    assert all(board.rect.x > rect.right for board in picture.boards for rect in books.values())
    assert {(route.source, route.target) for route in picture.routes} >= {
        ("kind 2", "output kind"), ("age 2", "output age"),
    }  # fmt: skip
    assert not arrange(net, find_hierarchy(net), answers=()).boards


@pytest.mark.parametrize("name", ["resnet50", "inceptionv3", "nasnetmobile", "two inputs and outputs", "pyramid"])
def test_routes_lead_from_every_layer_to_those_that_read_it(name, any_network):
    net = any_network(name)
    root = find_hierarchy(net)
    chance = random.Random(3)
    picture = arrange(net, root, {id_: 1.0 for id_ in blocks(root) if chance.random() < 0.5})
    open_blocks = {tray.part for tray in picture.trays}
    routes = {(route.source, route.target) for route in picture.routes}
    outer: dict[str, list[str]] = {}  # Of a layer or input, the blocks around it from the top down, as far as is seen.

    def walk(part: Part, around: list[str]) -> None:
        for leaf in part.leaves if part.id not in open_blocks and part is not root else ():
            outer[leaf.cover] = [*around, part.id]
        for child in part.children if part.id in open_blocks or part is root else ():
            walk(child, [*around, part.id] if part is not root else [])

    walk(root, [])
    for one in net.layers:
        for source in one.inputs:
            ways = outer[source], outer[one.path]
            if ways[0] == ways[1]:
                continue
            same = next(k for k, (a, b) in enumerate(zip(*ways, strict=False)) if a != b)
            ups, downs = ways[0][same:][::-1], ways[1][same:]
            assert {*pairwise(ups), *pairwise(downs), (ups[-1], downs[0])} <= routes, (source, one.path)


def test_a_book_is_as_large_as_it_looks_and_stands_on_the_floor(known_network):
    net = known_network("resnet50")
    picture = arrange(net, find_hierarchy(net))
    books = {book.part: book for book in picture.books}
    for book in picture.books:
        assert (book.rect.width, book.rect.height) == pytest.approx(silhouette(*book.cover, book.thickness))
    assert books["input input_layer"].cover == (1.0, 1.0)
    assert 0.7 < books["conv5"].cover[0] < books["conv2"].cover[0] < 1
    assert (books["conv4"].pages, books["head"].kind) == (62, "vector")
    x, _y, z = world_point(books["conv2"].foot)
    assert (x, z) == (books["conv2"].foot[0], 0.0)
    assert world_point((0.0, 1.0))[1] < world_point((0.0, 0.0))[1]  # What is lower in the picture is nearer.


def test_the_thickness_of_a_book_is_bounded(known_network):
    net = known_network("efficientnetb7")
    books = {book.part: book for book in arrange(net, find_hierarchy(net)).books}
    thick = [books[name].thickness / books[name].cover[1] for name in ("block7", "block6", "head")]
    assert 0.1 < thick[2] < thick[0] < thick[1] < 0.53


def test_a_picture_is_the_same_each_time_and_comes_back_from_json(known_network):
    net = known_network("inceptionv3")
    root = find_hierarchy(net)
    opened = {"mixed3": 0.4, "stem": 1.0}
    picture = arrange(net, root, opened)
    assert arrange(net, root, opened) == picture
    assert picture_from_dict(json.loads(json.dumps(picture_to_dict(picture)))) == picture
    with pytest.raises(UserError) as refused:
        picture_from_dict({"books": []})
    assert refused.value.code == "picture.unreadable"


def test_folds_that_are_kept_stay_while_blocks_open(known_network):
    net = known_network("densenet121")
    root = find_hierarchy(net)
    folds = arrange(net, root, {"conv3": 1.0}).folds
    rows = [arrange(net, root, {"conv3": t}, folds=folds).folds.blocks[root.id] for t in (0.0, 0.3, 1.0)]
    assert rows == [folds.blocks[root.id]] * 3


def test_a_thousand_layers_are_arranged_alike_each_time():
    net = residual(1000)
    root = find_hierarchy(net)
    assert arrange(net, root) == arrange(net, find_hierarchy(residual(1000)))
    opened = dict.fromkeys(blocks(root), 1.0)
    everything = arrange(net, root, opened)
    assert arrange(net, root, opened, folds=everything.folds).books == everything.books


def test_a_rectangle_moves_and_knows_its_ends():
    rect = Rect(1.0, 2.0, 3.0, 4.0).moved(1.0, -1.0)
    assert (rect.right, rect.bottom) == (5.0, 5.0)


@pytest.mark.parametrize("names", [(), tuple(f"a long name of class {k}" for k in range(1000))])
@pytest.mark.parametrize("kind", ["classes", "multi-label", "values", "binary", "array"])
@pytest.mark.parametrize("count", [1, 2, 7, 10, 11, 1000])
def test_answers_of_any_kind_have_room_and_can_be_read(kind, count, names):
    last = layer("out", "Dense", ["hidden"], (count,))
    net = network([layer("hidden", "Dense", ["photo"], (16,)), last], {"photo": (16,)}, "out", "hidden")
    outputs = (NetworkOutput("out", kind, "", "sigmoid"), NetworkOutput("hidden", "values", ""))
    answers = answers_of(net, outputs, names[:count], "out")
    root = find_hierarchy(net)
    picture = arrange(net, root, answers=answers)
    assert_apart(picture, root)
    assert len(picture.boards) == 2
    rows = {"binary": 2, "array": 3, "values": count if count > 1 else 0}.get(kind, max(count, 2))
    assert picture.boards[0].rows == (rows if rows <= 10 else 5)
    pixels = 1080 / picture.frame.height
    for board in picture.boards:
        assert board.letters * pixels >= 18
        assert board.letters * IN_PICTURE.thickness * pixels >= 14
        assert board.rect.height >= board.rows * IN_PICTURE.pitch * board.letters


@pytest.mark.parametrize(("shape", "ratio"), [((32, 32), 1), ((32, 48), 1.5), ((10, 400), 2.5), ((400, 10), 0.4)])
def test_pictures_that_enter_and_leave_keep_their_proportions(shape, ratio):
    net = network([layer("out", "Conv2D", ["photo"], (*shape, 3))], {"photo": (*shape, 3)}, "out")
    root = find_hierarchy(net)
    answers = answers_of(net, [NetworkOutput("out", "image", "", "", (*shape, 3), AXES[3], of_classes=True)])
    picture = arrange(net, root, answers=answers, inputs=[NetworkInput("photo", "image", "")])
    assert_apart(picture, root)
    covers = {book.part: book.cover for book in picture.books}
    for part in ("input photo", "output out"):
        width, height = covers[part]
        assert width / height == pytest.approx(ratio)
    assert [board.rows for board in picture.boards] == [3]


def test_the_first_input_has_a_caption_above_it():
    net = two_in_two_out()
    picture = arrange(net, find_hierarchy(net))
    (book,) = [book for book in picture.books if book.part == f"input {net.inputs[0].name}"]
    caption = picture.caption
    assert caption.rect.bottom < book.rect.v
    assert caption.rect.x < book.rect.x < book.rect.right < caption.rect.right
    (label,) = [label for label in picture.labels if label.part == book.part]
    assert caption.letters == label.lines[1].size
    assert caption.rect.height > 2 * caption.letters

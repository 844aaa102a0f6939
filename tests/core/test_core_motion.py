"""Pictures on the way from one state of opening to another: where they begin and end, and that nothing jumps."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import numpy as np
import pytest
from network_zoo import ZOO

from nn_blender.core.blocks.at_first import blocks_to_level
from nn_blender.core.blocks.hierarchy import Part
from nn_blender.core.blocks.motion import Motion, kept_folds
from nn_blender.core.blocks.opening import Opening
from nn_blender.core.layout.picture import Folds, Picture, Rect
from nn_blender.core.network import Network

STEPS = 60


@pytest.fixture(scope="module")
def any_network(known_network):
    return lambda name: ZOO[name]() if name in ZOO else known_network(name)


def motion(network: Network, start: Opening, opened: Mapping[str, float]) -> tuple[Motion, Opening]:
    end = start.with_opened(network, opened, folds=kept_folds(start, opened))

    def make(states: Mapping[str, float], folds: Folds) -> Picture:
        return start.with_opened(network, states, folds=folds).picture

    return Motion(start, end, make), end


def boxes(root: Part, picture: Picture) -> dict[str, np.ndarray]:
    """Float (4,): left, upper, right and lower end of each book, by the layer whose output its cover shows."""
    covers = {part.id: part.cover for part in root.walk()}

    def box(rect: Rect) -> np.ndarray:
        return np.array([rect.x, rect.v, rect.right, rect.bottom])

    return {"frame": box(picture.frame), **{covers.get(one.part, one.part): box(one.rect) for one in picture.books}}


@pytest.mark.parametrize("name", ["inceptionv3", "resnet50v2", "unet", "digits"])
@pytest.mark.parametrize("closing", [False, True])
def test_nothing_jumps_on_the_way(any_network, name, closing):
    network = any_network(name)
    closed = Opening.of(network)
    ids = blocks_to_level(closed.root, 2)
    for id_ in ids[:: max(1, len(ids) // 3)]:
        opened = closed.with_opened(network, {id_: 1.0})
        start, states = (opened, {}) if closing else (closed, {id_: 1.0})
        way, end = motion(network, start, states)
        pictures = [boxes(closed.root, picture) for picture in way.pictures(STEPS)]
        size = max(start.picture.frame.width, end.picture.frame.width)
        for before, after in pairwise(pictures):
            for key in before.keys() & after.keys():
                assert np.abs(after[key] - before[key]).max() < 0.08 * size, (id_, key)
            for key in before.keys() ^ after.keys():
                left, upper, right, lower = (before | after)[key]
                assert max(right - left, lower - upper) < 0.01 * size, (id_, key)


MOMENT = 1 / 400


def lines_of_text(picture: Picture) -> dict[tuple, np.ndarray]:
    """Where lines that are seen stand and how large, in widths of the frame."""
    return {
        (label.shown, label.is_title, number): np.array(
            [*in_frame(picture, label.rect), line.size / picture.frame.width]
        )
        for label in picture.labels
        for number, line in enumerate(label.lines)
        if label.opacity * line.size > 1e-3 * picture.frame.width
    }


def in_frame(picture: Picture, rect: Rect) -> tuple[float, float]:
    frame = picture.frame
    middle = rect.x + rect.width / 2, rect.v + rect.height / 2
    return (middle[0] - frame.x) / frame.width, (middle[1] - frame.v) / frame.width


def points_of_routes(picture: Picture) -> np.ndarray:
    """Complex (points,): closely along all routes that are not thin, in widths of the frame."""
    frame, found = picture.frame, []
    for route in picture.routes:
        if route.scale > 0.02:
            points = (np.array(route.points) - (frame.x, frame.v)) @ (1, 1j) / frame.width
            along = np.concatenate([[0.0], np.cumsum(np.abs(np.diff(points)))])
            found.append(np.interp(np.linspace(0, along[-1], 2 + int(along[-1] / 2e-3)), along, points))
    return np.concatenate(found)


def farthest(points: np.ndarray, others: np.ndarray) -> float:
    """How far the point is from all others that is farthest from them."""
    return max(float(np.abs(part[:, None] - others).min(axis=1).max()) for part in np.array_split(points, 20))


def check_moment(before: Picture, after: Picture) -> None:
    lines, later = lines_of_text(before), lines_of_text(after)
    assert lines.keys() == later.keys()
    for key, place in lines.items():
        assert np.abs(later[key] - place).max() < 0.004, key
    routes, moved = points_of_routes(before), points_of_routes(after)
    assert max(farthest(routes, moved), farthest(moved, routes)) < 0.008


@pytest.mark.parametrize("name", ["inceptionv3", "resnet50v2", "digits", "two inputs and outputs"])
@pytest.mark.parametrize("closing", [False, True])
def test_labels_and_routes_go_on_from_where_they_are(any_network, name, closing):
    """In the moment in which opening begins, and in that in which it ends; also where everything folds anew."""
    network = any_network(name)
    closed = Opening.of(network)
    for block in closed.root.blocks[:: max(1, len(closed.root.blocks) // 5)]:
        around = [part.id for part in closed.root.way_to(block.id)]
        states = [dict.fromkeys(around[:-1], 1.0), dict.fromkeys(around, 1.0)]
        before, after = reversed(states) if closing else states
        way, _end = motion(network, closed.with_opened(network, before), after)
        check_moment(way.at(0), way.at(MOMENT))
        check_moment(way.at(1 - MOMENT), way.at(1))


@pytest.mark.parametrize("name", ["inceptionv3", "unet"])
def test_a_motion_begins_and_ends_with_the_pictures_of_its_states(any_network, name):
    network = any_network(name)
    start = Opening.of(network)
    way, end = motion(network, start, {blocks_to_level(start.root, 2)[0]: 1.0})
    first, *_, last = way.pictures(5)
    assert first == start.picture
    assert last == end.picture == Opening.of(network, list(end.opened)).picture


def test_folds_are_kept_while_the_same_blocks_are_not_closed(any_network):
    network = any_network("inceptionv3")
    start = Opening.of(network, blocks_to_level(Opening.of(network).root, 2)[:1])
    (id_,) = start.opened
    assert kept_folds(start, {id_: 0.4}) is start.picture.folds
    assert kept_folds(start, {id_: 0.0}) is None
    assert kept_folds(start, {}) is None

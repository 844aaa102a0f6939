"""Networks whose blocks the distance opens: books in the room of their children, and what is seen when."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from known_networks import read_network
from network_zoo import ZOO

from nn_blender.core.blocks.distance import MOST_SPREAD, Shown, Tiers
from nn_blender.core.blocks.explanation_maps import WantedMaps
from nn_blender.core.blocks.opening import Opening
from nn_blender.core.blocks.ways import routes_of_part
from nn_blender.core.layout.picture import Picture, book_end
from nn_blender.core.network import Network

SLACK = 1e-9
NAMES = ("inceptionv3", "resnet50v2", "unet", "nested three deep", "two inputs and outputs")


def network_of(name: str) -> Network:
    return ZOO[name]() if name in ZOO else read_network(name)


@pytest.fixture(scope="module", params=NAMES)
def network(request: pytest.FixtureRequest) -> Network:
    return network_of(request.param)


@pytest.fixture(scope="module")
def opening(network: Network) -> Opening:
    return Opening.of(network).with_distance(network)


def picture_of(opening: Opening) -> Picture:
    assert opening.by_distance is not None
    return opening.by_distance


def test_each_block_has_a_book_in_the_room_of_its_children(opening: Opening) -> None:
    picture = picture_of(opening)
    books = {book.part: book.rect for book in picture.books}
    labels = {label.part: label.rect for label in picture.labels if not label.is_title}
    trays = {tray.part: tray.rect for tray in picture.trays}
    assert set(trays) == {block.id for block in opening.root.blocks}
    for id_, room in trays.items():
        ends = np.array([(rect.x, rect.v, rect.right, rect.bottom) for rect in (books[id_], labels[id_])])
        low, high = ends[:, :2].min(axis=0), ends[:, 2:].max(axis=0)
        assert (low >= (room.x - SLACK, room.v - SLACK)).all()
        assert (high <= (room.right + SLACK, room.bottom + SLACK)).all()
        assert ((high - low) / (room.width, room.height)).max() > 0.6


def test_all_else_is_as_when_all_blocks_are_open(network: Network, opening: Opening) -> None:
    all_open = opening.with_opened(network, {block.id: 1.0 for block in opening.root.blocks}).picture
    picture = picture_of(opening)
    assert picture.trays == all_open.trays
    assert picture.frame == all_open.frame
    for own, others in ((picture.books, all_open.books), (picture.routes, all_open.routes)):
        assert own[: len(others)] == others


def test_a_block_opens_before_those_inside_and_none_with_another(opening: Opening) -> None:
    sizes = Tiers(opening.root, picture_of(opening)).sizes()
    for part in opening.root.blocks:
        assert all(sizes[part.id] > sizes[child.id] for child in part.children if child.is_block)
    ordered = sorted(sizes.values(), reverse=True)
    assert all(one > 1.003 * other for one, other in pairwise(ordered))


def test_few_steps_are_large_and_many_spread_no_further() -> None:
    for name in NAMES:
        network = network_of(name)
        opening = Opening.of(network).with_distance(network)
        tiers = Tiers(opening.root, picture_of(opening))
        heights = [book.cover[1] for book in picture_of(opening).books]
        assert min(tiers.sizes().values()) >= min(heights) / MOST_SPREAD


def test_in_every_state_each_layer_is_covered_once(opening: Opening) -> None:
    tiers = Tiers(opening.root, picture_of(opening))
    sizes = tiers.sizes()
    for threshold in (*sizes.values(), 0.0):
        opened = {id_ for id_, size in sizes.items() if size > threshold}

        def is_seen(shown: Shown, opened: set[str] = opened) -> bool:
            return (not shown.inside or shown.inside in opened) and shown.instead not in opened

        covered = Counter(
            leaf.id
            for part in opening.root.walk()
            if part is not opening.root and is_seen(tiers.of_part(part.id))
            for leaf in part.leaves
        )
        assert covered == Counter(leaf.id for leaf in opening.root.leaves)
        # Whatever a ribbon ends at is seen with it: a book, a layer, or the edge of a tray on which it goes on.
        for route in picture_of(opening).routes:
            if is_seen(tiers.of_route(route.source, route.target)):
                for end in (route.source, route.target):
                    assert end.startswith("output ") or end_is_seen(opening, end, opened)


def end_is_seen(opening: Opening, end: str, opened: set[str]) -> bool:
    block = end.removeprefix("book ")
    way = [part.id for part in opening.root.way_to(block)]
    return all(id_ in opened for id_ in way[:-1]) and (end == block or block not in opened)


def test_ribbons_to_books_are_lit_with_those_they_stand_for(network: Network, opening: Opening) -> None:
    routes = [(route.source, route.target) for route in picture_of(opening).routes]
    for block in opening.root.blocks[:4]:
        lit = {routes[number] for number in routes_of_part(network, opening.root, routes, block.leaves[0].id)}
        for one in {block.id, *(part.id for part in opening.root.way_to(block.id))}:
            if (one, one) in lit:
                assert {(one, book_end(one)), (book_end(one), one)} & lit


def test_it_is_written_and_read(network: Network, opening: Opening) -> None:
    written = json.loads(json.dumps(opening.to_dict()))
    assert Opening.from_dict(written, network) == opening
    del written["by_distance"]
    assert Opening.from_dict(written, network).by_distance is None


def test_without_maps_it_is_as_if_there_had_been_none(network: Network, opening: Opening) -> None:
    wanted = replace(opening, maps=WantedMaps(2, 28.0, 28.0))
    with_room = wanted.with_opened(network, opening.opened).with_distance(network)
    assert None not in (with_room.picture.maps, picture_of(with_room).maps)
    assert with_room.without_maps(network) == opening

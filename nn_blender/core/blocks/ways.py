"""Which of the routes in a picture the data of a layer or block comes along, and which it goes on along."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from ..layout.picture import book_end
from ..network import Network
from .answers import Answer
from .graph import LayerGraph
from .hierarchy import Part

Ends = tuple[str, str]
"""Source and target of a route; see `core.layout.picture.Route`."""


def routes_of_part(network: Network, root: Part, routes: Sequence[Ends], id_: str) -> frozenset[int]:
    """Numbers of the routes that lead to what is seen of a layer, input or block, or from it.

    That is the closed block that it is in, where it is in one. Ways that cross the edges of trays are followed to their
    ends.

    Args:
        root: the network's hierarchy.
        routes: all that are seen.
        id_: of a part of the hierarchy.

    Raises:
        KeyError: if there is no such part.
    """
    way = root.way_to(id_)
    if not way:
        raise KeyError(id_)
    graph = LayerGraph(network)
    chains = _chains(root, routes)
    around = chains[way[-1].cover]
    seen = next((part for part in around if part.id == id_), around[-1])
    inside = {graph.place[leaf.cover] for leaf in seen.leaves}
    legs: set[tuple[str, str, bool]] = set()
    for target, sources in enumerate(graph.reads):
        for source in sources:
            if (source in inside) != (target in inside):
                legs |= set(_legs(chains[graph.names[source]], chains[graph.names[target]]))
    for output in network.outputs:
        name = graph.name_of_output(output)
        if name and graph.place[name] in inside:
            ways = chains[name]
            legs |= {*_out(ways, 1), (ways[1].id, Answer(output).id, False)}
    legs |= set(_to_books({(seen.id, seen.id, True), (seen.id, seen.id, False), *legs}))
    return frozenset(number for number, leg in enumerate(_with_sides(root, routes)) if leg in legs)


def routes_at(root: Part, routes: Sequence[Ends], id_: str) -> tuple[Part, list[Ends], list[Ends]] | None:
    """What is seen of a part, and the routes that end and begin there, each once and not those inside it.

    None where nothing of it has a route.

    Args:
        root: the network's hierarchy.
        routes: all that are seen.
        id_: of a part of the hierarchy; where it is in a closed block, this is seen of it.
    """
    ends = {end for route in routes for end in route}
    seen = next((part for part in reversed(root.way_to(id_)) if part.id in ends), None)
    if seen is None:
        return None
    inside = {end for part in seen.walk() for end in (part.id, book_end(part.id))}
    outside = dict.fromkeys(route for route in routes if (route[0] in inside) != (route[1] in inside))
    return seen, [one for one in outside if one[1] == seen.id], [one for one in outside if one[0] == seen.id]


def _chains(root: Part, routes: Sequence[Ends]) -> dict[str, list[Part]]:
    """For every layer and input, the parts around it from the network down to the one that is seen."""
    ends = {end for route in routes for end in route}
    # Where a route ends inside a block, that is open.
    open_ids = {
        part.id for part in root.walk() if any(inside.id in ends for inside in part.walk() if inside is not part)
    }
    chains: dict[str, list[Part]] = {}

    def follow(part: Part, around: list[Part]) -> None:
        chain = [*around, part]
        if part is root or part.id in open_ids:
            for child in part.children:
                follow(child, chain)
        else:
            chains.update((leaf.cover, chain) for leaf in part.leaves)

    follow(root, [])
    return chains


def _legs(source: list[Part], target: list[Part]) -> Iterator[tuple[str, str, bool]]:
    """The routes of an edge, between the chains of parts around its ends; see `_with_sides`."""
    common = sum(1 for one, other in zip(source, target, strict=False) if one is other)
    if common == len(source) or common == len(target):
        return
    yield from _out(source, common)
    yield source[common].id, target[common].id, False
    for tray, child in pairwise(target[common:]):
        yield tray.id, tray.id, True
        yield tray.id, child.id, False


def _out(chain: list[Part], common: int) -> Iterator[tuple[str, str, bool]]:
    for tray, child in pairwise(chain[common:]):
        yield child.id, tray.id, False
        yield tray.id, tray.id, False


def _to_books(legs: set[tuple[str, str, bool]]) -> Iterator[tuple[str, str, bool]]:
    """Where a block stands open and as a book, what leads to its book as other legs do to its children, and back."""
    for source, target, enters in legs:
        if source == target:
            yield (source, book_end(source), False) if enters else (book_end(source), source, False)


def _with_sides(root: Part, routes: Sequence[Ends]) -> Iterator[tuple[str, str, bool]]:
    """Routes, each with whether it leads from a tray's left edge to the children on it.

    Such a one and that from the children to the right edge have the tray at both ends; the former comes first.
    """
    parts = {part.id: part for part in root.walk()}
    entered = {
        source
        for source, target in routes
        if source in parts and any(child.id == target for child in parts[source].children)
    }
    for source, target in routes:
        enters = source == target and source in entered
        if enters:
            entered.remove(source)
        yield source, target, enters

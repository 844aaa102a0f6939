"""The hierarchy of a network's blocks: network, stages, units, branches, layers, each a part of the one above it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ..errors import UserError
from ..interventions.intervention import switch_of
from ..network import Network
from .graph import LayerGraph

NETWORK, INPUT, BLOCK, LAYER = "network", "input", "block", "layer"
"""What a part of a network may be; ``NETWORK`` is only the topmost one."""


@dataclass(frozen=True)
class Part:
    """The network, one of its blocks, layers or inputs.

    Attributes:
        id: unique in the hierarchy, and kept when the part gets another name. A layer's is its path, the network's is
            empty.
        kind: `NETWORK`, `INPUT`, `BLOCK` or `LAYER`; only the first and the third have children.
        children: in the order of the data; every layer is in exactly one of them.
        cover: path of the layer whose output a closed block shows: the one that most edges leave from. Of an input,
            its name. A block and the child that the cover is in have the same.
        repeats: how many times the same structure follows itself inside; 1 where it does not.
        layers: how many there are inside; 0 in an input.
        parameters: numbers in the weights, those of a layer that is called several times counted once.
    """

    id: str
    name: str
    kind: str
    cover: str
    children: tuple[Part, ...] = ()
    repeats: int = 1
    layers: int = 0
    parameters: int = 0

    @property
    def title(self) -> str:
        """Its name, and how many times its structure follows itself where it does."""
        return f"{self.name} ×{self.repeats}" if self.repeats > 1 else self.name

    @property
    def is_block(self) -> bool:
        """Whether it can be opened."""
        return bool(self.children)

    @property
    def cover_child(self) -> Part:
        """The child that shows what this block's cover shows; the last one, of a network."""
        return next((child for child in self.children if child.cover == self.cover), self.children[-1])

    def walk(self) -> Iterator[Part]:
        """The part itself and all parts inside, each before its children."""
        yield self
        for child in self.children:
            yield from child.walk()

    def way_to(self, id_: str) -> tuple[Part, ...]:
        """The parts inside this one that lead to the one of that id, from the outermost on; empty where it has none."""
        for child in self.children:
            if child.id == id_:
                return (child,)
            inner = child.way_to(id_)
            if inner:
                return child, *inner
        return ()

    def ways_to_blocks(self) -> Iterator[tuple[Part, ...]]:
        """What `way_to` gives for every block inside, each before those that it holds."""
        for child in self.children:
            if child.is_block:
                yield (child,)
                for way in child.ways_to_blocks():
                    yield child, *way

    @property
    def blocks(self) -> tuple[Part, ...]:
        """All blocks inside, each before those that it holds."""
        return tuple(part for part in self.walk() if part.is_block and part is not self)

    @cached_property
    def leaves(self) -> tuple[Part, ...]:
        """The layers and inputs inside, in order; the part itself where it is one."""
        return tuple(part for part in self.walk() if not part.children)


def make_part(
    graph: LayerGraph, id_: str, name: str, children: Sequence[Part], repeats: int = 1, kind: str = BLOCK
) -> Part:
    """A block of some parts; what it covers and counts follows from the graph."""
    inside = [leaf for child in children for leaf in child.leaves]
    places = {graph.place[leaf.cover] for leaf in inside}
    weights = {switch_of(leaf.cover): graph.layer(leaf.cover).parameters for leaf in inside if leaf.kind == LAYER}
    return Part(
        id=id_,
        name=name,
        kind=kind,
        cover=max((child.cover for child in children), key=lambda path: graph.cover_rank(path, places)),
        children=tuple(children),
        repeats=repeats,
        layers=sum(leaf.kind == LAYER for leaf in inside),
        parameters=sum(weights.values()),
    )


def make_leaf(graph: LayerGraph, path: str, name: str) -> Part:
    """A layer, by its path, or an input, by its name."""
    if graph.is_input(path):
        return Part(f"input {path}", name, INPUT, path)
    return Part(path, name, LAYER, path, layers=1, parameters=graph.layer(path).parameters)


def hierarchy_to_dict(part: Part) -> dict[str, Any]:
    """Ready for JSON; what a part covers and counts is the network's to tell."""
    if not part.children:
        return {"name": part.name, part.kind: part.cover}
    children = [hierarchy_to_dict(child) for child in part.children]
    return {"id": part.id, "name": part.name, "repeats": part.repeats, "children": children}


def hierarchy_from_dict(data: Any, network: Network) -> Part:
    """Read what `hierarchy_to_dict` gives.

    Raises:
        UserError: ``hierarchy.unreadable`` where it is something else or does not fit the network: every layer and
            every input stands in it once, ids are unique, and data flows from child to child without coming back.
    """
    graph = LayerGraph(network)
    try:
        root = _read(graph, data, is_root=True)
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError) as error:
        raise _unreadable(network, "they are not written as blocks are") from error
    parts = list(root.walk())
    if sorted(leaf.cover for leaf in root.leaves) != sorted(graph.names):
        raise _unreadable(network, "they are of other layers")
    if len({part.id for part in parts}) < len(parts) or not all(part.id and part.name for part in parts[1:]):
        raise _unreadable(network, "not every one has an id and a name of its own")
    for part in parts:
        if not graph.flows_through([[leaf.cover for leaf in child.leaves] for child in part.children]):
            raise _unreadable(network, f"data leaves a part of {part.name!r} and comes back to it")
    return root


def _read(graph: LayerGraph, data: Mapping[str, Any], *, is_root: bool = False) -> Part:
    for kind in (LAYER, INPUT):
        if kind in data and not is_root:
            path = str(data[kind])
            if graph.is_input(path) != (kind == INPUT):
                raise ValueError(path)
            return make_leaf(graph, path, str(data["name"]))
    children = [_read(graph, child) for child in data["children"]]
    repeats = data["repeats"]
    if not children or type(repeats) is not int or not repeats >= 1:
        raise ValueError(repeats)
    return make_part(graph, str(data["id"]), str(data["name"]), children, repeats, NETWORK if is_root else BLOCK)


def _unreadable(network: Network, reason: str) -> UserError:
    return UserError(
        "hierarchy.unreadable",
        f"The blocks kept for {network.name} do not fit it: {reason}.",
        "Find its blocks again.",
    )

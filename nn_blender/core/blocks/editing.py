"""Changes of a network's hierarchy that somebody asks for: other names, blocks of several parts, blocks taken apart."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from ..errors import UserError
from ..network import Network
from ..texts import unique_name
from .graph import LayerGraph
from .hierarchy import BLOCK, Part, make_part


def rename_part(root: Part, id_: str, name: str) -> Part:
    """The hierarchy with another name for a block, a layer or an input; ids stay.

    Raises:
        UserError: ``hierarchy.unknown_part``; ``hierarchy.bad_name`` where it is empty or that of a part beside it.
    """
    name = name.strip()
    parent = _parent(root, id_)
    if not name or any(child.name == name for child in parent.children if child.id != id_):
        reason = f"Another part beside it is called {name!r}." if name else "A block needs a name."
        raise UserError("hierarchy.bad_name", reason, "Choose another name.")

    def renamed(part: Part) -> Part:
        if part.id == id_:
            return replace(part, name=name)
        return replace(part, children=tuple(map(renamed, part.children)))

    return renamed(root)


def join_parts(root: Part, network: Network, ids: Sequence[str], name: str = "") -> Part:
    """The hierarchy with one block in place of parts that stand beside each other.

    Args:
        name: of the block; that of its first part where it is empty.

    Raises:
        UserError: ``hierarchy.unknown_part``; ``hierarchy.cannot_join`` where they are fewer than two, all that there
            are, not in one block, or where data would leave the new block and come back to it.
    """
    parent = _parent(root, ids[0]) if ids else root
    chosen = [child for child in parent.children if child.id in ids]
    if len(chosen) < 2 or len(chosen) < len(set(ids)):
        raise _cannot_join("They do not stand beside each other.", "Choose two or more parts of one block.")
    if len(chosen) == len(parent.children):
        raise _cannot_join("They are all that the block consists of.", "Leave out at least one of them.")
    graph = LayerGraph(network)
    new_name = unique_name(name.strip() or chosen[0].name, [c.name for c in parent.children if c not in chosen])
    new_id = unique_name(f"{parent.id}/{new_name}" if parent is not root else new_name, [p.id for p in root.walk()])
    block = make_part(graph, new_id, new_name, chosen)
    children = [block if child is chosen[0] else child for child in parent.children if child not in chosen[1:]]
    if not graph.flows_through([[leaf.cover for leaf in child.leaves] for child in children]):
        raise _cannot_join("Data would leave the block and come back to it.", "Choose what is between them too.")
    return _with_children(graph, root, parent.id, children)


def take_apart(root: Part, network: Network, id_: str) -> Part:
    """The hierarchy with the parts of a block in its place.

    Raises:
        UserError: ``hierarchy.unknown_part``, also where it is a layer, an input or the network.
    """
    parent = _parent(root, id_, lambda part: part.kind == BLOCK)
    children: list[Part] = []
    for child in parent.children:
        children += child.children if child.id == id_ else (child,)
    names: list[str] = []
    for k, child in enumerate(children):
        names.append(unique_name(child.name, names) if child.kind == BLOCK else child.name)
        children[k] = replace(child, name=names[-1])
    return _with_children(LayerGraph(network), root, parent.id, children)


def _parent(root: Part, id_: str, is_meant: Callable[[Part], bool] = bool) -> Part:
    for part in root.walk():
        if any(child.id == id_ and is_meant(child) for child in part.children):
            return part
    raise UserError("hierarchy.unknown_part", f"No block is called {id_!r}.", "Choose a block of the network.")


def _with_children(graph: LayerGraph, part: Part, id_: str, children: Sequence[Part]) -> Part:
    """A part in which the one of that id has other children; covers are found anew."""
    if part.id == id_:
        return make_part(graph, part.id, part.name, children, 1, part.kind)
    if not any(inner.id == id_ for inner in part.walk()):
        return part
    inside = [_with_children(graph, child, id_, children) for child in part.children]
    return make_part(graph, part.id, part.name, inside, part.repeats, part.kind)


def _cannot_join(reason: str, fix: str) -> UserError:
    return UserError("hierarchy.cannot_join", f"The parts cannot become one block: {reason}", fix)

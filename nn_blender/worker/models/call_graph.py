"""The calls inside a model as plain data, nested models included, and their one canonical order.

Both the settings in a model file and a live Keras model become a `Graph`; what follows from it (order, paths, which
output feeds which layer) is worked out here once, so that looking into a file and loading it agree by construction.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ...core.errors import UserError

Shape = tuple[int, ...]
Trail = tuple[str, ...]
"""Names of the models around a layer, the outermost first, and its own."""
Reference = tuple[Hashable, int]
"""A tensor inside one graph: the key of the node that makes it, and which of its outputs it is."""

DEEPEST_NESTING = 16
SAVE_AGAIN = "Save the model again with Keras."
INPUT = -1


@dataclass(frozen=True)
class Node:
    """One call of a layer, an operation or a nested model.

    Attributes:
        payload: the settings from the file, or Keras's own node; opaque here.
        arguments: the tensors it reads, in order.
        declared: the shapes the file states for them, None where it states none.
        inner: the graph of a nested model, None for anything else.
        further: payloads of its outputs besides the first, by their numbers, as far as they are known.
    """

    key: Hashable
    name: str
    payload: Any
    arguments: tuple[Reference, ...]
    declared: tuple[Shape | None, ...] = ()
    inner: Graph | None = None
    further: Mapping[int, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Graph:
    nodes: dict[Hashable, Node]
    inputs: tuple[Reference, ...]
    outputs: tuple[Reference, ...]


@dataclass(frozen=True)
class Slot:
    """A tensor of the flattened model: output ``output`` of step ``step``, or of network input ``output``."""

    step: int
    output: int


@dataclass(frozen=True)
class Step:
    """One layer call of the flattened model, ready to run once its sources are there.

    An output of a layer besides its first one is a step of its own, which reads it from the layer's step and gives it
    as it is. All others read it from there.
    """

    path: str
    payload: Any
    sources: tuple[Slot, ...]


@dataclass
class Flat:
    """A model without nesting; ``steps`` are in the order of the data."""

    steps: list[Step] = field(default_factory=list)
    outputs: tuple[Slot, ...] = ()
    declared: dict[Slot, Shape] = field(default_factory=dict)


def flatten(graph: Graph) -> Flat:
    """Lay the calls of a graph and its nested models in a row.

    The order is that of a walk from the outputs back to the inputs: a layer stands after everything it reads, and a
    branch stands together. The second call of a shared layer gets the path ``name#1``. The second output of a layer
    gets the path ``name[1]`` and stands behind it.

    Raises:
        UserError: code ``model.unsupported``, where the graph has a loop, a loose end or is nested too deeply.
    """
    flat = Flat()
    slots = {reference: Slot(INPUT, k) for k, reference in enumerate(graph.inputs)}
    flat.outputs = _flatten_into(flat, graph, slots, "", {}, 0)
    return flat


def _flatten_into(
    flat: Flat, graph: Graph, slots: dict[Reference, Slot], prefix: str, calls: dict[str, int], depth: int
) -> tuple[Slot, ...]:
    if depth > DEEPEST_NESTING:
        raise UserError(
            "model.unsupported", f"The model's layers are nested more than {DEEPEST_NESTING} deep.", SAVE_AGAIN
        )
    slots = dict(slots)

    def add(path: str, payload: Any, sources: tuple[Slot, ...]) -> Slot:
        calls[path] = calls.get(path, -1) + 1
        flat.steps.append(Step(path if calls[path] == 0 else f"{path}#{calls[path]}", payload, sources))
        return Slot(len(flat.steps) - 1, 0)

    for node in _in_order(graph):
        path = prefix + node.name
        sources = tuple(slots[reference] for reference in node.arguments)
        flat.declared |= {s: shape for s, shape in zip(sources, node.declared, strict=False) if shape is not None}
        if node.inner is None:
            first = slots[node.key, 0] = add(path, node.payload, sources)
            called = flat.steps[first.step].path
            for number, payload in sorted(node.further.items()):
                slots[node.key, number] = add(f"{called}[{number}]", payload, (Slot(first.step, number),))
            continue
        inner_slots = dict(zip(node.inner.inputs, sources, strict=False))
        inner_outputs = _flatten_into(flat, node.inner, inner_slots, f"{path}/", calls, depth + 1)
        slots |= {(node.key, k): inner for k, inner in enumerate(inner_outputs)}
    return tuple(slots[reference] for reference in graph.outputs)


def _in_order(graph: Graph) -> Iterator[Node]:
    """The nodes that the outputs need, each after the nodes it reads from."""
    given = set(graph.inputs)
    done: set[Hashable] = set()
    for output in graph.outputs:
        # A walk in depth with a stack of its own: networks may be deeper than Python's recursion allows.
        waiting: dict[Hashable, Iterator[Reference]] = {}
        _enter(graph, output, given, done, waiting)
        while waiting:
            key = next(reversed(waiting))
            before = next(waiting[key], None)
            if before is not None:
                _enter(graph, before, given, done, waiting)
                continue
            del waiting[key]
            done.add(key)
            yield graph.nodes[key]


def _enter(
    graph: Graph,
    reference: Reference,
    given: set[Reference],
    done: set[Hashable],
    waiting: dict[Hashable, Iterator[Reference]],
) -> None:
    """Start on the node that makes a tensor, unless it is an input or done already."""
    key = reference[0]
    if reference in given or key in done:
        return
    if key in waiting or key not in graph.nodes:
        name = graph.nodes[key].name if key in graph.nodes else key[0] if isinstance(key, tuple) else key
        raise UserError("model.unsupported", f"The model's layers have a loop or a loose end at {name}.", SAVE_AGAIN)
    waiting[key] = iter(graph.nodes[key].arguments)

"""Blocks: layers of one stage that a scene shows as one box from far away."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from ..errors import UserError
from ..interventions.intervention import switch_of
from ..network import Layer, Network
from ..texts import unique_name


@dataclass(frozen=True)
class Block:
    """Some layers of a network; every layer belongs to exactly one block.

    Attributes:
        layers: paths in the order of the data.
        repeats: how many times the same structure follows itself inside; 1 where it does not.
        parameters: numbers in the weights, those of a layer that is called several times counted once.
    """

    name: str
    layers: tuple[str, ...]
    repeats: int
    parameters: int
    neurons: int

    @property
    def title(self) -> str:
        """The name, and how often its structure repeats.

        >>> Block("conv2", ("a", "b"), 2, 0, 0).title
        'conv2 ×2'
        """
        return f"{self.name} ×{self.repeats}" if self.repeats > 1 else self.name


def block_of(name: str, layers: Sequence[Layer], repeats: int = 1) -> Block:
    """A block of some layers of a network."""
    weights = {switch_of(layer.path): layer.parameters for layer in layers}
    return Block(
        name=name,
        layers=tuple(layer.path for layer in layers),
        repeats=repeats,
        parameters=sum(weights.values()),
        neurons=sum(layer.neurons for layer in layers),
    )


def merge_blocks(blocks: Sequence[Block], network: Network, first: int, last: int) -> tuple[Block, ...]:
    """One block in place of those from number ``first`` to number ``last``; it keeps the first one's name.

    Raises:
        UserError: ``blocks.nothing_to_merge`` where that is not at least two blocks.
    """
    if not 0 <= first < last < len(blocks):
        raise UserError(
            "blocks.nothing_to_merge",
            f"Blocks {first} to {last} cannot be merged.",
            "Choose a block that has another one after it.",
        )
    paths = {path for block in blocks[first : last + 1] for path in block.layers}
    merged = block_of(blocks[first].name, [layer for layer in network.layers if layer.path in paths])
    return (*blocks[:first], merged, *blocks[last + 1 :])


def split_block(blocks: Sequence[Block], network: Network, path: str) -> tuple[Block, ...]:
    """Two blocks in place of the one that holds a layer; the layer is the first of the second one.

    Raises:
        UserError: ``blocks.unknown_layer``; ``blocks.nothing_to_split`` where a block starts with the layer already.
    """
    number = next((k for k, block in enumerate(blocks) if path in block.layers), None)
    if number is None:
        raise UserError(
            "blocks.unknown_layer", f"No block contains the layer {path!r}.", "Choose a layer of the network."
        )
    block = blocks[number]
    place = block.layers.index(path)
    if place == 0:
        raise UserError(
            "blocks.nothing_to_split",
            f"The block {block.name!r} already starts with the layer {path!r}.",
            "Choose a layer inside a block.",
        )
    new_name = unique_name(path.rpartition("/")[2], [other.name for other in blocks])
    halves = [
        block_of(name, layers, _copies(layers))
        for name, layers in (
            (block.name, _layers(network, block.layers[:place])),
            (new_name, _layers(network, block.layers[place:])),
        )
    ]
    return (*blocks[:number], *halves, *blocks[number + 1 :])


def rename_block(blocks: Sequence[Block], number: int, name: str) -> tuple[Block, ...]:
    """Another name for a block.

    Raises:
        UserError: ``blocks.bad_name`` where it is empty or another block has it.
    """
    name = name.strip()
    if not name or any(block.name == name for k, block in enumerate(blocks) if k != number):
        reason = f"Another block is called {name!r}." if name else "A block needs a name."
        raise UserError("blocks.bad_name", reason, "Choose another name.")
    block = blocks[number]
    renamed = Block(name, block.layers, block.repeats, block.parameters, block.neurons)
    return (*blocks[:number], renamed, *blocks[number + 1 :])


def to_dict(blocks: Iterable[Block]) -> dict[str, Any]:
    """Ready for JSON; parameters and neurons are the network's to tell."""
    return {
        "blocks": [{"name": block.name, "layers": list(block.layers), "repeats": block.repeats} for block in blocks]
    }


def from_dict(data: Any, network: Network) -> tuple[Block, ...]:
    """Read what `to_dict` gives.

    Raises:
        UserError: ``blocks.unreadable`` where it is something else or does not fit the network.
    """
    try:
        given = [
            (str(entry["name"]), [str(path) for path in entry["layers"]], entry["repeats"]) for entry in data["blocks"]
        ]
    except (KeyError, TypeError) as error:
        raise _unreadable(network, "they are not written as blocks are") from error
    order = {layer.path: number for number, layer in enumerate(network.layers)}
    numbers = [[order.get(path, -1) for path in paths] for _name, paths, _repeats in given]
    if sorted(chain(*numbers)) != list(range(len(order))) or any(own != sorted(own) for own in numbers):
        raise _unreadable(network, "they are of other layers")
    names = [name for name, _paths, _repeats in given]
    if len(set(names)) < len(names) or not all(names):
        raise _unreadable(network, "not every one has a name of its own")
    if not all(paths and type(repeats) is int and 1 <= repeats <= len(paths) for _name, paths, repeats in given):
        raise _unreadable(network, "they repeat more often than they have layers")
    return tuple(block_of(name, _layers(network, paths), repeats) for name, paths, repeats in given)


def _layers(network: Network, paths: Iterable[str]) -> list[Layer]:
    known = {layer.path: layer for layer in network.layers}
    return [known[path] for path in paths]


def _copies(layers: Sequence[Layer]) -> int:
    """How many equal parts the layers consist of, by class and shape."""
    kinds = [(layer.class_name, layer.output_shape) for layer in layers]
    lengths = (length for length in range(1, len(kinds) + 1) if len(kinds) % length == 0)
    return next(len(kinds) // length for length in lengths if kinds[length:] == kinds[:-length])


def _unreadable(network: Network, reason: str) -> UserError:
    return UserError(
        "blocks.unreadable", f"The blocks kept for {network.name} do not fit it: {reason}.", "Find its blocks again."
    )

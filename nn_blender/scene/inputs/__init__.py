"""What enters a network, drawn before its first layer; one file per kind of input."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ...core.layout.layout import Slab
from ...core.maps.packing import PackedMaps
from ...core.network import Network
from ...core.registry import Registry
from ..base.parts import Parts


@dataclass(frozen=True)
class ShownInput:
    """An input that samples were measured for.

    Attributes:
        kind: name of its `core.inputs.InputKind`.
        shape: without the batch axis.
        part: what its objects and pictures have as their part, see `part_of`.
        maps: pictures of all samples, and their numbers where these have room.
    """

    name: str
    kind: str
    shape: tuple[int, ...]
    part: str
    place: Slab
    maps: PackedMaps


@dataclass(frozen=True)
class InputDrawing:
    """What stands on the slab of an input.

    Attributes:
        name: of the `core.inputs.InputKind`.
        draw: makes it, or brings it in line with other contents.
    """

    name: str
    draw: Callable[[Parts, ShownInput], None]


DRAWINGS: Registry[InputDrawing] = Registry(__name__)


def part_of(network: Network, name: str) -> str:
    """What tells an input's objects from those of others: its name, and nothing for the first one."""
    return "" if network.inputs and network.inputs[0].name == name else name

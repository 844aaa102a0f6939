"""What enters a network, drawn before its first layer; one file per kind of input."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ...core.layout.layout import Slab
from ...core.registry import Registry
from ..base.parts import Parts
from ..network.contents import Contents


@dataclass(frozen=True)
class InputDrawing:
    """What stands on the slab of an input.

    Attributes:
        name: of the `core.inputs.InputKind`.
        draw: makes it, or brings it in line with other contents.
    """

    name: str
    draw: Callable[[Parts, Contents, Slab], None]


DRAWINGS: Registry[InputDrawing] = Registry(__name__)

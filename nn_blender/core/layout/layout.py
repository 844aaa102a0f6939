"""Where everything of a network stands, as boxes in Blender's units; whatever reads places asks these.

Data flows along +X. A layer's slab faces -X, its columns run towards -Y (to the right of someone who looks along the
data) and its rows downwards.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any, Self

import numpy as np

from ..errors import UserError
from ..network import Network
from .grids import Grid

THICKNESS = 0.1

Vector = tuple[float, float, float]


@dataclass(frozen=True)
class Place:
    """The box that something fills.

    Attributes:
        x, y, z: the middle of its lower side: it stands on ``z``.
        width: along y.
        height: along z.
        depth: along x.
    """

    x: float
    y: float
    z: float
    width: float
    height: float
    depth: float

    @property
    def low(self) -> Vector:
        return self.x - self.depth / 2, self.y - self.width / 2, self.z

    @property
    def high(self) -> Vector:
        return self.x + self.depth / 2, self.y + self.width / 2, self.z + self.height

    @property
    def middle(self) -> Vector:
        return self.x, self.y, self.z + self.height / 2

    @property
    def front(self) -> float:
        """Where along x the face is that looks at the incoming data."""
        return self.x - self.depth / 2

    @staticmethod
    def from_corners(low: Sequence[float], high: Sequence[float]) -> Place:
        """The box between two corners, given as x, y and z."""
        depth, width, height = (float(end - start) for start, end in zip(low, high, strict=True))
        x, y = (float(start + end) / 2 for start, end in zip(low[:2], high[:2], strict=True))
        return Place(x, y, float(low[2]), width, height, depth)

    @staticmethod
    def around(places: Iterable[Place]) -> Place:
        """The smallest box that holds others, of which there is at least one."""
        lows, highs = zip(*((place.low, place.high) for place in places), strict=True)
        return Place.from_corners(np.min(lows, axis=0), np.max(highs, axis=0))

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Read what `dataclasses.asdict` gives; raises KeyError, TypeError or ValueError where it is something else."""
        return cls(**{name: float(data[name]) for name in Place.__dataclass_fields__})


@dataclass(frozen=True)
class Slab(Place):
    """The place of a layer, or of the picture that enters the network, with its neurons."""

    grid: Grid

    def sphere_positions(self) -> np.ndarray:
        """Float32 (neurons, 3): beside the upper left corner of the map, or in the middle of the cell."""
        radius, card = self.grid.radius, self.grid.card
        offset = (card[0] / 2 - radius, card[1] / 2 - radius) if card else (0.0, 0.0)
        return self._positions(self.front - radius * 1.05, offset)

    def card_positions(self) -> np.ndarray:
        """Float32 (neurons, 3): the centre of every feature map, just before the slab's face."""
        return self._positions(self.front - 0.012, (0.0, 0.0))

    def _positions(self, x: float, offset: tuple[float, float]) -> np.ndarray:
        centres = self.grid.cell_centres() + np.array(offset, np.float32)
        centres += np.array(self.middle[1:], np.float32)
        return np.column_stack([np.full(len(centres), x, np.float32), centres])

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """See `Place.from_dict`."""
        sizes = Place.from_dict(data)
        return cls(**vars(sizes), grid=Grid.from_dict(data["grid"]))


@dataclass(frozen=True)
class Layout:
    """All places of a network.

    Attributes:
        inputs: by name, in the network's order.
        layers: by path, in the network's order.
        outputs: of the boards that tell the network's answers, by path of the layer that gives them; a scene shows the
            first one. A board's text begins at the low end of x and the high end of y and runs to the opposite ends.
        blocks: where blocks stand while they are closed, by name; those that are not named stand around their slabs.
    """

    inputs: Mapping[str, Slab]
    layers: Mapping[str, Slab]
    outputs: Mapping[str, Place]
    blocks: Mapping[str, Place] = field(default_factory=dict)

    @property
    def input(self) -> Slab:
        """The first input, at the row's beginning."""
        return next(iter(self.inputs.values()))

    @property
    def output(self) -> Place:
        """The board that is shown."""
        return next(iter(self.outputs.values()))

    @cached_property
    def slabs(self) -> tuple[Slab, ...]:
        """All that are shown: those of the inputs, then those of the layers."""
        return *self.inputs.values(), *self.layers.values()

    @cached_property
    def bounds(self) -> Place:
        """The box around all slabs and closed blocks."""
        return Place.around((*self.slabs, *self.blocks.values()))

    @property
    def length(self) -> float:
        """From the middle of the first slab to the middle of the last one, along x."""
        return max(slab.x for slab in self.slabs) - min(slab.x for slab in self.slabs)

    @property
    def view_angle(self) -> float:
        """Radians between the data's direction and the camera's: across a short network, along a long one."""
        return math.radians(min(50.0, max(16.0, 54.0 - 1.5 * self.length / self.bounds.height)))

    @cached_property
    def rooms(self) -> tuple[float, ...]:
        """Of every slab in `slabs`, how far it is along x to the nearest one beside which it stands.

        Only slabs that overlap along y and z count: what stands in another lane or row is seen beside them, not before
        or behind. Infinite where there is none.
        """
        x = np.array([slab.x for slab in self.slabs])
        low, high = (np.array([getattr(slab, end)[1:] for slab in self.slabs]) for end in ("low", "high"))
        found = []
        for k in range(len(x)):
            distances = np.abs(x - x[k])
            distances[~((low < high[k]) & (high > low[k])).all(axis=1)] = np.inf
            distances[k] = np.inf
            found.append(float(distances.min()))
        return tuple(found)

    def free_before(self, place: Place, reach: float) -> float:
        """How far towards -Y one has to go from a place until no other row stands in the way.

        Args:
            reach: how far along x the way is wide, from the place's middle to both sides.
        """
        ways = [
            slab.low[1]
            for slab in self.slabs
            if slab.high[1] <= place.low[1] and abs(slab.x - place.x) < reach + slab.depth / 2
        ]
        return min([place.low[1], *ways])

    def to_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        return asdict(self)


def layout_from_dict(data: Any, network: Network) -> Layout:
    """Read what `Layout.to_dict` gives.

    Raises:
        UserError: ``layout.unreadable`` where it is something else or does not fit the network.
    """
    try:
        layout = Layout(
            inputs={name: Slab.from_dict(slab) for name, slab in data["inputs"].items()},
            layers={path: Slab.from_dict(slab) for path, slab in data["layers"].items()},
            outputs={path: Place.from_dict(place) for path, place in data["outputs"].items()},
            blocks={name: Place.from_dict(place) for name, place in data["blocks"].items()},
        )
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise _unreadable(network, "they are not written as places are") from error
    if list(layout.layers) != [layer.path for layer in network.layers] or not (layout.inputs and layout.outputs):
        raise _unreadable(network, "they are of other layers")
    return layout


def _unreadable(network: Network, reason: str) -> UserError:
    return UserError(
        "layout.unreadable", f"The places kept for {network.name} do not fit it: {reason}.", "Import the network again."
    )

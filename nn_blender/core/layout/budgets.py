"""Budgets of a scene: what it may cost, what it would cost, and what is left out to stay within them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, prod

from ..inputs import NetworkInput
from ..maps.packing import PLANES
from ..network import Network
from .layout import Layout
from .row import lay_out

CARD_PIXELS, LAYER_PIXELS = 24_000_000, 8_000_000
"""At most this many pixels of feature maps in a scene and in a layer."""
INPUT_PIXELS = 4_000_000
"""At most this many pixels in the pictures of the input."""
COMPOSITE_PIXELS = 128 * 128
"""At most this many pixels in a layer's composite of one sample."""
BYTES_PER_PIXEL = 4
"""What Blender keeps in memory of a pixel of a texture and of a neuron's activation for one sample."""

SECONDS_PER_LAYER, SECONDS_PER_NEURON, SECONDS_PER_VALUE = 1e-2, 3e-7, 6e-8
"""Roughly how long a scene takes to build, as measured with Blender 4.5 on one core: the objects of a layer, the place
of a neuron, and one activation."""


@dataclass(frozen=True)
class Budget:
    """What a scene may hold; the defaults keep a laptop responsive.

    Attributes:
        neurons: drawn in all layers together.
        layer_neurons: drawn in one layer.
        card_pixels: of all feature maps together.
        texture_bytes: of all textures together, in memory.
    """

    neurons: int = 1_000_000
    layer_neurons: int = 100_000
    card_pixels: int = CARD_PIXELS
    texture_bytes: int = 256_000_000


EVERYTHING = Budget(neurons=1 << 62, layer_neurons=1 << 62, card_pixels=1 << 62, texture_bytes=1 << 62)


@dataclass(frozen=True)
class Shown:
    """How many of a layer's neurons are drawn, from the first on, and how many are not."""

    neurons: int
    more: int = 0

    @property
    def summary(self) -> str:
        """What stands in for the others; empty where all are drawn.

        >>> Shown(100_000, 50_000).summary
        '+50,000 more'
        """
        return f"+{self.more:,} more" if self.more else ""


@dataclass(frozen=True)
class Estimate:
    """What a scene of a network will hold, before anything of it is made.

    Attributes:
        neurons: that are drawn.
        more: neurons that are not, see `Shown`.
        card_pixels: of feature maps, after those of large layers are made smaller.
        texture_bytes: of feature maps, composites and pictures of the input.
        build_seconds: roughly, without running the network and drawing its maps.
    """

    neurons: int
    more: int
    card_pixels: int
    texture_bytes: int
    build_seconds: float

    def exceeds(self, budget: Budget) -> tuple[str, ...]:
        """What is over budget, by the names that `Budget` has for it; fewer samples or card pixels help textures."""
        found = {
            "neurons": self.neurons > budget.neurons,
            "card_pixels": self.card_pixels > budget.card_pixels,
            "texture_bytes": self.texture_bytes > budget.texture_bytes,
        }
        return tuple(name for name, is_over in found.items() if is_over)


def estimate(network: Network, samples: int, budget: Budget | None = None) -> Estimate:
    """What a scene with that many samples would hold within a budget; 0 samples stand for the structure alone."""
    budget = budget or Budget()
    shown = neurons_shown(network, budget).values()
    neurons = sum(layer.neurons for layer in shown)
    share = share_pixels(network, samples, budget.card_pixels)
    card_pixels = sum(min(need, share) for need in _needs(network, samples))
    composites = [min(need, share) for need in _composite_needs(network, samples)]
    return Estimate(
        neurons=neurons,
        more=sum(layer.more for layer in shown),
        card_pixels=card_pixels,
        texture_bytes=(card_pixels + sum(composites) + _input_pixels(network, samples)) * BYTES_PER_PIXEL,
        build_seconds=len(network.layers) * SECONDS_PER_LAYER
        + neurons * (SECONDS_PER_NEURON + samples * SECONDS_PER_VALUE),
    )


def neurons_shown(network: Network, budget: Budget | None = None) -> dict[str, Shown]:
    """How many neurons of every layer are drawn, by its path.

    Narrow layers are drawn whole; of the widest ones the same number each, so that all stay within the budget.
    """
    budget = budget or Budget()
    counts = [layer.neurons for layer in network.layers]
    most = min(budget.layer_neurons, fair_share(counts, budget.neurons))
    return {layer.path: Shown(min(layer.neurons, most), max(layer.neurons - most, 0)) for layer in network.layers}


def lay_out_within(network: Network, budget: Budget, kinds: Sequence[NetworkInput] = ()) -> Layout:
    """Places a network's layers with as many neurons as the budget lets be drawn; see `row.lay_out`."""
    return lay_out(network, {path: shown.neurons for path, shown in neurons_shown(network, budget).items()}, kinds)


def share_pixels(network: Network, samples: int, budget: int) -> int:
    """How many pixels a layer's maps may have so that all of them stay within the budget.

    Layers that need less leave the rest to the others.
    """
    needs = _needs(network, samples)
    return min(fair_share(needs, budget), LAYER_PIXELS) if sum(needs) > budget else LAYER_PIXELS


def fair_share(needs: list[int], budget: int) -> int:
    """Max-min fair share: the limit for each need at which all of them together stay within a budget.

    >>> fair_share([10, 100, 100], 110)
    50
    """
    left = budget
    for number, need in enumerate(sorted(needs)):
        share = left // (len(needs) - number)
        if need > share:
            return share
        left -= need
    return max([budget, *needs])


def _needs(network: Network, samples: int) -> list[int]:
    """Pixels of every layer's feature maps at full size."""
    maps = [(layer.neurons, *layer.map_shape) for layer in network.layers if layer.map_shape is not None]
    blocks = ceil(samples / PLANES)
    return [blocks * neurons * height * width for neurons, height, width in maps]


def _composite_needs(network: Network, samples: int) -> list[int]:
    """Pixels of every layer's composite."""
    shapes = [layer.map_shape for layer in network.layers if layer.map_shape is not None]
    return [samples * min(height * width, COMPOSITE_PIXELS) for height, width in shapes]


def _input_pixels(network: Network, samples: int) -> int:
    """Of the pictures of the inputs, of which a size may be open."""
    numbers = [prod(max(size, 0) for size in spec.shape[:2]) for spec in network.inputs]
    return min(samples * sum(numbers), INPUT_PIXELS)

"""Pictures of what an intervention adds to a network's feature maps."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace

from ...core.layout.budgets import share_pixels
from ...core.maps.packing import Atlas
from ...core.network import Network
from ...core.requests.maps import MapsRequest
from ...core.samples.options import MeasureOptions
from ...engine.jobs import Progress
from ...engine.worker import Worker


def draw_differences(
    worker: Worker, request: MapsRequest, network: Network, options: MeasureOptions
) -> Generator[Progress, None, tuple[Atlas, ...]]:
    """An atlas of every layer's change, laid out as the atlas of its maps in the scene.

    Args:
        request: names the layers, which the intervention reaches and which have maps; how they are drawn is added here.
        options: of the measurement whose maps are in the scene.
    """
    if not request.layers:
        return ()
    pixels = share_pixels(network, len(request.samples), options.map_pixels)
    drawn = yield from worker.ask(replace(request, pixels=pixels, volume=options.volume, difference=True))
    return drawn.atlases

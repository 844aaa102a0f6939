"""Pictures of what an intervention adds to a network's feature maps."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from ...core.layout.budgets import share_pixels
from ...core.maps.packing import Atlas
from ...core.network import Network
from ...core.samples.options import MeasureOptions
from ...engine.jobs import Progress
from ...engine.worker import Worker


def draw_differences(
    worker: Worker, request: dict[str, Any], about: dict[str, Any], network: Network, layers: list[str]
) -> Generator[Progress, None, tuple[Atlas, ...]]:
    """An atlas of every layer's change, laid out as the atlas of its maps in the scene.

    Args:
        request: model, samples, preprocessing and intervention, as the worker takes them.
        about: the network's description.
        layers: paths of layers that the intervention reaches and that have maps.
    """
    if not layers:
        return ()
    options = MeasureOptions.from_dict(about["source"])
    wanted = {
        **request,
        "layers": layers,
        "pixels": share_pixels(network, len(request["samples"]), options.map_pixels),
        "volume": options.volume,
        "difference": True,
    }
    drawn = yield from worker.call("maps", wanted)
    return tuple(Atlas.from_dict(atlas) for atlas in drawn["atlases"])

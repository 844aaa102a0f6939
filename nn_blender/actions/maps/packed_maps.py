"""Feature maps as the worker packed them, for the scene."""

from __future__ import annotations

from collections.abc import Iterable

from ...core.maps.packing import Atlas, PackedMaps, as_pairs
from ...engine.worker import Worker


def read_maps(worker: Worker, atlases: Iterable[Atlas]) -> tuple[PackedMaps, ...]:
    """The atlases with their ranges; the pictures stay in the worker's session, see `targets.discard_files`."""
    return tuple(_read(worker, atlas) for atlas in atlases)


def _read(worker: Worker, atlas: Atlas) -> PackedMaps:
    arrays = {}
    if atlas.ranges:
        arrays["ranges"] = as_pairs(worker.array(atlas.ranges))
    if atlas.values:
        arrays["values"] = worker.array(atlas.values)
    return PackedMaps(atlas, worker.path(atlas.file), **arrays)

"""Show a sample as a network would see it, before anything is measured."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy
import numpy as np

from ...core.errors import UserError
from ...core.inputs import NetworkInput
from ...core.network import TensorSpec
from ...core.recording import Sample
from ...core.requests.samples import PreviewRequest
from ...engine.jobs import Progress
from ...engine.registry import workers


@dataclass(frozen=True)
class Preview:
    """A sample as the network would see it.

    Attributes:
        pixels: float32 (height, width, 4) between 0 and 1, the lowest row first.
        low: smallest value that the network would be given.
        high: largest value that the network would be given.
    """

    pixels: np.ndarray
    low: float
    high: float


def preview_sample(
    python: Path,
    network_id: str,
    sample: Sample,
    about: NetworkInput,
    spec: TensorSpec,
) -> Generator[Progress, None, Preview]:
    """Ask a network's worker, which needs neither TensorFlow nor the model for it.

    Args:
        sample: with its value for one input alone.
        about: how it enters that input.
        spec: the network's input.

    Raises:
        UserError: the sample cannot be read, or is too large to preview.
    """
    worker = workers.get(network_id, python)
    answer = yield from worker.ask(PreviewRequest((sample,), about, spec))
    if answer.atlas is None:
        raise UserError("preview.too_large", f"{sample.name} is too large to preview.", "Choose another sample.")
    pixels = _read_picture(worker.path(answer.atlas.file))
    worker.discard(answer.atlas.file)
    return Preview(pixels, answer.low, answer.high)


def _read_picture(file: Path) -> np.ndarray:
    """Float32 (height, width, 4) of a picture file; nothing of it stays in the .blend."""
    image: Any = bpy.data.images.load(str(file))
    try:
        width, height = image.size
        pixels = np.empty(width * height * 4, np.float32)
        image.pixels.foreach_get(pixels)
    finally:
        bpy.data.images.remove(image)
    return pixels.reshape(height, width, 4)

"""Ask a network's worker what a neuron is made of."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import bpy

from ...core.neurons.weights import NeuronWeights
from ...core.requests.neurons import NeuronRequest
from ...engine.jobs import Progress
from ...engine.registry import workers
from ...scene.base import contract
from ...scene.network.description import require_description
from ..requests import model_of


def read_weights(
    python: Path, root: bpy.types.Collection, layer: str, neuron: int, most: int
) -> Generator[Progress, None, NeuronWeights]:
    """A neuron's formula, bias, and in each direction its ``most`` strongest weights. The scene stays as it is.

    Raises:
        UserError: the model is missing or another one than in the scene, or has no such neuron.
        Cancelled: the job was cancelled.
    """
    about = require_description(root)
    worker = workers.get(root[contract.NETWORK], python)
    return (yield from worker.ask(NeuronRequest(model_of(about), layer, neuron, most)))

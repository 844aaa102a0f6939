"""Ask a network's worker what a neuron is made of."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import bpy

from ...core.network import Network
from ...core.neurons.weights import NeuronWeights
from ...engine.jobs import Progress
from ...engine.registry import workers
from ...scene.base import contract
from ...scene.network.description import require_description
from ..targets import check_same, load_network


def read_weights(
    python: Path, root: bpy.types.Collection, layer: str, neuron: int, most: int
) -> Generator[Progress, None, NeuronWeights]:
    """A neuron's formula, bias, and in each direction its ``most`` strongest weights. The scene stays as it is.

    Raises:
        UserError: the model is missing or another one than in the scene, or has no such neuron.
        Cancelled: the job was cancelled.
    """
    about = require_description(root)
    network = about.network
    worker = workers.get(root[contract.NETWORK], python)
    model = {"file": network.file, "allow_code": about.source.allow_code}
    loaded = yield from load_network(worker, model)
    check_same(network, Network.from_dict(loaded["network"]))
    asked = {"model": model, "layer": layer, "neuron": neuron, "most": most}
    return NeuronWeights.from_dict((yield from worker.call("neuron", asked)))

"""Formulas and weights of the neurons that were looked at: asked of the worker, and remembered.

A worker that runs anyway is asked as soon as a neuron is chosen; none is started before the user says so.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import NamedTuple

from ...actions.neurons.weights import read_weights
from ...actions.settings import worker_python
from ...core.errors import UserError
from ...core.neurons.weights import NeuronWeights
from ...engine.jobs import Job
from ...engine.registry import workers
from ..common.active import network_by_id
from ..common.asked_store import AskedStore, answer_of
from ..common.jobs import BUSY, jobs

MOST = 5
"""Connections in each direction."""

KEPT = 256
"""Neurons that are remembered."""

PATIENCE = 0.15
"""Seconds in which the user may choose another neuron before the worker is asked."""


class Neuron(NamedTuple):
    """Whose weights are wanted. Nothing of it is Blender's own, so that it outlives undo."""

    network_id: str
    sha256: str
    layer: str
    neuron: int


class WeightReader(AskedStore):
    """Weights by neuron, and why there are none."""

    kept, patience, pause = KEPT, PATIENCE, BUSY

    def want(self, wanted: Neuron) -> None:
        """Have a neuron's weights read soon, where that disturbs nobody: the worker runs and has nothing to do."""
        if _may_ask(wanted):
            self.ask(wanted)

    def make(self, key: Neuron) -> Generator[None, None, NeuronWeights | UserError | None]:
        root, python = network_by_id(key.network_id), worker_python()
        if root is None or python is None or not _may_ask(key):
            return None
        reading = Job(read_weights(python, root, key.layer, key.neuron, MOST), "Read Weights")
        found: NeuronWeights | UserError | None = yield from answer_of(reading)
        return found


def _may_ask(wanted: Neuron) -> bool:
    return not jobs.running and workers.is_alive(wanted.network_id)


weight_reader = WeightReader()
"""The one reader of a Blender session."""

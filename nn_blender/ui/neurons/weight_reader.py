"""Formulas and weights of the neurons that were looked at: asked of the worker, and remembered.

A worker that runs anyway is asked as soon as a neuron is chosen; none is started before the user says so.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import NamedTuple

import bpy
from bpy.app.handlers import persistent

from ...actions.neurons.weights import read_weights
from ...actions.settings import worker_python
from ...core.errors import UserError
from ...core.neurons.weights import NeuronWeights
from ...engine.jobs import Job
from ...engine.registry import workers
from ..common.active import network_by_id
from ..common.jobs import BUSY, IDLE, jobs
from ..maps.thumbnails import redraw_sidebars

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


class WeightReader:
    """Weights by neuron, and why there are none."""

    def __init__(self) -> None:
        self._known: OrderedDict[Neuron, NeuronWeights | UserError] = OrderedDict()
        self._wanted: Neuron | None = None
        self._job: Job | None = None

    def known(self, wanted: Neuron) -> NeuronWeights | UserError | None:
        """What is known of a neuron; None where it was not asked for yet. Panels call it at every redraw."""
        return self._known.get(wanted)

    def keep(self, wanted: Neuron, found: NeuronWeights | UserError) -> None:
        self._known[wanted] = found
        while len(self._known) > KEPT:
            self._known.popitem(last=False)

    def want(self, wanted: Neuron) -> None:
        """Have a neuron's weights read soon, where that disturbs nobody: the worker runs and has nothing to do."""
        if wanted == self._wanted or jobs.running or not workers.is_alive(wanted.network_id):
            return
        self._drop()
        self._wanted = wanted
        if not bpy.app.timers.is_registered(_tick):
            bpy.app.timers.register(_tick, first_interval=PATIENCE)

    def step(self) -> bool:
        """Go on with the neuron that is wanted; True while there is no answer."""
        wanted, python = self._wanted, worker_python()
        if wanted is None or python is None:
            return False
        if self._job is None:
            root = network_by_id(wanted.network_id)
            if root is None or jobs.running or not workers.is_alive(wanted.network_id):
                self._drop()
                return False
            self._job = Job(read_weights(python, root, wanted.layer, wanted.neuron, MOST), "Read Weights")
        if self._job.step():
            return True
        found = self._job.result or self._job.error
        if found is not None:
            self.keep(wanted, found)
        self._drop()
        return False

    def forget(self) -> None:
        """Drop everything that is known and wanted."""
        if bpy.app.timers.is_registered(_tick):
            bpy.app.timers.unregister(_tick)
        self._drop()
        self._known.clear()

    def _drop(self) -> None:
        if self._job is not None:
            self._job.cancel()
        self._wanted = self._job = None


weight_reader = WeightReader()
"""The one reader of a Blender session."""


def start() -> None:
    bpy.app.handlers.load_pre.append(_leave_file)


def stop() -> None:
    bpy.app.handlers.load_pre.remove(_leave_file)
    weight_reader.forget()


def _tick() -> float | None:
    if bpy.app.is_job_running("RENDER"):
        # A render reads the file's data from another thread.
        return IDLE
    if weight_reader.step():
        return BUSY
    redraw_sidebars()
    return None


@persistent
def _leave_file(*_: object) -> None:
    weight_reader.forget()

"""Ask a network's worker for its strongest weights, and show them as lines."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import bpy

from ...core.errors import UserError
from ...core.neurons.connections import Connections
from ...core.requests.neurons import ConnectionsRequest
from ...engine.jobs import Progress
from ...engine.registry import workers
from ...scene.base import contract
from ...scene.base.find import current_scene
from ...scene.neurons import connections
from ..requests import model_of
from ..targets import check_writable, described, find_root, find_scene

BUDGET = 100_000
"""Lines in a scene."""


def show_connections(
    python: Path, root: bpy.types.Collection, most: int, budget: int = BUDGET
) -> Generator[Progress, None, None]:
    """Show the ``most`` strongest weights into every neuron, at most ``budget`` in all.

    Raises:
        UserError: the model is missing or another one than in the scene; ``scene.edit_mode``; what `described` raises;
            code ``connections.none``, where no neuron of the network reads another through a weight.
        Cancelled: the job was cancelled.
    """
    network_id, scene_uid = root[contract.NETWORK], current_scene().session_uid
    about = described(root)
    worker = workers.get(network_id, python)
    answer = yield from worker.ask(ConnectionsRequest(model_of(about), most, budget))
    edges, weights = worker.take_array(answer.edges), worker.take_array(answer.weights)
    found = Connections.from_edges(edges, weights, answer.more, about.network, most, answer.left_out)
    if not found.layers:
        raise UserError(
            "connections.none",
            "No neuron of this network reads another through a weight of its own.",
            "Import a network in which Dense layers or convolutions follow another layer.",
        )
    yield Progress("Updating the scene")
    scene = find_scene(scene_uid)
    root = find_root(scene, network_id)
    check_writable(root)
    connections.show_connections(scene, root, found)

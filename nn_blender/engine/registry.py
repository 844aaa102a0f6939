"""The workers of the open networks: one each, kept warm between requests."""

from __future__ import annotations

import time
from pathlib import Path

from .worker import SCRIPT, Worker

IDLE_SECONDS = 600.0
"""How long a worker without anything to do keeps its process; the next request starts another one."""


class Workers:
    """Workers by the id of their network.

    Args:
        script: see `Worker`.
    """

    def __init__(self, script: Path = SCRIPT) -> None:
        self._script = script
        self._workers: dict[str, Worker] = {}
        self._deadlines: dict[str, float] = {}
        self._used: dict[str, float] = {}

    def get(self, network_id: str, python: Path) -> Worker:
        """The network's worker; a new one where there was none or where another interpreter is wanted."""
        self._deadlines.pop(network_id, None)
        worker = self._workers.get(network_id)
        if worker is not None and worker.python != python:
            self.close(network_id)
            worker = None
        if worker is None:
            worker = self._workers[network_id] = Worker(python, self._script)
        self._used[network_id] = time.monotonic()
        return worker

    def keep_for(self, network_id: str, seconds: float) -> None:
        """End the network's worker at the first `poll` after so many seconds, unless `get` asks for it before."""
        self._deadlines[network_id] = time.monotonic() + seconds

    @property
    def alive(self) -> bool:
        """Whether any worker's process runs now."""
        return any(worker.alive for worker in self._workers.values())

    def network_ids(self) -> tuple[str, ...]:
        """The networks that have a worker."""
        return tuple(self._workers)

    def is_alive(self, network_id: str) -> bool:
        """Whether the network's worker runs now."""
        return network_id in self._workers and self._workers[network_id].alive

    def poll(self) -> None:
        """Look after all workers, also those that no job waits for, and end processes that were idle for long."""
        for network_id in [one for one, deadline in self._deadlines.items() if deadline < time.monotonic()]:
            self.close(network_id)
        for network_id, worker in self._workers.items():
            worker.poll()
            if worker.busy:
                self._used[network_id] = time.monotonic()
            elif worker.alive and self._used[network_id] + IDLE_SECONDS < time.monotonic():
                worker.rest()

    def close(self, network_id: str) -> None:
        """End the network's worker, if there is one. Its open calls are cancelled."""
        self._deadlines.pop(network_id, None)
        self._used.pop(network_id, None)
        worker = self._workers.pop(network_id, None)
        if worker is not None:
            worker.close()

    def close_all(self) -> None:
        """End all workers. They are told first and waited for then, so this takes as long as the slowest."""
        workers = list(self._workers.values())
        self._workers.clear()
        self._deadlines.clear()
        self._used.clear()
        for worker in workers:
            worker.hang_up()
        for worker in workers:
            worker.close()


workers = Workers()
"""The one registry of a running Blender or command line."""

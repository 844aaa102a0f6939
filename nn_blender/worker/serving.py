"""Serves requests one after the other, while a small thread reads the next ones and notes cancels."""

from __future__ import annotations

import os
import platform
import queue
import sys
import threading
import time
import traceback
from pathlib import Path
from typing import IO, Any

from ..core.codec import from_dict, to_dict
from ..core.errors import Cancelled, UserError
from ..core.protocol import CANCELLED, MEMORY_PERCENT, Event, Request
from .common import memory
from .common.events import EventLog, Task
from .methods import METHODS

READY = "ready"
GRACE = 0.2
"""Seconds that a request may still take after the input has closed."""


class Inbox:
    """Requests that have arrived, and the ids of those that were cancelled."""

    def __init__(self, stream: IO[bytes], log: EventLog) -> None:
        self._stream = stream
        self._log = log
        self._requests: queue.SimpleQueue[Request | None] = queue.SimpleQueue()
        self._cancelled: set[int] = set()
        threading.Thread(target=self._read, name="requests", daemon=True).start()

    def next(self) -> Request | None:
        """The next request, waited for; None once the input has closed."""
        return self._requests.get()

    def is_cancelled(self, request_id: int) -> bool:
        return request_id in self._cancelled

    def _read(self) -> None:
        for line in self._stream:
            if line.strip():
                self._take(line)
        self._requests.put(None)
        # Whoever started us is gone; a long run must not outlive it.
        time.sleep(GRACE)
        os._exit(0)

    def _take(self, line: bytes) -> None:
        try:
            request = Request.from_line(line.decode("utf-8"))
        except (ValueError, KeyError, TypeError) as error:
            self._log.log(f"Ignored a line that is no request: {line[:80]!r} ({error!r})")
            return
        if request.method == "cancel":
            self._cancelled.add(request.params.get("id", 0))
        else:
            self._requests.put(request)


def serve(folder: Path, stream: IO[bytes]) -> None:
    """Answer requests until the input closes."""
    log = EventLog(folder)
    log.log(READY, versions={"python": platform.python_version()})
    inbox = Inbox(stream, log)
    served: list[Request] = []
    limit = memory.limit_bytes()
    memory.watch(limit, lambda: _tell_end(log, served, limit))
    while (request := inbox.next()) is not None:
        served[:] = [request]
        log.write(answer(request, log, inbox))
        served.clear()


def _tell_end(log: EventLog, served: list[Request], limit: int) -> None:
    """Answer the request under way, whose memory makes this process end."""
    for request in served[:]:
        error = UserError(
            "worker.memory_limit",
            f"TensorFlow's process was ended: it needed more than {limit / memory.GB:.1f} GB of memory, its limit.",
            f"{request.memory_advice} The limit stands in the extension's preferences "
            f"(on the command line: {MEMORY_PERCENT}).",
        )
        log.write(Event(request.id, "error", {"error": error.to_dict()}))


def answer(request: Request, log: EventLog, inbox: Inbox) -> Event:
    """Serve one request; the event that ends it."""
    task = Task(request.id, log, lambda: inbox.is_cancelled(request.id))
    try:
        task.stop_if_cancelled()
        value = _call(request, task)
        return Event(request.id, "result", {"value": value, "partials": task.partials})
    except Cancelled:
        error = UserError(CANCELLED, "Cancelled.")
    except UserError as user_error:
        error = user_error
    except ModuleNotFoundError as missing:
        error = UserError(
            "worker.missing_package",
            f"The Python that runs TensorFlow ({sys.executable}) has no package {missing.name}.",
            f"Install it there: {sys.executable} -m pip install {_install_name(missing.name or '')}",
            traceback.format_exc(),
        )
    except MemoryError:
        error = UserError(
            "worker.out_of_memory", "There was not enough memory.", request.memory_advice, traceback.format_exc()
        )
    except Exception as bug:  # noqa: BLE001  The boundary: whatever we did not foresee must reach the user, not kill the worker.
        error = UserError(
            "worker.bug", f"Unexpected {type(bug).__name__} in {request.method}: {bug}.",
            "Report this bug and include the details.", traceback.format_exc(),
        )  # fmt: skip
    return Event(request.id, "error", {"error": error.to_dict()})


def _call(request: Request, task: Task) -> dict[str, Any]:
    method = METHODS.get(request.method)
    if method is None:
        raise UserError("worker.unknown_method", f"The worker has no method {request.method!r}.")
    try:
        params = from_dict(method.request, request.params)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        message = f"The parameters of {request.method!r} cannot be understood: {error}."
        raise UserError("worker.bad_request", message, details=traceback.format_exc()) from error
    return to_dict(method.serve(task, params))


def _install_name(module: str) -> str:
    return {"PIL": "pillow"}.get(module, module)

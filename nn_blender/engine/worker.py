"""The process that has TensorFlow, as seen from Blender: ask it something, hear how far it is, read the answer."""

from __future__ import annotations

import atexit
import contextlib
import itertools
import logging
import time
import weakref
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from ..core.codec import to_dict
from ..core.errors import Cancelled, UserError
from ..core.protocol import EVENTS_FILE, LOG_FILE, Event, EventReader, Request
from ..core.requests.base import StreamingRequest, WorkerRequest
from . import process as processes
from .answers import (
    Call,
    bad_result,
    died,
    disk_full,
    is_unreadable,
    load_array,
    locate,
    not_found,
    read_value,
    start_timeout,
    value_of,
)
from .jobs import Progress
from .outbox import Outbox
from .session import Session, end_half_line, session_failed

SCRIPT = Path(__file__).resolve().parents[1] / "worker" / "__main__.py"
CONFIRM_SECONDS = 5.0
"""How long the worker may take to confirm that it has cancelled a request, before it is killed."""

START_SECONDS = 60.0
"""How long the process may take to its first event, before it is killed. It needs no TensorFlow for that."""

SETTINGS: dict[str, str] = {}
"""Environment variables of every process that is started from now on, besides those of this one."""

Result = TypeVar("Result")
Part = TypeVar("Part")

_log = logging.getLogger(__name__)
_live: weakref.WeakSet[Worker] = weakref.WeakSet()


class Worker:
    """One worker process, started when it is first asked something and again whenever it has died.

    Nothing here waits: `call` is a generator, and whoever drives it decides how often to look. Several calls may be
    under way at once; the worker answers them in any order.

    Args:
        python: interpreter that has TensorFlow, a path or a command name.
        script: what it runs with the session folder as its argument; by default the package's own worker.
        confirm_seconds: see `CONFIRM_SECONDS`.
        start_seconds: see `START_SECONDS`.
    """

    def __init__(
        self,
        python: Path,
        script: Path = SCRIPT,
        confirm_seconds: float = CONFIRM_SECONDS,
        start_seconds: float = START_SECONDS,
    ) -> None:
        self.python = python
        self._script = script
        self._confirm_seconds = confirm_seconds
        self._start_seconds = start_seconds
        self._start_deadline: float | None = None
        self._ids = itertools.count(1)
        self._process: processes.Popen | None = None
        self._outbox: Outbox | None = None
        self._session: Session | None = None
        self._reader: EventReader | None = None
        self._calls: dict[int, Call] = {}
        self._unconfirmed: dict[int, float] = {}
        self._closed = False

    @property
    def alive(self) -> bool:
        """Whether the process runs now."""
        return self._process is not None and self._process.poll() is None

    @property
    def busy(self) -> bool:
        """Whether anything waits for an answer, or for the end of what was cancelled."""
        return bool(self._calls or self._unconfirmed)

    @property
    def pid(self) -> int | None:
        """The process's number; None while there is none."""
        return self._process.pid if self._process is not None else None

    @property
    def log_tail(self) -> str:
        """The end of what the process has printed, at most 8 KiB."""
        return processes.tail(self._session.folder / LOG_FILE) if self._session is not None else ""

    def ask(self, request: WorkerRequest[Result]) -> Generator[Progress, None, Result]:
        """Ask the worker something; yields the last progress at every look and returns the answer.

        Ending the generator (`close`, or `Cancelled` thrown in) cancels the request and returns at once.

        Raises:
            UserError, Cancelled: see `call`.
        """
        value = yield from self.call(request.method, to_dict(request))
        return read_value(request.answer, value, request.method)

    def stream(
        self, request: StreamingRequest[Result, Part], on_partial: Callable[[Part], None]
    ) -> Generator[Progress, None, Result]:
        """As `ask`, for a request that is answered several times.

        Args:
            on_partial: is called with every partial result, in order, while the generator is driven. What it raises
                ends the request. After an event was lost on the way, it is given them again from the first on.
        """

        def take(value: dict[str, Any]) -> None:
            on_partial(read_value(request.partial, value, request.method))

        value = yield from self.call(request.method, to_dict(request), take)
        return read_value(request.answer, value, request.method)

    def call(
        self, method: str, params: dict[str, Any], on_partial: Callable[[dict[str, Any]], None] = lambda _: None
    ) -> Generator[Progress, None, dict[str, Any]]:
        """As `stream`, in the words of the protocol: parameters and values are plain data.

        Raises:
            UserError: what the worker answered; or code ``worker.not_found`` (no such interpreter),
                ``worker.died`` (the process ended before it answered), ``worker.start_timeout`` (it never came up),
                ``worker.bad_result`` (an answer that makes no sense), ``session.failed`` (no room for its files).
            Cancelled: the worker was closed.
        """
        call = Call(Request(next(self._ids), method, params))
        self._calls[call.request.id] = call
        try:
            while call.answer is None:
                if self._closed:
                    raise Cancelled
                self.poll()
                if not call.sent:
                    self._send(call)
                _hand_on(call, on_partial)
                if call.answer is None:
                    yield call.progress
            _hand_on(call, on_partial)
            return value_of(call.answer)
        finally:
            del self._calls[call.request.id]
            if call.answer is None and call.sent:
                self._cancel(call.request.id)

    def poll(self) -> None:
        """Look at what has happened since the last look. Open calls do it by themselves.

        Call it while a cancelled request may be unconfirmed, so that a worker that hangs is ended in time.
        """
        if self._process is None or self._session is None or self._reader is None:
            return
        # Asked before reading: what a process wrote before it ended is then certainly read.
        ended = self._process.poll() is not None
        try:
            events = self._reader.read()
            self._session.check()
        except OSError as error:
            self._give_up(session_failed("The answers of TensorFlow's process cannot be read", error))
            return
        for event in events:
            self._receive(event)
        if ended:
            self._bury()
            return
        is_damaged = any(is_unreadable(event) for event in events)
        self._ask_again([call for call in self._calls.values() if is_damaged or call.has_lost_partials])
        self._flush()
        if self._calls and self._session.is_full(every=1.0):
            self._give_up(disk_full(self.log_tail))
        elif self._start_deadline is not None and self._start_deadline < time.monotonic():
            self._give_up(start_timeout(self._start_seconds, self.log_tail))
        elif any(deadline < time.monotonic() for deadline in self._unconfirmed.values()):
            self._restart_hung()

    def path(self, name: str) -> Path:
        """Where a file named in a result is.

        Raises:
            UserError: code ``worker.bad_result``, where the name leads out of the session folder.
        """
        if self._session is None:
            raise bad_result(f"names the file {name!r}, but the process never ran")
        return locate(self._session.folder, name)

    def array(self, name: str) -> np.ndarray:
        """The array in a file named in a result, read-only and read from disk as it is used.

        Raises:
            UserError: code ``worker.bad_result``, where the file is missing, truncated or no array.
        """
        return load_array(self.path(name))

    def take_array(self, name: str) -> np.ndarray:
        """A copy of the array in a file named in a result; the file is removed.

        Raises:
            UserError: as `array`.
        """
        array = np.array(self.array(name))
        self.discard(name)
        return array

    def discard(self, name: str) -> None:
        """Remove a file named in a result. On Windows one that is still in use stays until the session is removed."""
        with contextlib.suppress(PermissionError):
            self.path(name).unlink(missing_ok=True)

    def rest(self, grace: float = 0.5) -> None:
        """End the process and keep what it has written; the next request starts another one.

        Args:
            grace: see `close`.
        """
        if self._process is None:
            return
        assert self._outbox is not None
        self._outbox.close()
        processes.end(self._process, grace)
        self._forget_process()

    def hang_up(self) -> None:
        """Close the process's input, upon which it ends by itself; `close` has to follow. Open calls are cancelled."""
        self._closed = True
        if self._outbox is not None:
            self._outbox.close()

    def close(self, grace: float = 0.5) -> None:
        """End the process and remove the session folder. A closed worker stays closed.

        Args:
            grace: seconds the process may take to end by itself, and again when asked to; 0 kills at once.
        """
        self.hang_up()
        if self._process is not None:
            processes.end(self._process, grace)
        self._process = None
        if self._session is not None:
            self._session.close()
        _live.discard(self)

    def _send(self, call: Call) -> None:
        if self._process is None:
            call.progress = Progress("Starting TensorFlow")
            self._start()
        call.sent = 1
        self._write(call.request)

    def _write(self, request: Request) -> None:
        assert self._outbox is not None
        self._outbox.queue(request.to_line().encode("ascii"))
        self._flush()

    def _flush(self) -> None:
        assert self._outbox is not None
        with contextlib.suppress(OSError):  # The process is ending; a later look sees how and tells all open calls.
            self._outbox.flush()

    def _start(self) -> None:
        python = processes.find_interpreter(self.python)
        if python is None:
            raise not_found(self.python, "it does not exist or may not be executed")
        if self._session is not None and not self._session.exists():
            self._session.close()
            self._session = None
        if self._session is None:
            self._session = Session()
            self._reader = EventReader(self._session.folder / EVENTS_FILE)
        folder = self._session.folder
        try:
            end_half_line(folder / EVENTS_FILE)
            log = (folder / LOG_FILE).open("ab")
        except OSError as error:
            raise session_failed(f"{folder} cannot be written", error) from error
        with log:
            try:
                command = [str(python), "-I", str(self._script), str(folder)]
                self._process = processes.start(command, folder, log, takes_input=True, settings=SETTINGS)
            except OSError as error:
                raise not_found(self.python, error.strerror or str(error)) from error
        self._start_deadline = time.monotonic() + self._start_seconds
        assert self._process.stdin is not None
        self._outbox = Outbox(self._process.stdin)
        self._unconfirmed.clear()
        _live.add(self)

    def _receive(self, event: Event) -> None:
        if is_unreadable(event):
            _log.warning("worker: %s", event.data["message"])
            return
        self._start_deadline = None
        if event.kind == "log":
            _log.info("worker: %s", event.data.get("message", ""))
            return
        if event.kind in ("result", "error"):
            self._unconfirmed.pop(event.id, None)
        call = self._calls.get(event.id)
        if call is not None:
            call.receive(event)

    def _cancel(self, request_id: int) -> None:
        if self._process is None or self._closed:
            return
        self._write(Request(next(self._ids), "cancel", {"id": request_id}))
        self._unconfirmed[request_id] = time.monotonic() + self._confirm_seconds

    def _restart_hung(self) -> None:
        """Kill a worker that does not confirm a cancel; other calls are sent again to its successor."""
        assert self._process is not None
        _log.warning("worker: killed, since it did not stop a cancelled request")
        processes.kill(self._process)
        for call in self._calls.values():
            call.begin_anew()
        self._forget_process()

    def _bury(self) -> None:
        """Tell all open calls that the process has died."""
        assert self._process is not None
        code, log = self._process.returncode, self.log_tail
        full = self._session is not None and self._session.is_full()
        self._fail(lambda request: disk_full(log) if full else died(code, log, request))
        self._forget_process()

    def _give_up(self, error: UserError) -> None:
        """Kill a worker that cannot be used and tell all open calls why."""
        assert self._process is not None
        _log.warning("worker: killed: %s", error.message)
        processes.kill(self._process)
        self._fail(lambda _: error)
        self._forget_process()

    def _fail(self, error_of: Callable[[Request], UserError]) -> None:
        for call in self._calls.values():
            if call.sent and call.answer is None:
                call.answer = error_of(call.request)

    def _ask_again(self, calls: list[Call]) -> None:
        """An event was lost, perhaps an answer. No request has side effects, so ask once more for what is missing."""
        for call in calls:
            if not call.sent or call.answer is not None:
                continue
            if call.sent > 1:
                call.answer = bad_result(f"to {call.request.method!r} was lost twice")
            else:
                call.sent = 2
                self._write(call.request)

    def _forget_process(self) -> None:
        if self._outbox is not None:
            self._outbox.close()
        self._process = self._outbox = self._start_deadline = None
        self._unconfirmed.clear()


def _hand_on(call: Call, on_partial: Callable[[dict[str, Any]], None]) -> None:
    while call.partials:
        on_partial(call.partials.popleft())


def close_all() -> None:
    """End all workers of this process; runs by itself when the interpreter exits."""
    workers = list(_live)
    for worker in workers:
        worker.hang_up()
    for worker in workers:
        worker.close()


atexit.register(close_all)

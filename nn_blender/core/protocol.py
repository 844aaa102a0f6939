"""How Blender's side and the worker talk: JSON lines one way, a file of JSON lines and .npy files the other.

A request is one line on the worker's standard input::

    {"id": 7, "method": "run", "params": {…}}

An event is one line appended to ``events.jsonl`` in the session folder::

    {"id": 7, "event": "progress", "step": 3, "total": 10, "message": "Running samples"}
    {"id": 7, "event": "partial", "number": 0, "value": {…}}
    {"id": 7, "event": "result", "value": {…}, "partials": 1}
    {"id": 7, "event": "error", "error": {"code": …, "message": …, "fix": …, "details": …}}
    {"id": 0, "event": "log", "message": …}

A request is answered by any number of partial results and then by exactly one result or error. Partial results are
numbered from 0 on, and the result says how many there were, so that whoever reads them sees when one was lost. The
request is then sent once more, and its partial results come again from number 0 on: whoever takes them may be given
one twice, but misses none. What is in ``params`` and ``value`` is in `core.requests`, one class each.

The request ``{"id": 8, "method": "cancel", "params": {"id": 7}}`` ends request 7 with the error code ``cancelled``.
Every request carries all it needs; the worker keeps caches, never state that matters.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

EVENTS_FILE = "events.jsonl"
LOG_FILE = "worker.log"
CANCELLED = "cancelled"
MEMORY_PERCENT = "NN_BLENDER_MEMORY_PERCENT"
"""Environment variable with how much of the computer's memory the worker may have, in percent."""


@dataclass(frozen=True)
class Request:
    id: int
    method: str
    params: dict[str, Any]

    @property
    def memory_advice(self) -> str:
        """What to do where there is not enough memory for it."""
        if len(self.params.get("samples") or ()) > 1:
            return "Use fewer samples or close other programs, then try again."
        return "Close other programs, then try again, or use a computer with more memory."

    def to_line(self) -> str:
        return json.dumps({"id": self.id, "method": self.method, "params": self.params}) + "\n"

    @classmethod
    def from_line(cls, line: str) -> Request:
        data = json.loads(line)
        return cls(data["id"], data["method"], data["params"])


@dataclass(frozen=True)
class Event:
    id: int
    kind: str
    data: dict[str, Any]

    def to_line(self) -> str:
        return json.dumps({"id": self.id, "event": self.kind, **self.data}) + "\n"

    @classmethod
    def from_line(cls, line: str) -> Event:
        data = json.loads(line)
        return cls(data.pop("id"), data.pop("event"), data)


class EventReader:
    """Reads the events that were appended since the last look.

    A line still being written waits for its end. A line that is no event (a process died while writing it, a disk was
    full) does not stop the reading: it comes back as a ``log`` event of request 0 that quotes its beginning.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = 0

    def read(self) -> list[Event]:
        try:
            with self._path.open("rb") as stream:
                if stream.seek(0, 2) < self._offset:
                    self._offset = 0
                stream.seek(self._offset)
                data = stream.read()
        except FileNotFoundError:
            return []
        complete = data[: data.rfind(b"\n") + 1]
        self._offset += len(complete)
        return [_read_event(line) for line in complete.split(b"\n") if line.strip()]


def _read_event(line: bytes) -> Event:
    text = line.decode("utf-8", errors="replace")
    try:
        event = Event.from_line(text)
    except (ValueError, KeyError, TypeError, AttributeError):
        event = None
    if event is None or not isinstance(event.id, int):
        return Event(0, "log", {"message": f"Unreadable event skipped: {text[:200]}"})
    return event

"""Work that takes a while, as a generator of progress that a timer, a command line or a test drives.

A generator yields `Progress` whenever it has to wait or has done a portion of work, and returns its result. It never
waits inside, so whoever drives it stays responsive. Cancelling raises `core.errors.Cancelled` where it stands.
"""

from __future__ import annotations

import enum
import time
import traceback
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any

from ..core.errors import Cancelled, UserError

_SHORTEST_PAUSE, _LONGEST_PAUSE = 0.0005, 0.005
"""Seconds between two looks while nothing moves. A pause is a tenth of the wait so far: it adds to every answer."""


@dataclass(frozen=True)
class Progress:
    """How far some work is.

    Attributes:
        message: what is being done, for people; empty where there is nothing to say.
        step: how many of ``total`` parts are done.
        total: 0 where it is unknown.
    """

    message: str = ""
    step: int = 0
    total: int = 0

    @property
    def fraction(self) -> float | None:
        """Between 0 and 1; None where it is unknown."""
        return min(max(self.step / self.total, 0.0), 1.0) if self.total > 0 else None


class State(enum.StrEnum):
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Job:
    """Drives a generator of `Progress` to its end.

    Attributes:
        title: what the job does, for people.
        state: a `State`.
        progress: the last that was heard.
        result: what the generator returned; None before it is done.
        error: why it failed; None in every other state.
    """

    def __init__(self, generator: Generator[Progress, None, Any], title: str) -> None:
        self.title = title
        self.state = State.RUNNING
        self.progress = Progress()
        self.result: Any = None
        self.error: UserError | None = None
        self._generator = generator
        self._clock = time.monotonic()
        self._took: float | None = None

    @property
    def running(self) -> bool:
        return self.state is State.RUNNING

    @property
    def elapsed(self) -> float:
        """Seconds since the job was made; stands still once it is over."""
        return time.monotonic() - self._clock if self._took is None else self._took

    def step(self) -> bool:
        """Advance once; True while the job runs. Never raises: what went wrong is in ``error``."""
        if self.running:
            self._advance(self._generator.__next__)
        return self.running

    def cancel(self) -> None:
        """End the job now. The generator may tidy up, but not go on working."""
        if not self.running:
            return
        self._advance(lambda: self._generator.throw(Cancelled()))
        if self.running:
            self._advance(self._close)
        if self.state in (State.RUNNING, State.DONE):
            self._finish(State.CANCELLED)

    def wait(self, on_progress: Callable[[Progress], None] | None = None, timeout: float | None = None) -> Any:
        """Drive the job to its end and return its result.

        Args:
            on_progress: is called with every progress that differs from the one before.
            timeout: seconds, after which the job is cancelled and failed.

        Raises:
            UserError: the job failed; code ``job.timeout`` where it took too long.
            Cancelled: the job was cancelled.
        """
        try:
            self._pump(on_progress, timeout)
        except BaseException:
            # Ctrl-C, or on_progress failed: nobody will drive this job any further.
            self.cancel()
            raise
        if self.error is not None:
            raise self.error
        if self.state is State.CANCELLED:
            raise Cancelled
        return self.result

    def _pump(self, on_progress: Callable[[Progress], None] | None, timeout: float | None) -> None:
        previous, moved = self.progress, time.monotonic()
        while self.step():
            if self.progress != previous:
                previous, moved = self.progress, time.monotonic()
                if on_progress is not None:
                    on_progress(previous)
            else:
                waited = time.monotonic() - moved
                time.sleep(min(max(waited / 10, _SHORTEST_PAUSE), _LONGEST_PAUSE))
            if timeout is not None and self.elapsed > timeout:
                self.cancel()
                self._finish(State.FAILED)
                self.error = UserError(
                    "job.timeout", f"{self.title}: not done after {timeout:g} seconds.", "Try again."
                )

    def _close(self) -> None:
        self._generator.close()

    def _advance(self, move: Callable[[], Progress | None]) -> None:
        try:
            self.progress = move() or self.progress
        except StopIteration as stop:
            self.result = stop.value
            self._finish(State.DONE)
        except Cancelled:
            self._finish(State.CANCELLED)
        except UserError as error:
            self.error = error
            self._finish(State.FAILED)
        except Exception as error:  # noqa: BLE001 - here a mistake of ours becomes something the interface can show
            details = "".join(traceback.format_exception(error))
            fix = "Please report it with the details."
            self.error = UserError("bug", f"{self.title}: unexpected {type(error).__name__}: {error}.", fix, details)
            self.error.__cause__ = error
            self._finish(State.FAILED)

    def _finish(self, state: State) -> None:
        self.state = state
        if self._took is None:
            self._took = time.monotonic() - self._clock

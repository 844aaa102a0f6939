"""What the developer commands say while they work, and how they run other programs."""

from __future__ import annotations

import queue
import shutil
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

QUIET_SECONDS = 30.0
"""A log without a terminal gets a sign of life this often."""


class DevError(Exception):
    """A command cannot go on. The message is for the developer: what failed and what to do about it."""


def say(text: str = "") -> None:
    """Print at once: the programs we start write to the same terminal, and order matters in a log."""
    print(text, flush=True)


class Steps:
    """One line that follows a long job on a terminal; plain lines where the output is a file."""

    def __init__(self, title: str) -> None:
        self.title = title
        self.live = sys.stdout.isatty()
        self.started = time.monotonic()
        self.last_said = self.started
        self.text = ""

    def step(self, text: str) -> None:
        """Show what the job does now."""
        self.text = text
        if self.live:
            self._redraw()
        else:
            self._say(text)

    def tick(self) -> None:
        """Show that the job still runs; call it a few times a second."""
        if self.live:
            self._redraw()
        elif time.monotonic() - self.last_said > QUIET_SECONDS:
            self._say(f"still at: {self.text} ({self._seconds()} s)")

    def done(self, text: str) -> None:
        """End the line with what came of the job."""
        if self.live:
            self._clear()
        self._say(f"{text} ({self._seconds()} s)")

    def stop(self) -> None:
        """Leave the terminal line empty for an error message."""
        if self.live:
            self._clear()

    def _seconds(self) -> int:
        return round(time.monotonic() - self.started)

    def _say(self, text: str) -> None:
        say(f"[{self.title}] {text}")
        self.last_said = time.monotonic()

    def _clear(self) -> None:
        sys.stdout.write("\r\x1b[K")

    def _redraw(self) -> None:
        width = shutil.get_terminal_size().columns - 1
        line = f"[{self.title}] {self._seconds():3d} s  {self.text}"
        sys.stdout.write("\r\x1b[K" + line[:width])
        sys.stdout.flush()


def run_followed(
    command: Sequence[str | Path],
    steps: Steps,
    condense: Callable[[str], str | None] | None = None,
    environment: dict[str, str] | None = None,
) -> None:
    """Run a program, turning the lines of its output that matter into steps.

    Args:
        command: The program and its arguments.
        steps: Where progress is shown.
        condense: Gives the step for a line of output, or None for a line not worth showing.
        environment: The program's environment; this process's when left out.

    Raises:
        DevError: The program failed. The message ends with the last lines it wrote.
    """
    process = subprocess.Popen(
        [str(part) for part in command],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
        env=environment,
    )
    tail: deque[str] = deque(maxlen=25)
    try:
        for line in _lines_with_pauses(process):
            if line is None:
                steps.tick()
                continue
            tail.append(line)
            step = condense(line) if condense else None
            if step is not None:
                steps.step(step)
    finally:
        if process.poll() is None:
            process.terminate()
        code = process.wait()
    if code:
        steps.stop()
        raise DevError(f"[{steps.title}] {Path(command[0]).name} failed with exit code {code}:\n  " + "\n  ".join(tail))


def _lines_with_pauses(process: subprocess.Popen[str]) -> Iterator[str | None]:
    """Yield the lines of a program's output, and None whenever it is silent for a moment.

    A thread reads, because waiting on a pipe with a timeout is impossible on Windows.
    """
    lines: queue.Queue[str | None] = queue.Queue()
    output = process.stdout
    assert output is not None, "the process was started without a pipe"

    def read() -> None:
        for line in output:
            lines.put(line.rstrip())
        lines.put(None)

    threading.Thread(target=read, daemon=True).start()
    while True:
        try:
            line = lines.get(timeout=0.25)
        except queue.Empty:
            yield None
            continue
        if line is None:
            return
        yield line

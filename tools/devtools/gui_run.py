"""One scenario of tests/gui in a Blender with a window: starting it, ending it, judging it."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .blender import WORKER_PYTHON
from .console import say
from .gui_root import CA_BUNDLE, Binds, inside
from .paths import CHECKOUT, OUT
from .results import Outcome

SCENARIOS = CHECKOUT / "tests" / "gui"
PICTURES = OUT / "gui"
SCREEN = (1600, 900)
FIRST_DISPLAY = 99
SECONDS_ALLOWED = 900

SESSION = 'openbox --config-file "$1" & shift; exec "$@"'
NO_RESULT: dict[str, list] = {"checks": [], "expected": [], "reports": []}
BAD_LOG_LINE = re.compile(
    r"Traceback \(most recent call last\)|^Error\b|^\S+ +\S+ +\| (ERROR|FATAL)\b|Segmentation fault|EXCEPTION_ACCESS"
)
"""Blender 4 begins a line with its level, 5 with the time and the subject: `00:04.626 reports | ERROR …`."""


@dataclass(frozen=True)
class Stage:
    """Where a Blender runs: this machine, or a root folder made for it.

    Attributes:
        blender: The program.
        version: Its version, for example 5.2.2.
        root: The root folder; None is this machine.
        interpreter: What the worker's Python consists of.
    """

    blender: str
    version: str
    root: Path | None
    interpreter: tuple[Path, ...] = ()

    @property
    def pictures(self) -> Path:
        """The folder of its screenshots, logs and results."""
        return PICTURES / self.version.rpartition(".")[0]

    def command(self, command: Sequence[str], user: Path) -> list[str]:
        """Give the command that runs another one here, seeing the checkout and the worker under their own paths."""
        if self.root is None:
            return list(command)
        binds = Binds(writable=(self.pictures, user), readable=(CHECKOUT, *self.interpreter))
        return inside(self.root, command, binds)


class Run:
    """A scenario that runs in a process of its own, with output to a file. What it says comes when it has ended."""

    def __init__(self, stage: Stage, scenario: Path, archive: Path, worker: Path, display: int) -> None:
        """Start it.

        Args:
            stage: Where it runs.
            scenario: Its file.
            archive: The extension's zip.
            worker: The interpreter that has TensorFlow.
            display: Number of the X server. Roots share the machine's network, and so these numbers: what runs at the
                same time needs different ones.
        """
        self.stage = stage
        self.name = scenario.stem
        self.started = time.monotonic()
        self._result, self._log = (stage.pictures / f"{self.name}{suffix}" for suffix in (".json", ".log"))
        stage.pictures.mkdir(parents=True, exist_ok=True)
        for old in (self._result, self._log, *stage.pictures.glob(f"{self.name}_*.png")):
            old.unlink(missing_ok=True)
        self._folder = tempfile.TemporaryDirectory(prefix="nn_blender-gui-")
        user = Path(self._folder.name)
        zip_copy = user / archive.name
        shutil.copyfile(archive, zip_copy)
        with self._log.open("wb") as output:
            self._process = subprocess.Popen(
                stage.command(_session(stage, scenario, display), user),
                env=_variables(stage, user, zip_copy, worker),
                stdout=output,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )

    def ended(self) -> bool:
        """Say whether it has ended. One that takes too long is made to."""
        if time.monotonic() - self.started > SECONDS_ALLOWED:
            self.stop()
        return self._process.poll() is not None

    def stop(self) -> None:
        """End the program and everything that it started."""
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._folder.cleanup()

    def outcome(self) -> Outcome:
        """Judge what came of a scenario that has ended, and say it in one piece."""
        seconds = time.monotonic() - self.started
        code = self._process.wait()
        self.stop()
        lines = self._log.read_text(encoding="utf-8", errors="replace").splitlines()
        answer = json.loads(self._result.read_text(encoding="utf-8")) if self._result.exists() else NO_RESULT
        passed = [check["what"] for check in answer["checks"] if check["passed"]]
        failures = [check["what"] for check in answer["checks"] if not check["passed"]]
        if not self._result.exists():
            failures.append(f"no result; Blender ended with exit code {code}")
        elif code:
            failures.append(f"Blender ended with exit code {code}")
        failures += _unchecked(answer, lines)
        told = [f"\n== {self.name} in Blender {self.stage.version}"]
        told += [f"  passed  {what}" for what in passed]
        told += [f"  FAILED  {what}" for what in failures]
        if failures:
            told += ["  the end of the log:", *(f"    {line}" for line in lines[-30:])]
        say("\n".join(told))
        return Outcome(self.name, self.stage.version, len(passed), len(failures), 0, seconds)


def _unchecked(answer: dict[str, Any], lines: Sequence[str]) -> list[str]:
    """Hold against a scenario what it did not check: errors in the log, reports that it did not expect."""
    expected = answer["expected"]

    def is_expected(line: str) -> bool:
        return any(text in line for text in expected)

    said = [*answer["reports"], *lines]
    return [
        *(f"unexpected report to the user: {line}" for line in answer["reports"] if not is_expected(line)),
        *(f"no report said: {text}" for text in expected if not any(text in line for line in said)),
        *(f"in Blender's log: {line}" for line in lines if BAD_LOG_LINE.search(line) and not is_expected(line)),
    ]


def _session(stage: Stage, scenario: Path, display: int) -> list[str]:
    width, height = SCREEN
    screen = ["xvfb-run", "-n", str(display), "-a", "-s", f"-screen 0 {width}x{height}x24 -nolisten tcp"]
    window = ["sh", "-c", SESSION, "sh", str(SCENARIOS / "openbox.xml")]
    arguments = ["--no-window-focus", "-p", "0", "0", str(width), str(height), "--python-exit-code", "1"]
    return [
        *screen,
        *window,
        stage.blender,
        *arguments,
        "-P",
        str(SCENARIOS / "harness.py"),
        "--",
        str(scenario),
        str(stage.pictures),
    ]


def _variables(stage: Stage, user: Path, archive: Path, worker: Path) -> dict[str, str]:
    """Give Blender's environment; in the root nothing of this machine's environment means anything."""
    own = {
        "BLENDER_USER_RESOURCES": str(user / "blender"),
        "HOME": str(user),
        "LIBGL_ALWAYS_SOFTWARE": "1",
        "NN_BLENDER_ZIP": str(archive),
        WORKER_PYTHON: os.environ.get(WORKER_PYTHON) or str(worker),
    }
    (user / "blender").mkdir()
    if stage.root is None:
        return {**os.environ, **own}
    path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    # A pip that is older than Debian's trusts a list of its own, unless it is told what the root trusts.
    return {"PATH": path, "LANG": "C.UTF-8", "PIP_CERT": f"/{CA_BUNDLE}", **own}

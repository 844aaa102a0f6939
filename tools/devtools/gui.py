"""`tools/dev.py gui`: the scenarios of tests/gui in a Blender with a real window on a virtual screen."""

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

from .blender import WORKER_PYTHON
from .console import DevError, say
from .environments import STAMP, WORKER, python_of
from .gui_root import Binds, gui_root, inside
from .packaging import build
from .paths import CHECKOUT, OUT
from .results import Outcome, report

SCENARIOS = CHECKOUT / "tests" / "gui"
PICTURES = OUT / "gui"
SCREEN = (1600, 900)
SECONDS_ALLOWED = 600
TOOLS = {"Xvfb": "xvfb", "xvfb-run": "xvfb", "openbox": "openbox", "xdotool": "xdotool", "import": "imagemagick"}
"""Programs a scenario needs beside Blender, with the package that has them on Debian."""

SESSION = 'openbox --config-file "$1" & shift; exec "$@"'
NO_RESULT: dict[str, list] = {"checks": [], "expected": [], "reports": []}
BAD_LOG_LINE = re.compile(r"Traceback \(most recent call last\)|^Error\b|Segmentation fault|EXCEPTION_ACCESS")


@dataclass(frozen=True)
class Stage:
    """Where Blender runs: this machine, or a root folder made for it."""

    blender: str
    version: str
    root: Path | None
    interpreter: tuple[Path, ...] = ()

    def command(self, command: Sequence[str], user: Path) -> list[str]:
        """Give the command that runs another one here, seeing the checkout and the worker under their own paths."""
        if self.root is None:
            return list(command)
        binds = Binds(writable=(PICTURES, user), readable=(CHECKOUT, *self.interpreter))
        return inside(self.root, command, binds)


def run_gui(names: Sequence[str]) -> int:
    """Run the scenarios and give the exit code.

    Args:
        names: Stems of scenario files; all of them when empty.
    """
    scenarios = [path for path in sorted(SCENARIOS.glob("test_*.py")) if not names or path.stem in names]
    if not scenarios:
        raise DevError(f"no such scenario in {SCENARIOS}")
    archive = build()
    worker = python_of(WORKER)
    stage = _stage(worker)
    say(f"{stage.version}; pictures and logs go to {PICTURES}")
    PICTURES.mkdir(parents=True, exist_ok=True)
    return report([_run_scenario(stage, path, archive, worker) for path in scenarios])


def _stage(worker: Path) -> Stage:
    """Prefer a Blender of this machine; make a root folder where there is none that is new enough."""
    binary = os.environ.get("NN_BLENDER_BINARY") or shutil.which("blender")
    version = _version(binary) if binary else None
    if binary and version and version >= (4, 2):
        missing = sorted({package for program, package in TOOLS.items() if not shutil.which(program)})
        if missing:
            raise DevError(f"{binary} needs more to be tested: apt-get install {' '.join(missing)}")
        return Stage(binary, "Blender " + ".".join(map(str, version)), None)
    root = gui_root()
    return Stage("blender", (root / STAMP).read_text().splitlines()[0], root, _interpreter_paths(worker, root))


def _version(binary: str) -> tuple[int, ...] | None:
    answer = subprocess.run([binary, "--version"], capture_output=True, text=True, check=False)
    found = re.search(r"Blender (\d+)\.(\d+)\.(\d+)", answer.stdout)
    return tuple(int(part) for part in found.groups()) if found else None


def _interpreter_paths(worker: Path, root: Path) -> tuple[Path, ...]:
    """Give what the worker's Python consists of: its environment and the installation that was made from.

    A distribution's own Python is spread over /usr, so only its binary and its library are shown, and only where the
    root has no Python of that version itself.
    """
    question = "import sys; print(sys.base_prefix, '%d.%d' % sys.version_info[:2], sep='\\n')"
    answer = subprocess.run([worker, "-c", question], capture_output=True, text=True, check=True)
    prefix, version = answer.stdout.split()
    environment = worker.parent.parent
    if prefix != "/usr":
        return (environment, *{Path(prefix), Path(prefix).resolve()})
    own = (Path(f"/usr/bin/python{version}"), Path(f"/usr/lib/python{version}"))
    return (environment, *(path for path in own if not (root / path.relative_to("/")).exists()))


def _run_scenario(stage: Stage, scenario: Path, archive: Path, worker: Path) -> Outcome:
    say(f"\n== {scenario.stem}")
    started = time.monotonic()
    result, log = PICTURES / f"{scenario.stem}.json", PICTURES / f"{scenario.stem}.log"
    for old in (result, log, *PICTURES.glob(f"{scenario.stem}_*.png")):
        old.unlink(missing_ok=True)
    with tempfile.TemporaryDirectory(prefix="nn_blender-gui-") as folder:
        user = Path(folder)
        zip_copy = user / archive.name
        shutil.copyfile(archive, zip_copy)
        command = stage.command(_session(stage.blender, scenario), user)
        code = _run_killable(command, _variables(stage, user, zip_copy, worker), log)
    return _judge(scenario.stem, stage.version, code, result, log, time.monotonic() - started)


def _session(blender: str, scenario: Path) -> list[str]:
    width, height = SCREEN
    screen = ["xvfb-run", "-a", "-s", f"-screen 0 {width}x{height}x24 -nolisten tcp"]
    window = ["sh", "-c", SESSION, "sh", str(SCENARIOS / "openbox.xml")]
    arguments = ["--no-window-focus", "-p", "0", "0", str(width), str(height), "--python-exit-code", "1"]
    return [
        *screen,
        *window,
        blender,
        *arguments,
        "-P",
        str(SCENARIOS / "harness.py"),
        "--",
        str(scenario),
        str(PICTURES),
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
    return {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8", **own}


def _run_killable(command: Sequence[str], variables: dict[str, str], log: Path) -> int:
    """Run with output to a file. A timeout, or Ctrl-C here, ends the program and everything it started."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            env=variables,
            stdout=output,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            return process.wait(SECONDS_ALLOWED)
        except subprocess.TimeoutExpired:
            return -signal.SIGKILL
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def _judge(name: str, version: str, code: int, result: Path, log: Path, seconds: float) -> Outcome:
    """Count the scenario's checks, and hold against it what it did not check: errors in the log, a bad end."""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    answer = json.loads(result.read_text(encoding="utf-8")) if result.exists() else NO_RESULT
    passed = [check["what"] for check in answer["checks"] if check["passed"]]
    failures = [check["what"] for check in answer["checks"] if not check["passed"]]
    if not result.exists():
        failures.append(f"no result; Blender ended with exit code {code}")
    elif code:
        failures.append(f"Blender ended with exit code {code}")
    expected = answer["expected"]
    unexpected = [line for line in answer["reports"] if not any(text in line for text in expected)]
    failures += [f"unexpected report to the user: {line}" for line in unexpected]
    said = [*answer["reports"], *lines]
    failures += [f"no report said: {text}" for text in expected if not any(text in line for line in said)]
    bad = [line for line in lines if BAD_LOG_LINE.search(line) and not any(text in line for text in expected)]
    failures += [f"in Blender's log: {line}" for line in bad]
    for what in passed:
        say(f"  passed  {what}")
    for what in failures:
        say(f"  FAILED  {what}")
    if failures:
        say("\n".join(["  the end of the log:", *(f"    {line}" for line in lines[-30:])]))
    return Outcome(name, version.removeprefix("Blender "), len(passed), len(failures), 0, seconds)

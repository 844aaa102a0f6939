"""Example scenes that come with the extension: they show what was recorded, without TensorFlow."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import bpy

from ...core.description.description import Description
from ...core.description.moving import is_beside, with_absolute_paths, with_relative_paths
from ...scene.base.find import networks
from ...scene.network.description import change_description, read_description, require_description

FOLDER = Path(__file__).resolve().parents[2] / "examples"
"""Holds the scenes, and beside them the models and samples that they were made from."""


@dataclass(frozen=True)
class Example:
    """A scene in `FOLDER`.

    Attributes:
        name: of its file and of its model's, without the ending.
        title: for people.
        description: what there is to see.
    """

    name: str
    title: str
    description: str

    @property
    def scene(self) -> Path:
        return FOLDER / f"{self.name}.blend"

    @property
    def model(self) -> Path:
        return FOLDER / f"{self.name}.keras"


EXAMPLES = (
    Example("digits", "Digits", "A convolutional network that reads handwritten digits"),
    Example(
        "branched_digits",
        "Branched Digits",
        "A network that reads the same digits through three branches side by side and past a shortcut",
    ),
)


def tell_from_folder(root: bpy.types.Collection, folder: Path) -> None:
    """Let a network in the scene say where model and samples are from a folder on, in which the scene will be saved."""
    _change(root, with_relative_paths(require_description(root), folder))


def find_files(root: bpy.types.Collection) -> bool:
    """What `tell_from_folder` did, undone where the file is now; whether there was something to undo.

    An example that was opened as a new file has no place of its own: its files are in `FOLDER`.
    """
    about = read_description(root)
    if about is None or not is_beside(about):
        return False
    here = Path(bpy.data.filepath).parent if bpy.data.filepath else FOLDER
    _change(root, with_absolute_paths(about, here))
    return True


def find_all_files() -> bool:
    """`find_files` of every network in the file; whether there was something to undo."""
    found = [find_files(root) for scene in bpy.data.scenes for root in networks(scene)]
    return any(found)


def _change(root: bpy.types.Collection, about: Description) -> None:
    names = ("network", "samples", "skipped", "source")
    change_description(root, **{name: getattr(about, name) for name in names})

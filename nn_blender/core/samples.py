"""Finds test images and what is known about them: labels and class names."""

from __future__ import annotations

import contextlib
import csv
import re
from collections.abc import Iterable
from pathlib import Path

from .errors import UserError
from .recording import Sample

PICTURES = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp", ".gif")
LABELS_FILE = "labels.csv"
CLASSES_FILE = "classes.txt"


def find_samples(path: Path, labels_file: Path | None = None) -> list[Sample]:
    """The test images in a folder, or a single one, in natural order, with their labels.

    Args:
        labels_file: CSV with the columns file and label; without one, ``labels.csv`` in or beside the folder is used.

    Raises:
        UserError: code ``samples.missing``, ``samples.unreadable`` or ``samples.none``; ``labels.unreadable``.
    """
    try:
        if not path.exists():
            raise UserError("samples.missing", f"There is no {path}.", "Choose a folder of images or one image.")
        files = [path] if path.is_file() else sorted(_pictures(path), key=_natural)
    except OSError as error:
        message = f"{path} cannot be read: {error.strerror}."
        raise UserError("samples.unreadable", message, "Choose a folder of images or one image.") from error
    if not files:
        raise UserError(
            "samples.none",
            f"The folder {path} holds no images.",
            f"Choose a folder with images ({', '.join(PICTURES)}).",
        )
    folder = path.parent if path.is_file() else path
    labels = _read_labels(labels_file) if labels_file else _read_labels_beside(folder)
    return [Sample(file.name, str(file), labels.get(file.name, "")) for file in files]


def find_pictures_beside(model: Path) -> Path | None:
    """The folder of test images that belongs to a model: ``images`` or ``samples`` next to the file."""
    for name in ("images", "samples"):
        folder = model.parent / name
        with contextlib.suppress(OSError):  # What nobody asked for need not be readable.
            if folder.is_dir() and any(_pictures(folder)):
                return folder
    return None


def find_classes(model: Path, classes_file: Path | None = None) -> tuple[str, ...]:
    """Class names, one per line of a text file: the given one, or ``classes.txt`` next to the model.

    A blank line between others keeps its place: that class has no name.

    Raises:
        UserError: code ``classes.unreadable``.
    """
    path = classes_file or model.parent / CLASSES_FILE
    if classes_file is None and not path.is_file():
        return ()
    lines = _read_text(path, "classes.unreadable").rstrip().splitlines()
    return tuple(line.strip() for line in lines)


def _pictures(folder: Path) -> Iterable[Path]:
    """Files only: a pipe or a folder may have any name."""
    named = (file for file in folder.iterdir() if file.suffix.lower() in PICTURES and not file.name.startswith("."))
    return (file for file in named if file.is_file())


def _natural(path: Path) -> list[tuple[int, str]]:
    """So that image-2 comes before image-10."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", path.name.lower())]


def _read_labels_beside(folder: Path) -> dict[str, str]:
    """What ``labels.csv`` in or beside the folder says; nothing where that file is about something else."""
    path = next((path for path in (folder / LABELS_FILE, folder.parent / LABELS_FILE) if path.is_file()), None)
    try:
        return _read_labels(path) if path else {}
    except UserError:
        return {}


def _read_labels(path: Path) -> dict[str, str]:
    """Label by file name; a first row that names no picture is the heading."""
    labels = {}
    for row in _rows(path):
        if len(row) >= 2 and Path(row[0]).suffix.lower() in PICTURES:
            labels[Path(row[0].replace("\\", "/")).name] = row[1].strip()
    if not labels:
        raise UserError(
            "labels.unreadable",
            f"{path} names no image.",
            "Write one line per image: its file name, a comma, its label.",
        )
    return labels


def _rows(path: Path) -> list[list[str]]:
    """Cells between commas, semicolons or tabs, whichever the first line has most of."""
    lines = _read_text(path, "labels.unreadable").splitlines()
    separator = max(",;\t", key=lines[0].count) if lines else ","
    try:
        return list(csv.reader(lines, delimiter=separator))
    except csv.Error as error:
        raise UserError("labels.unreadable", f"{path} is no table: {error}.", "Save it as CSV.") from error


def _read_text(path: Path, code: str) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UserError(code, f"{path} cannot be read: {error.strerror}.", "Choose another file.") from error
    except UnicodeDecodeError as error:
        raise UserError(code, f"{path} is no UTF-8 text.", "Save it as UTF-8.") from error

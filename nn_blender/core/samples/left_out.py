"""What lies in folders of samples and is none."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from ..recording import Skipped
from .finding import ARRAYS, CLASSES_FILE, LABELS_FILE, NUMBERED_CLASSES_FILE, PICTURES, is_of_masks

OTHER_PICTURES = (
    *(".heic", ".heif", ".jxl", ".svg", ".psd", ".exr", ".hdr", ".dcm", ".nii"),
    *(".raw", ".dng", ".cr2", ".cr3", ".nef", ".arw"),
)
"""Files with images that nobody reads here."""
MOST_REASONS = 8
"""How many sentences are made of files that were skipped."""


def find_left_out(place: Path, used: Collection[Path], known: Collection[Path] = ()) -> list[Skipped]:
    """The files and folders in a folder of samples that are no samples, and why; none where the place is a file.

    Hidden ones do not count, nor do tables of labels, names of classes, and empty folders.

    Args:
        used: the files of all samples.
        known: further files that are something else than samples.

    Raises:
        OSError: a folder cannot be read.
    """
    if not place.is_dir():
        return []
    inside = {folder for file in used for folder in file.parents if place in folder.parents}
    return [
        Skipped(str(entry), reason)
        for folder in (place, *sorted(inside))
        for entry in sorted(_visible(folder))
        if entry not in used and entry not in known and entry not in inside
        for reason in filter(None, [_reason(entry)])
    ]


def sentences(skipped: Sequence[Skipped]) -> list[str]:
    """What to say of files that were skipped: a sentence per reason, with an example and how many more there are."""
    files: dict[str, list[str]] = {}
    for one in skipped:
        files.setdefault(one.reason, []).append(one.file)
    said = [f"{_named(of_one)} skipped: {reason}." for reason, of_one in list(files.items())[:MOST_REASONS]]
    others = sum(len(of_one) for of_one in list(files.values())[MOST_REASONS:])
    return [*said, f"{others:,} more were skipped for other reasons."] if others else said


def _named(files: Sequence[str]) -> str:
    return f"{files[0]} and {len(files) - 1:,} more were" if len(files) > 1 else f"{files[0]} was"


def _visible(folder: Path) -> Iterator[Path]:
    names = (LABELS_FILE, CLASSES_FILE, NUMBERED_CLASSES_FILE)
    return (entry for entry in folder.iterdir() if not entry.name.startswith(".") and entry.name not in names)


def _reason(entry: Path) -> str:
    """Why a file or a folder is no sample; empty for an empty folder."""
    suffix = entry.suffix.lower()
    if entry.is_dir():
        kinds = [_kind(inner) for inner in _visible(entry)]
        if any(kinds) and is_of_masks(entry):
            return "true pictures are read from .npz files only, beside the samples"
        if any(kinds):
            return "folders are not looked into where there are samples beside them"
        return "there is no image or array in this folder" if kinds else ""
    if suffix in OTHER_PICTURES:
        return f"images of the kind {suffix} are not read; save them as PNG or TIFF"
    if _kind(entry):
        return "where a folder has images, these are its samples"
    return "it is neither an image nor an array that is read"


def _kind(entry: Path) -> bool:
    return entry.suffix.lower() in (*PICTURES, *ARRAYS)

"""Checks the packages that pip installed into an environment for missing and damaged files."""

from __future__ import annotations

import base64
import csv
import hashlib
import os
import re
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ..jobs import Progress
from ..time_slices import TimeSlices, remove_tree

_CHECKING = Progress("Checking the packages")
_CHUNK = 1 << 20


@dataclass
class Findings:
    """The packages of an environment.

    Attributes:
        damaged: folders with the records of packages that lack files, by the package's name.
        entries: what stands at the top of the packages' folder, if all is well.
        size: bytes of all files found.
    """

    damaged: dict[str, Path] = field(default_factory=dict)
    entries: set[str] = field(default_factory=set)
    size: int = 0


def packages_folder(environment: Path) -> Path | None:
    """Where a virtual environment keeps its packages; None before it has such a folder."""
    pattern = "Lib/site-packages" if os.name == "nt" else "lib/python3.*/site-packages"
    return next(environment.glob(pattern), None)


def check(
    packages: Path, contents: bool = False, progress: Progress = _CHECKING
) -> Generator[Progress, None, Findings]:
    """Compare the files of all packages with what pip has recorded.

    Args:
        packages: see `packages_folder`.
        contents: whether to read the files too; otherwise their sizes have to do.
        progress: is yielded on the way.
    """
    findings = Findings()
    slices = TimeSlices()
    inside = str(packages) + os.sep
    for record_folder in sorted(packages.glob("*.dist-info")):
        findings.entries.add(record_folder.name)
        for path, digest, size in _record(record_folder):
            if slices.due():
                yield progress
            found = _size(path)
            findings.size += max(found, 0)
            whole = found >= 0 and (size is None or found == size)
            if whole and contents and digest:
                whole = digest == (yield from _digest(path, slices))
            if not whole:
                findings.damaged[name_of(record_folder)] = record_folder
                break
            if path.startswith(inside):
                findings.entries.add(path[len(inside) :].partition(os.sep)[0])
    return findings


def discard(record_folder: Path) -> Generator[Progress, None, None]:
    """Remove what is left of a damaged package, so that pip sees that it is missing."""
    inside = str(record_folder.parents[2 if os.name == "nt" else 3]) + os.sep
    slices = TimeSlices()
    for path, _, _ in _record(record_folder):
        # A record is a file from elsewhere: it must not lead us out of the environment.
        if path.startswith(inside):
            Path(path).unlink(missing_ok=True)
        if slices.due():
            yield _CHECKING
    yield from remove_tree(record_folder, _CHECKING)


def discard_leftovers(packages: Path) -> Generator[Progress, None, None]:
    """Remove what an interrupted pip has set aside; it names such folders with a tilde."""
    for path in packages.glob("~*"):
        yield from remove_tree(path, _CHECKING)


def installed(packages: Path) -> set[str]:
    """Names of the packages whose installation has come to its end."""
    return {name_of(path.parent) for path in packages.glob("*.dist-info/INSTALLER")}


def name_of(file_or_folder: Path | str) -> str:
    """The name of a package, from its wheel, its record or a requirement, in the one form that compares."""
    name = re.split(r"-\d|[=<>!~\[; ]", Path(file_or_folder).name)[0]
    return re.sub(r"[-_.]+", "-", name).lower()


def _record(record_folder: Path) -> Iterator[tuple[str, str, int | None]]:
    """Path, digest and size of each file; a record that is incomplete itself is a file that is missing."""
    record = record_folder / "RECORD"
    for name in ("METADATA", "INSTALLER", "RECORD"):
        yield str(record_folder / name), "", None
    if not record.is_file():
        return
    with record.open(encoding="utf-8", errors="replace", newline="") as stream:
        for row in csv.reader(stream):
            if len(row) < 3 or row[0].endswith(".pyc"):  # Python writes those anew as it likes.
                continue
            path = os.path.normpath(os.path.join(record_folder.parent, row[0]))  # noqa: PTH118 - there are 20,000
            yield path, row[1].removeprefix("sha256="), int(row[2]) if row[2].isdigit() else None


def _size(path: str) -> int:
    """In bytes; -1 where there is no such file."""
    try:
        return os.stat(path).st_size  # noqa: PTH116
    except OSError:
        return -1


def _digest(path: str, slices: TimeSlices) -> Generator[Progress, None, str]:
    """SHA-256 as records write it; empty where the file cannot be read."""
    digest = hashlib.sha256()
    try:
        with Path(path).open("rb") as stream:
            while chunk := stream.read(_CHUNK):
                digest.update(chunk)
                if slices.due():
                    yield _CHECKING
    except OSError:
        return ""
    return base64.urlsafe_b64encode(digest.digest()).rstrip(b"=").decode()

"""Folders of results for other programs: names that any system can write, files that are whole or not there."""

from __future__ import annotations

import contextlib
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from .errors import UserError

LONGEST_NAME, _LONGEST_PART = 100, 40
"""Letters of a name, and of what is added to it."""
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
"""What Windows keeps for devices."""


class FileNames:
    """Names without ending that any system can write; no two differ in letter case alone.

    Args:
        taken: names that are used already.

    >>> names = FileNames(taken=["index"])
    >>> [names.add(*parts) for parts in (["base/dense"], ["Base", "Dense"], ["a?b", "x/y"], ["index"], [".."])]
    ['base.dense', 'Base.Dense~2', 'a_b.x.y', 'index~2', 'file']
    """

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._used = {name.lower() for name in taken}

    def add(self, *parts: str) -> str:
        """A name that says what the parts say, joined by dots; slashes become dots too."""
        limits = (LONGEST_NAME, *[_LONGEST_PART] * (len(parts) - 1))
        cleaned = (
            re.sub(r"[^A-Za-z0-9_.#\[\]-]+", "_", part.replace("/", "."))[:limit].strip(".")
            for part, limit in zip(parts, limits, strict=True)
        )
        plain = ".".join(filter(None, cleaned)) or "file"
        plain = f"_{plain}" if _RESERVED.fullmatch(plain) else plain
        name, number = plain, 2
        while name.lower() in self._used:
            name, number = f"{plain}~{number}", number + 1
        self._used.add(name.lower())
        return name


@contextlib.contextmanager
def unfinished(folder: Path, what: str, index: str, replaced: Iterable[str] = ()) -> Iterator[Path]:
    """A folder for files that are moved into ``folder`` when all of them are complete, and vanish where they are not.

    Args:
        what: is written, in the plural, as the beginning of an error's sentence.
        index: name of the file that lists the others; it is moved last.
        replaced: names of files of an earlier run, which are removed where there are no new ones of that name.

    Raises:
        UserError: code ``export.unwritable``.
    """
    made = [one for one in (folder, *folder.parents) if not one.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=".unfinished-", dir=folder))
        try:
            yield temporary
            names = sorted((file.name for file in temporary.iterdir()), key=lambda name: name == index)
            for name in names:
                (temporary / name).replace(folder / name)
            for name in set(replaced) - set(names):
                (folder / name).unlink(missing_ok=True)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
    except OSError as error:
        message = f"{what} cannot be written to {folder}: {error.strerror or error}."
        raise UserError("export.unwritable", message, "Free some disk space, or choose another folder.") from error
    finally:
        with contextlib.suppress(OSError):  # What is not empty stays.
            for one in made:
                one.rmdir()


def refuse_little_space(folder: Path, needed: int, what: str, fix: str) -> None:
    """Insist on room for files before a long run.

    Args:
        what: as in `unfinished`.
        fix: what to do about it.

    Raises:
        UserError: code ``export.unwritable``.
    """
    existing = next(one for one in (folder, *folder.parents) if one.exists())
    free = shutil.disk_usage(existing).free
    if needed > free:
        raise UserError(
            "export.unwritable",
            f"{what} take {needed / 1e9:,.1f} GB, but {folder} has {free / 1e9:,.1f} GB of room.",
            fix,
        )

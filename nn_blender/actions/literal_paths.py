"""Writes files at any path that the system allows, also those that Blender does not take literally."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

LONGEST = 1000
"""Bytes of a path that Blender takes, with some room for what it puts behind: it has 1,024."""

_READ_OTHERWISE = re.compile(r"[{}#]|\\|^//" if os.sep == "/" else "[{}#]")
"""Templates of Blender 4.5 and newer, numbers of frames, separators of Windows, and "beside the scene's file"."""


@contextlib.contextmanager
def literal(path: Path) -> Iterator[Path]:
    """Where to let Blender write a file or a folder of files, so that it ends up at an absolute path.

    That is the path itself, unless Blender would read it as another one; then what was written is moved there.
    """
    if is_literal(path):
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="nn_blender_output-") as folder:
        written = Path(folder) / f"output{path.suffix}"
        yield written
        _move(written, path)


def is_literal(path: Path) -> bool:
    """Whether Blender takes a path as it is written."""
    text = str(path)
    is_text = text.encode("utf-8", "replace") == os.fsencode(path)
    return is_text and len(os.fsencode(path)) <= LONGEST and not _READ_OTHERWISE.search(text)


def _move(written: Path, path: Path) -> None:
    """Move a file, or the files of a folder into one that may be there already; nothing where nothing was written."""
    if written.is_dir():
        for file in written.iterdir():
            shutil.move(file, path / file.name)
    elif written.exists():
        shutil.move(written, path)

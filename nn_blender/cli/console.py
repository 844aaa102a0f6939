"""Messages of the command line: on standard error, so that results on standard output stay clean."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

from ..engine.jobs import Job, Progress


def say(message: str) -> None:
    print(message, file=sys.stderr, flush=True)


@contextlib.contextmanager
def without_standard_output() -> Iterator[None]:
    """Blender prints every step of a render to standard output, past Python; send that nowhere."""
    sys.stdout.flush()
    kept = os.dup(1)
    with Path(os.devnull).open("wb") as nowhere:
        os.dup2(nowhere.fileno(), 1)
    try:
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)


def finish(generator: Generator[Progress, None, Any], title: str) -> Any:
    messages: list[str] = []

    def show(progress: Progress) -> None:
        if progress.message and progress.message not in messages[-2:]:  # Two may take turns.
            messages.append(progress.message)
            say(f"{progress.message} …")

    return Job(generator, title).wait(show)


def write_json(file: Path, data: dict[str, Any]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(data, indent=1), encoding="utf-8")
    say(f"Wrote {file}")

"""Makes mutated files, has them read, judges what came of it, and keeps the files that were not taken well."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from .model_files import change_hdf5, change_keras, change_metadata
from .sample_files import change_npy, change_npz, change_picture, change_table
from .target import ANSWER

SHARES = {"model": 0.55, "array": 0.15, "image": 0.15, "labels": 0.15}
"""Which part of all files is of which kind."""
SECONDS = 90.0
"""That one file may take."""
MOST_MEGABYTES = 1500.0
"""By which memory may grow while one file is read."""
LONGEST_MESSAGE = 900

_CHANGES: dict[str, Callable[[Random, bytes], bytes]] = {
    ".keras": change_keras,
    ".h5": change_hdf5,
    ".pb": change_metadata,
    ".npy": change_npy,
    ".npz": change_npz,
    ".csv": change_table,
    ".txt": change_table,
}


@dataclass(frozen=True)
class Case:
    """One mutated file, which its kind, its number and the seed determine."""

    kind: str
    number: int
    seed: int

    def write(self, originals: Path, folder: Path) -> Path:
        """Write the mutated file, or the folder of a SavedModel, and give its path."""
        random = Random(f"{self.seed} {self.kind} {self.number}")
        original = random.choice(sorted((originals / self.kind).iterdir()))
        suffix = original.suffix
        changed = _CHANGES.get(suffix, change_picture)(random, original.read_bytes())
        path = folder / f"{self.kind}-{self.number}{suffix}"
        if suffix == ".pb":
            path = path.with_suffix("")
            path.mkdir()
            (path / "saved_model.pb").write_bytes(b"\x08\x01")
            (path / "keras_metadata.pb").write_bytes(changed)
        else:
            path.write_bytes(changed)
        return path


def cases(seed: int, mutations: int, only: str | None) -> list[Case]:
    """The cases of a campaign; of one kind, they are the same as among all kinds."""
    counts = {only: mutations} if only else {kind: round(mutations * share) for kind, share in SHARES.items()}
    return [Case(kind, number, seed) for kind, count in counts.items() for number in range(count)]


class Target:
    """The process that reads the files; started anew after it has died or was ended."""

    def __init__(self, folder: Path, variables: dict[str, str] | None = None) -> None:
        self._folder = folder
        self._variables = {**os.environ, **(variables or {})}
        self._process: subprocess.Popen[str] | None = None
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self.starts = 0

    def read(self, kind: str, file: Path, seconds: float = SECONDS) -> dict[str, Any] | str:
        """What the process answers, or how it failed to."""
        process = self._running()
        assert process.stdin is not None
        try:
            process.stdin.write(json.dumps({"kind": kind, "file": str(file)}) + "\n")
            process.stdin.flush()
            line = self._lines.get(timeout=seconds)
        except queue.Empty:
            self.close()
            return f"hung for {seconds:g} s"
        except OSError:
            line = None
        if line is None:
            code = process.wait()
            self.close()
            return f"died with exit code {code}"
        answer: dict[str, Any] = json.loads(line)
        return answer

    def close(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        self._process = None

    def _running(self) -> subprocess.Popen[str]:
        if self._process is None:
            self.starts += 1
            self._folder.mkdir(exist_ok=True)
            with (self._folder / "target.log").open("a") as log:
                self._process = subprocess.Popen(
                    [sys.executable, "-X", "faulthandler", "-m", "fuzz.target", str(self._folder)],
                    stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, env=self._variables,
                    text=True, encoding="utf-8", errors="replace",
                )  # fmt: skip
            self._lines = queue.SimpleQueue()
            threading.Thread(target=_listen, args=(self._process, self._lines), daemon=True).start()
        return self._process


def _listen(process: subprocess.Popen[str], lines: queue.SimpleQueue[str | None]) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith(ANSWER):
            lines.put(line.removeprefix(ANSWER))
    lines.put(None)


def judge(answer: dict[str, Any] | str) -> str:
    """What is wrong with how a file was taken; empty where nothing is."""
    if isinstance(answer, str):
        return answer
    if answer["megabytes"] > MOST_MEGABYTES:
        return f"memory grew by {answer['megabytes']:,.0f} MB"
    problems = (_judge_error(name, error) for name, error in answer["steps"] if error is not None)
    return next((problem for problem in problems if problem), "")


def _judge_error(step: str, error: dict[str, str]) -> str:
    code, message = error["code"], error["message"]
    if code in ("worker.bug", "worker.bad_request"):
        return f"{step}: {message}"
    for part in ("code", "message", "fix"):
        if not error[part]:
            return f"{step}: {code} has no {part}: {message}"
    if len(message) > LONGEST_MESSAGE or "Traceback" in message or len(message.splitlines()) > 1:
        return f"{step}: {code} has an unreadable message: {message[:200]!r}"
    return ""


def outcome(answer: dict[str, Any] | str) -> str:
    """In one word what came of a file: the code of its error, or how far it was read."""
    if isinstance(answer, str):
        return answer
    name, error = answer["steps"][-1]
    return error["code"] if error else f"{name} done"


@dataclass(frozen=True)
class Finding:
    """A file that was not taken well."""

    case: Case
    problem: str
    file: Path


def run_campaign(
    chosen: list[Case], originals: Path, kept: Path, target: Target, say: Callable[[str], None]
) -> tuple[list[Finding], Counter[str]]:
    """Have all files read.

    Args:
        chosen: the cases.
        originals: see `originals.write_originals`.
        kept: folder for the files of findings; the others are removed.
        say: is told what is found, and how far it is.

    Returns:
        The findings, and how many files had which outcome.
    """
    findings: list[Finding] = []
    outcomes: Counter[str] = Counter()
    for done, (case, file) in enumerate(_written(chosen, originals, kept), 1):
        answer = target.read(case.kind, file)
        outcomes[f"{case.kind}: {outcome(answer)}"] += 1
        if problem := judge(answer):
            findings.append(Finding(case, problem, file))
            say(f"{file.name}: {problem}")
        else:
            _remove(file)
        if done % 100 == 0:
            say(f"{done:,} of {len(chosen):,} files, {len(findings)} findings")
    return findings, outcomes


def _written(chosen: list[Case], originals: Path, folder: Path) -> Iterator[tuple[Case, Path]]:
    for case in chosen:
        yield case, case.write(originals, folder)


def _remove(path: Path) -> None:
    if path.is_dir():
        for file in path.iterdir():
            file.unlink()
        path.rmdir()
    else:
        path.unlink()

"""Remarks about single samples, gathered into sentences: one for all that have the same."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path


def gather(remarks: Iterable[tuple[str, str]]) -> list[str]:
    """A sentence per remark, with an example and how many more there are.

    Args:
        remarks: pairs of a file and what is to be said of it, a part of a sentence.
    """
    files: dict[str, dict[str, None]] = {}
    for file, remark in remarks:
        files.setdefault(remark, {})[file] = None
    return [f"{_name(of_one)}: {remark}." for remark, of_one in files.items()]


def _name(files: Iterable[str]) -> str:
    first, *others = files
    name = Path(first).name
    return f"{name} and {len(others):,} more" if others else name

"""Counts writes, for those who remember what was written."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Writes:
    """How often something was written since Blender started: who remembers what it says reads it again after that."""

    count: int = 0

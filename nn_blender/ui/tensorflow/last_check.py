"""What the last check of an interpreter found; known until Blender is closed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Check:
    """A check that found nothing wrong.

    Attributes:
        verdict: a sentence for people.
        at: hours and minutes.
    """

    python: Path
    verdict: str
    at: str


@dataclass
class Checks:
    """The last check, where it was of an interpreter that works."""

    last: Check | None = None

    def of(self, python: Path | None) -> Check | None:
        """The last check, if it was of this interpreter."""
        return self.last if self.last is not None and self.last.python == python else None


checks = Checks()
"""Those of this Blender session."""

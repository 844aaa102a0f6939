"""Which model files, and which pairs of a model and the user's own code, may run code on this computer."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from ..core.errors import UserError


@dataclass(frozen=True)
class Consent:
    """The user has let this code run.

    Attributes:
        model: SHA-256 of the model file.
        classes: SHA-256 of the user's own code for it; empty where there is none.
        name: of the files, for people.
    """

    model: str
    classes: str = ""
    name: str = ""

    @property
    def pair(self) -> tuple[str, str]:
        return self.model, self.classes


class Consents:
    """What was agreed to: for as long as this process runs, or in a file where `keep_in` names one.

    The file is read anew at every question, so that what is withdrawn in one Blender is withdrawn in all.
    """

    def __init__(self) -> None:
        self._file: Path | None = None
        self._entries: tuple[Consent, ...] = ()

    def keep_in(self, file: Path | None) -> None:
        """Remember in a file, or from now on until this process ends where that is None. Forgets nothing in files."""
        self._file, self._entries = file, ()

    @property
    def entries(self) -> tuple[Consent, ...]:
        """The oldest first."""
        if self._file is None:
            return self._entries
        try:
            data = json.loads(self._file.read_text(encoding="utf-8"))
            return tuple(Consent(str(one["model"]), str(one["classes"]), str(one["name"])) for one in data)
        except (OSError, ValueError, KeyError, TypeError):
            return ()  # Not there yet, or damaged: then the user is asked again.

    def allows(self, model: str, classes: str = "") -> bool:
        """Whether code in a model, and the user's code with that hash, may run."""
        return any(one.pair == (model, classes) for one in self.entries)

    def allow(self, consent: Consent) -> None:
        """Remember that the user has agreed.

        Raises:
            UserError: code ``consent.failed``, where the file cannot be written.
        """
        self._put((*(one for one in self.entries if one.pair != consent.pair), consent))

    def withdraw(self, number: int | None = None) -> None:
        """Forget one of `entries`, by its number, or all of them; does nothing where there is no such entry.

        Raises:
            UserError: as `allow`.
        """
        self._put(tuple(one for k, one in enumerate(self.entries) if number is not None and k != number))

    def _put(self, entries: tuple[Consent, ...]) -> None:
        if self._file is None:
            self._entries = entries
            return
        unfinished = self._file.with_name(f"{self._file.name}.part")
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            unfinished.write_text(json.dumps([asdict(one) for one in entries], indent=1), encoding="utf-8")
            unfinished.replace(self._file)
        except OSError as error:
            raise UserError(
                "consent.failed",
                f"{self._file} cannot be written: {error.strerror or error}.",
                "Free some disk space and give yourself write permission there, then try again.",
            ) from error


consents = Consents()
"""The one record of a running Blender or command line."""

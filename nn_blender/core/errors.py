"""Errors that a user can act on: what went wrong and how to mend it."""

from __future__ import annotations


class UserError(Exception):
    """An error whose message is meant for the person at the screen.

    Args:
        code: short stable identifier, for example ``"model.truncated"``; code decides on it, people never see it alone.
        message: one sentence naming the file, the layer and the reason.
        fix: one sentence saying what to do about it; empty where nothing can be done.
        details: traceback or log excerpt for the curious; never shown by default.
    """

    def __init__(self, code: str, message: str, fix: str = "", details: str = "") -> None:
        super().__init__(f"{message} {fix}".strip())
        self.code = code
        self.message = message
        self.fix = fix
        self.details = details

    def to_dict(self) -> dict[str, str]:
        return {"code": self.code, "message": self.message, "fix": self.fix, "details": self.details}

    @classmethod
    def from_dict(cls, data: dict[str, str]) -> UserError:
        return cls(data["code"], data["message"], data.get("fix", ""), data.get("details", ""))


class Cancelled(Exception):
    """The user asked for a job to stop."""

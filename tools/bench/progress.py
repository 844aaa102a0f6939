"""What a measuring process says while it works, among all that Blender and TensorFlow say."""

from __future__ import annotations

_MARK = "bench: "


def say(text: str) -> None:
    """Tell what was measured, or what is being done."""
    print(f"{_MARK}{text}", flush=True)


def said(line: str) -> str | None:
    """What a line of a process's output tells; None for all that others wrote."""
    return line.removeprefix(_MARK) if line.startswith(_MARK) else None

"""A network's description as the text that lies in a scene: JSON with a version."""

from __future__ import annotations

import json
from typing import Any

from ..errors import UserError
from .description import ENTRIES, MADE_OF, Description
from .versions import VERSION, upgrade

_WIDTH, _ENTRIES = 1000, 16
"""Lists and objects with at most so many characters and entries are one line."""

_encode = json.JSONEncoder(allow_nan=False).encode


def to_text(description: Description, before: Description | None = None) -> str:
    """JSON in many lines, since one long line makes Blender's text editor and undo quadratic.

    Args:
        before: one that was written already and of which this is a copy with some fields replaced; only those are
            written anew.
    """
    texts = description.texts
    for name, write in ENTRIES.items():
        fields = MADE_OF.get(name, (name,))
        is_same = before is not None and all(getattr(before, one) is getattr(description, one) for one in fields)
        known = before.texts.get(name) if before is not None and is_same else None
        texts[name] = _lines(write(description), "\n ") if known is None else known
    texts |= {name: _lines(value, "\n ") for name, value in description.others.items()}
    lines = [f"{_encode(name)}: {text}" for name, text in {"version": _encode(VERSION), **texts}.items()]
    return "{\n " + ",\n ".join(lines) + "\n}"


def from_text(text: str) -> Description:
    """Read what `to_text` gives, in the form of this version or of an older one.

    Raises:
        UserError: code ``description.unreadable``, where somebody broke it; ``description.newer``.
    """
    try:
        # Python writes NaN and Infinity, which are no JSON; here null stands for them.
        data = json.loads(text, parse_constant=lambda _: None)
        return Description.from_dict(upgrade(data))
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError) as error:
        raise _unreadable(f"{type(error).__name__}: {error}") from error
    except UserError as error:
        raise error if error.code == "description.newer" else _unreadable(error.message) from error


def _unreadable(details: str) -> UserError:
    return UserError(
        "description.unreadable",
        "The network's description in the file cannot be read.",
        "Import the network again.",
        details,
    )


def _lines(value: Any, indent: str) -> str:
    """As `json.dumps` with line breaks, but what fits into a line is written by compiled code, which is fast."""
    is_short = not isinstance(value, dict | list) or len(value) <= _ENTRIES
    if is_short and (len(line := _encode(value)) <= _WIDTH or not isinstance(value, dict | list)):
        return line
    deeper = indent + " "
    if isinstance(value, dict):
        entries = [f"{_encode(name)}: {_lines(entry, deeper)}" for name, entry in value.items()]
        return f"{{{deeper}" + f",{deeper}".join(entries) + f"{indent}}}"
    if isinstance(value[0], dict | list):
        entries = [_lines(entry, deeper) for entry in value]
    else:
        entries = [_encode(value[start : start + _ENTRIES])[1:-1] for start in range(0, len(value), _ENTRIES)]
    return f"[{deeper}" + f",{deeper}".join(entries) + f"{indent}]"

"""A drawing of the rooms of `nn_blender`: their folders, and which room imports which, read from the code."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from html import escape
from pathlib import Path

from .paths import CHECKOUT

PACKAGE = CHECKOUT / "nn_blender"
PICTURE = CHECKOUT / "docs" / "rooms.svg"
SIZE = (1180, 660)
STYLE = (
    "text{font-family:system-ui,sans-serif;fill:#20242a}"
    ".room{fill:#f4f6f8;stroke:#5b6673;stroke-width:1.5}.name{font-size:19px;font-weight:600}"
    ".does{font-size:12.5px;fill:#4b5560}.folders{font-size:12.5px;fill:#20242a}"
    ".imports{stroke:#2f6fb3;stroke-width:2;fill:none;marker-end:url(#tip)}"
    ".talks{stroke:#b3612f;stroke-width:2;fill:none;stroke-dasharray:7 5;marker-start:url(#tip2);marker-end:url(#tip2)}"
    ".process{fill:none;stroke:#9aa4af;stroke-width:1.5;stroke-dasharray:3 4}.note{font-size:12.5px;fill:#7a4a22}"
)
LETTERS = 48
"""Letters in a line of a room."""


@dataclass(frozen=True)
class Room:
    """Where a room stands in the drawing, and what it is for."""

    name: str
    does: str
    x: int
    y: int
    width: int
    height: int

    @property
    def middle(self) -> int:
        return self.x + self.width // 2


ROOMS = (
    Room("ui", "the window: panels, operators, lists", 40, 40, 330, 124),
    Room("cli", "the command line", 400, 40, 330, 124),
    Room("actions", "use cases, each once for window, command line, tests", 40, 208, 690, 92),
    Room("scene", "a network as Blender data, made and read", 40, 344, 330, 124),
    Room("engine", "the worker as seen from Blender: process, jobs", 400, 344, 330, 124),
    Room("core", "what a network, its data and measurements are; plain Python and numpy", 40, 532, 1100, 92),
    Room("worker", "runs inside TensorFlow's Python", 810, 344, 330, 124),
)


def draw_rooms() -> str:
    """The drawing as SVG."""
    width, height = SIZE
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
        'aria-label="Rooms of nn_blender and their imports">',
        f"<style>{STYLE}</style>",
        f"<defs>{_tip('tip', '#2f6fb3')}{_tip('tip2', '#b3612f')}</defs>",
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
        '<rect class="process" x="20" y="20" width="730" height="474" rx="10"/>',
        '<text class="note" x="226" y="485">Blender\'s process: no TensorFlow</text>',
        '<rect class="process" x="790" y="324" width="370" height="170" rx="10"/>',
        '<text class="note" x="812" y="485">its own process: no bpy</text>',
        *map(_draw_room, ROOMS),
        *(_arrow(start, end) for start, end in _imports()),
        '<path class="talks" d="M730 406 H810"/>',
        '<text class="note" x="790" y="288">requests: JSON lines on standard input</text>',
        '<text class="note" x="790" y="308">answers: events.jsonl and .npy files</text>',
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _tip(name: str, colour: str) -> str:
    return (
        f'<marker id="{name}" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" '
        f'orient="auto-start-reverse"><path d="M0 0 L10 5 L0 10 z" fill="{colour}"/></marker>'
    )


def _draw_room(room: Room) -> str:
    lines = _wrap(_folders(room.name), LETTERS * room.width // 330)
    rows = [
        f'<text class="folders" x="{room.x + 16}" y="{room.y + 72 + 18 * k}">{escape(line)}</text>'
        for k, line in enumerate(lines)
    ]
    return (
        f'<rect class="room" x="{room.x}" y="{room.y}" width="{room.width}" height="{room.height}" rx="6"/>'
        f'<text class="name" x="{room.x + 16}" y="{room.y + 28}">{room.name}</text>'
        f'<text class="does" x="{room.x + 16}" y="{room.y + 48}">{escape(room.does)}</text>' + "".join(rows)
    )


def _folders(room: str) -> list[str]:
    folders = [path.name for path in sorted((PACKAGE / room).iterdir()) if (path / "__init__.py").exists()]
    return folders or ["a few files, no folders"]


def _wrap(words: list[str], letters: int) -> list[str]:
    lines = [""]
    for word in words:
        longer = f"{lines[-1]} · {word}" if lines[-1] else word
        lines = [*lines[:-1], longer] if len(longer) <= letters else [*lines, word]
    return lines


def _imports() -> list[tuple[Room, Room]]:
    """Pairs of rooms of which the first imports the second, without those that a chain of others shows already."""
    rooms = {room.name: room for room in ROOMS}
    direct = {name: _imported(PACKAGE / name) & set(rooms) - {name} for name in rooms}

    def reached(name: str) -> set[str]:
        return direct[name].union(*map(reached, direct[name])) if direct[name] else set()

    shown = {name: others - set().union(*map(reached, others)) if others else set() for name, others in direct.items()}
    return [(rooms[name], rooms[other]) for name, others in shown.items() for other in sorted(others)]


def _imported(folder: Path) -> set[str]:
    """Names of the rooms that the files of a room import."""
    found = set()
    for path in folder.rglob("*.py"):
        parents = path.relative_to(PACKAGE).parts[:-1]
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.level == len(parents) + 1:
                found |= {node.module.split(".")[0]} if node.module else {alias.name for alias in node.names}
    return found


def _arrow(start: Room, end: Room) -> str:
    """From the lower edge of a room to the upper edge of another, straight down where they overlap."""
    left, right = max(start.x, end.x), min(start.x + start.width, end.x + end.width)
    x = (left + right) // 2
    return f'<path class="imports" d="M{x} {start.y + start.height} V{end.y - 2}"/>'

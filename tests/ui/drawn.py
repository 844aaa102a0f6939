"""What panels show, as texts: no window is needed to know them."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any
from unittest.mock import MagicMock

import bpy

from nn_blender.ui.common import knowing
from nn_blender.ui.inspector.inspector_panel import NN_PT_inspector

SAME = ("column", "row", "split", "box", "grid_flow")


def layout() -> MagicMock:
    """One that is its own parts, and whose sections are all open, for what the scene says now."""
    knowing.forget()
    made = MagicMock()
    for name in SAME:
        getattr(made, name).return_value = made
    made.panel_prop.return_value = made, made
    return made


def drawn(draw: Callable[..., None], *arguments: Any) -> list[str]:
    """All texts that a function draws, which takes a layout first."""
    made = layout()
    draw(made, *arguments)
    return texts_of(made)


def texts_of(made: MagicMock) -> list[str]:
    return [call.kwargs["text"] for call in made.mock_calls if call.kwargs.get("text")]


def drawn_by(panel: type) -> list[str]:
    """All texts that a panel shows."""
    made = layout()
    panel.draw(SimpleNamespace(layout=made), bpy.context)
    return texts_of(made)


def title() -> str:
    """What the header of the inspector says."""
    made = layout()
    NN_PT_inspector.draw_header(SimpleNamespace(layout=made), bpy.context)
    return texts_of(made)[0]


def inspected(kind: str = "") -> list[str]:
    """All texts that the inspector shows, of another kind than the one that was chosen last if it is given."""
    if kind:
        bpy.context.scene.nn.chosen = kind
    return [title(), *drawn_by(NN_PT_inspector)]

"""The text that enters a network, written on a page."""

from __future__ import annotations

from . import DRAWINGS, InputDrawing
from .picture import add_picture

TEXT = DRAWINGS.register(InputDrawing("text", add_picture))

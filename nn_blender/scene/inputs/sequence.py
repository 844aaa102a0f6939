"""A sequence that enters a network, with time from left to right."""

from __future__ import annotations

from . import DRAWINGS, InputDrawing
from .picture import add_picture

SEQUENCE = DRAWINGS.register(InputDrawing("sequence", add_picture))

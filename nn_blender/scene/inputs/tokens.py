"""The tokens that enter a network, in a colour for each number."""

from __future__ import annotations

from . import DRAWINGS, InputDrawing
from .picture import add_picture

TOKENS = DRAWINGS.register(InputDrawing("tokens", add_picture))

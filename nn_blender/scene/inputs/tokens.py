"""The tokens that enter a network, in a colour for each number, with the numbers where there is room."""

from __future__ import annotations

from . import DRAWINGS, InputDrawing
from .tiles import add_tiles

TOKENS = DRAWINGS.register(InputDrawing("tokens", add_tiles))

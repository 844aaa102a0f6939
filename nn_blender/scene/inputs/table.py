"""The features that enter a network, each over its own range, with their numbers where there is room."""

from __future__ import annotations

from . import DRAWINGS, InputDrawing
from .tiles import add_tiles

TABLE = DRAWINGS.register(InputDrawing("table", add_tiles))

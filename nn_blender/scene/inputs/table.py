"""The features that enter a network, one below the other or in rows."""

from __future__ import annotations

from . import DRAWINGS, InputDrawing
from .picture import add_picture

TABLE = DRAWINGS.register(InputDrawing("table", add_picture))

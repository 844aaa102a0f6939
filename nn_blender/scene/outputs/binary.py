"""Two cases, of which one value tells which it is."""

from __future__ import annotations

from . import DRAWINGS, OutputDrawing
from .classes import draw_classes

BINARY = DRAWINGS.register(OutputDrawing("binary", draw_classes))

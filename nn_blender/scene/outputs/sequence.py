"""Sequences that a network gives, with time from left to right."""

from __future__ import annotations

from . import DRAWINGS, OutputDrawing
from .image import draw_picture

SEQUENCE = DRAWINGS.register(OutputDrawing("sequence", draw_picture))

"""A volume that enters a network, as slices side by side."""

from __future__ import annotations

from . import DRAWINGS, InputDrawing
from .picture import add_picture

VOLUME = DRAWINGS.register(InputDrawing("volume", add_picture))

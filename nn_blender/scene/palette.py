"""Every colour of a scene, each with one meaning. Linear RGB."""

from __future__ import annotations

Colour = tuple[float, float, float]

ACTIVATION_RAMP: tuple[tuple[float, Colour], ...] = (
    (0.0, (0.002, 0.008, 0.007)),
    (0.35, (0.002, 0.115, 0.045)),
    (0.7, (0.03, 0.56, 0.16)),
    (1.0, (0.62, 1.0, 0.58)),
)
"""Activation, none to most: brighter is higher, so that it also reads without colour vision."""

NOT_FINITE: Colour = (0.85, 0.02, 0.75)
"""NaN or infinity: a colour that nothing else has."""

SPHERE: Colour = (0.012, 0.02, 0.018)
SLAB: Colour = (0.055, 0.072, 0.102)
FRAME: Colour = (0.03, 0.04, 0.055)
FLOOR: Colour = (0.008, 0.0095, 0.013)
WORLD: Colour = (0.006, 0.008, 0.013)
INK: Colour = (0.72, 0.79, 0.86)
DIM_INK: Colour = (0.36, 0.44, 0.52)
BAR_REST: Colour = (0.07, 0.11, 0.13)

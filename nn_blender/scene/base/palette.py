"""Every colour of a scene, each with one meaning. Linear RGB."""

from __future__ import annotations

Colour = tuple[float, float, float]
Ramp = tuple[tuple[float, Colour], ...]

ACTIVATION_RAMP: Ramp = (
    (0.0, (0.002, 0.008, 0.007)),
    (0.35, (0.002, 0.115, 0.045)),
    (0.7, (0.03, 0.56, 0.16)),
    (1.0, (0.62, 1.0, 0.58)),
)
"""Activation, none to most: brighter is higher, so that it also reads without colour vision."""

NEGATIVE_RAMP: Ramp = (
    (0.0, (0.002, 0.008, 0.007)),
    (0.35, (0.045, 0.02, 0.17)),
    (0.7, (0.2, 0.1, 0.72)),
    (1.0, (0.66, 0.56, 1.0)),
)
"""Negative activation, none to most. Violet against green is told apart by all common kinds of colour vision."""


def _display(*stops: str) -> Ramp:
    """Evenly spaced stops given as sRGB hex."""
    return tuple((k / (len(stops) - 1), _linear(stop)) for k, stop in enumerate(stops))


def _linear(stop: str) -> Colour:
    shares = (int(stop[k : k + 2], 16) / 255 for k in (0, 2, 4))
    red, green, blue = (s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares)
    return red, green, blue


SIGNED_RAMP: Ramp = (
    *((0.5 - place / 2, colour) for place, colour in reversed(NEGATIVE_RAMP[1:])),
    *((0.5 + place / 2, colour) for place, colour in ACTIVATION_RAMP),
)
"""Both of them: most negative at 0, nothing at 0.5, highest at 1."""

DIVERGING_RAMP = _display("6fb7ff", "2f7fd6", "1d4a80", "14161a", "8a4a12", "e0761a", "ffb46a")
"""Blue is less than 0, orange more."""

NO_CHANGE = DIVERGING_RAMP[len(DIVERGING_RAMP) // 2][1]

VIRIDIS_RAMP = _display(
    "440154", "481a6c", "472f7d", "414487", "39568c", "31688e", "2a788e", "23888e", "1f988b",
    "22a884", "35b779", "54c568", "7ad151", "a5db36", "d2e21b", "fde725",
)  # fmt: skip
"""By Stéfan van der Walt, Nathaniel Smith and Eric Firing; in the public domain (CC0)."""

MAGMA_RAMP = _display(
    "000004", "0c0926", "221150", "400f74", "5f187f", "7b2382", "982d80", "b73779", "d3436e",
    "eb5760", "f8765c", "fd9a6a", "febb81", "fddc9e", "fcfdbf",
)  # fmt: skip
"""By Nathaniel Smith and Stéfan van der Walt; in the public domain (CC0)."""

GREY_RAMP = _display("000000", "ffffff")

COLOUR_MAPS: dict[str, Ramp] = {
    "activation": SIGNED_RAMP,
    "diverging": DIVERGING_RAMP,
    "viridis": VIRIDIS_RAMP,
    "magma": MAGMA_RAMP,
    "grey": GREY_RAMP,
}
"""Colour maps of feature maps, in the order of their numbers in the scene; the first two are centred on 0."""

CENTRED = ("activation", "diverging")

NOT_FINITE: Colour = (1.0, 0.02, 0.32)
"""NaN or infinity: a colour that nothing else has."""

DISABLED: Colour = (0.004, 0.004, 0.005)
CROSS: Colour = (0.7, 0.74, 0.8)
"""A neuron that is switched off is dark and crossed out."""

UNKNOWN: Colour = (0.09, 0.09, 0.09)
"""Of which nothing was measured."""

MARK: Colour = (0.95, 0.97, 1.0)
"""What is selected has a white frame."""

SPHERE: Colour = (0.012, 0.02, 0.018)
SLAB: Colour = (0.055, 0.072, 0.102)
FRAME: Colour = (0.03, 0.04, 0.055)
FLOOR: Colour = (0.02, 0.024, 0.033)
WORLD: Colour = (0.0006, 0.0008, 0.0013)
INK: Colour = (0.72, 0.79, 0.86)
DIM_INK: Colour = (0.36, 0.44, 0.52)
BAR_REST: Colour = (0.07, 0.11, 0.13)
RIGHT: Colour = (0.2, 0.75, 0.3)
WRONG: Colour = (0.95, 0.32, 0.06)
"""Whether a prediction is right is also written, so the colour only helps."""

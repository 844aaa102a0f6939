"""Ramps of colours, and the colour maps of feature maps. Linear RGB."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from .themed import Themed

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


def display_ramp(*stops: str) -> Ramp:
    """Evenly spaced stops given as sRGB hex."""
    return placed_ramp(*((k / (len(stops) - 1), stop) for k, stop in enumerate(stops)))


def placed_ramp(*stops: tuple[float, str]) -> Ramp:
    """Stops given as place, 0 to 1, and sRGB hex."""
    return tuple((place, display_colour(stop)) for place, stop in stops)


def joined_ramps(negative: Ramp, positive: Ramp) -> Ramp:
    """Most negative at 0, nothing at 0.5, highest at 1; both begin with the same colour."""
    return (
        *((0.5 - place / 2, colour) for place, colour in reversed(negative[1:])),
        *((0.5 + place / 2, colour) for place, colour in positive),
    )


def display_colour(stop: str) -> Colour:
    """A colour given as sRGB hex."""
    return linear_colour(int(stop[k : k + 2], 16) for k in (0, 2, 4))


def linear_colour(levels: Iterable[float]) -> Colour:
    """A colour given as red, green and blue in sRGB, 0 to 255, as in pictures."""
    shares = [float(level) / 255 for level in levels]
    red, green, blue = (s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares)
    return red, green, blue


SIGNED_RAMP = joined_ramps(NEGATIVE_RAMP, ACTIVATION_RAMP)
"""Both of them."""

DIVERGING_RAMP = display_ramp("6fb7ff", "2f7fd6", "1d4a80", "14161a", "8a4a12", "e0761a", "ffb46a")
"""Blue is less than 0, orange more."""

VIRIDIS_RAMP = display_ramp(
    "440154", "481a6c", "472f7d", "414487", "39568c", "31688e", "2a788e", "23888e", "1f988b",
    "22a884", "35b779", "54c568", "7ad151", "a5db36", "d2e21b", "fde725",
)  # fmt: skip
"""By Stéfan van der Walt, Nathaniel Smith and Eric Firing; in the public domain (CC0)."""

MAGMA_RAMP = display_ramp(
    "000004", "0c0926", "221150", "400f74", "5f187f", "7b2382", "982d80", "b73779", "d3436e",
    "eb5760", "f8765c", "fd9a6a", "febb81", "fddc9e", "fcfdbf",
)  # fmt: skip
"""By Nathaniel Smith and Stéfan van der Walt; in the public domain (CC0)."""

GREY_RAMP = display_ramp("000000", "ffffff")


@dataclass(frozen=True)
class ColourMap:
    """A choice of colours for feature maps.

    Attributes:
        label: what the interface calls it.
        description: its colours in a few words.
        ramp: colours from the lowest value of the range to the highest; those of the theme, or the same in every one.
        centred: whether its middle stands for 0, so that the range is widened to reach as far below 0 as above.
    """

    label: str
    description: str
    ramp: Ramp | Themed
    centred: bool = False


COLOUR_MAPS: dict[str, ColourMap] = {
    "activation": ColourMap(
        "Activation", "Green above 0, violet below, as the neurons", Themed("glow.signed"), centred=True
    ),
    "diverging": ColourMap("Diverging", "Orange above 0, blue below", Themed("glow.change"), centred=True),
    "viridis": ColourMap("Viridis", "From violet to yellow, equal steps looking equal", VIRIDIS_RAMP),
    "magma": ColourMap("Magma", "From black over red to white, equal steps looking equal", MAGMA_RAMP),
    "grey": ColourMap("Grey", "From black to white", GREY_RAMP),
    "heat": ColourMap("Heat", "From nothing over red to the most", Themed("glow.heat")),
}
"""By name. Scenes store the number of an entry, so new ones are added at the end."""

STRONGEST_HUES, STRONGEST_SATURATION = 0.83, 0.85
"""The colour that says which neuron is strongest: hue ``STRONGEST_HUES * level / 255``, the levels of its picture being
spread over the neurons, from red to violet, so that the first neuron and the last one differ.
"""

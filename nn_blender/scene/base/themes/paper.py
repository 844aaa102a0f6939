"""Paper: a white sheet in soft daylight, on which values are ink: the darker, the stronger."""

from __future__ import annotations

from ..colour_maps import display_colour, display_ramp, joined_ramps, placed_ramp
from ..sizes import GAPS, LETTERS
from ..theme import Flow, Glow, Ground, Ink, Light, Lights, Plain, Surface, Surfaces, Theme, Trays
from . import THEMES

POSITIVE = placed_ramp((0.0, "f8fafb"), (0.14, "b9dfc8"), (0.45, "38a86b"), (0.72, "11703f"), (1.0, "02301a"))
"""From the colour of the paper over green to nearly black; small values are seen by the steep beginning."""

NEGATIVE = placed_ramp((0.0, "f8fafb"), (0.14, "d6cbf2"), (0.45, "8f6ddb"), (0.72, "5729b3"), (1.0, "250a5c"))

CHANGE = display_ramp("06255e", "1f5fb8", "a3c8f0", "f8fafb", "f6bd85", "c8590c", "5f2503")
"""Blue is less than 0, orange more."""

HEAT = display_ramp("fbfaf6", "fde2a0", "f9ac5b", "e76a3c", "c0303f", "831a4b", "3a0b3f")
"""Darker is more, in steps that look about equal."""

PAPER = THEMES.register(
    Theme(
        name="paper",
        label="Paper",
        description="A white sheet on which values are ink",
        ink=Ink(
            text=display_colour("12161c"),
            dim=display_colour("2b343f"),
            right=display_colour("0b6b38"),
            wrong=display_colour("b23c05"),
            cross=display_colour("12161c"),
            mark=display_colour("0a58c4"),
            picture=(0.72, 0.79, 0.86),
        ),
        glow=Glow(
            positive=POSITIVE,
            signed=joined_ramps(NEGATIVE, POSITIVE),
            change=CHANGE,
            less=display_colour("1f5fb8"),
            more=display_colour("d9650c"),
            heat=HEAT,
            not_finite=display_colour("e6007a"),
            disabled=display_colour("8b929c"),
            unknown=display_colour("c9ced6"),
            emitted=0.5,
            pigment=0.5,
            strength_around=0.0,
            strongest=0.62,
        ),
        surfaces=Surfaces(
            slab=Surface(display_colour("b3bcc8"), roughness=0.85, specular=0.15, fill=0.55),
            neuron=Surface((0.0, 0.0, 0.0), roughness=0.7, specular=0.2),
            frame=Surface(display_colour("b3bcc8"), roughness=0.85, specular=0.15, fill=0.55),
            cover=Surface(display_colour("aab3bf"), roughness=0.8, specular=0.15, fill=0.35),
            face=Surface(display_colour("cfd5dc"), roughness=0.9, specular=0.1, fill=0.4),
        ),
        flow=Flow(
            main=display_colour("3a86d6"), skip=display_colour("de8420"), lit=display_colour("12161c"), fill=0.388
        ),
        trays=Trays(
            levels=display_ramp("e8edf3", "dae2eb", "cdd8e3", "c1cedb", "b6c5d4"),
            rims=display_ramp("c3ced9", "b4c1cf", "a7b6c6", "9babbd", "90a1b5"),
            roughness=0.9,
            specular=0.1,
            fill=0.388,
        ),
        plain=Plain(
            positive=POSITIVE[2][1],
            negative=NEGATIVE[2][1],
            map=display_colour("dfe9e4"),
            bar_rest=display_colour("8b949f"),
            bar_full=display_colour("0b6b38"),
            bar_track=display_colour("cad5e1"),
            sample_dark=display_colour("8d959e"),
            sample_light=display_colour("fbfcfd"),
        ),
        lights=Lights(
            key=Light((1.0, 0.985, 0.96), power=1.75, kind="SUN", angle=0.25),
            rim=Light((0.93, 0.96, 1.0), power=0.3, kind="SUN", angle=0.45),
            sun=Light((1.0, 1.0, 1.0), power=1.25, kind="SUN", angle=0.25),
            side=Light((1.0, 1.0, 1.0), power=0.35, kind="SUN", angle=0.44),
        ),
        ground=Ground(
            floor=display_colour("f4f6f8"),
            haze=(0.0, 0.0, 0.0),
            world=(0.46, 0.465, 0.475),
            distance=display_colour("eceef0"),
            centre=display_colour("fbfcfd"),
            edge=display_colour("dfe4ea"),
            pigment=1.0,
            fill=0.388,
            sky=(0.3, 0.3, 0.3),
        ),
        letters=LETTERS,
        gaps=GAPS,
    ),
    rank=1,
)

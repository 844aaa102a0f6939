"""Studio: a dark room in which values glow."""

from __future__ import annotations

from ..colour_maps import ACTIVATION_RAMP, DIVERGING_RAMP, NEGATIVE_RAMP, SIGNED_RAMP, display_colour, display_ramp
from ..sizes import GAPS, LETTERS
from ..theme import Flow, Glow, Ground, Ink, Light, Lights, Plain, Surface, Surfaces, Theme, Trays
from . import THEMES

HEAT = display_ramp("05060c", "33115c", "7d1d6c", "bb3754", "e9642a", "f8a91e", "fcffb0")
"""Brighter is more, in steps that look equal: after *inferno* by Nathaniel Smith and Stéfan van der Walt (CC0)."""

STUDIO = THEMES.register(
    Theme(
        name="studio",
        label="Studio",
        description="A dark room in which values glow",
        ink=Ink(
            text=(0.72, 0.79, 0.86),
            dim=(0.36, 0.44, 0.52),
            right=(0.2, 0.75, 0.3),
            wrong=(0.95, 0.32, 0.06),
            cross=(0.7, 0.74, 0.8),
            mark=(0.95, 0.97, 1.0),
            picture=(0.72, 0.79, 0.86),
        ),
        glow=Glow(
            positive=ACTIVATION_RAMP,
            signed=SIGNED_RAMP,
            change=DIVERGING_RAMP,
            less=display_colour("6fb7ff"),
            more=display_colour("ffb46a"),
            heat=HEAT,
            not_finite=(1.0, 0.02, 0.32),
            disabled=(0.004, 0.004, 0.005),
            unknown=(0.09, 0.09, 0.09),
            emitted=1.0,
            pigment=0.0,
            strength_around=3.0,
            strongest=1.0,
        ),
        surfaces=Surfaces(
            slab=Surface((0.055, 0.072, 0.102), roughness=0.38, metallic=0.25, fill=0.25),
            neuron=Surface((0.012, 0.02, 0.018), roughness=0.22),
            frame=Surface((0.03, 0.04, 0.055), roughness=0.4),
            cover=Surface(display_colour("3a4452"), roughness=0.5, specular=0.3, fill=0.25),
            face=Surface(display_colour("11161d"), roughness=0.7, specular=0.2),
        ),
        flow=Flow(
            main=display_colour("5cb3f0"), skip=display_colour("f5a54a"), lit=display_colour("ffffff"), fill=0.55
        ),
        trays=Trays(
            levels=display_ramp("1f2836", "2a3648", "36445a", "43526b", "50607c"),
            rims=display_ramp("36455a", "41516a", "4d5e79", "596b88", "657897"),
            roughness=0.75,
            specular=0.15,
            fill=0.45,
        ),
        plain=Plain(
            positive=ACTIVATION_RAMP[2][1],
            negative=NEGATIVE_RAMP[2][1],
            map=ACTIVATION_RAMP[1][1],
            bar_rest=(0.07, 0.11, 0.13),
            bar_full=ACTIVATION_RAMP[-1][1],
            bar_track=display_colour("303c4d"),
            sample_dark=display_colour("04060a"),
            sample_light=display_colour("868e99"),
        ),
        lights=Lights(
            key=Light((0.8, 0.88, 1.0), power=270.0),
            rim=Light((0.45, 0.65, 1.0), power=150.0),
            sun=Light((1.0, 1.0, 1.0), power=1.7, kind="SUN", angle=0.25),
            side=Light((0.75, 0.86, 1.0), power=1.0, kind="SUN", angle=0.44),
        ),
        ground=Ground(
            floor=(0.013, 0.0158, 0.0215),
            haze=display_colour("0b0e14"),
            world=(0.0006, 0.0008, 0.0013),
            distance=display_colour("0b0e14"),
            centre=display_colour("1a212c"),
            edge=display_colour("07090d"),
            pigment=1.4,
            fill=0.23,
            sky=(0.06, 0.082, 0.127),
        ),
        letters=LETTERS,
        gaps=GAPS,
    )
)

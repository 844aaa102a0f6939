"""Studio: a dark room in which values glow."""

from __future__ import annotations

from ..colour_maps import ACTIVATION_RAMP, DIVERGING_RAMP, NEGATIVE_RAMP, SIGNED_RAMP
from ..theme import Gaps, Glow, Ground, Ink, Letters, Light, Lights, Plain, Surface, Surfaces, Theme
from . import THEMES

STUDIO = THEMES.register(
    Theme(
        name="studio",
        ink=Ink(
            text=(0.72, 0.79, 0.86),
            dim=(0.36, 0.44, 0.52),
            right=(0.2, 0.75, 0.3),
            wrong=(0.95, 0.32, 0.06),
            cross=(0.7, 0.74, 0.8),
            mark=(0.95, 0.97, 1.0),
        ),
        glow=Glow(
            positive=ACTIVATION_RAMP,
            signed=SIGNED_RAMP,
            change=DIVERGING_RAMP,
            not_finite=(1.0, 0.02, 0.32),
            disabled=(0.004, 0.004, 0.005),
            unknown=(0.09, 0.09, 0.09),
            strength_around=3.0,
        ),
        surfaces=Surfaces(
            slab=Surface((0.055, 0.072, 0.102), roughness=0.38, metallic=0.25),
            neuron=Surface((0.012, 0.02, 0.018), roughness=0.22),
            frame=Surface((0.03, 0.04, 0.055), roughness=0.4),
        ),
        plain=Plain(
            positive=ACTIVATION_RAMP[2][1],
            negative=NEGATIVE_RAMP[2][1],
            map=ACTIVATION_RAMP[1][1],
            bar_rest=(0.07, 0.11, 0.13),
            bar_full=ACTIVATION_RAMP[-1][1],
        ),
        lights=Lights(
            key=Light((0.8, 0.88, 1.0), power=270.0),
            rim=Light((0.45, 0.65, 1.0), power=150.0),
        ),
        ground=Ground(floor=(0.02, 0.024, 0.033), world=(0.0006, 0.0008, 0.0013)),
        letters=Letters(
            title=0.55,
            title_facts=0.22,
            name=0.34,
            shape=0.22,
            measures=0.15,
            classes=0.3,
            answer=0.42,
            verdict=0.26,
            caption=0.24,
            closeup=0.24,
            legend=0.17,
            legend_note=0.15,
            line_height=1.6,
        ),
        gaps=Gaps(
            name_drop=0.42,
            shape_drop=0.74,
            measures_drop=1.0,
            answer_rise=0.62,
            verdict_room=0.38,
            classes=0.22,
            caption_rise=0.5,
            closeup_rise=0.72,
            legend_above=0.24,
            legend_below=0.22,
            legend_note_drop=0.42,
        ),
    )
)

"""The dataclasses of a theme: every colour, light, size and gap that is a matter of taste. Colours are linear RGB."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import Literal

from .colour_maps import Colour, Ramp
from .themed import Themed

Value = Colour | Ramp | float
"""What a theme says about one thing."""


@dataclass(frozen=True)
class Ink:
    """Colours of texts and of thin marks, which look the same from every side and under every light.

    Attributes:
        text: of names and titles.
        dim: of what is read second: shapes, values, captions.
        right: of the verdict on a prediction that is right; it is also written, so the colour only helps.
        wrong: of the verdict on one that is wrong.
        cross: of the cross before a neuron that is switched off.
        mark: of the frame around a neuron that is selected.
        picture: of numbers on the cells of an input's picture, which has the same colours in every theme.
    """

    text: Colour
    dim: Colour
    right: Colour
    wrong: Colour
    cross: Colour
    mark: Colour
    picture: Colour


@dataclass(frozen=True)
class Glow:
    """Colours that stand for values, each with one meaning and told apart by all common kinds of colour vision.

    Attributes:
        positive: activation from 0 to the highest.
        signed: activation from the most negative over 0 in the middle to the highest.
        change: the change against the intact network, a weight or an influence, from below 0 to above.
        less: of thin marks and numbers of what lowers a score: a blue that is told from ``more`` however small it is.
        more: of those of what raises it: an orange likewise.
        heat: of what has no sign, from nothing to the most: what a score depends on.
        not_finite: NaN or infinity; a colour that nothing else has.
        disabled: of a neuron that is switched off.
        unknown: of a neuron of which nothing was measured.
        emitted: how much of its colour something shines with, as a light does, 0 to 1.
        pigment: how much of its colour the lights must bring out, as of ink, 0 to 1; the rest is what it is made of.
        strength_around: how strongly a neuron lights its neighbours.
        strongest: brightness of the colours that say which neuron is strongest, 0 to 1.
    """

    positive: Ramp
    signed: Ramp
    change: Ramp
    less: Colour
    more: Colour
    heat: Ramp
    not_finite: Colour
    disabled: Colour
    unknown: Colour
    emitted: float
    pigment: float
    strength_around: float
    strongest: float

    @property
    def no_change(self) -> Colour:
        return self.change[len(self.change) // 2][1]

    @property
    def nothing(self) -> Colour:
        """Where activation is 0."""
        return self.positive[0][1]


@dataclass(frozen=True)
class Surface:
    """What the lights fall on.

    Attributes:
        roughness: 0 to 1, from a mirror to chalk.
        metallic: 0 to 1.
        specular: how much of the lights it mirrors, 0 to 1; 0.5 is usual.
        fill: how much of its colour is seen without any light, 0 to 1.
    """

    colour: Colour
    roughness: float
    metallic: float = 0.0
    specular: float = 0.5
    fill: float = 0.0


@dataclass(frozen=True)
class Surfaces:
    """What a network's objects are made of.

    Attributes:
        slab: layers and the boxes of blocks.
        neuron: spheres, below their glow.
        frame: what stands behind the input and behind a large map.
        cover: rims of the covers of closed blocks.
        face: what is seen of such covers beside what they show.
    """

    slab: Surface
    neuron: Surface
    frame: Surface
    cover: Surface
    face: Surface


@dataclass(frozen=True)
class Flow:
    """Ribbons along which data flows.

    Attributes:
        main: between parts that follow each other.
        skip: where data takes a shorter way beside what else reads it.
        lit: what their colours turn towards where they lead to the chosen layer or from it.
        fill: how much of their colour is seen without any light, 0 to 1.
    """

    main: Colour
    skip: Colour
    lit: Colour
    fill: float


@dataclass(frozen=True)
class Trays:
    """What the children of open blocks stand on.

    Attributes:
        levels: from one that lies on the floor, at 0, to the fifth above it and all higher ones, at 1.
        rims: of their edges, likewise.
        roughness: 0 to 1.
        specular: how much of the lights they mirror, 0 to 1.
        fill: how much of their colour is seen without any light, 0 to 1.
    """

    levels: Ramp
    rims: Ramp
    roughness: float
    specular: float
    fill: float


@dataclass(frozen=True)
class Plain:
    """One colour each where there is no room for a ramp: in the Solid viewport, in bars and in histograms.

    Attributes:
        positive: what is above 0.
        negative: what is below 0.
        map: a feature map.
        bar_rest: a bar of the output whose class is unlikely.
        bar_full: a bar whose class is certain.
        bar_track: what a bar would cover if it were full.
        sample_dark: black of a sample below the map that explains its answer.
        sample_light: white of it; in between it is grey.
    """

    positive: Colour
    negative: Colour
    map: Colour
    bar_rest: Colour
    bar_full: Colour
    bar_track: Colour
    sample_dark: Colour
    sample_light: Colour


@dataclass(frozen=True)
class Light:
    """A strip of light along the network, or the sun, which shines from where the strip would be.

    Attributes:
        power: of a strip watts per unit of its length, of the sun watts per square unit.
        kind: Blender's type of the light, ``AREA`` or ``SUN``.
        angle: how wide the sun appears, in radians; the wider, the softer its shadows.
    """

    colour: Colour
    power: float
    kind: Literal["AREA", "SUN"] = "AREA"
    angle: float = 0.0


@dataclass(frozen=True)
class Lights:
    """The lights of a stage.

    Attributes:
        key: along a network that is one row, from above in front.
        rim: along it, from behind.
        sun: on a network that opens, from above in front.
        side: on it too, from the side: lower and weaker.
    """

    key: Light
    rim: Light
    sun: Light
    side: Light


@dataclass(frozen=True)
class Ground:
    """Colours of what is around a network.

    Attributes:
        floor: what it stands on.
        haze: what is seen of the floor where no light falls on it.
        world: the light that comes from all around.
        distance: what the camera sees where there is no floor any more.
        centre: of the ground of a network that opens, in the middle of the picture.
        edge: of that in the corners of the picture.
        pigment: how much of that ground's colour the lights bring out; the more, the darker are shadows on it.
        fill: how much of its colour is seen without any light.
        sky: the light on such a network that comes from all around.
    """

    floor: Colour
    haze: Colour
    world: Colour
    distance: Colour
    centre: Colour
    edge: Colour
    pigment: float
    fill: float
    sky: Colour


@dataclass(frozen=True)
class Letters:
    """Heights of letters, in Blender units.

    Attributes:
        title: name of the network.
        title_facts: its size.
        name: of layers and blocks.
        shape: below their names.
        measures: below those: mean, standard deviation and share of active neurons.
        classes: class names and values of the output.
        answer: the class that is predicted.
        verdict: whether it is right.
        caption: name of the sample, above the input.
        closeup: above a large map.
        legend: what the colours mean.
        legend_note: what lines mean.
        line_height: from one line to the next, in heights of the letters of the second.
    """

    title: float
    title_facts: float
    name: float
    shape: float
    measures: float
    classes: float
    answer: float
    verdict: float
    caption: float
    closeup: float
    legend: float
    legend_note: float
    line_height: float


@dataclass(frozen=True)
class Gaps:
    """Distances of texts from what they belong to, in Blender units.

    Attributes:
        name_drop: from the foot of a slab down to the layer's name.
        shape_drop: as far down to its shape.
        measures_drop: as far down to its measures.
        answer_rise: from the first class up to the verdict.
        verdict_room: from the verdict up to the answer.
        classes: between the columns of the output.
        caption_rise: from the input up to its caption.
        closeup_rise: from a large map up to its label.
        legend_above: from the middle of the legend's colours up to the rule.
        legend_below: down to the values at their ends.
        legend_note_drop: down to what lines mean.
    """

    name_drop: float
    shape_drop: float
    measures_drop: float
    answer_rise: float
    verdict_room: float
    classes: float
    caption_rise: float
    closeup_rise: float
    legend_above: float
    legend_below: float
    legend_note_drop: float


@dataclass(frozen=True)
class Theme:
    """How a network looks.

    Feature maps have the theme's colours or those of a colour map that is the same in every theme; see `colour_maps`.
    Letters and gaps of all themes are the same, since texts stay where they are when the theme is another.

    Attributes:
        name: stands on the root collection of a network that has this theme.
        label: what the interface calls it.
        description: how it looks, in a few words.
    """

    name: str
    label: str
    description: str
    ink: Ink
    glow: Glow
    surfaces: Surfaces
    flow: Flow
    trays: Trays
    plain: Plain
    lights: Lights
    ground: Ground
    letters: Letters
    gaps: Gaps

    def value(self, path: str) -> Value:
        """What the theme says about one thing; see `Themed.path`."""
        value: Value = reduce(getattr, path.split("."), self)  # type: ignore[assignment, arg-type]
        return value

    def ramp(self, ramp: Ramp | Themed) -> Ramp:
        """Colours that may be the theme's."""
        return self.value(ramp.path) if isinstance(ramp, Themed) else ramp  # type: ignore[return-value]

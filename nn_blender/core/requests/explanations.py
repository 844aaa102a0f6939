"""Requests that explain scores by what samples contain."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from ..explanations import PREDICTED, Target
from ..maps.packing import Atlas
from ..outputs import NetworkOutput
from ..recording import Sample, Skipped
from .base import ArrayFile, SamplesRequest, StreamingRequest


@dataclass(frozen=True)
class Captions:
    """What legends of overlays say that the network does not know.

    Attributes:
        classes: their names, as far as they are known.
        noun: what the numbers of an output count, ``class`` or ``value``.
        are_probabilities: whether outputs are told as per cent.
        fonts: folder of fonts for many scripts; None for the worker's own font.
    """

    classes: tuple[str, ...] = ()
    noun: str = "class"
    are_probabilities: bool = False
    fonts: Path | None = None


@dataclass(frozen=True)
class ExplainedMap:
    """What one method says about one target, for one input and some samples.

    Attributes:
        method: its name.
        target: its number in the request.
        input: name of the network's input.
        values: float32 (samples, …): of images (samples, height, width), of tokens and texts (samples, steps), of
            others (samples, *shape of the input); as they are, not normalised.
        totals: of methods whose values add up to a difference of scores, this difference by sample; None of others. It
            counts for all inputs together.
        overlays: names of PNG files in the session folder, the map of each sample over what it is of, with a legend;
            empty where none were wanted.
    """

    method: str
    target: int
    input: str
    values: Annotated[str, ArrayFile("float32", "samples", "...")]
    totals: Annotated[str, ArrayFile("float32", "samples")] | None = None
    overlays: tuple[str, ...] = ()


@dataclass(frozen=True)
class ExplainedBatch:
    """Some samples, explained.

    Attributes:
        samples: in the order of the request, without those that could not be read.
        indices: of every target, the number of the class, value or neuron that was explained.
        scores: of every target, before softmax or sigmoid.
        outputs: of every target, after it; NaN where neurons are explained.
        maps: by method, target and input, in this order. A method that cannot explain an input gives none for it.
    """

    samples: tuple[Sample, ...]
    indices: Annotated[str, ArrayFile("int32", "targets", "samples")]
    scores: Annotated[str, ArrayFile("float32", "targets", "samples")]
    outputs: Annotated[str, ArrayFile("float32", "targets", "samples")]
    maps: tuple[ExplainedMap, ...]


@dataclass(frozen=True)
class ExplainedPicture:
    """A method's values for one target and input as a picture, all samples in it."""

    method: str
    target: int
    atlas: Atlas


@dataclass(frozen=True)
class ExplainAnswer:
    """All that was asked for has been given in batches.

    Attributes:
        skipped: samples that could not be read.
        layer: path of the layer whose maps were weighted; empty where no method weights any.
        layers: the same for every target.
        pictures: by method, target and input, where they were wanted; their atlases have one cell per sample and a
            range per cell, as those of feature maps.
        notes: what is not as one might expect, for users: what was done otherwise, what a method could not do, and why.
        timings: seconds.
    """

    skipped: tuple[Skipped, ...]
    layer: str
    pictures: tuple[ExplainedPicture, ...]
    notes: tuple[str, ...]
    timings: dict[str, float]
    layers: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ExplainRequest(SamplesRequest[ExplainAnswer], StreamingRequest[ExplainAnswer, ExplainedBatch]):
    """Explain scores of samples; maps come in batches.

    Attributes:
        methods: their names, see `explanations.METHODS`.
        targets: what is explained, each for all samples.
        outputs: how those of the network are read; where nothing is given, a single value after sigmoid is of the two
            cases no and yes, and any other is a value.
        layer: path of the layer whose maps are weighted; empty for the last one that fits.
        steps: how many points or noisy copies methods that take several use.
        pixels: at most in a picture; 0 for no pictures.
        captions: of overlays, one for each sample, method, target and input; None for no overlays.
    """

    method = "explain"
    answer = ExplainAnswer
    partial = ExplainedBatch

    methods: tuple[str, ...]
    targets: tuple[Target, ...] = (PREDICTED,)
    outputs: tuple[NetworkOutput, ...] = ()
    layer: str = ""
    steps: int = 64
    pixels: int = 0
    captions: Captions | None = None

"""Overlays: maps over what they are of, with a legend. Needs no TensorFlow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from ...core.explanations import METHODS, Target
from ...core.inputs import INPUT_KINDS
from ...core.recording import format_output
from ...core.requests.explanations import Captions, ExplainRequest
from ...core.texts import format_number
from ..common.events import Task
from ..samples.readers import SampleReader
from .letters import Letters
from .overlay_colours import on_paper, over_picture
from .overlay_pictures import (
    INK,
    LEAST_SIDE,
    LETTERS,
    MARGIN,
    PALE,
    PAPER,
    SMALL_LETTERS,
    CountSteps,
    Subject,
    draw_subject,
    one_per_word,
    shortened,
)

_ROW, _BAR = 24, 12
"""Pixels: how high a row of the legend is, and its bar of colours."""
_MANY = 500
"""Of fewer values each counts."""
_OUTLIERS, _FAR = 99.5, 1.2
"""Per cent of a picture's values that have a colour of their own where the highest is so many times as high; those
beyond have the strongest colour."""


@dataclass(frozen=True)
class Legend:
    """What is told below a picture.

    Attributes:
        title: which method the map comes from.
        provenance: of its values.
        target: what is explained, and what the network gives for it.
        highest: the largest magnitude of the map, which may be beyond its scale; NaN where nothing is finite.
    """

    title: str
    provenance: str
    target: str
    highest: float


@dataclass(frozen=True)
class DrawnMap:
    """A method's values for some samples.

    Attributes:
        method: its name.
        target: number of the target in the request.
        input: number of the network's input.
        values: (samples, …), see `core.requests.explanations.ExplainedMap.values`.
    """

    method: str
    target: int
    input: int
    values: np.ndarray


class OverlayWriter:
    """Writes the overlays that a request wants.

    Args:
        reader: that reads the samples.
        captions: of the request.
        count_steps: how many steps each piece of a text is.
    """

    def __init__(
        self,
        task: Task,
        request: ExplainRequest,
        reader: SampleReader,
        captions: Captions,
        count_steps: CountSteps = one_per_word,
    ) -> None:
        self._task = task
        self._request = request
        self._reader = reader
        self._captions = captions
        self._letters = Letters(captions.fonts)
        self._count_steps = count_steps

    def write(
        self, read: Sequence[np.ndarray], maps: Sequence[DrawnMap], indices: np.ndarray, outputs: np.ndarray
    ) -> list[tuple[str, ...]]:
        """Names of the files for every map, one for each sample.

        A sample's maps of several classes have one scale, so that they can be compared.

        Args:
            read: what was read for some samples, stacked by input.
            indices: (targets, samples), as `core.requests.explanations.ExplainedBatch.indices`; ``outputs`` likewise.

        Raises:
            Cancelled: the request was cancelled.
        """
        files: list[tuple[str, ...]] = []
        for number, one in enumerate(maps):
            beside = [other.values for other in maps if self._scale_key(other) == self._scale_key(one)]
            names = []
            for sample in range(len(one.values)):
                self._task.stop_if_cancelled()
                subject = self._subject(one, read[one.input][sample], [values[sample] for values in beside], sample)
                target, index = self._request.targets[one.target], int(indices[one.target, sample])
                about = target_text(target, index, float(outputs[one.target, sample]), self._captions)
                name = f"overlay-{self._task.partials}-{number}-{sample}"
                picture = draw_overlay(subject, self._legend(one, sample, about))
                names.append(self._task.save_picture(name, picture))
            files.append(tuple(names))
        return files

    def _scale_key(self, one: DrawnMap) -> tuple[str, int, str, int]:
        """Maps that have the same have one scale: those of one method, for scores of one output or layer."""
        target = self._request.targets[one.target]
        return one.method, one.input, target.layer, target.output

    def _subject(self, one: DrawnMap, read: np.ndarray, beside: Sequence[np.ndarray], sample: int) -> Subject:
        about, method = self._request.inputs[one.input], METHODS.find(one.method)
        return Subject(
            name=about.name,
            kind=INPUT_KINDS.find(about.kind),
            reader=self._reader.readers[one.input],
            read=read,
            values=one.values[sample],
            scale=scale_of(beside, is_smooth=method.is_of_layer or method.is_of_entering),
            is_signed=method.is_signed,
            letters=self._letters,
            count_steps=self._count_steps,
        )

    def _legend(self, one: DrawnMap, sample: int, target: str) -> Legend:
        method, values = METHODS.find(one.method), one.values[sample]
        is_one_of = len(self._request.inputs) > 1
        title = f"{method.label}, {self._request.inputs[one.input].name}" if is_one_of else method.label
        finite = np.abs(values[np.isfinite(values)])
        return Legend(title, method.provenance, target, float(finite.max()) if finite.size else np.nan)


def scale_of(maps: Sequence[np.ndarray], is_smooth: bool = False) -> float:
    """The magnitude with the strongest colour in one sample's maps of several targets, which are told by one scale.

    Where few of many values are far beyond the others, the others decide; 0 where all values are 0.

    Args:
        is_smooth: whether no place can be far beyond those around it, so that the highest value decides.
    """
    sizes = [np.abs(values[np.isfinite(values)]) for values in maps]
    sizes = [size for size in sizes if size.size]
    if not sizes:
        return 0.0
    highest = max(float(size.max()) for size in sizes)
    if is_smooth or max(size.size for size in sizes) < _MANY:
        return highest
    usual = max(float(np.percentile(size, _OUTLIERS)) for size in sizes)
    return usual if 0 < usual * _FAR < highest else highest


def target_text(target: Target, index: int, output: float, captions: Captions) -> str:
    """What is explained of a sample, with what the network gives for it.

    Args:
        index: number of the class, value or neuron.
        output: what the network gives; NaN where a neuron is explained.
    """
    if target.layer:
        return f"{target.layer}, neuron {index}"
    named = captions.classes[index] if index < len(captions.classes) else ""
    what = named or f"{captions.noun} {index}"
    return what if np.isnan(output) else f"{what}: {format_output(output, captions.are_probabilities)}"


def draw_overlay(subject: Subject, legend: Legend) -> Image.Image:
    """A sample's map over what it is of, above a legend."""
    picture = draw_subject(subject)
    width = max(picture.width, LEAST_SIDE)
    strip = _draw_legend(subject, legend, width)
    page = Image.new("RGB", (width, picture.height + strip.height), PAPER)
    page.paste(picture, ((width - picture.width) // 2, 0))
    page.paste(strip, (0, picture.height))
    return page


def _draw_legend(subject: Subject, legend: Legend, width: int) -> Image.Image:
    strip = Image.new("RGB", (width, 2 * _ROW + MARGIN + 6), PAPER)
    draw, first, second = ImageDraw.Draw(strip), 8 + _ROW / 2, 8 + _ROW * 1.5
    font = subject.letters.font(LETTERS, legend.title)
    draw.text((MARGIN, first), legend.title, fill=INK, font=font, anchor="lm")
    room = width - 4 * MARGIN - font.getlength(legend.title)
    font = subject.letters.font(LETTERS, legend.target)
    draw.text((width - MARGIN, first), shortened(legend.target, room, font), fill=INK, font=font, anchor="rm")
    font = subject.letters.font(SMALL_LETTERS)
    about = _about(subject, legend)
    draw.text((width - MARGIN, second), about, fill=PALE, font=font, anchor="rm")
    if subject.scale > 0:
        high = format_number(subject.scale)
        low = f"-{high}" if subject.is_signed else "0"
        left = MARGIN + font.getlength(low) + 8
        right = width - 3 * MARGIN - font.getlength(about) - font.getlength(high) - 8
        draw.text((MARGIN, second), low, fill=INK, font=font, anchor="lm")
        draw.text((right + 8, second), high, fill=INK, font=font, anchor="lm")
        strip.paste(_bar(subject, max(int(right - left), 8)), (round(left), round(second - _BAR / 2)))
    return strip


def _about(subject: Subject, legend: Legend) -> str:
    """Where the values come from, and what the colours do not show of them."""
    if np.isnan(legend.highest):
        return "no finite values"
    if not subject.scale:
        return f"{legend.provenance}, all 0"
    beyond = legend.highest > subject.scale
    return f"{legend.provenance}, up to {format_number(legend.highest)}" if beyond else legend.provenance


def _bar(subject: Subject, width: int) -> Image.Image:
    """The colours from the lowest to the highest value, as they are in the picture."""
    shares = np.linspace(-1 if subject.is_signed else 0, 1, width)
    if subject.is_on_paper:
        row = np.array([on_paper(float(share), PAPER) for share in shares], np.uint8)[np.newaxis]
    else:
        grey = np.full((1, width, 3), 128, np.uint8)
        row = over_picture(grey, shares[np.newaxis], subject.is_signed)
    return Image.fromarray(np.repeat(row, _BAR, axis=0))

"""What was measured when samples went through a network."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Sample:
    """One input: where it came from and, where known, the true class."""

    name: str
    file: str
    label: str = ""


@dataclass(frozen=True)
class Skipped:
    """A file that could not be shown to the network, and why."""

    file: str
    reason: str


@dataclass(frozen=True)
class Atlas:
    """Feature maps of one layer for all samples in one 8-bit picture.

    The picture is a grid of blocks, one per sample in reading order, ``blocks_across`` to a row; a block is a grid
    of ``columns`` × ``rows`` cells, one per neuron in reading order; a cell is ``cell_height`` × ``cell_width`` pixels.
    Level v stands for the value ``low + v / 255 * (high - low)``.

    Attributes:
        layer: path of the layer; empty for the network's input.
        file: name of the PNG file in the session folder.
        channels: 1 for a level per pixel, 3 for a colour picture (only the network's input).
        reduction: how many positions along each axis were averaged into one pixel; 1 where none were.
    """

    layer: str
    file: str
    columns: int
    rows: int
    blocks_across: int
    blocks_down: int
    cell_height: int
    cell_width: int
    low: float
    high: float
    channels: int = 1
    reduction: int = 1

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Atlas:
        return cls(**data)


@dataclass(frozen=True)
class Prediction:
    """A class and the value the network's output gives it (a probability after softmax or sigmoid)."""

    index: int
    label: str
    probability: float


@dataclass(frozen=True)
class Recording:
    """Everything measured for some samples.

    Attributes:
        activations: float32 (samples, neurons), the neurons of all layers side by side in layer order.
        outputs: float32 (samples, classes), the network's first output where it is one value per class, else None.
        skipped: files that were given but not shown.
    """

    samples: tuple[Sample, ...]
    activations: np.ndarray
    outputs: np.ndarray | None
    skipped: tuple[Skipped, ...] = ()

    @property
    def class_values(self) -> np.ndarray | None:
        """Float32 (samples, classes): the outputs, or for a single unit between 0 and 1 its two cases, no and yes."""
        if self.outputs is None or self.outputs.shape[1] != 1:
            return self.outputs
        if not ((self.outputs >= 0) & (self.outputs <= 1)).all():
            return self.outputs
        return np.concatenate([1 - self.outputs, self.outputs], axis=1)

    def predictions(self, sample: int, classes: tuple[str, ...], most: int = 5) -> list[Prediction]:
        """The ``most`` highest outputs for a sample, best first; NaN counts as lowest."""
        if self.class_values is None:
            return []
        values = self.class_values[sample]
        order = np.argsort(-np.nan_to_num(values, nan=-np.inf), kind="stable")[:most]
        return [Prediction(int(i), class_name(classes, int(i)), float(values[i])) for i in order]

    def is_right(self, sample: int, classes: tuple[str, ...]) -> bool | None:
        """Whether the first prediction is the sample's label, given by name or number; None where that is unknown."""
        label, values = self.samples[sample].label, self.class_values
        if not label or values is None or values.shape[1] < 2:
            return None
        best = self.predictions(sample, classes, 1)[0]
        if label in classes:
            return label == best.label
        is_number = label.isdecimal() and int(label) < values.shape[1]
        return int(label) == best.index if is_number else None

    def accuracy(self, classes: tuple[str, ...]) -> float | None:
        """Share of the samples predicted right, of those of which it is known; None where it is known of none."""
        verdicts = [self.is_right(sample, classes) for sample in range(len(self.samples))]
        known = [verdict for verdict in verdicts if verdict is not None]
        return sum(known) / len(known) if known else None


def class_name(classes: tuple[str, ...], index: int) -> str:
    """The name of a class, its number where it has none."""
    return (classes[index] if index < len(classes) else "") or str(index)


def json_number(value: float) -> float | None:
    """A number that any reader of JSON understands: NaN and infinity become null."""
    return value if math.isfinite(value) else None


def format_output(value: float, is_probability: bool) -> str:
    """A probability as per cent, any other output as a number."""
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else ("∞" if value > 0 else "-∞")
    return f"{value * 100:.1f} %" if is_probability else f"{value:.3g}"

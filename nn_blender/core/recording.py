"""What was measured when samples went through a network."""

from __future__ import annotations

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

    def predictions(self, sample: int, classes: tuple[str, ...], most: int = 5) -> list[Prediction]:
        """The ``most`` highest outputs for a sample, best first; NaN counts as lowest."""
        if self.outputs is None:
            return []
        values = self.outputs[sample]
        order = np.argsort(-np.nan_to_num(values, nan=-np.inf), kind="stable")[:most]
        return [Prediction(int(i), class_name(classes, int(i)), float(values[i])) for i in order]

    def accuracy(self, classes: tuple[str, ...]) -> float | None:
        """Share of labelled samples whose first prediction is the label; None where nothing is labelled."""
        labelled = [k for k, sample in enumerate(self.samples) if sample.label]
        if not labelled or self.outputs is None:
            return None
        right = sum(self.predictions(k, classes, 1)[0].label == self.samples[k].label for k in labelled)
        return right / len(labelled)


def class_name(classes: tuple[str, ...], index: int) -> str:
    """The name of a class, its number where it has none."""
    return classes[index] if index < len(classes) else str(index)

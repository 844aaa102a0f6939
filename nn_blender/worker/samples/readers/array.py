"""Arrays enter the network as they are."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ....core.recording import Sample
from ....core.texts import format_shape
from ..arrays import read_entry
from . import READERS, Reader, ReaderKind, UnreadableSample, fitted


class ArrayReader(Reader):
    """Gives entries of array files as float32, in the shape of the input."""

    def load(self, sample: Sample) -> np.ndarray:
        if sample.index is None:
            raise UnreadableSample(f"it is a picture, but the network reads {format_shape(self.input_shape)}")
        return fitted(read_entry(Path(sample.file), sample.index), sample.index, self.input_shape)

    def as_input(self, values: np.ndarray) -> np.ndarray:
        return values


READERS.register(ReaderKind("array", ArrayReader))

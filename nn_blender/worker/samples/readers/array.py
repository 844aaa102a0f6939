"""Arrays enter the network as they are."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import numpy as np

from ....core.recording import SampleValue
from ....core.texts import format_shape
from ..arrays import read_entry
from . import READERS, Reader, ReaderKind, UnreadableSample, fitted


class ArrayReader(Reader):
    """Gives entries of array files in the shape and type of the input; see `fitted`.

    Attributes:
        takes: what the input is read as, for users.
        is_centred: as in `Reader.in_chosen_size`.
    """

    takes: ClassVar[str] = "an array"
    is_centred: ClassVar[bool] = False

    def load(self, value: SampleValue) -> np.ndarray:
        if value.index is None:
            raise UnreadableSample(
                f"it is an image, but the network's input is read as {self.takes} ({format_shape(self.stated_shape)}), "
                "for which a .npy or .npz file is needed"
            )
        entry = read_entry(Path(value.file), value.index, value.member)
        values = fitted(entry, value.index, self.stated_shape, self.dtype)
        return self.in_chosen_size(value, values, self.is_centred)

    def as_input(self, values: np.ndarray) -> np.ndarray:
        return values


READERS.register(ReaderKind("array", ArrayReader))

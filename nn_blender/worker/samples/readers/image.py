"""Images, from picture files or as entries of array files."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ....core.errors import UserError
from ....core.inputs.preprocessing import Preprocessing
from ....core.network import Network
from ....core.recording import Sample
from ....core.texts import format_shape
from ..arrays import read_entry
from ..pictures import as_picture, prepare_array, read_pixels
from . import READERS, Reader, ReaderKind, fitted


class ImageReader(Reader):
    """Gives pictures as uint8 (height, width, channels) before scaling, other arrays as float32 (input's shape)."""

    @property
    def choices(self) -> Preprocessing:
        """What is done to pictures.

        Raises:
            UserError: code ``input.unsupported``, where the request does not say it.
        """
        if self.preprocessing is None:
            raise UserError("input.unsupported", "It is not said how pictures become the network's input.")
        return self.preprocessing

    def load(self, sample: Sample) -> np.ndarray:
        if sample.index is None:
            return read_pixels(Path(sample.file), self.choices)
        array = read_entry(Path(sample.file), sample.index)
        picture = as_picture(array)
        if picture is not None:
            return prepare_array(picture, self.choices)
        values = fitted(array, sample.index, self.input_shape, self.dtype)
        return values.astype(np.int16) if values.dtype == np.uint8 else values  # Only pictures are bytes here.

    def as_input(self, values: np.ndarray) -> np.ndarray:
        if values.dtype != np.uint8:
            return values
        scaled = self.choices.scale(values)
        return scaled[..., 0] if len(self.input_shape) == 2 else scaled

    def check(self, network: Network) -> None:
        choices, spec = self.choices, network.inputs[0]
        if spec.is_integer and (choices.range, choices.mean, choices.std) != ((0.0, 255.0), (), ()):
            raise UserError(
                "input.unsupported",
                f"{network.name} reads whole numbers, which only the range 0 to 255 gives.",
                "Choose the range 0 to 255, without mean and standard deviation.",
            )
        given: tuple[int, ...] = (*(choices.size or (-1, -1)), choices.channels)
        if len(spec.shape) == 2 and choices.channels == 1:
            given = given[:2]
        if len(spec.shape) != len(given) or any(
            w >= 0 and g >= 0 and w != g for w, g in zip(spec.shape, given, strict=True)
        ):
            raise UserError(
                "input.unsupported",
                f"{network.name} reads {format_shape(spec.shape)}, but the pictures are prepared as "
                f"{format_shape(given)}.",
                "Change the size or the colours of the samples.",
            )


READERS.register(ReaderKind("image", ImageReader))

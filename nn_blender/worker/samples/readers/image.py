"""Images, from picture files or as entries of array files."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ....core.errors import UserError
from ....core.inputs.preprocessing import Preprocessing, has_channels_first
from ....core.network import Network, TensorSpec
from ....core.recording import SampleValue
from ....core.texts import format_shape
from ..arrays import limits_of, read_entry
from ..levels import levels_of, mark
from ..pictures import SIXTEEN_BITS, as_picture, prepare_array, read_picture, resize_numbers
from . import READERS, Reader, ReaderKind, fitted


class ImageReader(Reader):
    """Gives pictures as marked levels (height, width, channels), other arrays as float32 in the input's shape."""

    @property
    def choices(self) -> Preprocessing:
        """What is done to pictures.

        Raises:
            UserError: code ``input.unsupported``, where the request does not say it.
        """
        if self.preprocessing is None:
            raise UserError("input.unsupported", "It is not said how pictures become the network's input.")
        return self.preprocessing

    def load(self, value: SampleValue) -> np.ndarray:
        if value.index is None:
            picture = read_picture(Path(value.file), self.choices)
            self.remark(value, (*picture.remarks, *self._resized(picture.size)))
            return mark(picture.levels)
        file = Path(value.file)
        array = read_entry(file, value.index, value.member)
        is_whole = array.dtype.kind in "iu"
        pixels = as_picture(array, limits_of(file, value.member)) if is_whole else None
        if pixels is None:
            values = self._in_chosen_size(value, fitted(array, value.index, self.stated_shape, self.dtype))
            if is_whole:
                said = "its numbers are no levels of pixels and enter the network as they are"
                self.remark(value, (said, *self.remarks(value)))
            return values
        deep = () if pixels.dtype == np.uint8 else (SIXTEEN_BITS,)
        self.remark(value, (*deep, *self._resized(pixels.shape[:2])))
        return mark(prepare_array(pixels, self.choices))

    def _resized(self, before: tuple[int, ...]) -> tuple[str, ...]:
        """What is to be said of a picture that is resized, where that is because of a size that was chosen for it."""
        if self.size is None or self.choices.size in (None, before):
            return ()
        return ("{} × {}, resized to {} × {} ({})".format(*before, *self.choices.size, self.choices.resize),)

    def _in_chosen_size(self, value: SampleValue, values: np.ndarray) -> np.ndarray:
        """Numbers that enter as they are: resized as pictures where both sides are open, else cut and filled up."""
        if self.size is None or values.shape == self.input_shape or len(self.size.chosen) != 2:
            return self.in_chosen_size(value, values)
        is_first = has_channels_first(self.stated_shape)
        picture = np.moveaxis(values, 0, -1) if is_first else values.reshape((*values.shape[:2], -1))
        self.remark(value, self._resized(picture.shape[:2]))
        resized = resize_numbers(picture, self.choices)
        return (np.moveaxis(resized, -1, 0) if is_first else resized).reshape(self.input_shape).astype(values.dtype)

    def as_input(self, values: np.ndarray) -> np.ndarray:
        levels = levels_of(values)
        if levels is None:
            return values
        scaled = self.choices.scale(levels)
        if has_channels_first(self.input_shape):
            return np.moveaxis(scaled, -1, 1)
        return scaled[..., 0] if len(self.input_shape) == 2 else scaled

    def check(self, network: Network, spec: TensorSpec) -> None:
        choices = self.choices
        if spec.is_integer and (choices.range, choices.mean, choices.std) != ((0.0, 255.0), (), ()):
            raise UserError(
                "input.unsupported",
                f"{network.name} reads whole numbers, which only the range 0 to 255 gives.",
                "Choose the range 0 to 255, without mean and standard deviation.",
            )
        given: tuple[int, ...] = (*(choices.size or (-1, -1)), choices.channels)
        if len(spec.shape) == 2 and choices.channels == 1:
            given = given[:2]
        elif has_channels_first(spec.shape):
            given = (given[2], *given[:2])
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

"""Reads pictures, from files or arrays, and brings them to the size and colours a network expects.

Pictures are read as Pillow and Keras's own loader read them. Only what these cut to 8 bits in grey pictures is kept,
see `deep_pictures`.
"""

from __future__ import annotations

import contextlib
import struct
import warnings
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from ...core.errors import UserError
from ...core.inputs.preprocessing import Preprocessing
from ...core.texts import one_line
from . import deep_pictures
from .readers import UnreadableSample

MOST_PIXELS = 1 << 27
"""Pixels of a picture file, width times height; the largest cameras have less."""

SIXTEEN_BITS = "16 bits, where 65,535 is full brightness; the range 0..65535 gives the numbers as they are"
"""What is to be said of such pictures."""

_MODES = {1: "L", 3: "RGB", 4: "RGBA"}
_METHOD = Image.Resampling.LANCZOS

_DAMAGED = (
    *(
        AssertionError,
        OSError,
        SyntaxError,
        ValueError,
        EOFError,
        TypeError,
        LookupError,
        ArithmeticError,
        RuntimeError,
        MemoryError,
    ),
    *(struct.error, zlib.error),
)
"""What Pillow raises for damaged files."""


class Picture(NamedTuple):
    """A picture that was read.

    Attributes:
        levels: (height, width, channels), 0 is black and 255 full brightness; uint8, or float64 for deeper pictures.
        size: height and width before it was resized.
        remarks: what of it is not as one might expect, parts of sentences for users.
    """

    levels: np.ndarray
    size: tuple[int, int]
    remarks: tuple[str, ...] = ()


def read_picture(file: Path, preprocessing: Preprocessing) -> Picture:
    """A picture in the network's size and colours.

    Raises:
        UnreadableSample: the file is missing, damaged, no picture, or too large.
    """
    with _opened(file) as stored:
        remarks = [*_remarks_on_file(stored)]
        stored.load()  # Some formats turn pictures here, and forget that they were stored otherwise.
        remarks += _remarks_on_pixels(stored, preprocessing)
        picture = ImageOps.exif_transpose(stored) if preprocessing.orientation == "upright" else stored
        return Picture(_prepared(picture, preprocessing), (picture.height, picture.width), tuple(remarks))


def size_of(file: Path) -> tuple[int, int, int]:
    """Height, width and channels, 1 or 3, of a picture file as it is stored.

    Raises:
        UnreadableSample: as `read_picture`.
    """
    with _opened(file) as stored:
        return stored.height, stored.width, 1 if stored.mode in ("1", "L", "LA", "I", "F", "I;16") else 3


def prepare_array(array: np.ndarray, preprocessing: Preprocessing) -> np.ndarray:
    """The levels that `read_picture` gives, for a picture that is an array; see `as_picture`."""
    if array.dtype != np.uint8:
        return _prepared_levels(array / np.float64(257.0), preprocessing)
    return _prepared(Image.fromarray(array[..., 0] if array.shape[2] == 1 else array), preprocessing)


def resize_numbers(numbers: np.ndarray, preprocessing: Preprocessing) -> np.ndarray:
    """Numbers that enter a network as they are, in the size of its pictures.

    What is added around them is what black would be. Resizing makes nothing lower or higher than the numbers are.

    Args:
        numbers: (height, width, channels).

    Returns:
        float64.
    """
    black = preprocessing.limits[0]
    plain = replace(preprocessing, invert=False)
    bands = [_in_size(band, plain) for band in deep_pictures.as_bands(numbers - black)]
    resized = np.stack([np.asarray(band, np.float64) for band in bands], axis=-1) + black
    low, high = np.fmin.reduce(numbers, axis=None, initial=black), np.fmax.reduce(numbers, axis=None, initial=black)
    return resized.clip(low, high)


def as_picture(array: np.ndarray, limits: tuple[float, float]) -> np.ndarray | None:
    """An array of whole numbers that is a picture as uint8 or uint16 (height, width, channels); None where it is none.

    A picture is whole numbers 0 to 255, or of 16 bits without a sign, height × width, followed by 1, 3 or 4 channels or
    after 1 or 3 channels.

    Args:
        limits: the lowest and the highest number of all samples that are stored together. They tell a dark picture of
            16 bits from one of 8.

    Raises:
        UnreadableSample: others are pictures, but this one has numbers that are none of a picture.
    """
    is_deep = array.dtype.kind == "u" and array.dtype.itemsize == 2 and limits[1] > 255
    white = 65535 if is_deep else 255
    if array.size == 0 or limits[0] < 0 or limits[1] > white:
        return None
    for number in (array.min(), array.max()):
        if not 0 <= number <= white:
            raise UnreadableSample(f"it has the number {number}, but other samples are pictures of 0 to {white}")
    pixels = array.astype(np.uint16 if is_deep else np.uint8)
    if pixels.ndim == 2:
        return pixels[..., np.newaxis]
    if pixels.ndim == 3 and pixels.shape[2] in (1, 3, 4):
        return pixels
    if pixels.ndim == 3 and pixels.shape[0] in (1, 3):
        return np.ascontiguousarray(np.moveaxis(pixels, 0, -1))
    return None


@contextlib.contextmanager
def _opened(file: Path) -> Iterator[Image.Image]:
    """A picture file; whatever it makes Pillow raise, also while it is decoded, becomes one error."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(file) as stored:
                if stored.width * stored.height > MOST_PIXELS:
                    raise UnreadableSample(f"it has {stored.width} × {stored.height} pixels, which is too large")
                yield stored
    except FileNotFoundError:
        raise UnreadableSample("the file does not exist") from None
    except UnidentifiedImageError:
        raise UnreadableSample("it is not an image that can be read") from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise UnreadableSample("it has more pixels than can be read safely") from None
    except _DAMAGED as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise UnreadableSample(f"it cannot be read: {error.strerror}") from error
        reason = one_line(str(error), 200) or type(error).__name__
        raise UnreadableSample(f"it is truncated or damaged ({reason})") from error


def _remarks_on_file(picture: Image.Image) -> Iterator[str]:
    """What is to be said before pixels are decoded."""
    if picture.mode == "F":
        yield "floating point, where 1 is full brightness; the range 0..1 gives the numbers as they are"
    elif picture.mode in deep_pictures.MODES:
        yield SIXTEEN_BITS
    elif any(";16" in str(tile[3]) for tile in picture.tile):
        yield "16 bits per colour, of which the upper 8 are read, as in Keras"
    if getattr(picture, "is_animated", False) and picture.format != "MPO":  # Telephones add a preview in an MPO file.
        yield "the first of several images in the file is read"


def _remarks_on_pixels(picture: Image.Image, preprocessing: Preprocessing) -> Iterator[str]:
    """What is to be said after."""
    if preprocessing.channels != 4 and _has_clear_parts(picture):
        yield {
            "hidden": "transparent parts show the colours that are stored under them, as in Keras",
            "black": "transparent parts are black",
            "white": "transparent parts are white",
        }[preprocessing.background]
    if picture.getexif().get(ExifTags.Base.Orientation, 1) in range(2, 9):
        yield {
            "stored": "read as its pixels are stored, as in Keras, not turned as its EXIF orientation says",
            "upright": "turned as its EXIF orientation says",
        }[preprocessing.orientation]


def _has_clear_parts(picture: Image.Image) -> bool:
    if not picture.has_transparency_data:
        return False
    if picture.mode in deep_pictures.MODES:
        return bool((np.asarray(picture) == picture.info["transparency"]).any())
    lowest, _ = picture.convert("RGBA").getchannel("A").getextrema()
    return lowest < 255


def _prepared(picture: Image.Image, preprocessing: Preprocessing) -> np.ndarray:
    """Levels of a picture in the network's size and colours."""
    if picture.mode in deep_pictures.MODES:
        return _prepared_levels(deep_pictures.levels_of_picture(picture), preprocessing)
    picture = _in_size(_in_colours(picture, preprocessing), preprocessing)
    pixels = np.asarray(picture, dtype=np.uint8)
    return pixels[..., np.newaxis] if pixels.ndim == 2 else pixels


def _prepared_levels(levels: np.ndarray, preprocessing: Preprocessing) -> np.ndarray:
    """As `_prepared`, for a deep picture."""
    if levels.shape[2] == 1:  # Several equal channels of a large picture would take much memory.
        return deep_pictures.in_colours(_sized_levels(levels, preprocessing), preprocessing)
    return _sized_levels(deep_pictures.in_colours(levels, preprocessing), preprocessing)


def _sized_levels(levels: np.ndarray, preprocessing: Preprocessing) -> np.ndarray:
    if preprocessing.size in (None, levels.shape[:2]):
        return levels
    bands = deep_pictures.as_bands(levels)
    resized = [_in_size(band, preprocessing, is_alpha=number == 3) for number, band in enumerate(bands)]
    return deep_pictures.from_bands(resized, levels)


def _in_colours(picture: Image.Image, preprocessing: Preprocessing) -> Image.Image:
    """A picture of 8 bits per channel in the colours that a network reads, converted as Keras's loader does it."""
    mode = _MODES[preprocessing.channels]
    if mode != "RGBA" and preprocessing.background != "hidden" and picture.has_transparency_data:
        picture = picture.convert("RGBA")
        picture = Image.alpha_composite(Image.new("RGBA", picture.size, preprocessing.background), picture)
    if not preprocessing.is_grey:
        return picture.convert(mode)
    grey = (picture.convert("RGB") if picture.mode == "LAB" else picture).convert("L").convert(mode)
    if mode == "RGBA":
        grey.putalpha(picture.convert("RGBA").getchannel("A"))
    return grey


def _in_size(picture: Image.Image, preprocessing: Preprocessing, is_alpha: bool = False) -> Image.Image:
    """A picture in the size that the network reads.

    Args:
        is_alpha: whether it is the alpha of a deep picture, of which there is full at the border.
    """
    if preprocessing.size is None:
        return picture
    height, width = preprocessing.size
    if picture.size == (width, height):
        return picture
    if preprocessing.resize == "stretch":
        return picture.resize((width, height), _METHOD)
    if preprocessing.resize == "fill":
        return ImageOps.fit(picture, (width, height), _METHOD)
    if preprocessing.resize == "fit":
        # Where dark and bright are swapped afterwards, the border has to be white now to end up black.
        level = 255 if preprocessing.invert or is_alpha else 0
        colour = {"RGB": (level,) * 3, "RGBA": (level,) * 3 + (255,)}.get(picture.mode, level)
        return ImageOps.pad(picture, (width, height), _METHOD, color=colour)
    raise UserError(
        "input.unsupported", f"There is no resize mode {preprocessing.resize!r}.", "Use fit, fill or stretch."
    )

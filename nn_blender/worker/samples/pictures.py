"""Reads pictures, from files or arrays, and brings them to the size and colours a network expects."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from ...core.errors import UserError
from ...core.inputs.preprocessing import Preprocessing
from .readers import UnreadableSample

MOST_PIXELS = 1 << 27
"""Pixels of a picture file, width times height; the largest cameras have less."""

_MODES = {1: "L", 3: "RGB", 4: "RGBA"}
_SIXTEEN_BIT = ("I", "I;16", "I;16B", "I;16L", "F")


def read_pixels(file: Path, preprocessing: Preprocessing) -> np.ndarray:
    """A picture in the network's size and colours: uint8 (height, width, channels).

    Raises:
        UnreadableSample: the file is missing, damaged, no picture, or too large.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(file) as stored:
                if stored.width * stored.height > MOST_PIXELS:
                    raise UnreadableSample(f"it has {stored.width} × {stored.height} pixels, which is too large")
                picture = _in_colours(ImageOps.exif_transpose(stored), preprocessing)
    except FileNotFoundError:
        raise UnreadableSample("the file does not exist") from None
    except UnidentifiedImageError:
        raise UnreadableSample("it is not an image that can be read") from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise UnreadableSample("it has more pixels than can be read safely") from None
    except (OSError, SyntaxError, ValueError, EOFError) as error:  # Pillow raises all of these for damaged files.
        raise UnreadableSample(f"it is damaged ({error})") from error
    return _sized(picture, preprocessing)


def prepare_array(array: np.ndarray, preprocessing: Preprocessing) -> np.ndarray:
    """The same as `read_pixels` for a picture that is an array; see `as_picture`."""
    picture = Image.fromarray(array[..., 0] if array.shape[2] == 1 else array)
    return _sized(_in_colours(picture, preprocessing), preprocessing)


def as_picture(array: np.ndarray) -> np.ndarray | None:
    """An array that is a picture as uint8 (height, width, channels); None where it is none.

    A picture is whole numbers 0 to 255, height × width, followed by 1, 3 or 4 channels or after 1 or 3 channels.
    """
    if array.dtype.kind not in "iu" or array.size == 0 or array.min() < 0 or array.max() > 255:
        return None
    pixels = array.astype(np.uint8)
    if pixels.ndim == 2:
        return pixels[..., np.newaxis]
    if pixels.ndim == 3 and pixels.shape[2] in (1, 3, 4):
        return pixels
    if pixels.ndim == 3 and pixels.shape[0] in (1, 3):
        return np.ascontiguousarray(np.moveaxis(pixels, 0, -1))
    return None


def _sized(picture: Image.Image, preprocessing: Preprocessing) -> np.ndarray:
    if preprocessing.size is not None:
        picture = _in_size(picture, preprocessing.size, preprocessing.resize, preprocessing.invert)
    pixels = np.asarray(picture, dtype=np.uint8)
    return pixels[..., np.newaxis] if pixels.ndim == 2 else pixels


def _in_colours(picture: Image.Image, preprocessing: Preprocessing) -> Image.Image:
    picture = _in_mode(picture, _MODES[preprocessing.channels])
    return _without_colour(picture) if preprocessing.colour == "grey" else picture


def _in_mode(picture: Image.Image, mode: str) -> Image.Image:
    """Any kind of picture in 8 bits per channel; transparent parts show black, unless the network reads alpha."""
    if picture.mode in _SIXTEEN_BIT:
        picture = _to_eight_bits(picture)
    if mode == "RGBA":
        return picture.convert("RGBA")
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
        background = Image.new("RGBA", picture.size, (0, 0, 0, 255))
        picture = Image.alpha_composite(background, picture)
    if picture.mode in ("LAB", "HSV", "YCbCr", "CMYK", "P", "PA"):
        picture = picture.convert("RGB")
    return picture.convert(mode)


def _without_colour(picture: Image.Image) -> Image.Image:
    """The picture's brightness in each of its colours; alpha stays."""
    grey = picture.convert("L").convert(picture.mode)
    if picture.mode == "RGBA":
        grey.putalpha(picture.getchannel("A"))
    return grey


def _to_eight_bits(picture: Image.Image) -> Image.Image:
    """16-bit grey keeps its scale (65535 is white); floating-point grey is 0 to 1, or 0 to 255 where it goes higher."""
    values = np.nan_to_num(np.asarray(picture, dtype=np.float64))
    if picture.mode == "F":
        values = values * 255.0 if values.max(initial=0.0) <= 1.0 else values
    elif picture.mode != "I" or values.max(initial=0.0) > 255.0:
        values = values / 257.0
    return Image.fromarray(np.clip(np.rint(values), 0, 255).astype(np.uint8))


def _in_size(picture: Image.Image, size: tuple[int, int], resize: str, invert: bool) -> Image.Image:
    height, width = size
    if picture.size == (width, height):
        return picture
    method = Image.Resampling.LANCZOS
    if resize == "stretch":
        return picture.resize((width, height), method)
    if resize == "fill":
        return ImageOps.fit(picture, (width, height), method)
    if resize == "fit":
        # Where dark and bright are swapped afterwards, the border has to be white now to end up black.
        level = 255 if invert else 0
        colour = {"L": level, "RGB": (level,) * 3, "RGBA": (level,) * 3 + (255,)}[picture.mode]
        return ImageOps.pad(picture, (width, height), method, color=colour)
    raise UserError("input.unsupported", f"There is no resize mode {resize!r}.", "Use fit, fill or stretch.")

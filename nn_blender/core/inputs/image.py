"""Images: height and width, with or without an axis of colours."""

from __future__ import annotations

import numpy as np

from . import INPUT_KINDS, InputKind
from .evidence import FRAMES, PLANE, SPACE, TIME, VECTOR, Evidence
from .pictures import known
from .preprocessing import Preprocessing, guess_preprocessing, has_channels_first, picture_shape

_SMALLEST, _LONGEST_RATIO = 8, 3
"""Pixels that each side of a picture without an axis of colours has at least, and how much longer one may be."""


def _claims(evidence: Evidence) -> str:
    """What a picture is made of, where layers read it as one; for a plane of numbers more has to speak for it."""
    hints, is_plane = evidence.hints, len(evidence.spec.shape) == 2
    what = "height × width" if is_plane else "height × width × channels"
    if has_channels_first(evidence.spec.shape):
        return _claims_channels_first(evidence)
    if hints.pictures:
        return f"image files are given, and it is {what}"
    if hints.not_pixels:
        return ""
    return _claims_plane(evidence) if is_plane else _claims_colours(evidence, what)


def _claims_channels_first(evidence: Evidence) -> str:
    """Where the first axis is 1, 3 or 4 long: an image if the first layer takes it for the channels."""
    plane = evidence.first(PLANE)
    if plane is None or plane.layer.axes[:1] != ("channel",) or evidence.hints.not_pixels:
        return ""
    return f"its first layer, {plane.title}, reads it as channels × height × width"


def _claims_colours(evidence: Evidence, what: str) -> str:
    """Where the last axis is 1, 3 or 4 long: an image unless something else reads it first."""
    if plane := evidence.first(PLANE):
        return f"its first layer, {plane.title}, reads it as {what}"
    if evidence.first(TIME, FRAMES, SPACE) or evidence.is_named_time:
        return ""
    return f"it is {what}"


def _claims_plane(evidence: Evidence) -> str:
    """Rows of numbers may be time and features as well."""
    height, width = evidence.spec.shape
    is_square = height == width and (height < 0 or height >= _SMALLEST)
    if is_square and evidence.hints.are_bytes:
        return f"its samples are bytes, {evidence.sizes}"
    if evidence.first(TIME, FRAMES, SPACE) or evidence.is_named_time:
        return ""
    if evidence.is_named_image:
        return f"it is height × width, and its name is {evidence.spec.name}"
    if plane := evidence.first(PLANE):
        return f"its first layer, {plane.title}, reads it as height × width" if _is_like_a_picture(evidence) else ""
    reading = evidence.first(VECTOR)
    if reading is not None and not reading.is_flattened:
        return ""
    return "it is height × width, as long as wide" if is_square else ""


def _is_like_a_picture(evidence: Evidence) -> bool:
    lengths = [size for size in evidence.spec.shape if size > 0]
    return not lengths or (min(lengths) >= _SMALLEST and max(lengths) <= _LONGEST_RATIO * min(lengths))


def _as_picture(values: np.ndarray) -> np.ndarray:
    """Colours without alpha, as they are stored."""
    image = values if values.ndim == 3 else values[..., np.newaxis]
    if has_channels_first(image.shape):
        image = np.moveaxis(image, 0, -1)
    return image[..., :3] if image.shape[2] >= 3 else image


def _proportions(shape: tuple[int, ...]) -> tuple[float, float]:
    height, width, _ = picture_shape(shape) or (*shape[:2], 1)
    return known(height), known(width)


def _describe(preprocessing: Preprocessing | None) -> str:
    if preprocessing is None:
        return "Images enter as they are."
    low, high = preprocessing.range
    size = "{} × {}".format(*preprocessing.size) if preprocessing.size else "their own size"
    colour = {"grey": "grey", "rgb": "colour"}[preprocessing.colour]
    more = ", inverted" if preprocessing.invert else ""
    more += ", blue first" if preprocessing.order == "bgr" else ""
    more += f", transparent parts {preprocessing.background}" if preprocessing.background != "hidden" else ""
    more += ", turned upright" if preprocessing.orientation == "upright" else ""
    for name, numbers in (("minus mean", preprocessing.mean), ("divided by", preprocessing.std)):
        more += f", {name} {' / '.join(f'{number:g}' for number in numbers)}" if numbers else ""
    return f"Images enter as {colour}, {size}, values {low:g} to {high:g}{more} ({preprocessing.resize})."


IMAGE = INPUT_KINDS.register(
    InputKind(
        "image",
        "Image",
        claims=_claims,
        takes="an image is height × width, alone or with 1, 3 or 4 channels behind or before",
        fits=lambda spec: picture_shape(spec.shape) is not None,
        proportions=_proportions,
        as_picture=_as_picture,
        describe=_describe,
        guess=guess_preprocessing,
        usual_size=128,
    )
)

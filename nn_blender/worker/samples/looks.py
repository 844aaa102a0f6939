"""What a sample shows of what a network reads whose file does not say it. Needs no TensorFlow."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ...core.errors import UserError
from ...core.inputs.preprocessing import picture_shape
from ...core.inputs.sizes import opened
from ...core.network import UNKNOWN, TensorSpec
from ...core.recording import WHOLE, Sample, SampleValue
from ...core.samples.archives import array_header
from ...core.samples.finding import TEXTS
from ...core.samples.fitting import in_shape
from .arrays import read_entry
from .pictures import size_of
from .readers import UnreadableSample


def look_of(sample: Sample, inputs: Sequence[str] = ()) -> tuple[TensorSpec, ...]:
    """Shape and type of a sample's values.

    Args:
        inputs: names of the inputs that they are for; empty where there is one value.

    Raises:
        UserError: code ``samples.unreadable`` or ``samples.changed``.
    """
    names = inputs or [""] * len(sample.values)
    return tuple(_look(name, value) for name, value in zip(names, sample.values, strict=True))


def open_sizes_of(value: SampleValue, spec: TensorSpec) -> tuple[int, ...] | None:
    """The sizes that a value has where an input leaves them open; None where it does not fit or cannot be read.

    Only the header of its file is read.
    """
    try:
        shape = _shape_of(value)
    except (UnreadableSample, UserError, OSError):
        return None
    fitting = None if value.index is None else in_shape(shape, spec.shape)
    if fitting is not None:
        return opened(spec.shape, fitting)
    sides, places = picture_shape(shape), picture_shape(spec.shape)
    if sides is None or places is None:
        return None
    return tuple(side for side, place in zip(sides[:2], places[:2], strict=True) if place == UNKNOWN)


def _shape_of(value: SampleValue) -> tuple[int, ...]:
    if value.index is None:
        return size_of(Path(value.file))
    file = Path(value.file)
    if file.suffix.lower() in TEXTS:
        return ()
    shape = array_header(file, value.member).shape
    return shape if value.index == WHOLE else shape[1:]


def _look(name: str, value: SampleValue) -> TensorSpec:
    if value.index is None:
        try:
            return TensorSpec(name, size_of(Path(value.file)))
        except UnreadableSample as reason:
            raise UserError(
                "samples.unreadable", f"{value.file} cannot be read: {reason}.", "Choose another file."
            ) from reason
    if Path(value.file).suffix.lower() in TEXTS:
        return TensorSpec(name, (), "string")
    entry = read_entry(Path(value.file), value.index, value.member)
    return TensorSpec(name, entry.shape, _type_of(entry.dtype))


def _type_of(dtype: np.dtype) -> str:
    """Of a network's input that takes such numbers; bytes may be pictures, which become decimal numbers."""
    if dtype.kind in "SU":
        return "string"
    return "int32" if dtype.kind in "iu" and dtype.itemsize > 1 else "float32"

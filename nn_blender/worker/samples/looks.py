"""What a sample shows of what a network reads whose file does not say it. Needs no TensorFlow."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ...core.errors import UserError
from ...core.network import TensorSpec
from ...core.recording import Sample, SampleValue
from ...core.samples.finding import TEXTS
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

"""Tables: one row of features per sample, in an order that has no meaning of its own."""

from __future__ import annotations

import numpy as np

from . import INPUT_KINDS, InputKind
from .evidence import VECTOR, Evidence
from .pictures import fill, wrapped


def _claims(evidence: Evidence) -> str:
    reading = evidence.first(VECTOR)
    if not evidence.spec.shape:
        return "it is a single number"
    if reading is not None:
        return f"its first layer, {reading.title}, reads it as {evidence.sizes} features"
    return f"it is {evidence.sizes} numbers in a row"


def _side_lengths(shape: tuple[int, ...]) -> tuple[int, int]:
    return wrapped(max(shape[0], 1) if shape else 1)


def _as_picture(values: np.ndarray) -> np.ndarray:
    return fill(values, *wrapped(values.size))


TABLE = INPUT_KINDS.register(
    InputKind(
        "table",
        "Table",
        claims=_claims,
        takes="a table has one row of features per sample",
        fits=lambda spec: len(spec.shape) <= 1,
        side_lengths=_side_lengths,
        as_picture=_as_picture,
        describe=lambda _: "Rows of features enter the network as they are.",
    ),
    rank=40,
)

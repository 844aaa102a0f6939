"""Tables: one row of features per sample, in an order that has no meaning of its own."""

from __future__ import annotations

import numpy as np

from . import INPUT_KINDS, InputKind
from .evidence import VECTOR, Evidence
from .pictures import TILE, fill, wrapped


def _claims(evidence: Evidence) -> str:
    reading = evidence.first(VECTOR)
    if not evidence.spec.shape:
        return "it is a single number"
    if reading is not None:
        return f"its first layer, {reading.title}, reads it as {evidence.sizes} features"
    return f"it is {evidence.sizes} numbers in a row"


def _rows(shape: tuple[int, ...]) -> tuple[int, int]:
    return wrapped(max(shape[0], 1) if shape else 1)


def _proportions(shape: tuple[int, ...]) -> tuple[float, float]:
    rows, columns = _rows(shape)
    return rows, columns * (TILE if columns == 1 else 1)


def _tiles(shape: tuple[int, ...]) -> tuple[int, int] | None:
    rows, columns = _rows(shape)
    return (rows, columns) if columns == 1 else None


def _as_picture(values: np.ndarray) -> np.ndarray:
    return fill(values, *wrapped(values.size))


TABLE = INPUT_KINDS.register(
    InputKind(
        "table",
        "Table",
        claims=_claims,
        takes="a table has one row of features per sample",
        fits=lambda spec: len(spec.shape) <= 1 and spec.dtype != "string",
        proportions=_proportions,
        as_picture=_as_picture,
        is_coloured=True,
        scales_each=True,
        tiles=_tiles,
        describe=lambda _: "Rows of features enter the network as they are.",
    ),
    rank=40,
)

"""Tokens: whole numbers that stand for words, letters or categories."""

from __future__ import annotations

import math

import numpy as np

from . import INPUT_KINDS, InputKind
from .evidence import VECTOR, WORDS, Evidence
from .pictures import GAP, LONGEST_COLUMN, MOST_COLUMNS, TILE, fill, known, wrapped

_GOLDEN = 0.61803398875
"""How far along the circle of hues it is from one number to the next."""
_DARKEST, _BRIGHTEST, _EMPTY = 36, 140, (20, 24, 31)
"""Of a colour's parts, so that letters on it can be read; and the colour of 0, which usually stands for nothing."""


def _claims(evidence: Evidence) -> str:
    words = evidence.first(WORDS)
    if words is None:
        return ""
    beside = evidence.first(VECTOR)
    if len(evidence.spec.shape) == 1 and beside is not None and beside.shape[-1:] != words.shape[-1:]:
        return ""  # Some of the features are looked up, others are read as they are.
    return f"its first layer, {words.title}, looks its numbers up"


def _rows(shape: tuple[int, ...]) -> tuple[int, int]:
    """A text in rows; documents of several sentences have a row for each."""
    if len(shape) >= 2:
        return math.prod(map(known, shape[:-1])), known(shape[-1])
    return wrapped(known(shape[0]) if shape else 1)


def _proportions(shape: tuple[int, ...]) -> tuple[float, float]:
    rows, columns = _rows(shape)
    return rows, columns * (TILE if _tiles(shape) else 1)


def _tiles(shape: tuple[int, ...]) -> tuple[int, int] | None:
    rows, columns = _rows(shape)
    return (rows, columns) if rows <= LONGEST_COLUMN and columns <= MOST_COLUMNS else None


def _as_picture(values: np.ndarray) -> np.ndarray:
    """A colour for every number, always the same one, far from those of the numbers beside it; 0 is dark."""
    cells = fill(values, *_rows(values.shape)).astype(np.float64)
    hue = np.nan_to_num(cells) * _GOLDEN % 1.0
    parts = np.clip(np.abs((hue + np.array([0, 2 / 3, 1 / 3])) % 1.0 * 6 - 3) - 1, 0, 1)
    colours = np.rint(_DARKEST + (_BRIGHTEST - _DARKEST) * parts).astype(np.uint8)
    colours = np.where(cells == 0, np.array(_EMPTY, np.uint8), colours)
    return np.where(np.isnan(cells), np.array(GAP, np.uint8), colours)


TOKENS = INPUT_KINDS.register(
    InputKind(
        "tokens",
        "Tokens",
        claims=_claims,
        takes="tokens are numbers in rows",
        fits=lambda spec: spec.dtype.startswith(("int", "uint", "float", "bfloat")),
        proportions=_proportions,
        is_coloured=True,
        has_own_colours=True,
        tiles=_tiles,
        unit="tokens",
        as_picture=_as_picture,
        in_cells=lambda values: fill(values, *_rows(values.shape)),
        describe=lambda _: "Tokens enter the network as the whole numbers they are.",
    ),
    rank=-10,
)

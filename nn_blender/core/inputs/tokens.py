"""Tokens: whole numbers that stand for words, letters or categories."""

from __future__ import annotations

import math

import numpy as np

from . import INPUT_KINDS, InputKind
from .evidence import VECTOR, WORDS, Evidence
from .pictures import known, wrapped

_EMPTY = (40, 40, 40)
"""The colour of the number 0, which usually stands for nothing."""


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


def _as_picture(values: np.ndarray) -> np.ndarray:
    """A colour for every number, always the same one, far from those of the numbers beside it."""
    rows, columns = _rows(values.shape)
    numbers = np.zeros(rows * columns, np.int64)
    numbers[: values.size] = np.nan_to_num(values).ravel()
    hue = (numbers * 0.61803398875) % 1.0
    parts = (hue[:, np.newaxis] + np.array([0, 2 / 3, 1 / 3])) % 1.0
    colours = np.clip(np.abs(parts * 6 - 3) - 1, 0, 1)
    levels = np.rint(70 + 160 * colours).astype(np.uint8)
    levels[numbers == 0] = _EMPTY
    levels[values.size :] = 0
    return levels.reshape(rows, columns, 3)


TOKENS = INPUT_KINDS.register(
    InputKind(
        "tokens",
        "Tokens",
        claims=_claims,
        takes="tokens are numbers in rows",
        fits=lambda spec: spec.dtype.startswith(("int", "uint", "float", "bfloat")),
        side_lengths=_rows,
        as_picture=_as_picture,
        describe=lambda _: "Tokens enter the network as the whole numbers they are.",
    ),
    rank=-10,
)

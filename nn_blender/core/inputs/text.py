"""Texts: strings that the network itself takes apart."""

from __future__ import annotations

import numpy as np

from . import INPUT_KINDS, InputKind
from .evidence import Evidence
from .pictures import fill, wrapped

PAGE = (96, 288)
"""Height and width in pixels of the picture that a text is written on."""


def _claims(evidence: Evidence) -> str:
    return "it takes strings" if evidence.spec.dtype == "string" else ""


def _as_picture(_values: np.ndarray) -> np.ndarray:
    """An empty page; the worker writes on it."""
    return np.zeros((*PAGE, 1), np.float32)


TEXT = INPUT_KINDS.register(
    InputKind(
        "text",
        "Text",
        claims=_claims,
        takes="texts are strings",
        fits=lambda spec: spec.dtype == "string",
        proportions=lambda _: PAGE,
        has_own_colours=True,
        as_picture=_as_picture,
        in_cells=lambda values: fill(values, *wrapped(values.size)),
        describe=lambda _: "Texts enter the network as they are.",
    ),
    rank=-20,
)

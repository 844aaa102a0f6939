"""Whole numbers that stand for something enter the network as they are."""

from __future__ import annotations

import numpy as np

from ....core.recording import SampleValue
from . import READERS, ReaderKind, refuse_fractions
from .array import ArrayReader


class TokensReader(ArrayReader):
    """Takes decimals too, as long as all of them are whole, and gives them to an input of decimals as such."""

    takes = "tokens"

    def load(self, value: SampleValue) -> np.ndarray:
        values = super().load(value)
        refuse_fractions(values, value.index or 0, "tokens are")
        return values


READERS.register(ReaderKind("tokens", TokensReader))

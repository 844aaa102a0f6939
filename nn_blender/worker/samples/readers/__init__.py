"""How samples become a network's input: one file per kind of input. Needs no TensorFlow."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ....core.inputs.preprocessing import Preprocessing
from ....core.network import Network
from ....core.recording import Sample
from ....core.registry import Registry
from ....core.texts import format_shape
from ...common.caches import Cache

INPUT_BYTES = 1 << 26
"""Of samples that have been read and are kept for the next pass: 64 MB."""

_inputs: Cache[np.ndarray] = Cache(INPUT_BYTES)


class UnreadableSample(Exception):
    """A sample that cannot be shown to the network; the message says why."""


@dataclass(frozen=True)
class Reader(ABC):
    """Reads samples for one input of a network.

    Attributes:
        preprocessing: what is done to samples; None where they enter as they are.
        input_shape: of the network's input, without the batch axis, -1 where open.
    """

    preprocessing: Preprocessing | None
    input_shape: tuple[int, ...]

    def key(self, sample: Sample) -> Hashable:
        """What the input depends on; like no other key where the file cannot be looked at."""
        try:
            stat = Path(sample.file).stat()
        except OSError:
            return object()
        place = (sample.file, stat.st_size, stat.st_mtime_ns, sample.index)
        return (*place, type(self), self.preprocessing, self.input_shape)

    def read(self, sample: Sample) -> np.ndarray:
        """A sample as `as_input` takes it.

        Raises:
            UnreadableSample: it cannot be shown to the network.
            UserError: the array file it is in cannot be read; see `arrays.read_entry`.
        """
        key = self.key(sample)
        values = _inputs.get(key)
        if values is None:
            values = self.load(sample)
            _inputs.put(key, values, values.nbytes)
        return values

    def check(self, network: Network) -> None:  # noqa: B027 - most kinds have nothing to say here.
        """Whether what this reader gives fits the network.

        Raises:
            UserError: code ``input.unsupported``.
        """

    @abstractmethod
    def load(self, sample: Sample) -> np.ndarray:
        """As `read`, from the sample's file."""

    @abstractmethod
    def as_input(self, values: np.ndarray) -> np.ndarray:
        """A batch of what `read` gives, stacked, as the network's input, float32."""


@dataclass(frozen=True)
class ReaderKind:
    """The reader of a kind of input, by the name that `core.inputs.InputKind` has."""

    name: str
    reader: type[Reader]


READERS: Registry[ReaderKind] = Registry(__name__)


def make_reader(input_kind: str, preprocessing: Preprocessing | None, input_shape: tuple[int, ...]) -> Reader:
    """The reader for an input of that kind."""
    return READERS.find(input_kind).reader(preprocessing, input_shape)


def fitted(array: np.ndarray, index: int, input_shape: tuple[int, ...]) -> np.ndarray:
    """An entry of an array file as float32 in the input's shape; an axis of length 1 at its end may be missing.

    Raises:
        UnreadableSample: it does not fit.
    """
    for shape in (array.shape, (*array.shape, 1)):
        if _fits(shape, input_shape):
            return array.astype(np.float32).reshape(shape)
    raise UnreadableSample(
        f"its entry {index} is {format_shape(array.shape)}, but the network reads {format_shape(input_shape)}"
    )


def _fits(shape: tuple[int, ...], wanted: tuple[int, ...]) -> bool:
    return len(shape) == len(wanted) and all(w < 0 or w == s for s, w in zip(shape, wanted, strict=True))

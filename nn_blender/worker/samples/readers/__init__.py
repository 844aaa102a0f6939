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

REMARK_BYTES = 1 << 24
"""Of what is to be said of samples: 16 MB."""

_inputs: Cache[np.ndarray] = Cache(INPUT_BYTES)
_remarks: Cache[tuple[str, ...]] = Cache(REMARK_BYTES)


class UnreadableSample(Exception):
    """A sample that cannot be shown to the network; the message says why."""


@dataclass(frozen=True)
class Reader(ABC):
    """Reads samples for one input of a network.

    Attributes:
        preprocessing: what is done to samples; None where they enter as they are.
        input_shape: of the network's input, without the batch axis, -1 where open.
        dtype: of the network's input, as Keras names it.
    """

    preprocessing: Preprocessing | None
    input_shape: tuple[int, ...]
    dtype: str = "float32"

    def key(self, sample: Sample) -> Hashable:
        """What the input depends on; like no other key where the file cannot be looked at."""
        try:
            stat = Path(sample.file).stat()
        except OSError:
            return object()
        place = (sample.file, stat.st_size, stat.st_mtime_ns, sample.index)
        return (*place, type(self), self.preprocessing, self.input_shape, self.dtype)

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

    def remark(self, sample: Sample, remarks: tuple[str, ...]) -> None:
        """Note what of a sample is not as one might expect, parts of sentences for users."""
        if remarks:
            _remarks.put(self.key(sample), remarks, sum(map(len, remarks)))

    def remarks(self, sample: Sample) -> tuple[str, ...]:
        """What was noted when the sample was read."""
        return _remarks.get(self.key(sample)) or ()

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
        """A batch of what `read` gives, stacked, as the network's input."""


@dataclass(frozen=True)
class ReaderKind:
    """The reader of a kind of input, by the name that `core.inputs.InputKind` has."""

    name: str
    reader: type[Reader]


READERS: Registry[ReaderKind] = Registry(__name__)


def make_reader(
    input_kind: str, preprocessing: Preprocessing | None, input_shape: tuple[int, ...], dtype: str = "float32"
) -> Reader:
    """The reader for an input of that kind."""
    return READERS.find(input_kind).reader(preprocessing, input_shape, dtype)


def fitted(array: np.ndarray, index: int, input_shape: tuple[int, ...], dtype: str = "float32") -> np.ndarray:
    """An entry of an array file in the input's shape and type.

    An axis of length 1 at either end may be missing, or be there in vain. Numbers for an input of decimals are float32,
    or float64 where the input is; whole numbers stay whole.

    Raises:
        UnreadableSample: it does not fit.
    """
    for shape in _readings(array.shape):
        if _fits(shape, input_shape):
            return _converted(array, index, dtype).reshape(shape)
    raise UnreadableSample(
        f"its entry {index} is {format_shape(array.shape)}, but the network reads {format_shape(input_shape)}"
    )


def refuse_fractions(array: np.ndarray, index: int, what: str) -> None:
    """Insist on whole numbers, however they are stored.

    Args:
        what: of whom they are wanted, as the end of a sentence.

    Raises:
        UnreadableSample: one is not whole, infinite or NaN.
    """
    if array.dtype.kind != "f":
        return
    odd = array[~(np.isfinite(array) & (array == np.rint(array)))]
    if odd.size:
        raise UnreadableSample(f"its entry {index} has the value {odd.flat[0]:g}, but {what} whole numbers")


def _readings(shape: tuple[int, ...]) -> list[tuple[int, ...]]:
    """The shape itself, and with an axis of length 1 more or less at either end."""
    shapes = [shape, (*shape, 1), (1, *shape)]
    if shape[-1:] == (1,):
        shapes.append(shape[:-1])
    if shape[:1] == (1,):
        shapes.append(shape[1:])
    return shapes


def _fits(shape: tuple[int, ...], wanted: tuple[int, ...]) -> bool:
    return len(shape) == len(wanted) and all(w < 0 or w == s for s, w in zip(shape, wanted, strict=True))


def _converted(array: np.ndarray, index: int, dtype: str) -> np.ndarray:
    if dtype == "bool":
        return array.astype(bool)
    if not dtype.startswith(("int", "uint")):
        return array.astype(np.float64 if dtype == "float64" else np.float32)
    refuse_fractions(array, index, f"the network's input ({dtype}) takes")
    limits = np.iinfo(dtype)
    beyond = array[(array < limits.min) | (array > limits.max)]
    if beyond.size:
        raise UnreadableSample(
            f"its entry {index} has the value {beyond.flat[0]:g}, but the network's input ({dtype}) takes "
            f"{limits.min:,} to {limits.max:,}"
        )
    return array.astype(dtype)

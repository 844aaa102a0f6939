"""How samples become a network's inputs: one file per kind of input. Needs no TensorFlow."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ....core.errors import UserError
from ....core.inputs import INPUT_KINDS, NetworkInput
from ....core.inputs.preprocessing import Preprocessing
from ....core.inputs.sizes import InputSize, opened
from ....core.network import Network, TensorSpec
from ....core.recording import WHOLE, Sample, SampleValue
from ....core.registry import Registry
from ....core.samples.fitting import in_shape
from ....core.texts import format_number, format_shape, format_sizes
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
        size: what was chosen where the network leaves the input's size open; None where it does not, or where every
            sample enters in its own size.
        unit: as `core.inputs.InputKind.unit`.
    """

    preprocessing: Preprocessing | None
    input_shape: tuple[int, ...]
    dtype: str = "float32"
    size: InputSize | None = None
    unit: str = ""

    @property
    def stated_shape(self) -> tuple[int, ...]:
        """The input's shape as the network states it, -1 where open."""
        return self.input_shape if self.size is None else self.size.stated

    def key(self, value: SampleValue) -> Hashable:
        """What the input depends on; like no other key where the file cannot be looked at."""
        try:
            stat = Path(value.file).stat()
        except OSError:
            return object()
        kind = (type(self), self.preprocessing, self.input_shape, self.dtype, self.size)
        return (value, stat.st_size, stat.st_mtime_ns, *kind)

    def read(self, value: SampleValue) -> np.ndarray:
        """A sample's value as `as_input` takes it.

        Raises:
            UnreadableSample: it cannot be shown to the network.
            UserError: the array file it is in cannot be read; see `arrays.read_entry`.
        """
        key = self.key(value)
        read = _inputs.get(key)
        if read is None:
            read = self.load(value)
            _inputs.put(key, read, read.nbytes)
        return read

    def remark(self, value: SampleValue, remarks: tuple[str, ...]) -> None:
        """Note what of a value is not as one might expect, parts of sentences for users."""
        if remarks:
            _remarks.put(self.key(value), remarks, sum(map(len, remarks)))

    def remarks(self, value: SampleValue) -> tuple[str, ...]:
        """What was noted when the value was read."""
        return _remarks.get(self.key(value)) or ()

    def in_chosen_size(self, value: SampleValue, values: np.ndarray, is_centred: bool = False) -> np.ndarray:
        """A value that fits the shape that the network states, in the size that was chosen; a remark says how.

        Args:
            is_centred: whether it is cut and filled up on both sides, and not at its end.
        """
        if self.size is None or values.shape == self.input_shape:
            return values
        changed = cut_and_filled(values, self.input_shape, self.size.padding, is_centred)
        self.remark(value, (describe_change(self.size, values.shape, self.unit, values.dtype == object),))
        return changed

    def check(self, network: Network, spec: TensorSpec) -> None:  # noqa: B027 - most kinds have nothing to say here.
        """Whether what this reader gives fits an input of the network.

        Raises:
            UserError: code ``input.unsupported``.
        """

    @abstractmethod
    def load(self, value: SampleValue) -> np.ndarray:
        """As `read`, from the value's file."""

    @abstractmethod
    def as_input(self, values: np.ndarray) -> np.ndarray:
        """A batch of what `read` gives, stacked, as the network's input."""


@dataclass(frozen=True)
class ReaderKind:
    """The reader of a kind of input, by the name that `core.inputs.InputKind` has."""

    name: str
    reader: type[Reader]


READERS: Registry[ReaderKind] = Registry(__name__)


@dataclass(frozen=True)
class SampleReader:
    """Reads samples for all inputs of a network, one reader for each."""

    readers: tuple[Reader, ...]

    def key(self, sample: Sample) -> Hashable:
        """What the network's inputs depend on."""
        return tuple(reader.key(value) for reader, value in zip(self.readers, sample.values, strict=True))

    def read(self, sample: Sample) -> tuple[np.ndarray, ...]:
        """As `Reader.read`, one array per input."""
        if len(sample.values) != len(self.readers):
            raise UnreadableSample(f"it has values for {len(sample.values)} of {len(self.readers)} inputs")
        read = [self.readers[0].read(sample.values[0])] if self.readers else []
        for reader, value in zip(self.readers[1:], sample.values[1:], strict=True):
            try:
                read.append(reader.read(value))
            except UnreadableSample as reason:  # A sample is known by its first file.
                raise UnreadableSample(f"{Path(value.file).name}: {reason}") from reason
        return tuple(read)

    def remarks(self, sample: Sample) -> tuple[str, ...]:
        """What was noted when the sample was read; see `Reader.remark`."""
        pairs = zip(self.readers, sample.values, strict=True)
        return tuple(remark for reader, value in pairs for remark in reader.remarks(value))

    def as_inputs(self, values: tuple[np.ndarray, ...]) -> tuple[np.ndarray, ...]:
        """A batch of what `read` gives, stacked by input, as the network's inputs; see `Reader.as_input`."""
        return tuple(reader.as_input(batch) for reader, batch in zip(self.readers, values, strict=True))


def make_reader(about: NetworkInput, spec: TensorSpec) -> Reader:
    """The reader for an input."""
    unit = INPUT_KINDS.find(about.kind).unit
    return READERS.find(about.kind).reader(about.preprocessing, spec.shape, spec.dtype, about.size, unit)


def make_sample_reader(network: Network, inputs: Sequence[NetworkInput]) -> SampleReader:
    """The reader for a network.

    Raises:
        UserError: code ``input.unsupported``.
    """
    if len(inputs) != len(network.inputs):
        raise UserError(
            "input.unsupported",
            f"It is said of {len(inputs)} inputs how samples enter them, but {network.name} has {len(network.inputs)}.",
            "Import the network again.",
        )
    readers = []
    for about, spec in zip(inputs, network.inputs, strict=True):
        readers.append(make_reader(about, spec))
        readers[-1].check(network, spec)
    return SampleReader(tuple(readers))


def entry_title(index: int) -> str:
    """An entry of an array file, or its whole array, at the beginning of what is said of it."""
    return "its array" if index == WHOLE else f"its entry {index}"


def fitted(array: np.ndarray, index: int, input_shape: tuple[int, ...], dtype: str = "float32") -> np.ndarray:
    """An entry of an array file in the input's shape and type.

    It may fit as `core.samples.fitting.in_shape` says. Numbers for an input of decimals are float32, or float64 where
    the input is; whole numbers stay whole.

    Raises:
        UnreadableSample: it does not fit.
    """
    if not array.size:
        raise UnreadableSample(f"{entry_title(index)} is empty ({format_shape(array.shape)})")
    if array.dtype.kind in "US":
        raise UnreadableSample(f"{entry_title(index)} is text, but the network reads numbers")
    shape = in_shape(array.shape, input_shape)
    if shape is None:
        raise UnreadableSample(
            f"{entry_title(index)} is {format_shape(array.shape)}, but the network reads {format_shape(input_shape)}"
        )
    return _converted(array, index, dtype).reshape(shape)


def cut_and_filled(values: np.ndarray, shape: tuple[int, ...], padding: float, is_centred: bool = False) -> np.ndarray:
    """An array of another size of some axes.

    Args:
        padding: what is added where it is smaller; empty texts are added to texts.
        is_centred: whether both sides of an axis lose or get as much, and not its end alone.
    """
    changed = np.full(shape, "" if values.dtype == object else padding, values.dtype)
    to, of = [], []
    for new, old in zip(shape, values.shape, strict=True):
        kept = min(new, old)
        starts = ((new - kept) // 2, (old - kept) // 2) if is_centred else (0, 0)
        to.append(slice(starts[0], starts[0] + kept))
        of.append(slice(starts[1], starts[1] + kept))
    changed[tuple(to)] = values[tuple(of)]
    return changed


def describe_change(size: InputSize, shape: tuple[int, ...], unit: str = "", are_texts: bool = False) -> str:
    """What is done to a sample of that shape to bring it to a chosen size, as a part of a sentence."""
    before = opened(size.stated, shape)
    given, wanted = format_sizes(before), format_sizes(size.chosen)
    filling = f"filled up to {wanted} with " + ("empty texts" if are_texts else format_number(size.padding))
    what = f"{given} {unit}".rstrip() if len(before) == 1 else given
    are_larger = [old > new for old, new in zip(before, size.chosen, strict=True) if old != new]
    if all(are_larger):
        return f"{what}, cut to {wanted}"
    return f"{what}, cut and {filling}" if any(are_larger) else f"{what}, {filling}"


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
        raise UnreadableSample(f"{entry_title(index)} has the value {odd.flat[0]:g}, but {what} whole numbers")


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
            f"{entry_title(index)} has the value {beyond.flat[0]:g}, but the network's input ({dtype}) takes "
            f"{limits.min:,} to {limits.max:,}"
        )
    return array.astype(dtype)

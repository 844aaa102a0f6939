"""Reads samples and gives them out in batches, as a network's input. Needs no TensorFlow."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Hashable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

import numpy as np

from ...core.errors import UserError
from ...core.recording import Sample, Skipped
from ...core.samples.preprocessing import Preprocessing
from ..common.caches import Cache
from .arrays import read_entry
from .pictures import UnreadablePicture, as_picture, prepare_array, read_pixels

WANTED_SECONDS = 0.15
"""How long a batch should take: cancel and progress are looked at between batches."""
LARGEST_BATCH = 64
INPUT_BYTES = 1 << 26
"""Of samples that have been read and are kept for the next pass: 64 MB."""

Entry = TypeVar("Entry")
Reading = tuple[Sample, np.ndarray | None, Entry | None]

_inputs: Cache[np.ndarray] = Cache(INPUT_BYTES)


@dataclass(frozen=True)
class Reader:
    """How samples become the input of a network.

    Attributes:
        preprocessing: what is done to pictures; None for a network that reads something else.
        input_shape: of the network, without the batch axis, -1 where open.
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
        return (*place, self.preprocessing, self.input_shape)

    def read(self, sample: Sample) -> np.ndarray:
        """A picture as uint8 (height, width, channels) before scaling, anything else as float32 in the input's shape.

        Raises:
            UnreadablePicture: it cannot be shown to the network.
            UserError: the array file it is in cannot be read; see `arrays.read_entry`.
        """
        key = self.key(sample)
        values = _inputs.get(key)
        if values is None:
            values = self._read_picture(sample) if sample.index is None else self._read_entry(sample, sample.index)
            _inputs.put(key, values, values.nbytes)
        return values

    def as_input(self, values: np.ndarray) -> np.ndarray:
        """A batch of what `read` gives as the network's input, float32."""
        if values.dtype != np.uint8 or self.preprocessing is None:
            return values
        scaled = self.preprocessing.scale(values)
        return scaled[..., 0] if len(self.input_shape) == 2 else scaled

    def _read_picture(self, sample: Sample) -> np.ndarray:
        if self.preprocessing is None:
            raise UnreadablePicture(f"it is a picture, but the network reads {format_shape(self.input_shape)}")
        return read_pixels(Path(sample.file), self.preprocessing)

    def _read_entry(self, sample: Sample, index: int) -> np.ndarray:
        array = read_entry(Path(sample.file), index)
        picture = as_picture(array) if self.preprocessing else None
        if picture is not None and self.preprocessing:
            return prepare_array(picture, self.preprocessing)
        for shape in (array.shape, (*array.shape, 1)):
            if _fits(shape, self.input_shape):
                return array.astype(np.float32).reshape(shape)
        raise UnreadablePicture(
            f"its entry {index} is {format_shape(array.shape)}, but the network reads {format_shape(self.input_shape)}"
        )


@dataclass(frozen=True)
class Batch(Generic[Entry]):
    """Samples of one size.

    Attributes:
        values: what `Reader.read` gives for each, stacked; empty where all of them are recalled.
        recalled: what is known of each already, in place of the values.
    """

    samples: tuple[Sample, ...]
    values: np.ndarray
    recalled: tuple[Entry, ...] = ()


class Feeder(Generic[Entry]):
    """Reads samples in batches that grow until one takes about `WANTED_SECONDS`.

    Args:
        most: how many samples a batch may have.
        recall: what is known of a sample already, so that it need not be read; None where nothing is.

    Attributes:
        used: samples that were read or recalled, in order.
        skipped: files that could not be read.
        looked_at: how many of the samples have been given out or skipped.
    """

    def __init__(
        self,
        samples: Sequence[Sample],
        reader: Reader,
        most: int = LARGEST_BATCH,
        recall: Callable[[Sample], Entry | None] = lambda _: None,
    ) -> None:
        self._samples = samples
        self._reader = reader
        self._most = most
        self._recall = recall
        self.used: list[Sample] = []
        self.skipped: list[Skipped] = []
        self.looked_at = 0

    def batches(self) -> Iterator[Batch[Entry]]:
        size, first = 1, True
        waiting: list[Reading[Entry]] = []
        for sample in self._samples:
            try:
                reading = self._look_at(sample)
            except UnreadablePicture as reason:
                self.skipped.append(Skipped(sample.file, str(reason)))
                continue
            if waiting and not _may_join(waiting, reading, size):
                was_read = waiting[0][1] is not None
                seconds = yield from self._give(waiting)
                if was_read and not first:  # The first batch includes the tracing.
                    size = _next_size(size, seconds, self._most)
                first = first and not was_read
                waiting = []
            waiting.append(reading)
        if waiting:
            yield from self._give(waiting)
        self.looked_at = len(self._samples)

    def _look_at(self, sample: Sample) -> Reading[Entry]:
        known = self._recall(sample)
        return (sample, None, known) if known is not None else (sample, self._reader.read(sample), None)

    def _give(self, waiting: list[Reading[Entry]]) -> Generator[Batch[Entry], None, float]:
        samples = tuple(sample for sample, _, _ in waiting)
        self.used += samples
        self.looked_at = len(self.used) + len(self.skipped)
        values = [read for _, read, _ in waiting if read is not None]
        recalled = tuple(known for _, _, known in waiting if known is not None)
        started = time.perf_counter()
        yield Batch(samples, np.stack(values) if values else np.empty(0), recalled)
        return time.perf_counter() - started  # How long whoever took the batch needed for it.


def no_samples(skipped: list[Skipped]) -> UserError:
    """No sample at all could be read."""
    if not skipped:
        return UserError("samples.none", "There are no test images.", "Choose a folder with pictures.")
    named = "; ".join(f"{Path(entry.file).name}: {entry.reason}" for entry in skipped[:3])
    more = f"; and {len(skipped) - 3} more" if len(skipped) > 3 else ""
    return UserError(
        "samples.none", f"None of the {len(skipped)} test images can be shown: {named}{more}.", "Choose other pictures."
    )


def refuse_skipped(skipped: list[Skipped]) -> None:
    """Insist on samples that could be read before.

    Raises:
        UserError: code ``samples.changed``.
    """
    if skipped:
        raise UserError(
            "samples.changed",
            f"The test image {skipped[0].file} cannot be shown: {skipped[0].reason}.",
            "Import the images again.",
        )


def format_shape(shape: tuple[int, ...]) -> str:
    """Sizes for users; open ones are question marks."""
    return " × ".join("?" if size < 0 else str(size) for size in shape) or "one number"


def _may_join(waiting: list[Reading[Any]], reading: Reading[Any], size: int) -> bool:
    """Whether a sample goes into the batch that is being gathered."""
    (_, before, _), (_, values, _) = waiting[0], reading
    if before is None or values is None:
        return before is values and len(waiting) < LARGEST_BATCH
    return len(waiting) < size and (before.shape, before.dtype) == (values.shape, values.dtype)


def _fits(shape: tuple[int, ...], wanted: tuple[int, ...]) -> bool:
    return len(shape) == len(wanted) and all(w < 0 or w == s for s, w in zip(shape, wanted, strict=True))


def _next_size(size: int, seconds: float, most: int) -> int:
    if seconds < WANTED_SECONDS / 2:
        return min(size * 2, most)
    return max(size // 2, 1) if seconds > WANTED_SECONDS * 1.5 else size

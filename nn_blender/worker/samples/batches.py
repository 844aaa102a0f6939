"""Reads samples and gives them out in batches, as a network's input. Needs no TensorFlow."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

import numpy as np

from ...core.errors import UserError
from ...core.recording import Sample, Skipped
from .readers import SampleReader, UnreadableSample

WANTED_SECONDS = 0.15
"""How long a batch should take: cancel and progress are looked at between batches."""
LARGEST_BATCH = 64
Entry = TypeVar("Entry")
Values = tuple[np.ndarray, ...]
Reading = tuple[Sample, Values | None, Entry | None]


@dataclass(frozen=True)
class Batch(Generic[Entry]):
    """Samples of one size.

    Attributes:
        values: what `SampleReader.read` gives for each, stacked by input; empty where all of them are recalled.
        recalled: what is known of each already, in place of the values.
    """

    samples: tuple[Sample, ...]
    values: Values
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
        reader: SampleReader,
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
            except UnreadableSample as reason:
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
        values = zip(*(read for _, read, _ in waiting if read is not None), strict=True)
        recalled = tuple(known for _, _, known in waiting if known is not None)
        started = time.perf_counter()
        yield Batch(samples, tuple(map(np.stack, values)), recalled)
        return time.perf_counter() - started  # How long whoever took the batch needed for it.


def no_samples(skipped: list[Skipped]) -> UserError:
    """No sample at all could be read."""
    if not skipped:
        return UserError("samples.none", "There are no samples.", "Choose a folder of samples.")
    named = "; ".join(f"{Path(entry.file).name}: {entry.reason}" for entry in skipped[:3])
    more = f"; and {len(skipped) - 3} more" if len(skipped) > 3 else ""
    which = "The only sample cannot" if len(skipped) == 1 else f"None of the {len(skipped)} samples can"
    return UserError("samples.none", f"{which} be read: {named}{more}.", "Choose other samples.")


def refuse_skipped(skipped: list[Skipped]) -> None:
    """Insist on samples that could be read before.

    Raises:
        UserError: code ``samples.changed``.
    """
    if skipped:
        raise UserError(
            "samples.changed",
            f"The sample {skipped[0].file} cannot be read: {skipped[0].reason}.",
            "Restore the file, or choose other samples and measure again.",
        )


def _may_join(waiting: list[Reading[Any]], reading: Reading[Any], size: int) -> bool:
    """Whether a sample goes into the batch that is being gathered."""
    (_, before, _), (_, values, _) = waiting[0], reading
    if before is None or values is None:
        return before is values and len(waiting) < LARGEST_BATCH
    alike = ((one.shape, one.dtype) == (other.shape, other.dtype) for one, other in zip(before, values, strict=True))
    return len(waiting) < size and all(alike)


def _next_size(size: int, seconds: float, most: int) -> int:
    if seconds < WANTED_SECONDS / 2:
        return min(size * 2, most)
    return max(size // 2, 1) if seconds > WANTED_SECONDS * 1.5 else size

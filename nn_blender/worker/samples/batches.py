"""Reads samples and gives them out in batches, as a network's input. Needs no TensorFlow."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

import numpy as np

from ...core.errors import UserError
from ...core.recording import WHOLE, Sample, Skipped
from .readers import SampleReader, UnreadableSample


class SamplesFailed(UserError):
    """A network cannot be run on some samples, while it may be on others.

    Args:
        code, fix, details: as in `UserError`, for where no sample can be run.
        reason: what speaks against them, a sentence in the words of whatever runs the network.
    """

    def __init__(self, code: str, reason: str, fix: str, details: str = "") -> None:
        super().__init__(code, f"The network cannot be run on such samples: {reason}", fix, details)
        self.reason = reason

    def about_all(self, count: int) -> UserError:
        """The error where none of so many samples can be run."""
        which = "the only sample" if count == 1 else f"any of the {count:,} samples"
        return UserError(self.code, f"The network cannot be run on {which}: {self.reason}", self.fix, self.details)


WANTED_SECONDS = 0.15
"""How long a batch should take: cancel and progress are looked at between batches."""
LARGEST_BATCH = 64
Entry = TypeVar("Entry")
Values = tuple[np.ndarray, ...]
Result = TypeVar("Result")
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

    def singles(self) -> Iterator[Batch[Entry]]:
        """A batch per sample."""
        for k, sample in enumerate(self.samples):
            yield Batch((sample,), tuple(values[k : k + 1] for values in self.values), self.recalled[k : k + 1])


class Feeder(Generic[Entry]):
    """Reads samples in batches that grow until one takes about `WANTED_SECONDS`.

    Args:
        most: how many samples a batch may have.
        recall: what is known of a sample already, so that it need not be read; None where nothing is.

    Attributes:
        used: samples that were read or recalled, in order, without those that could not be run.
        skipped: files that could not be read or run.
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
        self._failed: SamplesFailed | None = None

    def results(self, act: Callable[[Batch[Entry]], Result]) -> Iterator[tuple[Batch[Entry], Result]]:
        """Batches as `batches` gives them, with what came of each. Samples that cannot be run are skipped.

        Args:
            act: runs a batch. Where it fails, its samples are run one by one.

        Raises:
            UserError: no sample could be read, ``samples.none``, or run: what `SamplesFailed.about_all` gives.
        """
        for batch in self.batches():
            yield from self._act(batch, act)
        if not self.used:
            raise no_samples(self.skipped) if self._failed is None else self._failed.about_all(len(self.skipped))

    def _act(self, batch: Batch[Entry], act: Callable[[Batch[Entry]], Result]) -> Iterator[tuple[Batch[Entry], Result]]:
        try:
            result = act(batch)
        except SamplesFailed as failed:
            if len(batch.samples) > 1:
                for single in batch.singles():
                    yield from self._act(single, act)
                return
            (sample,) = batch.samples
            self.used.remove(sample)
            self.skipped.append(Skipped(sample.file, _of_entry(sample, failed.reason.rstrip("."))))
            self._failed = self._failed or failed
        else:
            yield batch, result

    def batches(self) -> Iterator[Batch[Entry]]:
        size, first = 1, True
        waiting: list[Reading[Entry]] = []
        for sample in self._samples:
            try:
                reading = self._look_at(sample)
            except UnreadableSample as reason:
                self.skipped.append(Skipped(sample.file, str(reason)))
                continue
            except UserError as error:
                if error.code != "samples.unreadable":
                    raise
                self.skipped.append(Skipped(sample.file, error.message.rstrip(".")))
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


def _of_entry(sample: Sample, reason: str) -> str:
    """A reason that tells which entry of an array file it is about."""
    return reason if sample.index in (None, WHOLE) else f"its entry {sample.index} cannot be run: {reason}"


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

"""The files of a run that explains scores: arrays row by row, overlays, and what an earlier run left."""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import IO, Any

import numpy as np

from ...core.recording import Sample, json_number
from ...core.requests.explanations import ExplainedBatch, ExplainedMap
from ...core.samples.finding import without_ending
from ...core.written_files import FileNames
from ...engine.worker import Worker

INDEX = "explain.json"
Key = tuple[str, int, str]
"""A method, the number of a target, and the name of an input."""


class RowsFile:
    """An array in a .npy file, float32, whose rows come batch by batch.

    Args:
        file: that is written; what comes before it is complete is beside it.

    Attributes:
        shape: of the array, once it is finished.
        is_padded: whether rows differed in shape, or were missing; then NaN stands where the others are larger.
    """

    def __init__(self, file: Path) -> None:
        self.file = file
        self.shape: tuple[int, ...] = ()
        self.is_padded = False
        self._raw = file.with_suffix(".raw")
        self._stream: IO[bytes] = self._raw.open("wb")
        self._shapes: list[tuple[int, ...] | None] = []

    def add(self, rows: np.ndarray) -> None:
        """Append (samples, …)."""
        self._shapes += [tuple(rows.shape[1:])] * len(rows)
        self._stream.write(np.ascontiguousarray(rows, np.float32).tobytes())

    def add_missing(self, count: int) -> None:
        """Append rows of which nothing is known."""
        self._shapes += [None] * count

    def finish(self) -> None:
        """Write the file."""
        self.close()
        known = [shape for shape in self._shapes if shape is not None]
        largest = tuple(map(max, zip(*known, strict=True)))
        self.shape, self.is_padded = (len(self._shapes), *largest), len(set(self._shapes)) > 1
        header = {"descr": "<f4", "fortran_order": False, "shape": self.shape}
        with self._raw.open("rb") as rows, self.file.open("wb") as stream:
            np.lib.format.write_array_header_1_0(stream, header)
            if not self.is_padded:
                shutil.copyfileobj(rows, stream)
            for shape in self._shapes if self.is_padded else ():
                whole = np.full(largest, np.nan, "<f4")
                if shape is not None:
                    row = np.frombuffer(rows.read(4 * math.prod(shape)), "<f4").reshape(shape)
                    whole[tuple(map(slice, shape))] = row
                stream.write(whole.tobytes())
        self._raw.unlink()

    def close(self) -> None:
        """Let go of the file."""
        self._stream.close()


@dataclass
class ExplainedSample:
    """What was found of a sample.

    Attributes:
        number: of the sample among those that were to be explained.
        indices: by target, the number of the class, value or neuron; ``scores`` and ``outputs`` likewise.
        maps: by method, target and input, ready for JSON.
    """

    number: int
    sample: Sample
    indices: list[int]
    scores: list[float]
    outputs: list[float]
    maps: dict[Key, dict[str, Any]] = field(default_factory=dict)


class ResultFiles:
    """Takes what the worker gives and writes it into a folder.

    Args:
        folder: in which nothing is yet.
        samples: that are to be explained.
        targets: as users wrote them.

    Attributes:
        explained: in the order of the samples.
        arrays: by method, target and input.
    """

    def __init__(self, worker: Worker, folder: Path, samples: Sequence[Sample], targets: Sequence[str]) -> None:
        self._worker = worker
        self._folder = folder
        self._samples = samples
        self._names = FileNames(taken=[Path(INDEX).stem])
        stems = FileNames()
        self._stems = [stems.add(_stem(sample.name)) for sample in samples]
        self._targets = targets
        self.explained: list[ExplainedSample] = []
        self.arrays: dict[Key, RowsFile] = {}
        self._first_targets: dict[str, int] = {}
        self._first_inputs: dict[tuple[str, int], str] = {}

    def take(self, batch: ExplainedBatch) -> None:
        """Write some samples' maps. Where the first ones come once more, all do, and what was written is forgotten."""
        if self.explained and not self._follow(batch.samples):
            self._begin_anew()
        arrays = [self._worker.take_array(name) for name in (batch.indices, batch.scores, batch.outputs)]
        numbers = self._numbers(batch.samples)
        first = len(self.explained)
        for position, (sample, number) in enumerate(zip(batch.samples, numbers, strict=True)):
            columns = (array[:, position] for array in arrays)
            indices, scores, outputs = (column.tolist() for column in columns)
            self.explained.append(ExplainedSample(number, sample, indices, scores, outputs))
        # The maps of several inputs share what they add up to.
        totals = {name: self._worker.take_array(name) for name in {one.totals for one in batch.maps if one.totals}}
        for one in batch.maps:
            self._take_map(one, first, totals.get(one.totals or ""))
        given = {(one.method, one.target, one.input) for one in batch.maps}
        for key, rows in self.arrays.items():
            if key not in given:
                rows.add_missing(len(batch.samples))

    def _follow(self, samples: Sequence[Sample]) -> bool:
        """Whether they are among those that have not come yet."""
        rest = self._samples[self.explained[-1].number + 1 :]
        return all(sample in rest for sample in samples[:1])

    def _begin_anew(self) -> None:
        self.close()
        for file in self._folder.iterdir():
            file.unlink()
        self.explained, self.arrays = [], {}
        self._first_targets, self._first_inputs = {}, {}
        self._names = FileNames(taken=[Path(INDEX).stem])

    def _numbers(self, samples: Sequence[Sample]) -> list[int]:
        """The places of the next samples among all; those between were skipped."""
        start, numbers = (self.explained[-1].number + 1 if self.explained else 0), []
        for sample in samples:
            start = self._samples.index(sample, start)
            numbers.append(start)
            start += 1
        return numbers

    def _take_map(self, one: ExplainedMap, first: int, totals: np.ndarray | None) -> None:
        """Write one map of the samples from a number on."""
        values, key = self._worker.take_array(one.values), (one.method, one.target, one.input)
        if key not in self.arrays:
            name = self._names.add(*self._parts(key))
            self.arrays[key] = RowsFile(self._folder / f"{name}.npy")
            self.arrays[key].add_missing(first)
        self.arrays[key].add(values)
        for position, (sample, row) in enumerate(zip(self.explained[first:], values, strict=True)):
            about = _about(row)
            if totals is not None:
                about["difference"] = json_number(float(totals[position]))
            if one.overlays:
                name = self._names.add(self._stems[sample.number], *self._parts(key))
                shutil.move(self._worker.path(one.overlays[position]), self._folder / f"{name}.png")
                about["overlay"] = f"{name}.png"
            sample.maps[key] = about

    def _parts(self, key: Key) -> list[str]:
        """Of a file's name: the method; of what is not the first of its kind, also the target and the input."""
        method, target, network_input = key
        first = self._first_inputs.setdefault((method, target), network_input)
        parts = [method]
        if target != self._first_targets.setdefault(method, target):
            parts.append(self._targets[target])
        if network_input != first:
            parts.append(network_input)
        return parts

    def finish(self) -> None:
        """Complete the arrays."""
        for rows in self.arrays.values():
            rows.finish()

    def close(self) -> None:
        """Let go of all files."""
        for rows in self.arrays.values():
            rows.close()


def _stem(name: str) -> str:
    """A sample's name without the ending of a picture file, with the folder of its class."""
    return name if without_ending(name) == name else name.removesuffix(PurePath(name).suffix)


def _about(values: np.ndarray) -> dict[str, Any]:
    finite = values[np.isfinite(values)]
    return {
        "minimum": float(finite.min()) if finite.size else None,
        "maximum": float(finite.max()) if finite.size else None,
        "sum": json_number(float(values.sum(dtype=np.float64))),
    }


def files_of_earlier_run(folder: Path) -> tuple[str, ...]:
    """Names of the files that an earlier run wrote into a folder; none where it has no index that can be read."""
    try:
        index = json.loads((folder / INDEX).read_text(encoding="utf-8"))
        names = [str(name) for name in index["files"]]
    except (OSError, ValueError, KeyError, TypeError):
        return ()
    return tuple(name for name in names if Path(name).name == name and Path(name).suffix in (".npy", ".png"))

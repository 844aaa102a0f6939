"""Compares what an output gives with true pictures and sequences."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from ...core.errors import UserError
from ...core.outputs import OUTPUT_KINDS, NetworkOutput
from ...core.recording import Sample
from ...core.requests.samples import RunRequest
from ..common.events import Task
from ..samples.arrays import read_entry


class Comparison:
    """How far one output's pictures or sequences are from true ones, for samples that come one by one."""

    def __init__(self, output: NetworkOutput, is_answer: bool) -> None:
        self._output, self._is_answer = output, is_answer
        self._errors: list[float] = []
        self._table: np.ndarray | None = None

    @classmethod
    def of(cls, request: RunRequest, name: str) -> Comparison | None:
        """For the output of that name; None where nothing is to be compared."""
        for number, output in enumerate(request.outputs):
            if output.name == name and OUTPUT_KINDS.find(output.kind).compare is not None:
                return cls(output, number == request.answer_output)
        return None

    def add(self, sample: Sample, values: np.ndarray) -> None:
        """Take in a sample and what the output gives for it."""
        compare, truth = OUTPUT_KINDS.find(self._output.kind).compare, self._read(sample, values.size)
        error, table = math.nan, None
        if compare is not None and truth is not None:
            error, table = compare(self._output, values, truth)
        self._errors.append(error)
        if table is not None:
            self._table = table if self._table is None else self._table + table

    def save(self, task: Task, name: str) -> tuple[str | None, str | None]:
        """Names of the files with errors and table, for `core.requests.samples.OutputAnswer`."""
        if all(math.isnan(error) for error in self._errors):
            return None, None
        errors = task.save_array(f"{name}-errors", np.array(self._errors, np.float32))
        return errors, None if self._table is None else task.save_array(f"{name}-table", self._table)

    def _read(self, sample: Sample, count: int) -> np.ndarray | None:
        """The true picture or sequence of a sample that gives ``count`` values; None where none can be read."""
        text = sample.truth_of(self._output.name, self._is_answer)
        if text:
            return OUTPUT_KINDS.find(self._output.kind).read_truth(self._output, text, count, ())
        place = sample.true_value_of(self._output.name, self._is_answer)
        if place is None or place.index is None:
            return None
        try:
            return read_entry(Path(place.file), place.index, place.member)
        except UserError:  # The sample itself can be run all the same.
            return None

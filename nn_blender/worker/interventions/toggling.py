"""Answers what one change does: at once for the sample that is shown, and to the outputs of all samples."""

from __future__ import annotations

import time
from collections.abc import Hashable
from typing import Any

import numpy as np

from ...core.interventions.intervention import reached_layers
from ...core.recording import Sample
from ...core.requests.interventions import CompareAnswer, CompareRequest, ToggleAnswer, ToggleRequest
from ..common.events import Task
from ..running.boundaries import boundaries
from ..running.masks import Switches
from ..running.recorder import LEAN, Boundary, class_outputs, side_by_side
from ..running.runs import ReadyModel, Row, RowSource, check_statistic, reader_of, rows_of, sample_keys, switches_of
from ..samples.batches import Feeder, Reader, no_samples, refuse_skipped


def toggle(task: Task, model: ReadyModel, request: ToggleRequest) -> ToggleAnswer:
    """Serve a `ToggleRequest`.

    Raises:
        UserError: as `runs.run_samples`; ``samples.changed``.
    """
    started = time.perf_counter()
    check_statistic(request.statistic)
    sample, reader = request.sample, reader_of(model.network, request.preprocessing)
    mean_samples = request.mean_samples or [sample]
    switches = switches_of(task, model, request.intervention, mean_samples, reader)
    since = None if request.since is None else switches_of(task, model, request.since, mean_samples, reader)
    toggled = _Toggle(model, reader, request.statistic, sample, switches, since)
    row, first_column = toggled.row()
    columns = [model.recorder.columns[model.recorder.number_of(path)] for path in toggled.paths]
    parts = [row.activations[one.start - first_column : one.stop - first_column] for one in columns]
    outputs = np.zeros(0, np.float32) if row.outputs is None else row.outputs
    return ToggleAnswer(
        layers=toggled.paths,
        classes=len(outputs),
        values=task.save_array("values", np.concatenate([*parts, outputs])),
        notes=tuple(model.recorder.notes(switches.intervention)),
        timings={"run_s": time.perf_counter() - started},
    )


def compare(task: Task, model: ReadyModel, request: CompareRequest) -> CompareAnswer:
    """Serve a `CompareRequest`.

    Raises:
        UserError: as `runs.run_samples`.
    """
    started = time.perf_counter()
    samples, reader = request.samples, reader_of(model.network, request.preprocessing)
    switches = switches_of(task, model, request.intervention, request.mean_samples or samples, reader)
    recorder = model.recorder
    first = switches.first()
    starts = recorder.starts(len(model.network.layers) - 1 if first is None else first)
    feeder: Feeder[Any] = model.feeder(samples, reader)
    task.progress("Preparing the network", 0, len(samples))
    outputs = []
    for batch in feeder.batches():
        keys = sample_keys(model, reader, batch.samples)
        start = boundaries.find(keys, switches, starts)
        passed = recorder.run(start or recorder.boundary_at(reader.as_input(batch.values)), LEAN, switches)
        if start is None and first is not None:
            before = [one for one in passed.boundaries if one.place in starts]
            boundaries.keep_recorded(keys, switches, before, len(samples))
        outputs.append(class_outputs(passed))
        task.progress("Running samples", feeder.looked_at, len(samples))
    if not feeder.used:
        raise no_samples(feeder.skipped)
    known = [values for values in outputs if values is not None]
    return CompareAnswer(
        samples=tuple(feeder.used),
        skipped=tuple(feeder.skipped),
        outputs=task.save_array("outputs", np.concatenate(known)) if known else None,
        notes=tuple(recorder.notes(switches.intervention)),
        timings={"run_s": time.perf_counter() - started},
    )


class _Toggle:
    """One sample under an intervention, seen from what its user already shows.

    Args:
        since: what is shown; None for nothing.

    Attributes:
        paths: layers whose activations may differ from what is shown.
    """

    def __init__(
        self,
        model: ReadyModel,
        reader: Reader,
        statistic: str,
        sample: Sample,
        switches: Switches,
        since: Switches | None,
    ) -> None:
        self._model = model
        self._reader = reader
        self._statistic = statistic
        self._sample = sample
        self._switches = switches
        self._source = RowSource(model, reader, statistic, switches, 1)
        self._shown = None if since is None else RowSource(model, reader, statistic, since, 1).recall(sample)
        network = model.network
        self.paths = tuple(layer.path for layer in network.layers)
        if since is not None:
            changed = [network.layers[k].path for k in switches.differing(since) if not self._is_dead(k, since)]
            self.paths = reached_layers(network, changed)

    def row(self) -> tuple[Row, int]:
        """What the network gives from some layer on, at the latest the first of `paths`, and its first neuron."""
        known = self._source.recall(self._sample)
        if known is not None:
            return known, 0
        if not self.paths and self._shown is not None:
            self._source.remember(self._sample, self._shown)
            return self._shown, 0
        return self._run()

    def _run(self) -> tuple[Row, int]:
        recorder = self._model.recorder
        keys = sample_keys(self._model, self._reader, [self._sample])
        first = recorder.number_of(self.paths[0]) if self.paths else len(self._model.network.layers) - 1
        start = boundaries.find(keys, self._switches, recorder.entries(first)) or self._beginning()
        if self._shown is not None:
            start = self._closer(start, first, keys)
        passed = recorder.run(start, self._statistic, self._switches)
        boundaries.keep(keys, self._switches, passed.boundaries)
        first_column = recorder.first_column(start.place)
        if self._shown is None and first_column:
            return Row(side_by_side(passed)[0], _first(class_outputs(passed))), first_column
        before = None if self._shown is None else self._shown.activations[np.newaxis, :first_column]
        (row,) = rows_of(before, passed)
        self._source.remember(self._sample, row)
        return row, 0

    def _closer(self, start: Boundary, first: int, keys: list[Hashable]) -> Boundary:
        """From a boundary in a layer's segment, the last entry before the layer; kept for the next toggle."""
        recorder = self._model.recorder
        entry = recorder.entries(first)[-1]
        if start.place == entry or start.place < recorder.segment_of(first).start:
            return start
        closer = Boundary(entry, recorder.tensors_at(entry, start, self._switches))
        boundaries.keep(keys, self._switches, [closer])
        return closer

    def _beginning(self) -> Boundary:
        feeder: Feeder[Any] = self._model.feeder([self._sample], self._reader)
        batch = next(feeder.batches(), None)
        refuse_skipped(feeder.skipped)
        assert batch is not None
        return self._model.recorder.boundary_at(self._reader.as_input(batch.values))

    def _is_dead(self, number: int, since: Switches) -> bool:
        """Whether a layer's neurons that are changed are 0 at all positions and stay so."""
        if self._shown is None or not self._model.recorder.is_never_negative(number):
            return False
        columns = self._model.recorder.columns[number]
        before, after = since.at(columns), self._switches.at(columns)
        differing = (before != after).any(axis=0)
        is_zero = self._shown.activations[columns] == 0
        # What was off before may wake up now; what is filled is no longer 0.
        return bool((is_zero & (before[0] != 0) & (after[1] == 0))[differing].all())


def _first(outputs: np.ndarray | None) -> np.ndarray | None:
    return None if outputs is None else outputs[0]

"""Answers what one change does: at once for the sample that is shown, and to the outputs of all samples."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from ...core.interventions.intervention import reached_layers
from ...core.recording import Sample
from ...core.requests.interventions import CompareAnswer, CompareRequest, ToggleAnswer, ToggleRequest
from ..common.events import Task
from ..running.recorders import Inputs
from ..running.runs import ReadyModel, Row, RowSource, check_statistic, inputs_of, reader_of, rows_of, switches_of
from ..running.switches import Switches
from ..samples.batches import Batch, Feeder, refuse_skipped
from ..samples.readers import SampleReader


def toggle(task: Task, model: ReadyModel, request: ToggleRequest) -> ToggleAnswer:
    """Serve a `ToggleRequest`.

    Raises:
        UserError: as `runs.run_samples`; ``samples.changed``.
    """
    started = time.perf_counter()
    check_statistic(request.statistic)
    sample, reader = request.sample, reader_of(model.network, request)
    mean_samples = request.mean_samples or [sample]
    switches = switches_of(task, model, request.intervention, mean_samples, reader)
    since = None if request.since is None else switches_of(task, model, request.since, mean_samples, reader)
    toggled = _Toggle(model, reader, request.statistic, sample, switches, since)
    row = toggled.row(task)
    parts = [row.activations[model.recorder.columns[model.recorder.number_of(path)]] for path in toggled.paths]
    return ToggleAnswer(
        layers=toggled.paths,
        values=task.save_array("values", np.concatenate([np.zeros(0, np.float32), *parts])),
        notes=tuple(model.recorder.notes(switches.intervention)),
        timings={"run_s": time.perf_counter() - started},
    )


def compare(task: Task, model: ReadyModel, request: CompareRequest) -> CompareAnswer:
    """Serve a `CompareRequest`.

    Raises:
        UserError: as `runs.run_samples`.
    """
    started = time.perf_counter()
    samples, reader = request.samples, reader_of(model.network, request)
    switches = switches_of(task, model, request.intervention, request.mean_samples or samples, reader)
    recorder = model.recorder
    feeder: Feeder[Any] = model.feeder(samples, reader)
    task.progress("Preparing the network", 0, len(samples))
    outputs = []

    def run(batch: Batch[Any]) -> tuple[np.ndarray, ...]:
        return recorder.outputs(inputs_of(reader, batch), switches, len(samples), task.stop_if_cancelled)

    for _, given in feeder.results(run):
        outputs.append(given[request.answer_output])
        task.progress("Running samples", feeder.looked_at, len(samples))
    are_rows = all(values.ndim == 2 for values in outputs)
    return CompareAnswer(
        samples=tuple(feeder.used),
        skipped=tuple(feeder.skipped),
        outputs=task.save_array("outputs", np.concatenate(outputs)) if are_rows else None,
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
        reader: SampleReader,
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

    def row(self, task: Task) -> Row:
        """What the network gives."""
        known = self._source.recall(self._sample)
        if known is None:
            known = self._shown if self._shown is not None and not self.paths else self._run(task)
            self._source.remember(self._sample, known)
        return known

    def _run(self, task: Task) -> Row:
        recorder = self._model.recorder
        # Without a row that is shown, the layers before the change have to be measured too.
        first = 0 if self._shown is None else recorder.number_of(self.paths[0])
        inputs = Inputs((self._reader.key(self._sample),), self._read)
        measured = recorder.rerun(inputs, self._statistic, self._switches, first, task.stop_if_cancelled)
        before = None if self._shown is None else self._shown.activations[np.newaxis]
        (row,) = rows_of(recorder, before, measured)
        return row

    def _read(self) -> tuple[np.ndarray, ...]:
        """The sample as the network's inputs; raises a UserError of code ``samples.changed``."""
        feeder: Feeder[Any] = self._model.feeder([self._sample], self._reader)
        batch = next(feeder.batches(), None)
        refuse_skipped(feeder.skipped)
        assert batch is not None
        return self._reader.as_inputs(batch.values)

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

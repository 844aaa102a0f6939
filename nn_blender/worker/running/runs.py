"""Runs samples through a loaded model and gathers every neuron's activation."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from ...core.errors import UserError
from ...core.inputs.sizes import InputSize
from ...core.interventions.intervention import Intervention
from ...core.network import Network, TensorSpec
from ...core.recording import STATISTICS, Sample
from ...core.requests.base import SamplesRequest
from ...core.requests.interventions import ToggleRequest
from ...core.requests.samples import OutputAnswer, RunAnswer, RunRequest
from ...core.samples.remarks import gather
from ..common.caches import Cache
from ..common.events import Task
from ..models.modelfile import identity_of
from ..samples.batches import (
    LARGEST_BATCH,
    Batch,
    Feeder,
)
from ..samples.readers import SampleReader, make_sample_reader
from .comparison import Comparison
from .loading import LoadedModel, load_model
from .open_sizes import as_read, settle_sizes
from .recorders import Activations, Inputs, Recorder, recorder_of
from .statistics import StreamingStatistics
from .switches import Switches

BATCH_NUMBERS = 1 << 26
"""Numbers that all layer outputs of a batch may hold together: 256 MB."""
ROW_BYTES = 1 << 28
"""Of rows that are kept for the next run: 256 MB."""

Entry = TypeVar("Entry")


@dataclass(frozen=True)
class ReadyModel:
    """A loaded model with its recorder.

    Attributes:
        key: tells it from other models and from other contents of the same file.
    """

    loaded: LoadedModel
    recorder: Recorder
    key: Hashable

    @property
    def network(self) -> Network:
        return self.loaded.network

    def feeder(
        self, samples: Sequence[Sample], reader: SampleReader, recall: Callable[[Sample], Entry | None] = lambda _: None
    ) -> Feeder[Entry]:
        """Samples in batches of which all layer outputs fit into memory."""
        return Feeder(samples, reader, self.most, recall)

    @property
    def most(self) -> int:
        """How many samples may run at once, so that all layer outputs fit into memory."""
        per_sample = sum(prod(max(size, 1) for size in layer.output_shape) for layer in self.network.layers)
        return max(1, min(LARGEST_BATCH, BATCH_NUMBERS // max(per_sample, 1)))


@dataclass(frozen=True)
class Row:
    """What is known of one sample.

    Attributes:
        activations: float32 (neurons,).
        outputs: float32, what each output of the network gives, without the batch axis.
    """

    activations: np.ndarray
    outputs: tuple[np.ndarray, ...]

    @property
    def bytes(self) -> int:
        return self.activations.nbytes + sum(output.nbytes for output in self.outputs)


_ready: dict[Hashable, ReadyModel] = {}
_rows: Cache[Row] = Cache(ROW_BYTES)
_means: dict[Hashable, np.ndarray] = {}
"""What replaced neurons give, by model and samples; of the last samples only."""


def ready_model(
    path: Path,
    allow_code: bool,
    before_loading: Callable[[], object] = lambda: None,
    sha256: str = "",
    classes_code: str = "",
    classes_sha256: str = "",
    reads: tuple[TensorSpec, ...] = (),
) -> ReadyModel:
    """The model, loaded anew only where the file has changed since. The last one is kept.

    Args:
        before_loading: is called where it has to be loaded.

    The others are as in `loading.load_model`.

    Raises:
        UserError: see `loading.load_model`.
    """
    key = (identity_of(path), allow_code, classes_code, classes_sha256)
    if key in _ready and _ready[key].loaded.fits(reads):
        resized = as_read(_ready[key].loaded, reads)
        if resized is not _ready[key].loaded:
            _ready[key] = _with_recorder(key, resized)
    if key not in _ready or not _ready[key].loaded.fits(reads):
        before_loading()
        if _ready:
            _ready.clear()
            gc.collect()  # A recorder and the functions it traced refer to each other, and it holds large tensors.
        loaded = load_model(path, allow_code, sha256, classes_code, classes_sha256, reads)
        _ready[key] = _with_recorder(key, as_read(loaded, reads))
    return _ready[key]


def settled_model(
    model: ReadyModel, samples: Sequence[Sample], kinds: Mapping[str, str], wanted: Mapping[str, tuple[int, ...]]
) -> tuple[ReadyModel, tuple[InputSize | None, ...]]:
    """A model that `ready_model` gave with a size for every input; it is kept in its place.

    The arguments and what is raised are as in `open_sizes.settle_sizes`.
    """
    settled, sizes = settle_sizes(model.loaded, samples, kinds, wanted)
    if settled.network != model.network:
        key = next(key for key, ready in _ready.items() if ready is model)
        model = _ready[key] = _with_recorder(key, settled)
    return model, sizes


def _with_recorder(key: Hashable, loaded: LoadedModel) -> ReadyModel:
    return ReadyModel(loaded, recorder_of(loaded), (key, loaded.reads))


def run_samples(task: Task, model: ReadyModel, request: RunRequest) -> RunAnswer:
    """Serve a `RunRequest`.

    Raises:
        UserError: ``samples.none``, where no sample could be read; ``samples.failed``, ``worker.out_of_memory`` or
            ``model.failed``, where the network could be run on none; ``input.unsupported``; ``statistic.unknown``;
            ``intervention.…``, see `core.interventions.intervention.Intervention`.
    """
    check_statistic(request.statistic)
    started = time.perf_counter()
    samples, reader = request.samples, reader_of(model.network, request)
    switches = switches_of(task, model, request.intervention, request.mean_samples or samples, reader)
    source = RowSource(model, reader, request.statistic, switches, len(samples))
    feeder = model.feeder(samples, reader, source.recall)
    wanted = len(samples) if request.shown is None else request.shown
    task.progress("Preparing the network", 0, len(samples))
    groups = dict(zip(samples, request.groups or [None] * len(samples), strict=True))
    group_count = 1 + max((group for group in groups.values() if group is not None), default=-1)
    statistics = StreamingStatistics(model.network.neurons, group_count)
    shown: list[np.ndarray] = []
    outputs = [_OutputRows(Comparison.of(request, name)) for name in model.network.outputs]
    for batch, rows in feeder.results(lambda batch: batch.recalled or source.compute(task, batch)):
        activations = [row.activations for row in rows]
        statistics.add(np.stack(activations), [groups[sample] for sample in batch.samples])
        shown += activations[: max(wanted - len(shown), 0)]
        for sample, row in zip(batch.samples, rows, strict=True):
            for collected, output in zip(outputs, row.outputs, strict=True):
                collected.add(sample, output)
        task.progress("Running samples", feeder.looked_at, len(samples))
    rows_shown = np.stack(shown) if shown else np.zeros((0, model.network.neurons), np.float32)
    return RunAnswer(
        samples=tuple(feeder.used),
        skipped=tuple(feeder.skipped),
        activations=task.save_array("activations", rows_shown),
        outputs=tuple(collected.save(task, f"output-{number}") for number, collected in enumerate(outputs)),
        statistics=task.save_array("statistics", statistics.result().to_array()),
        group_means=task.save_array("group-means", statistics.group_means()) if group_count else None,
        notes=tuple(model.recorder.notes(switches.intervention)),
        remarks=tuple(gather((sample.file, remark) for sample in feeder.used for remark in reader.remarks(sample))),
        timings={"run_s": time.perf_counter() - started},
    )


class _OutputRows:
    """What one output gives for the samples that have been run."""

    def __init__(self, comparison: Comparison | None) -> None:
        self._comparison = comparison
        self._values: list[np.ndarray] = []
        self._summaries: list[tuple[float, float, float]] = []

    def add(self, sample: Sample, output: np.ndarray) -> None:
        """Take in what one sample gives."""
        if self._comparison is not None:
            self._comparison.add(sample, output)
        if output.ndim == 1:
            self._values.append(output)
        exact = output.astype(np.float64)
        with np.errstate(invalid="ignore", over="ignore"):
            numbers = (exact.min(), exact.mean(), exact.max()) if exact.size else (np.nan,) * 3
        self._summaries.append(numbers)

    def save(self, task: Task, name: str) -> OutputAnswer:
        alike = len({values.shape for values in self._values}) == 1
        return OutputAnswer(
            task.save_array(name, np.stack(self._values)) if alike else None,
            task.save_array(f"{name}-summary", np.array(self._summaries, np.float32)),
            *(self._comparison.save(task, name) if self._comparison else ()),
        )


def check_statistic(statistic: str) -> None:
    """Whether there is this way for neurons with positions to become one number.

    Raises:
        UserError: code ``statistic.unknown``.
    """
    if statistic not in STATISTICS:
        raise UserError(
            "statistic.unknown", f"There is no statistic {statistic!r}.", f"Use one of {', '.join(STATISTICS)}."
        )


def switches_of(
    task: Task,
    model: ReadyModel,
    intervention: Intervention,
    mean_samples: Sequence[Sample],
    reader: SampleReader,
) -> Switches:
    """The intervention that a request asks for, ready to run.

    Args:
        mean_samples: over which replaced neurons have their mean.

    Raises:
        UserError: see `core.interventions.intervention.Intervention`.
    """
    intervention.check(model.network)
    if not intervention.replaces:
        return model.recorder.switches(intervention)
    return model.recorder.switches(intervention, _mean_activations(task, model, mean_samples, reader))


def _mean_activations(task: Task, model: ReadyModel, samples: Sequence[Sample], reader: SampleReader) -> np.ndarray:
    """Every neuron's mean over samples and positions in the intact network, float32 (neurons,)."""
    key = (model.key, tuple(reader.key(sample) for sample in samples))
    if key not in _means:
        source = RowSource(model, reader, "mean", model.recorder.intact, len(samples))
        feeder = model.feeder(samples, reader, source.recall)
        total = np.zeros(model.network.neurons)
        for _, rows in feeder.results(lambda batch: batch.recalled or source.compute(task, batch)):
            total += np.sum([row.activations for row in rows], axis=0, dtype=np.float64)
            task.progress("Measuring means", feeder.looked_at, len(samples))
        _means.clear()
        _means[key] = (total / len(feeder.used)).astype(np.float32)
    return _means[key]


class RowSource:
    """Rows of samples under one intervention, computed or remembered.

    Args:
        total: how many samples will be asked for.
    """

    def __init__(self, model: ReadyModel, reader: SampleReader, statistic: str, switches: Switches, total: int) -> None:
        self._model = model
        self._recorder = model.recorder
        self._reader = reader
        self._statistic = statistic
        self._switches = switches
        self._total = total

    def recall(self, sample: Sample) -> Row | None:
        return _rows.get(self._key(sample, self._switches))

    def compute(self, task: Task, batch: Batch[Row]) -> tuple[Row, ...]:
        first = self._switches.first() or 0
        intact = self._intact(batch.samples) if first else None
        measured = self._recorder.activations(
            inputs_of(self._reader, batch),
            self._statistic,
            self._switches,
            first=0 if intact is None else first,
            total=self._total,
            between=task.stop_if_cancelled,
        )
        rows = rows_of(self._recorder, intact, measured)
        for sample, row in zip(batch.samples, rows, strict=True):
            self.remember(sample, row)
        return rows

    def remember(self, sample: Sample, row: Row) -> None:
        _rows.put(self._key(sample, self._switches), row, row.bytes)

    def _intact(self, samples: Sequence[Sample]) -> np.ndarray | None:
        """Activations of samples in the intact network, (batch, neurons); None where one is not known."""
        rows = [_rows.get(self._key(sample, self._recorder.intact)) for sample in samples]
        known = [row.activations for row in rows if row is not None]
        return np.stack(known) if len(known) == len(rows) else None

    def _key(self, sample: Sample, switches: Switches) -> Hashable:
        return self._model.key, self._statistic, self._reader.key(sample), switches.key()


def inputs_of(reader: SampleReader, batch: Batch[Any]) -> Inputs:
    """A batch that was read, as the network's inputs."""
    return Inputs(tuple(map(reader.key, batch.samples)), lambda: reader.as_inputs(batch.values))


def rows_of(recorder: Recorder, before: np.ndarray | None, measured: Activations) -> tuple[Row, ...]:
    """Rows of a batch.

    Args:
        before: float32 (batch, neurons), activations of which those of the layers before the measured ones are right;
            may be None where all layers were measured.
    """
    values, outputs = measured.values, measured.outputs
    if measured.first:
        assert before is not None
        values = np.concatenate([before[:, : recorder.columns[measured.first].start], values], axis=1)
    # Copies, for a part of an array keeps the whole of it.
    return tuple(Row(values[k].copy(), tuple(output[k].copy() for output in outputs)) for k in range(len(values)))


def reader_of(network: Network, request: SamplesRequest[Any] | ToggleRequest) -> SampleReader:
    """How the samples of a request are read for a network; raises as `make_sample_reader`."""
    return make_sample_reader(network, request.inputs)

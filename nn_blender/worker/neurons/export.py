"""Writes what layers computed for samples into files that other programs read."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable, Sequence
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from ...core.network import Layer
from ...core.recording import Sample
from ...core.requests.activations import ActivationsAnswer, ActivationsRequest, LayerFile
from ...core.requests.maps import SkippedLayer
from ...core.written_files import refuse_little_space, unfinished
from ..common.events import Task
from ..running.runs import ReadyModel, RowSource, check_statistic, inputs_of, reader_of, switches_of
from ..samples.batches import Batch, refuse_skipped
from .layer_files import LayerWriter, file_names

MOST_OPEN = 200
"""Files that are written at once; systems let a program open some hundreds."""
INDEX = "index.json"
WHAT = "Activations"
ROOM = "Measure fewer samples, write one number per neuron, or choose a folder on a larger disk."


def export_activations(task: Task, model: ReadyModel, request: ActivationsRequest) -> ActivationsAnswer:
    """Serve an `ActivationsRequest`.

    Raises:
        UserError: ``samples.changed`` where a sample cannot be read; ``export.unwritable``; ``input.unsupported``;
            ``statistic.unknown``; ``intervention.…``, see `core.interventions.intervention.Intervention`.
    """
    check_statistic(request.statistic)
    started = time.perf_counter()
    layers = model.network.layers
    wanted = [layer for layer in layers if request.whole or layer.neurons]
    refuse_little_space(request.folder, _bytes(request, wanted), WHAT, ROOM)
    names = file_names([layer.path for layer in wanted])
    left_out = [SkippedLayer(layer.path, "it has no neurons") for layer in layers if layer.path not in names]
    files: list[LayerFile] = []
    with unfinished(request.folder, WHAT, INDEX) as folder:
        for first in range(0, len(wanted), MOST_OPEN):
            group = wanted[first : first + MOST_OPEN]
            for layer, writer in _write(task, model, request, group, folder, names).items():
                if writer.reason:
                    left_out.append(SkippedLayer(layer, writer.reason))
                else:
                    files.append(LayerFile(layer, names[layer], writer.shape, writer.dtype))
        index = _index(model, request, files, left_out)
        (folder / INDEX).write_text(json.dumps(index, indent=1, ensure_ascii=False), encoding="utf-8")
    return ActivationsAnswer(tuple(files), tuple(left_out), {"export_s": time.perf_counter() - started})


def _bytes(request: ActivationsRequest, layers: Sequence[Layer]) -> int:
    """About how large the files get."""
    numbers = (
        prod(max(size, 1) for size in layer.output_shape) if request.whole else layer.neurons for layer in layers
    )
    return 4 * sum(numbers) * len(request.samples)


def _write(
    task: Task,
    model: ReadyModel,
    request: ActivationsRequest,
    layers: Sequence[Layer],
    folder: Path,
    names: dict[str, str],
) -> dict[str, LayerWriter]:
    """Run all samples and write some layers' files, by path."""
    samples, reader = request.samples, reader_of(model.network, request)
    switches = switches_of(task, model, request.intervention, request.mean_samples or samples, reader)
    source = RowSource(model, reader, request.statistic, switches, len(samples))
    paths = [layer.path for layer in layers]
    columns = model.network.neuron_slices()

    def outputs(batch: Batch[Any]) -> dict[str, np.ndarray]:
        return model.recorder.layer_outputs(inputs_of(reader, batch), paths, switches, task.stop_if_cancelled)

    def activations(batch: Batch[Any]) -> dict[str, np.ndarray]:
        rows = np.stack([row.activations for row in batch.recalled or source.compute(task, batch)])
        return {path: rows[:, columns[path]] for path in paths}

    measured: Callable[[Batch[Any]], dict[str, np.ndarray]] = outputs if request.whole else activations
    feeder = model.feeder(samples, reader) if request.whole else model.feeder(samples, reader, source.recall)
    writers = {path: LayerWriter(folder / names[path], len(samples)) for path in paths}
    with contextlib.ExitStack() as stack:
        for writer in writers.values():
            stack.callback(writer.close)
        for batch in feeder.batches():
            for path, values in measured(batch).items():
                writers[path].add(values)
            task.progress("Writing activations", feeder.looked_at, len(samples))
        refuse_skipped(feeder.skipped)
        for layer in layers:
            writers[layer.path].finish(_about(layer, request, samples))
    return writers


def _about(layer: Layer, request: ActivationsRequest, samples: Sequence[Sample]) -> dict[str, np.ndarray]:
    """What a file says besides the activations."""
    return {
        "samples": np.array([sample.name for sample in samples]),
        "labels": np.array([sample.label for sample in samples]),
        "axes": np.array(_axes(layer, request.whole)),
        "layer": np.array(layer.path),
        "statistic": np.array("" if request.whole else request.statistic),
        "intervention": np.array(_intervention(request)),
    }


def _axes(layer: Layer, whole: bool) -> list[str]:
    return ["sample", *(layer.axes if whole else ["neuron"])]


def _intervention(request: ActivationsRequest) -> str:
    """As JSON; empty for the intact network."""
    return "" if request.intervention.is_empty else json.dumps(request.intervention.to_dict())


def _index(
    model: ReadyModel, request: ActivationsRequest, files: Sequence[LayerFile], left_out: Sequence[SkippedLayer]
) -> dict[str, Any]:
    network = model.network
    layers = {layer.path: layer for layer in network.layers}
    return {
        "model": {"name": network.name, "file": network.file, "sha256": network.sha256},
        "activations": "whole outputs" if request.whole else "one number per neuron",
        "statistic": None if request.whole else request.statistic,
        "intervention": None if request.intervention.is_empty else request.intervention.to_dict(),
        "samples": [{"name": sample.name, "label": sample.label, "file": sample.file} for sample in request.samples],
        "layers": [
            {
                "layer": one.layer,
                "class_name": layers[one.layer].class_name,
                "file": one.file,
                "shape": list(one.shape),
                "dtype": one.dtype,
                "axes": _axes(layers[one.layer], request.whole),
            }
            for one in files
        ],
        "left_out": [{"layer": one.layer, "reason": one.reason} for one in left_out],
    }

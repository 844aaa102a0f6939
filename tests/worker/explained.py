"""Explains samples from array files as a request does, and reads the answer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
from plain import partials_in

from nn_blender.core.codec import from_dict, to_dict
from nn_blender.core.explanations import PREDICTED
from nn_blender.core.inputs import INPUT_KINDS, decide_inputs
from nn_blender.core.inputs.ranges import NOTHING_KNOWN
from nn_blender.core.recording import Sample, SampleValue
from nn_blender.core.requests.base import ModelReference
from nn_blender.core.requests.explanations import ExplainedBatch, ExplainRequest
from nn_blender.worker.common.events import EventLog, Task
from nn_blender.worker.methods import explain as serve

_numbers = count(1)


@dataclass(frozen=True)
class Asked:
    """A model file with samples."""

    folder: Path
    request: ExplainRequest


@dataclass(frozen=True)
class Explained:
    """What came of a request: parts joined along samples."""

    folder: Path
    answer: dict[str, Any]
    indices: np.ndarray
    scores: np.ndarray
    outputs: np.ndarray
    maps: dict[tuple[str, int, str], np.ndarray]
    totals: dict[tuple[str, int, str], np.ndarray]
    parts: list[ExplainedBatch]

    def map(self, method: str, input_name: str, target: int = 0) -> np.ndarray:
        return self.maps[method, target, input_name]


def folder_of(folder: Path, model: Any, arrays: list[np.ndarray], kinds: dict[str, str] | None = None) -> Asked:
    """A file of a model and one of each array, (samples, …)."""
    from nn_blender.worker.running.loading import load_model

    file = folder / "model.keras"
    if isinstance(model, Path):
        file = model
    else:
        model.save(file)
    network = load_model(file).network
    files = [folder / f"input {k}.npy" for k in range(len(arrays))]
    for path, array in zip(files, arrays, strict=True):
        np.save(path, array)
    samples = tuple(
        Sample(f"sample {k}", tuple(SampleValue(str(path), k) for path in files)) for k in range(len(arrays[0]))
    )
    decided = decide_inputs(network, chosen=kinds)
    entering = tuple(_prepared(network, *pair) for pair in zip(decided, network.inputs, strict=True))
    reference = ModelReference(file)
    return Asked(folder, ExplainRequest(model=reference, samples=samples, inputs=entering, methods=()))


def _prepared(network: Any, about: Any, spec: Any) -> Any:
    guess = INPUT_KINDS.find(about.kind).guess
    chosen = guess(network, spec, NOTHING_KNOWN).preprocessing if guess else None
    return replace(about, preprocessing=chosen)


def explain(asked: Asked, methods: list[str], targets=(PREDICTED,), task: Task | None = None, **more: Any) -> Explained:
    """What is answered."""
    request = replace(asked.request, methods=tuple(methods), targets=tuple(targets), **more)
    number = next(_numbers)
    folder = asked.folder / f"session {number}"
    folder.mkdir()
    task = task or Task(number, EventLog(folder), lambda: False)
    answer = to_dict(serve(task, request))
    parts = [from_dict(ExplainedBatch, value) for value in partials_in(folder)]

    def joined(names: list[str | None], axis: int = 0) -> np.ndarray | None:
        arrays = [np.load(folder / name) for name in names if name]
        return np.concatenate(arrays, axis) if arrays else None

    keys = [(one.method, one.target, one.input) for one in parts[0].maps]
    return Explained(
        folder,
        answer,
        joined([part.indices for part in parts], 1),
        joined([part.scores for part in parts], 1),
        joined([part.outputs for part in parts], 1),
        {key: joined([part.maps[k].values for part in parts]) for k, key in enumerate(keys)},
        {key: joined([part.maps[k].totals for part in parts]) for k, key in enumerate(keys)},
        parts,
    )


def assert_close(measured: np.ndarray, expected: np.ndarray, tolerance: float = 1e-4) -> None:
    """Insist on values that are the same but for a share of the largest, which is not 0."""
    assert measured.shape == expected.shape
    assert np.abs(expected).max() > 0
    assert np.abs(measured - expected).max() <= tolerance * np.abs(expected).max()

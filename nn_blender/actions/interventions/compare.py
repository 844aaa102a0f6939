"""Compare a network's answers under the intervention in force with those of the intact one, over all samples."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace
from pathlib import Path

import bpy
import numpy as np

from ...core.description.description import Description
from ...core.description.measurements import KeptComparison
from ...core.errors import UserError
from ...core.interventions.comparison import Comparison
from ...core.interventions.comparison import compare as compare_answers
from ...core.interventions.intervention import Intervention
from ...core.outputs import NetworkOutput
from ...core.recording import Recording, Sample
from ...core.requests.interventions import CompareRequest
from ...engine.jobs import Progress
from ...engine.registry import workers
from ...engine.worker import Worker
from ...scene.base import contract
from ...scene.base.find import current_scene
from ...scene.interventions.switches import read_intervention
from ...scene.network.description import change_description
from ...scene.samples.outputs import INTACT_OUTPUT, read_outputs
from ..requests import all_samples, model_of, refuse_missing
from ..targets import check_writable, described, find_root, find_scene

MOST_KEPT = 500
"""Of changed answers and of confusions that are written into the file; how many there are is always written."""


def compare(python: Path | None, root: bpy.types.Collection) -> Generator[Progress, None, Comparison]:
    """Compare and write what comes of it into the network's description, by the intervention's key.

    Where all samples that were measured are in the scene, it knows all answers and no worker is needed.

    Raises:
        UserError: nothing is switched; the network gives no classes; the model or an image is missing or another one,
            or the worker fails; ``worker.missing`` without a Python.
        Cancelled: the job was cancelled.
    """
    network_id, scene_uid = root[contract.NETWORK], current_scene().session_uid
    check_writable(root)
    about = described(root)
    wanted = read_intervention(root, about.network)
    if wanted.is_empty:
        raise UserError(
            "comparison.intact", "No neuron is switched, so nothing can be compared.", "Disable a neuron first."
        )
    recordings = _from_scene(root, about, wanted)
    if recordings is None:
        recordings = yield from _measure(python, root, about, wanted)
    comparison = compare_answers(*recordings, about.classes)
    root = find_root(find_scene(scene_uid), network_id)
    change_description(root, comparison=KeptComparison(wanted.key, comparison.shortened(MOST_KEPT)))
    return comparison


def are_all_shown(about: Description) -> bool:
    """Whether the scene holds all samples that were measured."""
    return about.evaluated <= len(about.samples)


def _from_scene(
    root: bpy.types.Collection, about: Description, wanted: Intervention
) -> tuple[Recording, Recording] | None:
    """Both recordings from the values in the scene; None where these are not all that were measured."""
    before, after = read_outputs(root, INTACT_OUTPUT), read_outputs(root)
    is_in_line = root.get(contract.RECORDED) == wanted.key
    if not are_all_shown(about) or not is_in_line or before is None or after is None:
        return None
    samples = about.shown_samples
    return _recording(samples, before, about.answer_output), _recording(samples, after, about.answer_output)


def _measure(
    python: Path | None, root: bpy.types.Collection, about: Description, wanted: Intervention
) -> Generator[Progress, None, tuple[Recording, Recording]]:
    if python is None:
        raise UserError("worker.missing", "TensorFlow is not set up.", "Set it up to compare all samples.")
    worker = workers.get(root[contract.NETWORK], python)
    shown = about.shown_samples
    request = CompareRequest(
        model=model_of(about),
        samples=all_samples(about),
        inputs=about.inputs,
        answer_output=about.answer_number,
        intervention=wanted,
        mean_samples=shown,
    )
    # In this order, for the intact network can start from what was computed before the first change.
    after = yield from _answers(worker, request, about.answer_output)
    before = yield from _answers(worker, replace(request, intervention=Intervention()), about.answer_output)
    # The same samples must have gone through both, those in the scene among them.
    every = tuple(dict.fromkeys((*shown, *before.samples, *after.samples)))
    refuse_missing(every, [*({*before.samples} & {*after.samples})])
    return before, after


def _answers(worker: Worker, request: CompareRequest, kind: NetworkOutput) -> Generator[Progress, None, Recording]:
    """The network's outputs for all samples that can be read."""
    ran = yield from worker.ask(request)
    outputs = worker.take_array(ran.outputs) if ran.outputs else None
    return _recording(ran.samples, outputs, kind)


def _recording(samples: tuple[Sample, ...], outputs: np.ndarray | None, kind: NetworkOutput) -> Recording:
    nothing = np.zeros((0, 0), np.float32)
    return Recording(samples, nothing, outputs, kind=kind)

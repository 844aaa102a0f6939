"""Compare a network's answers under the intervention in force with those of the intact one, over all samples."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import Any

import bpy
import numpy as np

from ...core.description.description import Description
from ...core.description.measurements import KeptComparison
from ...core.errors import UserError
from ...core.interventions.comparison import Comparison
from ...core.interventions.comparison import compare as compare_answers
from ...core.interventions.intervention import Intervention
from ...core.network import Network
from ...core.recording import Recording, Sample
from ...core.samples.options import MeasureOptions
from ...engine.jobs import Progress
from ...engine.registry import workers
from ...engine.worker import Worker
from ...scene.base import contract
from ...scene.interventions.switches import read_intervention
from ...scene.network.description import change_description, require_description
from ...scene.samples.outputs import INTACT_OUTPUT, read_outputs
from ..samples.measuring import choose_samples, to_dicts
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
    network_id, scene_uid = root[contract.NETWORK], bpy.context.scene.session_uid
    check_writable(root)
    about, network = described(root)
    wanted = read_intervention(root, network)
    if wanted.is_empty:
        raise UserError("comparison.intact", "Nothing is switched, so there is nothing to compare.", "Switch a neuron.")
    recordings = _from_scene(root, about, network, wanted)
    if recordings is None:
        recordings = yield from _measure(python, root, about, network, wanted)
    comparison = compare_answers(*recordings, tuple(about["classes"]))
    root = find_root(find_scene(scene_uid), network_id)
    change_description(root, comparison=KeptComparison(wanted.key, comparison.shortened(MOST_KEPT)))
    return comparison


def are_all_shown(about: Description) -> bool:
    """Whether the scene holds all samples that were measured."""
    return about.evaluated <= len(about.samples)


def _from_scene(
    root: bpy.types.Collection, about: dict[str, Any], network: Network, wanted: Intervention
) -> tuple[Recording, Recording] | None:
    """Both recordings from the values in the scene; None where these are not all that were measured."""
    before, after = read_outputs(root, INTACT_OUTPUT), read_outputs(root)
    is_in_line = root.get(contract.RECORDED) == wanted.key
    if not are_all_shown(require_description(root)) or not is_in_line or before is None or after is None:
        return None
    samples = _shown_samples(about)
    return _recording(samples, before, network), _recording(samples, after, network)


def _measure(
    python: Path | None, root: bpy.types.Collection, about: dict[str, Any], network: Network, wanted: Intervention
) -> Generator[Progress, None, tuple[Recording, Recording]]:
    if python is None:
        raise UserError("worker.missing", "TensorFlow is not set up.", "Set it up to compare all test images.")
    worker = workers.get(root[contract.NETWORK], python)
    source = about["source"]
    shown = _shown_samples(about)
    request = {
        "model": {
            "file": network.file,
            "allow_code": source.get("allow_code", False),
            "sha256": network.sha256,
        },
        "samples": to_dicts(_all_samples(shown, source, Path(network.file))),
        "preprocessing": about["preprocessing"],
        "mean_samples": to_dicts(shown),
    }
    # In this order, for the intact network can start from what was computed before the first change.
    after = yield from _answers(worker, {**request, "intervention": wanted.to_dict()}, network)
    before = yield from _answers(worker, {**request, "intervention": None}, network)
    _check_samples(shown, before.samples, after.samples)
    return before, after


def _check_samples(shown: tuple[Sample, ...], before: tuple[Sample, ...], after: tuple[Sample, ...]) -> None:
    """Whether the same samples went through both, those in the scene first."""
    read = {*before} & {*after}
    missing = [sample.name for sample in dict.fromkeys((*shown, *before, *after)) if sample not in read]
    if missing:
        more = f", +{len(missing) - 3} more" if len(missing) > 3 else ""
        raise UserError(
            "samples.changed",
            f"Test images can no longer be read: {', '.join(missing[:3])}{more}.",
            "Bring them back, or choose other images and measure again.",
        )


def _answers(worker: Worker, request: dict[str, Any], network: Network) -> Generator[Progress, None, Recording]:
    """The network's outputs for all samples that can be read."""
    ran = yield from worker.call("compare", request)
    outputs = None
    if ran["outputs"]:
        outputs = np.array(worker.array(ran["outputs"]))
        worker.discard(ran["outputs"])
    return _recording(tuple(Sample(**sample) for sample in ran["samples"]), outputs, network)


def _recording(samples: tuple[Sample, ...], outputs: np.ndarray | None, network: Network) -> Recording:
    nothing = np.zeros((0, 0), np.float32)
    return Recording(samples, nothing, outputs, is_probability=network.gives_probabilities)


def _shown_samples(about: dict[str, Any]) -> tuple[Sample, ...]:
    return tuple(
        Sample(sample["name"], sample["file"], sample["label"], sample["index"]) for sample in about["samples"]
    )


def _all_samples(shown: tuple[Sample, ...], source: dict[str, Any], model: Path) -> tuple[Sample, ...]:
    """All that were measured: those in the scene by their numbers there, then the others."""
    found = choose_samples(MeasureOptions.from_dict(source), model, [])
    known = {(sample.file, sample.index) for sample in shown}
    return (*shown, *(sample for sample in found if (sample.file, sample.index) not in known))

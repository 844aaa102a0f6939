"""Explain a network's answers to the samples in the scene, and show what was found there."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import bpy
import numpy as np

from ...core.description.description import Description
from ...core.description.explanation import ExplainedTarget, Explanation, finite
from ...core.errors import UserError
from ...core.explanations import PREDICTED, Target
from ...core.interventions.intervention import Intervention
from ...core.recording import Sample
from ...core.requests.explanations import ExplainAnswer, ExplainedBatch, ExplainRequest
from ...engine.jobs import Progress
from ...engine.registry import workers
from ...engine.worker import Worker
from ...scene.base import contract
from ...scene.base.find import current_scene
from ...scene.network.description import require_description
from ...scene.show_explanation import explanation_key, show_explanation
from ..maps.packed_maps import read_maps
from ..requests import model_of
from ..targets import check_writable, described, find_root, find_scene

MOST_PIXELS = 4_000_000
"""Of the picture with all samples' maps of one target and input."""


@dataclass(frozen=True)
class Asked:
    """What is to be explained, and how.

    Attributes:
        method: its name.
        layer: see `core.requests.explanations.ExplainRequest`; ``steps`` likewise.
        with_intact: whether the network without its intervention is explained too, to compare with.
    """

    method: str
    targets: tuple[Target, ...] = (PREDICTED,)
    layer: str = ""
    steps: int = ExplainRequest.steps
    with_intact: bool = False


@dataclass
class _Rows:
    """What was found for one sample, of every target; sums by target, where values add up to something."""

    indices: list[int]
    scores: list[float]
    outputs: list[float]
    sums: dict[int, float] = field(default_factory=dict)
    totals: dict[int, float] = field(default_factory=dict)


def explain_samples(
    python: Path, root: bpy.types.Collection, asked: Asked, samples: Sequence[int]
) -> Generator[Progress, None, None]:
    """Explain samples in the scene and show the maps in place of those that are shown.

    The first one is shown as soon as it is there, the others all at once in the end.

    Args:
        samples: their numbers in the scene; the first is the one that is looked at.

    Raises:
        UserError: the model or the samples are missing or others, nothing can be explained in this way, or the worker
            fails; ``scene.edit_mode``. What was shown before the error stays.
        Cancelled: the job was cancelled; likewise.
    """
    scene_uid, network_id = current_scene().session_uid, root[contract.NETWORK]
    about = described(root)
    if not about.samples:
        raise UserError("samples.none", "There are no samples in the scene.", "Add some and measure again.")
    check_writable(root)
    worker = workers.get(network_id, python)
    request, before = _request(about, asked), explanation_key(about)
    requests = [request]
    if asked.with_intact and not request.intervention.is_empty:
        requests.append(replace(request, intervention=Intervention()))
    rounds = [tuple(samples[:1]), tuple(sorted(samples))] if len(samples) > 1 else [tuple(samples)]
    for numbers in rounds:
        wanted = tuple(about.shown_samples[number] for number in numbers)
        found = []
        for one in requests:
            collected = _Collected(worker)
            answer = yield from worker.stream(replace(one, samples=wanted), collected.take)
            found.append(_Found(answer, collected))
        scene = find_scene(scene_uid)
        root = find_root(scene, network_id)
        if explanation_key(require_description(root)) != before:
            raise UserError("samples.changed", "The samples in the scene are others by now.", "Explain them again.")
        check_writable(root)
        _show(scene, root, asked, request.intervention, found, numbers)


def _request(about: Description, asked: Asked) -> ExplainRequest:
    return ExplainRequest(
        model=model_of(about),
        samples=(),
        inputs=about.inputs,
        intervention=about.intervention.intervention if about.intervention else Intervention(),
        mean_samples=about.shown_samples,
        methods=(asked.method,),
        targets=asked.targets,
        outputs=about.outputs,
        layer=asked.layer,
        steps=asked.steps,
        pixels=MOST_PIXELS,
    )


class _Collected:
    """What batches gave, by sample: the same may come several times, see `Worker.stream`."""

    def __init__(self, worker: Worker) -> None:
        self.worker = worker
        self.rows: dict[Sample, _Rows] = {}

    def take(self, batch: ExplainedBatch) -> None:
        take = self.worker.take_array
        indices, scores, outputs = (take(name) for name in (batch.indices, batch.scores, batch.outputs))
        for number, sample in enumerate(batch.samples):
            self.rows[sample] = _Rows(*(values[:, number].tolist() for values in (indices, scores, outputs)))
        totals: dict[str, np.ndarray] = {}
        for one in batch.maps:
            values = take(one.values)
            if one.totals is None:
                continue
            if one.totals not in totals:
                totals[one.totals] = take(one.totals)
            sums = [float(np.nansum(own, dtype=np.float64)) for own in values]
            for number, sample in enumerate(batch.samples):
                rows = self.rows[sample]
                # Those of all inputs together.
                rows.sums[one.target] = rows.sums.get(one.target, 0.0) + sums[number]
                rows.totals[one.target] = float(totals[one.totals][number])


@dataclass(frozen=True)
class _Found:
    """What the worker said: of the network as it is switched, or of the intact one."""

    answer: ExplainAnswer
    collected: _Collected


def _show(
    scene: bpy.types.Scene,
    root: bpy.types.Collection,
    asked: Asked,
    intervention: Intervention,
    found: Sequence[_Found],
    numbers: Sequence[int],
) -> None:
    """Show what was found; of every target first what the network says as it is switched."""
    about, answer, worker = require_description(root), found[0].answer, found[0].collected.worker
    samples = {number: about.shown_samples[number] for number in numbers}
    shown = [number for number in numbers if all(samples[number] in one.collected.rows for one in found)]
    pictures = [
        (picture.target * len(found) + which, picture.atlas)
        for which, one in enumerate(found)
        for picture in one.answer.pictures
    ]
    if not answer.pictures or not shown:
        why = " ".join(answer.notes) or "None of the samples could be read."
        raise UserError("explanation.no_maps", f"There is nothing to show: {why}", "Choose another method.")
    maps = read_maps(worker, [atlas for _, atlas in pictures])
    rows = [[one.collected.rows[samples[number]] for number in shown] for one in found]
    explanation = Explanation(
        method=asked.method,
        samples=tuple(shown),
        targets=tuple(
            _target(target, number, of_one, is_intact=which > 0)
            for number, target in enumerate(asked.targets)
            for which, of_one in enumerate(rows)
        ),
        inputs=tuple(dict.fromkeys(atlas.input for _, atlas in pictures)),
        layer=answer.layer,
        chosen_layer=asked.layer,
        steps=asked.steps,
        key=explanation_key(about),
        intervention="" if intervention.is_empty else intervention.key,
        notes=tuple(dict.fromkeys(note for one in found for note in one.answer.notes)),
    )
    show_explanation(scene, root, explanation, [(target, of) for (target, _), of in zip(pictures, maps, strict=True)])
    for packed in maps:
        for name in filter(None, (packed.atlas.file, packed.atlas.ranges)):
            worker.discard(name)


def _target(target: Target, number: int, rows: Sequence[_Rows], *, is_intact: bool) -> ExplainedTarget:
    adds_up = all(number in row.totals for row in rows)
    return ExplainedTarget(
        target,
        tuple(row.indices[number] for row in rows),
        finite(np.array([row.scores[number] for row in rows])),
        finite(np.array([row.outputs[number] for row in rows])),
        finite(np.array([row.sums[number] for row in rows])) if adds_up else (),
        finite(np.array([row.totals[number] for row in rows])) if adds_up else (),
        is_intact,
    )

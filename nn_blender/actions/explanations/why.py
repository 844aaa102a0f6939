"""Find out why a sample gets its class, and keep that in the scene."""

from __future__ import annotations

from collections.abc import Generator, Hashable
from pathlib import Path

import bpy

from ...core.errors import UserError
from ...core.interventions.intervention import Intervention
from ...core.neurons.reasons import KeptReasons, Reasons
from ...core.requests.reasons import ReasonsRequest
from ...engine.jobs import Progress
from ...engine.registry import workers
from ...scene.base import contract
from ...scene.base.find import current_scene
from ...scene.explanations.reasons import MOST_KEPT, keep_reasons, kept_reasons, reasons_key
from ..requests import all_samples, model_of
from ..targets import described, find_root, find_scene

_found: dict[str, dict[Hashable, KeptReasons]] = {}
"""What was found since the file was opened, by the network's id, then by sample and class."""


def find_reasons(
    python: Path, root: bpy.types.Collection, sample: int, asked: int | None = None
) -> Generator[Progress, None, Reasons]:
    """Find the neurons that speak for and against a class, those that turn the answer, and similar samples.

    What is known so far is kept in the scene as it comes, and stays there where the job is cancelled.

    Args:
        sample: its number in the scene.
        asked: number of the class; None for the one with the highest output.

    Raises:
        UserError: the model or the samples are missing or others, or the worker fails; ``samples.none``;
            ``output.unsupported``, where the answer is not numbers in a row; ``output.unknown_class``.
        Cancelled: the job was cancelled.
    """
    network_id, scene_uid = root[contract.NETWORK], current_scene().session_uid
    about = described(root)
    if sample >= len(about.samples):
        raise UserError("samples.none", "There is no such sample in the scene.", "Choose another one.")
    explained, samples = about.shown_samples[sample], all_samples(about)
    request = ReasonsRequest(
        model=model_of(about),
        sample=explained,
        samples=samples,
        inputs=about.inputs,
        answer_output=about.answer_number,
        output=about.answer_output,
        target=asked,
        intervention=about.intervention.intervention if about.intervention else Intervention(),
        mean_samples=about.shown_samples,
    )
    key, others = reasons_key(about, explained), len(samples) - 1

    def keep(found: Reasons) -> None:
        kept = KeptReasons(explained, asked, key, others, found)
        keep_reasons(find_root(find_scene(scene_uid), network_id), kept)
        mine = _found.setdefault(network_id, {})
        # The newest are last, and no more than a scene keeps: bringing back others would push out newer ones.
        mine.pop((explained.values, asked), None)
        mine[explained.values, asked] = kept
        for old in list(mine)[:-MOST_KEPT]:
            del mine[old]

    answer = yield from workers.get(network_id, python).stream(request, keep)
    keep(answer.reasons)
    return answer.reasons


def bring_back(root: bpy.types.Collection) -> None:
    """Keep anew what undo or redo took out of the scene: what was found is no step of undo."""
    known = {(one.sample.values, one.asked): one.key for one in kept_reasons(root)}
    for kept in _found.get(root[contract.NETWORK], {}).values():
        if known.get((kept.sample.values, kept.asked)) != kept.key:
            keep_reasons(root, kept)


def forget() -> None:
    """Another file is opened."""
    _found.clear()

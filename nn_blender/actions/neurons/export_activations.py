"""Write what layers compute for samples into files that other programs read."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from pathlib import Path

import bpy

from ...core.errors import UserError
from ...core.interventions.intervention import Intervention
from ...core.recording import Sample
from ...core.requests.activations import ActivationsAnswer, ActivationsRequest
from ...engine.jobs import Progress
from ...engine.registry import workers
from ...scene.base import contract
from ...scene.network.description import require_description
from ..requests import model_of


def export_activations(
    python: Path, root: bpy.types.Collection, samples: Sequence[Sample], folder: Path, whole: bool = False
) -> Generator[Progress, None, ActivationsAnswer]:
    """Write one file per layer into a folder, under the intervention in force.

    Args:
        samples: those that were measured.
        folder: absolute.
        whole: whether the layers' whole outputs are written instead of one number per neuron.

    Raises:
        UserError: there are no samples, or the folder cannot be written.
        Cancelled: then nothing was written.
    """
    if not samples:
        raise UserError("samples.none", "There are no samples, so there are no activations.", "Add --samples PATH.")
    about = require_description(root)
    request = ActivationsRequest(
        model=model_of(about),
        samples=tuple(samples),
        inputs=about.inputs,
        intervention=about.intervention.intervention if about.intervention else Intervention(),
        mean_samples=about.shown_samples,
        folder=folder,
        whole=whole,
        statistic=about.statistic,
    )
    answer = yield from workers.get(root[contract.NETWORK], python).ask(request)
    return answer

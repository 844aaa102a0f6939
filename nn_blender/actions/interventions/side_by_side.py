"""Show a network twice: as it is, and beside it under an intervention."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace
from pathlib import Path

import bpy

from ...core.blocks.at_first import AUTO
from ...core.description.description import Description
from ...core.errors import UserError
from ...core.interventions.intervention import Intervention
from ...core.interventions.naming import default_name
from ...core.network import plain
from ...core.samples.options import MeasureOptions
from ...engine.jobs import Progress
from ...scene.base import contract
from ...scene.base.find import current_scene
from ...scene.network.description import require_description
from ...scene.opening.together import join_picture
from ...scene.samples.timeline import fade_frames, frames_per_sample, remove_markers, show_sample, shown_sample
from ...scene.stage.stage import share_stage
from ..network.import_network import ImportOptions, import_network
from ..network.remove_network import remove_network
from ..targets import check_same, described, find_root, find_scene
from .switch import intervene


def show_side_by_side(
    python: Path, root: bpy.types.Collection, intervention: Intervention, *, keep_first: bool = False
) -> Generator[Progress, None, str]:
    """Import a network of the current scene once more, with the same samples, and switch neurons in the second one.

    The first one becomes intact. Whatever fails or is cancelled, the second one is gone again.

    Args:
        keep_first: leave the first network's switches as they are.

    Returns:
        The id of the second network.

    Raises:
        UserError: the model or an image is missing or another one, or the worker fails.
        Cancelled: the job was cancelled.
    """
    network_id, scene_uid = root[contract.NETWORK], current_scene().session_uid
    about = described(root)
    shown = shown_sample(current_scene(), root)
    imported = yield from import_network(python, _options(root, about), opening=about.opening)
    try:
        scene, second = _find(scene_uid, imported.network_id)
        _check(about, second)
        second.name = f"NN {imported.contents.network.name} ({default_name(intervention)})"
        yield from intervene(python, second, intervention)
        scene, root = _find(scene_uid, network_id)
        if not keep_first:
            yield from intervene(python, root, Intervention())
    except BaseException:
        scene, second = _find(scene_uid, imported.network_id)
        remove_network(scene, second)
        raise
    scene, second = _find(scene_uid, imported.network_id)
    _join(scene, find_root(scene, network_id), second)
    show_sample(scene, second, shown)
    return imported.network_id


def _options(root: bpy.types.Collection, about: Description) -> ImportOptions:
    """The same measurement; what was guessed the first time of a network's only input is not guessed anew."""
    options = about.source.options
    if len(about.inputs) == 1 and about.preprocessing:
        options = replace(options, choices=plain(about.preprocessing))
    return ImportOptions(
        **{name: getattr(options, name) for name in MeasureOptions.__dataclass_fields__},
        file=Path(about.network.file),
        frames_per_sample=frames_per_sample(root),
        fade_frames=fade_frames(root),
        budget=about.budget,
        with_stage=False,
        open=None if about.opening is None else AUTO,
        classes_code=about.source.classes_code,
    )


def _check(about: Description, second: bpy.types.Collection) -> None:
    """Whether the second network is the same one and shows the same samples."""
    found = require_description(second)
    check_same(about.network, found.network)
    before, after = ([one.values for one in either.shown_samples] for either in (about, found))
    if before != after:
        raise UserError(
            "samples.changed",
            "The samples are not those that the scene shows: some were added, removed or renamed.",
            "Measure the network again first.",
        )


def _join(scene: bpy.types.Scene, root: bpy.types.Collection, second: bpy.types.Collection) -> None:
    """One camera and one set of markers for both."""
    remove_markers(scene, second)
    del second[contract.MARKERS]
    if require_description(second).opening is None:
        share_stage(scene, root, second)
    else:
        join_picture(scene, root, second)


def _find(scene_uid: int, network_id: str) -> tuple[bpy.types.Scene, bpy.types.Collection]:
    scene = find_scene(scene_uid)
    return scene, find_root(scene, network_id)

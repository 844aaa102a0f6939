"""Run a network again where its switches ask for it, and show what it does under the intervention."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace
from pathlib import Path

import bpy

from ...core.description.description import Description
from ...core.errors import UserError
from ...core.interventions.intervention import Intervention
from ...core.maps.packing import Atlas
from ...core.network import Network
from ...core.outputs import OUTPUT_KINDS
from ...core.requests.interventions import ToggleRequest
from ...core.requests.maps import MapsRequest
from ...core.requests.samples import RunRequest
from ...core.samples.options import MeasureOptions
from ...engine.jobs import Progress
from ...engine.registry import workers
from ...engine.worker import Worker
from ...scene.base import contract
from ...scene.base.find import current_scene
from ...scene.interventions.switches import INCOMPLETE, read_intervention, write_toggled
from ...scene.maps.change_maps import are_differences_shown
from ...scene.network.description import read_description
from ...scene.samples.timeline import shown_sample
from ...scene.show_intervention import Change, show_change, show_intact
from ..maps.change_maps import draw_differences
from ..maps.packed_maps import read_maps
from ..requests import model_of, read_recording, refuse_missing
from ..samples.measuring import draw_maps
from ..targets import check_writable, described, discard_files, find_root, find_scene


def is_up_to_date(root: bpy.types.Collection, wanted: Intervention | None = None) -> bool:
    """Whether the values in the scene are those of the intervention that its switches ask for.

    Args:
        wanted: what they ask for, where that was read before.
    """
    about = read_description(root)
    if about is None or not about.samples:
        return True
    try:
        wanted = read_intervention(root, about.network) if wanted is None else wanted
    except UserError:  # Somebody set a factor that makes no sense; the rerun says so.
        return False
    if wanted.is_empty:
        return not root.get(contract.RECORDED, "")
    has_differences = not root.get(contract.COMPARE, 0) or are_differences_shown(root, wanted)
    return root.get(contract.RECORDED, "") == wanted.key and has_differences


def rerun(
    python: Path | None, root: bpy.types.Collection, wanted: Intervention | None = None
) -> Generator[Progress, None, None]:
    """Bring values, maps and answers in line with the switches in the scene.

    The intact network needs no worker: its values were kept. Else the sample that is shown comes first; everything
    else is written when all of it is computed.

    Args:
        wanted: what the switches ask for, where that was read before.

    Raises:
        UserError: the model or an image is missing or another one, or the worker fails; ``worker.missing`` without a
            Python; ``scene.edit_mode``.
        Cancelled: the job was cancelled.
    """
    network_id, scene_uid = root[contract.NETWORK], current_scene().session_uid
    about = described(root)
    network = about.network
    wanted = read_intervention(root, network) if wanted is None else wanted
    check_writable(root)
    if not about.samples:
        return
    if wanted.is_empty:
        show_intact(current_scene(), root)
        return
    if python is None:
        raise UserError("worker.missing", "TensorFlow is not set up.", "Set it up to see what the switches change.")
    compares = bool(root.get(contract.COMPARE, 0))
    worker = workers.get(network_id, python)
    request = RunRequest(
        model=model_of(about),
        samples=about.shown_samples,
        inputs=about.inputs,
        statistic=about.statistic,
        outputs=about.outputs,
        answer_output=about.answer_number,
        intervention=wanted,
    )
    yield from _show_first(worker, request, _shown_intervention(root, about), network, root)
    ran = yield from worker.ask(request)
    recording = read_recording(worker, ran, request.statistic, about.outputs, about.answer_number)
    refuse_missing(request.samples, recording.samples)
    options = about.source.options
    drawing = _drawing(request, about, network)
    atlases, composites = yield from _maps(worker, drawing, network, options)
    differences = None
    if compares:
        drawing = replace(drawing, layers=tuple(atlas.layer for atlas in atlases if atlas.layer))
        differences = yield from draw_differences(worker, drawing, network, options)
    yield Progress("Updating the scene")
    scene = find_scene(scene_uid)
    root = find_root(scene, network_id)
    check_writable(root)
    maps, summaries = read_maps(worker, atlases), read_maps(worker, composites)
    changes = None if differences is None else read_maps(worker, differences)
    change = Change(wanted, recording, maps, summaries, ran.notes, changes)
    show_change(scene, root, network, change)
    discard_files(worker, change)


def _show_first(
    worker: Worker, request: RunRequest, since: Intervention | None, network: Network, root: bpy.types.Collection
) -> Generator[Progress, None, None]:
    """What changes for the sample that is shown; the worker computes only layers from the first changed one on."""
    network_id, scene_uid = root[contract.NETWORK], current_scene().session_uid
    sample = shown_sample(current_scene(), root)
    replaces = request.intervention.replaces or (since is not None and since.replaces)
    toggled = yield from worker.ask(
        ToggleRequest(
            model=request.model,
            sample=request.samples[sample],
            inputs=request.inputs,
            statistic=request.statistic,
            intervention=request.intervention,
            since=since,
            mean_samples=request.samples if replaces else (),
        )
    )
    values = worker.array(toggled.values)
    activations, start = {}, 0
    for path in toggled.layers:
        end = start + network.layer(path).neurons
        activations[path] = values[start:end]
        start = end
    root = find_root(find_scene(scene_uid), network_id)
    write_toggled(root, network, request.intervention, sample, activations)
    worker.discard(toggled.values)
    yield Progress("Running the other samples")


def _shown_intervention(root: bpy.types.Collection, about: Description) -> Intervention | None:
    """The intervention that all values in the scene are of; None where they are of several."""
    recorded = root.get(contract.RECORDED, "")
    if not recorded:
        return Intervention()
    return about.intervention.intervention if about.intervention and recorded != INCOMPLETE else None


def _drawing(request: RunRequest, about: Description, network: Network) -> MapsRequest:
    """What to ask for maps of the layers that the intervention reaches and that have maps in the scene."""
    shown = {atlas.layer for atlas in about.atlases}
    return MapsRequest(
        model=request.model,
        samples=request.samples,
        inputs=request.inputs,
        intervention=request.intervention,
        layers=tuple(path for path in request.intervention.reached_layers(network) if path in shown),
        outputs=about.outputs,
    )


def _maps(
    worker: Worker, drawing: MapsRequest, network: Network, options: MeasureOptions
) -> Generator[Progress, None, tuple[tuple[Atlas, ...], tuple[Atlas, ...]]]:
    if not drawing.layers and not any(OUTPUT_KINDS.find(one.kind).picture for one in drawing.outputs):
        return (), ()
    maps = yield from draw_maps(worker, drawing, network, options)
    return tuple(atlas for atlas in maps.atlases if atlas.layer or atlas.output), maps.composites

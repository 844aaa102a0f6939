"""Switch neurons and show what the network does without them."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import Any

import bpy

from ...core.errors import UserError
from ...core.interventions.intervention import Intervention
from ...core.maps.packing import Atlas
from ...core.network import Network
from ...core.recording import Sample
from ...core.samples.options import MeasureOptions
from ...engine.jobs import Progress
from ...engine.registry import workers
from ...engine.worker import Worker
from ...scene.base import contract
from ...scene.interventions.switches import INCOMPLETE, read_intervention, write_toggled
from ...scene.maps.change_maps import are_differences_shown
from ...scene.network.description import read_description
from ...scene.samples.timeline import shown_sample
from ...scene.show_intervention import Change, show_change, show_intact
from ..maps.change_maps import draw_differences
from ..samples.measuring import draw_maps, read_recording, to_dicts
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
    network_id, scene_uid = root[contract.NETWORK], bpy.context.scene.session_uid
    about, network = described(root)
    wanted = read_intervention(root, network) if wanted is None else wanted
    check_writable(root)
    if not about.get("samples"):
        return
    if wanted.is_empty:
        show_intact(bpy.context.scene, root)
        return
    if python is None:
        raise UserError("worker.missing", "TensorFlow is not set up.", "Set it up to see what the switches change.")
    compares = bool(root.get(contract.COMPARE, 0))
    worker = workers.get(network_id, python)
    request = _request(about, network, wanted)
    since = _shown_intervention(root, about)
    yield from _show_first(worker, {**request, "since": since}, network, wanted, root)
    ran = yield from worker.call("run", {**request, "shown": len(request["samples"])})
    recording = read_recording(worker, ran, about["statistic"])
    _check_samples(request["samples"], to_dicts(recording.samples))
    atlases, composites = yield from _maps(worker, request, about, network, wanted, len(recording.samples))
    differences = None
    if compares:
        layers = [atlas.layer for atlas in atlases]
        differences = yield from draw_differences(worker, request, about, network, layers)
    yield Progress("Updating the scene")
    scene = find_scene(scene_uid)
    root = find_root(scene, network_id)
    check_writable(root)
    folder = worker.path(atlases[0].file).parent if atlases else Path()
    change = Change(wanted, recording, atlases, composites, folder, tuple(ran["notes"]), differences)
    show_change(scene, root, network, change)
    discard_files(worker, change)


def _show_first(
    worker: Worker, request: dict[str, Any], network: Network, wanted: Intervention, root: bpy.types.Collection
) -> Generator[Progress, None, None]:
    """What changes for the sample that is shown; the worker computes only layers from the first changed one on."""
    network_id, scene_uid = root[contract.NETWORK], bpy.context.scene.session_uid
    sample = shown_sample(bpy.context.scene, root)
    params = {**request, "sample": request["samples"][sample]}
    del params["samples"]
    toggled = yield from worker.call("toggle", {**params, "mean_samples": request["samples"]})
    values = worker.array(toggled["values"])
    activations, start = {}, 0
    for path in toggled["layers"]:
        end = start + network.layer(path).neurons
        activations[path] = values[start:end]
        start = end
    root = find_root(find_scene(scene_uid), network_id)
    write_toggled(root, network, wanted, sample, activations)
    worker.discard(toggled["values"])
    yield Progress("Running the other test images")


def _shown_intervention(root: bpy.types.Collection, about: dict[str, Any]) -> dict[str, Any] | None:
    """The intervention that all values in the scene are of; None where they are of several."""
    recorded = root.get(contract.RECORDED, "")
    if recorded == INCOMPLETE:
        return None
    return about.get("intervention") if recorded else {"layers": {}}


def _check_samples(wanted: list[dict[str, Any]], found: list[dict[str, Any]]) -> None:
    missing = [sample["name"] for sample in wanted if sample not in found]
    if missing:
        more = f", +{len(missing) - 3} more" if len(missing) > 3 else ""
        raise UserError(
            "samples.changed",
            f"Test images can no longer be read: {', '.join(missing[:3])}{more}.",
            "Bring them back, or choose other images and measure again.",
        )


def _request(about: dict[str, Any], network: Network, wanted: Intervention) -> dict[str, Any]:
    samples = [
        Sample(**{name: sample[name] for name in ("name", "file", "label", "index")}) for sample in about["samples"]
    ]
    return {
        "model": {
            "file": network.file,
            "allow_code": about["source"].get("allow_code", False),
            "sha256": network.sha256,
        },
        "samples": to_dicts(samples),
        "preprocessing": about["preprocessing"],
        "statistic": about["statistic"],
        "intervention": wanted.to_dict(),
    }


def _maps(
    worker: Worker, request: dict[str, Any], about: dict[str, Any], network: Network, wanted: Intervention, samples: int
) -> Generator[Progress, None, tuple[tuple[Atlas, ...], tuple[Atlas, ...]]]:
    """Maps of the layers that the intervention reaches."""
    shown = {atlas["layer"] for atlas in about["atlases"]}
    layers = [path for path in wanted.reached_layers(network) if path in shown]
    if not layers:
        return (), ()
    options = MeasureOptions.from_dict(about["source"])
    maps = yield from draw_maps(worker, request, network, layers, samples, options)
    return tuple(atlas for atlas in maps.atlases if atlas.layer), maps.composites

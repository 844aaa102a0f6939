"""Measure a network in the scene anew: other samples, another preprocessing; the scene is kept, not rebuilt."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import Any

import bpy

from ..core.errors import UserError
from ..core.network import Network
from ..engine.jobs import Progress
from ..engine.registry import workers
from ..scene import contract
from ..scene.build import update_network
from ..scene.description import read_description
from ..scene.find import networks
from ..scene.timeline import fade_frames, fit_timeline, frames_per_sample, show_sample, shown_sample
from .import_network import discard_files, find_scene, load_network, make_contents
from .measuring import MeasureOptions, measure


def chosen_options(root: bpy.types.Collection) -> MeasureOptions:
    """What was chosen when the network was last measured."""
    return MeasureOptions.from_dict(read_description(root).get("source", {}))


def measure_again(
    python: Path, root: bpy.types.Collection, options: MeasureOptions, model: Path | None = None
) -> Generator[Progress, None, None]:
    """Measure a network of the current scene with other options.

    The worker keeps what it computed for every sample, so only what changed is computed; of the scene, only values
    that differ are written. It is not touched before everything is computed.

    Args:
        model: where the model file is now, if it was moved.

    Raises:
        UserError: the model is missing or another one; the samples do not fit.
        Cancelled: the job was cancelled.
    """
    network_id, scene_uid = root[contract.NETWORK], bpy.context.scene.session_uid
    about = read_description(root)
    if not about:
        raise UserError(
            "scene.description", "The description of the network is missing from the file.", "Import it again."
        )
    check_writable(root)
    before = Network.from_dict(about["network"])
    worker = workers.get(network_id, python)
    file = str((model or Path(before.file)).expanduser().absolute())
    source: dict[str, Any] = {**options.to_dict(), "allow_code": about["source"].get("allow_code", False)}
    choice = {"file": file, "allow_code": source["allow_code"]}
    loaded = yield from load_network(worker, choice)
    network = Network.from_dict(loaded["network"])
    check_same(before, network)
    measured = yield from measure(worker, choice, network, options)
    if measured.recording is None and about["samples"]:
        raise UserError("samples.none", "There are no test images to measure.", "Add some, then measure again.")
    yield Progress("Updating the scene")
    scene = find_scene(scene_uid)
    check_writable(find_root(scene, network_id))
    root = find_root(scene, network_id)
    contents = make_contents(
        worker,
        network,
        measured,
        frames_per_sample=frames_per_sample(root),
        fade_frames=fade_frames(root),
        source=source,
        notes=measured.notes,
        versions={"blender": bpy.app.version_string, **loaded["versions"]},
    )
    shown = shown_sample(scene, root)
    update_network(scene, root, contents)
    fit_timeline(scene)
    show_sample(scene, root, shown)
    discard_files(worker, contents)


def check_writable(root: bpy.types.Collection) -> None:
    """Whether values can be written: a mesh in Edit Mode shows attributes of length 0.

    Raises:
        UserError: code ``scene.edit_mode``.
    """
    for thing in tuple(root.all_objects):
        if thing.type == "MESH" and thing.data.is_editmode:
            raise UserError("scene.edit_mode", f"{thing.name} is in Edit Mode.", "Leave it and try again.")


def check_same(before: Network, now: Network) -> None:
    """Whether a model file is still the one that a scene was made from.

    Raises:
        UserError: code ``model.changed``.
    """
    if before.sha256 != now.sha256 or before.layers != now.layers:
        raise UserError(
            "model.changed",
            f"{now.file} is not the file that the scene was made from.",
            "Import it as a network of its own, or choose the file that it was.",
        )


def find_root(scene: bpy.types.Scene, network_id: str) -> bpy.types.Collection:
    """A network of a scene by its id.

    Raises:
        UserError: code ``scene.gone``.
    """
    root = next((root for root in networks(scene) if root[contract.NETWORK] == network_id), None)
    if root is None:
        raise UserError("scene.gone", "The network was removed meanwhile.", "Import it again.")
    return root

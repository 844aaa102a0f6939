"""Measure what the class loses without each neuron: exactly, one neuron after the other, or as an estimate."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import bpy
import numpy as np

from ...core.errors import UserError
from ...core.interventions.intervention import Intervention, switch_of
from ...core.network import Network
from ...core.recording import Sample, number_of_label
from ...core.samples.finding import find_pictures_beside, find_samples
from ...core.samples.options import MeasureOptions
from ...engine.jobs import Progress
from ...engine.registry import workers
from ...engine.worker import Worker
from ...scene.base import contract
from ...scene.network.description import read_description
from ...scene.neurons.influence import (
    Losses,
    Measured,
    is_estimated,
    kept_losses,
    state_key,
    write_estimates,
    write_losses,
)
from ..samples.measuring import to_dicts
from ..targets import check_same, check_writable, find_root, find_scene, load_network

FIRST_BLOCK, LARGEST_BLOCK = 4, 4096
"""How many neurons are asked for at once, at first and at most."""

BLOCK_SECONDS = 1.0
"""About how long the worker takes for a block, after which its results are shown."""


@dataclass(frozen=True)
class _Plan:
    """What is measured, for which scene.

    Attributes:
        request: model, samples, labels, preprocessing and intervention, as the worker takes them.
        measured: under which circumstances; the number of samples is not known yet.
    """

    scene_uid: int
    network_id: str
    network: Network
    worker: Worker
    request: dict[str, Any]
    measured: Measured

    def root(self) -> bpy.types.Collection:
        """The network, found anew after every wait."""
        return find_root(find_scene(self.scene_uid), self.network_id)


def sweep_layer(
    python: Path, root: bpy.types.Collection, layer: str, neurons: Sequence[int] | None = None, which: str = "shown"
) -> Generator[Progress, None, None]:
    """Switch the neurons of a layer off one by one and show what the class loses without each.

    Results are shown as they come; what is there when the job ends, however it ends, stays. Without an estimate of
    the same network, one is made first, so that both can be compared.

    Args:
        neurons: their numbers; where not given, all that were not swept yet, or all again where all were.
        which: over the samples in the scene, ``"shown"``, or over ``"all"`` that were measured.

    Raises:
        UserError: the model or the images are missing or others, or the worker fails; ``scene.edit_mode``.
        Cancelled: the job was cancelled.
    """
    yield from sweep_neurons(python, root, {layer: neurons}, which)


def sweep_neurons(
    python: Path, root: bpy.types.Collection, neurons: Mapping[str, Sequence[int] | None], which: str = "shown"
) -> Generator[Progress, None, None]:
    """As `sweep_layer`, for several layers one after the other.

    Args:
        neurons: by layer path; None as in `sweep_layer`.
    """
    plan = yield from _plan(python, root, which)
    for layer, wanted in _by_switch(neurons).items():
        yield from _sweep(plan, layer, wanted)


def preview_influence(
    python: Path, root: bpy.types.Collection, which: str = "shown"
) -> Generator[Progress, None, None]:
    """Estimate the influence of all neurons of all layers in one pass backwards, and show it where nothing was swept.

    Args:
        which: as in `sweep_layer`.

    Raises:
        UserError, Cancelled: as `sweep_layer`.
    """
    plan = yield from _plan(python, root, which)
    yield from _estimate(plan)


def _plan(python: Path, root: bpy.types.Collection, which: str) -> Generator[Progress, None, _Plan]:
    scene_uid, network_id = bpy.context.scene.session_uid, root[contract.NETWORK]
    described = read_description(root)
    if described is None or not described.samples:
        raise UserError("samples.none", "There are no test images in the scene.", "Add some and measure again.")
    check_writable(root)
    about, network = described.to_dict(), described.network
    intervention = described.intervention.intervention if described.intervention else Intervention()
    shown = described.shown_samples
    samples = list(shown) if which == "shown" else _all_samples(about)
    request = {
        "model": {"file": network.file, "allow_code": about["source"].get("allow_code", False)},
        "samples": to_dicts(samples),
        "labels": _class_numbers(samples, about, network, intervention),
        "preprocessing": about["preprocessing"],
        "intervention": intervention.to_dict(),
        "mean_samples": to_dicts(shown),
    }
    worker = workers.get(network_id, python)
    loaded = yield from load_network(worker, request["model"])
    check_same(network, Network.from_dict(loaded["network"]))
    key = "" if intervention.is_empty else intervention.key
    measured = Measured(which, 0, key, state_key(described, which))
    return _Plan(scene_uid, network_id, network, worker, request, measured)


def _all_samples(about: dict[str, Any]) -> list[Sample]:
    """All samples that the network in the scene was measured with."""
    options = MeasureOptions.from_dict(about["source"])
    beside = None if options.samples else find_pictures_beside(Path(about["network"]["file"]))
    places = options.samples or ((beside,) if beside else ())
    found = [sample for place in places for sample in find_samples(place.expanduser().absolute(), options.labels)]
    return found[: options.max_samples]


def _class_numbers(
    samples: Sequence[Sample], about: dict[str, Any], network: Network, intervention: Intervention
) -> list[int | None]:
    """The number of every sample's true class, None where it is not known."""
    output = network.layer(network.outputs[0])
    count = output.output_shape[-1] if output.output_shape else 0
    if count == 1 and output.activation == "sigmoid" and not intervention.changes(output.path):
        count = 2  # No and yes.
    return [number_of_label(sample.label, tuple(about["classes"]), count) for sample in samples]


def _estimate(plan: _Plan, renewed: str = "") -> Generator[Progress, None, None]:
    value = yield from plan.worker.call("influence", plan.request)
    rows = _read(plan.worker, value["influence"])
    slices = plan.network.neuron_slices()
    sums = {switch_of(layer.path): np.zeros(0, np.float32) for layer in plan.network.layers if layer.neurons}
    for path in slices:
        if switch_of(path) in sums:
            # One switch acts on all calls of a shared layer; to the first order what they do adds up.
            sums[switch_of(path)] = _added(sums[switch_of(path)], rows[slices[path]])
    estimates = {
        layer.path: sums[switch_of(layer.path)][: layer.neurons] for layer in plan.network.layers if layer.neurons
    }
    yield from _wait_for_objects(plan)
    write_estimates(plan.root(), estimates, replace(plan.measured, samples=value["samples"]), renewed)


def _added(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    shorter, longer = sorted((first, second), key=len)
    return longer + np.pad(shorter, (0, len(longer) - len(shorter)))


def _by_switch(neurons: Mapping[str, Sequence[int] | None]) -> dict[str, Sequence[int] | None]:
    """The calls of a shared layer are switched together."""
    merged: dict[str, Sequence[int] | None] = {}
    for layer, wanted in neurons.items():
        before = merged.get(switch_of(layer), ())
        merged[switch_of(layer)] = None if wanted is None or before is None else sorted({*before, *wanted})
    return merged


def _sweep(plan: _Plan, layer: str, neurons: Sequence[int] | None) -> Generator[Progress, None, None]:
    if not is_estimated(plan.root(), layer, plan.measured.key):
        yield from _estimate(plan, layer)
    count = max(one.neurons for one in plan.network.layers if switch_of(one.path) == switch_of(layer))
    # The results are kept here too: undo while the job runs takes back what the scene showed of them.
    losses = kept_losses(plan.root(), layer, plan.measured.key)
    if losses is None or len(losses.known) != count:
        losses = Losses.none(count)
    wanted = _wanted(losses, neurons)
    done, size = 0, FIRST_BLOCK
    while done < len(wanted):
        block = wanted[done : done + size]
        asked = {**plan.request, "layer": layer, "neurons": [int(neuron) for neuron in block]}
        call = plan.worker.call("sweep", asked)
        value = yield from _overall(call, f"Switching neurons of {layer} off", done, len(wanted))
        losses.add(block, _read(plan.worker, value["losses"]))
        yield from _wait_for_objects(plan)
        now = replace(plan.measured, samples=value["samples"], notes=tuple(value["notes"]))
        write_losses(plan.root(), layer, losses, now)
        done += len(block)
        size = _next_size(size, value["timings"]["sweep_s"])


def _wanted(losses: Losses, neurons: Sequence[int] | None) -> np.ndarray:
    if neurons is not None:
        return np.unique(np.asarray(neurons, int))
    missing = np.flatnonzero(~losses.known)
    return missing if missing.size else np.arange(len(losses.known))


def _next_size(size: int, seconds: float) -> int:
    if seconds < BLOCK_SECONDS / 2:
        return min(size * 4, LARGEST_BLOCK)
    return max(size // 2, 1) if seconds > BLOCK_SECONDS * 2 else size


def _overall(
    call: Generator[Progress, None, dict[str, Any]], message: str, done: int, total: int
) -> Generator[Progress, None, dict[str, Any]]:
    """Drive a call whose progress is a part of a larger one."""
    try:
        while True:
            heard = next(call)
            yield Progress(message, done + heard.step, total)
    except StopIteration as stop:
        return stop.value
    finally:
        call.close()


def _wait_for_objects(plan: _Plan) -> Generator[Progress, None, None]:
    """Results are not lost because somebody is in Edit Mode, where nothing can be written."""
    while any(obj.type == "MESH" and obj.data.is_editmode for obj in tuple(plan.root().all_objects)):
        yield Progress("Waiting until Edit Mode is left")


def _read(worker: Worker, name: str) -> np.ndarray:
    values = np.array(worker.array(name))
    worker.discard(name)
    return values

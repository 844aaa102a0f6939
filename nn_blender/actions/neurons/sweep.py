"""Measure what the class loses without each neuron: exactly, one neuron after the other, or as an estimate."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import bpy
import numpy as np

from ...core.description.description import Description
from ...core.description.measurements import PREDICTED, TRUE
from ...core.errors import UserError
from ...core.interventions.intervention import Intervention, switch_of
from ...core.network import Network
from ...core.recording import Sample, number_of_label
from ...core.requests.interventions import SweepBlock, SweepRequest
from ...core.requests.neurons import InfluenceRequest
from ...engine.jobs import Progress
from ...engine.registry import workers
from ...engine.worker import Worker
from ...scene.base import contract
from ...scene.base.find import all_objects, current_scene
from ...scene.network.description import read_description
from ...scene.neurons.influence import (
    ONE,
    Losses,
    Measured,
    is_estimated,
    kept_losses,
    state_key,
    write_estimates,
    write_losses,
)
from ...scene.samples.timeline import shown_sample
from ..requests import all_samples, model_of
from ..targets import check_writable, find_root, find_scene

WAITING = Progress("Waiting until Edit Mode is left")


@dataclass(frozen=True)
class _Plan:
    """What is measured, for which scene.

    Attributes:
        request: for an estimate; a sweep is asked for with the same samples, labels and intervention.
        measured: under which circumstances; the number of samples is not known yet.
    """

    scene_uid: int
    network_id: str
    network: Network
    worker: Worker
    request: InfluenceRequest
    measured: Measured

    def root(self) -> bpy.types.Collection:
        """The network, found anew after every wait."""
        return find_root(find_scene(self.scene_uid), self.network_id)

    @property
    def is_edited(self) -> bool:
        """Whether somebody is in Edit Mode, where nothing can be written."""
        return any(isinstance(obj.data, bpy.types.Mesh) and obj.data.is_editmode for obj in all_objects(self.root()))


class _Results:
    """What is known of the layers that are swept. It is shown as soon as it can be written, and kept until then.

    Losses are kept here even when they are shown: undo while the job runs takes back what the scene showed of them.
    """

    def __init__(self, plan: _Plan) -> None:
        self._plan = plan
        self._losses: dict[str, Losses] = {}
        self._unwritten: dict[str, Measured] = {}

    def begin(self, layer: str) -> Losses:
        """What an earlier sweep under the same circumstances gave for a layer."""
        network, measured = self._plan.network, self._plan.measured
        count = max(one.neurons for one in network.layers if switch_of(one.path) == switch_of(layer))
        losses = kept_losses(self._plan.root(), layer, measured.key)
        if losses is None or len(losses.is_swept) != count:
            losses = Losses.none(count)
        self._losses[layer] = losses
        return losses

    def take(self, block: SweepBlock) -> None:
        """Take in what was lost without some more neurons."""
        rows = self._plan.worker.take_array(block.losses)
        self._losses[block.layer].add(np.array(block.neurons), rows)
        self._unwritten[block.layer] = replace(self._plan.measured, samples=block.samples, notes=block.notes)
        if not self._plan.is_edited:
            self._write()

    def finish(self) -> Generator[Progress, None, None]:
        """Show what could not be shown before. Nothing is lost because somebody is in Edit Mode."""
        while self._unwritten:
            if self._plan.is_edited:
                yield WAITING
            else:
                self._write()

    def _write(self) -> None:
        for layer, measured in self._unwritten.items():
            write_losses(self._plan.root(), layer, self._losses[layer], measured)
        self._unwritten.clear()


def sweep_layer(
    python: Path,
    root: bpy.types.Collection,
    layer: str,
    neurons: Sequence[int] | None = None,
    which: str = "shown",
    target: str = TRUE,
) -> Generator[Progress, None, None]:
    """Switch the neurons of a layer off one by one and show what the class loses without each.

    Results are shown as they come; what is there when the job ends, however it ends, stays. Without an estimate of
    the same network, one is made first, so that both can be compared.

    Args:
        neurons: their numbers; where not given, all that were not swept yet, or all again where all were.
        which: over the samples in the scene, ``"shown"``, over ``"all"`` that were measured, or for the ``"one"`` that
            the current frame shows.
        target: whose score: the ``"true"`` class of each sample, its ``"predicted"`` one, or the number of a class.

    Raises:
        UserError: the model or the images are missing or others, or the worker fails; ``scene.edit_mode``.
        Cancelled: the job was cancelled.
    """
    yield from sweep_neurons(python, root, {layer: neurons}, which, target)


def sweep_neurons(
    python: Path,
    root: bpy.types.Collection,
    neurons: Mapping[str, Sequence[int] | None],
    which: str = "shown",
    target: str = TRUE,
) -> Generator[Progress, None, None]:
    """As `sweep_layer`, for several layers one after the other.

    Args:
        neurons: by layer path; None as in `sweep_layer`.
    """
    plan = _plan(python, root, which, target)
    results = _Results(plan)
    wanted: dict[str, tuple[int, ...] | None] = {}
    for layer, given in _by_switch(neurons).items():
        if not is_estimated(plan.root(), layer, plan.measured.key):
            yield from _estimate(plan, layer)
        wanted[layer] = tuple(map(int, _wanted(results.begin(layer), given)))
    yield from plan.worker.stream(SweepRequest(**vars(plan.request), neurons=wanted), results.take)
    yield from results.finish()


def preview_influence(
    python: Path, root: bpy.types.Collection, which: str = "shown", target: str = TRUE
) -> Generator[Progress, None, None]:
    """Estimate the influence of all neurons of all layers in one pass backwards, and show it where nothing was swept.

    Args:
        which, target: as in `sweep_layer`.

    Raises:
        UserError, Cancelled: as `sweep_layer`.
    """
    yield from _estimate(_plan(python, root, which, target))


def _plan(python: Path, root: bpy.types.Collection, which: str, target: str) -> _Plan:
    scene_uid, network_id = current_scene().session_uid, root[contract.NETWORK]
    about = read_description(root)
    if about is None or not about.samples:
        raise UserError("samples.none", "There are no samples in the scene.", "Add some and measure again.")
    check_writable(root)
    intervention = about.intervention.intervention if about.intervention else Intervention()
    samples = _samples(root, about, which)
    labels = _class_numbers(samples, about, intervention)
    request = InfluenceRequest(
        model=model_of(about),
        samples=samples,
        inputs=about.inputs,
        answer_output=about.answer_number,
        intervention=intervention,
        mean_samples=about.shown_samples,
        labels=labels,
        classes=_looked_at(target, labels, about, intervention),
    )
    key = "" if intervention.is_empty else intervention.key
    name = samples[0].name if which == ONE else ""
    measured = Measured(which, 0, key, state_key(about, which, target, name), target, name)
    return _Plan(scene_uid, network_id, about.network, workers.get(network_id, python), request, measured)


def _class_numbers(samples: Sequence[Sample], about: Description, intervention: Intervention) -> tuple[int | None, ...]:
    """The number of every sample's true class, None where it is not known."""
    count = _class_count(about, intervention)
    return tuple(number_of_label(sample.label, about.classes, count) for sample in samples)


def _class_count(about: Description, intervention: Intervention) -> int:
    """Of how many classes a recorder gives scores."""
    output = about.network.layer_of_output(about.answer)
    count = output.output_shape[-1] if output and output.output_shape else 0
    if output and count == 1 and output.activation == "sigmoid" and not intervention.changes(output.path):
        count = 2  # No and yes.
    return count


def _samples(root: bpy.types.Collection, about: Description, which: str) -> tuple[Sample, ...]:
    """Over which influence is measured."""
    if which == ONE:
        return (about.shown_samples[shown_sample(current_scene(), root)],)
    return about.shown_samples if which == "shown" else all_samples(about)


def _looked_at(
    target: str, labels: tuple[int | None, ...], about: Description, intervention: Intervention
) -> tuple[int | None, ...]:
    """The number of the class of every sample whose score is looked at, None for the predicted one.

    Raises:
        UserError: code ``output.unknown_class``.
    """
    if target in (TRUE, PREDICTED):
        return labels if target == TRUE else (None,) * len(labels)
    count = _class_count(about, intervention)
    if not 0 <= int(target) < count:
        raise UserError(
            "output.unknown_class",
            f"The network's answer has the classes 0 to {count - 1}, there is no class {target}.",
            "Choose one of them.",
        )
    return (int(target),) * len(labels)


def _estimate(plan: _Plan, renewed: str = "") -> Generator[Progress, None, None]:
    answer = yield from plan.worker.ask(plan.request)
    rows = plan.worker.take_array(answer.influence)
    slices = plan.network.neuron_slices()
    sums = {switch_of(layer.path): np.zeros(0, np.float32) for layer in plan.network.layers if layer.neurons}
    for path in slices:
        if switch_of(path) in sums:
            # One switch acts on all calls of a shared layer; to the first order what they do adds up.
            sums[switch_of(path)] = _added(sums[switch_of(path)], rows[slices[path]])
    estimates = {
        layer.path: sums[switch_of(layer.path)][: layer.neurons] for layer in plan.network.layers if layer.neurons
    }
    while plan.is_edited:
        yield WAITING
    write_estimates(plan.root(), estimates, replace(plan.measured, samples=answer.samples), renewed)


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


def _wanted(losses: Losses, neurons: Sequence[int] | None) -> np.ndarray:
    if neurons is not None:
        return np.unique(np.asarray(neurons, int))
    missing = np.flatnonzero(~losses.is_swept)
    return missing if missing.size else np.arange(len(losses.is_swept))

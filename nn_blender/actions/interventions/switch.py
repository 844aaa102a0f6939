"""Switch neurons off, on, or to a factor. `rerun` then brings values, maps and answers in line."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

import bpy
import numpy as np

from ...core.errors import UserError
from ...core.interventions.intervention import Intervention
from ...engine.jobs import Progress
from ...scene.base import contract, meshes
from ...scene.base.find import current_scene, object_of, objects
from ...scene.interventions.switches import check_drawn, read_switches, set_neurons, write_intervention
from ...scene.layers.statistics import layer_statistic
from ...scene.samples.timeline import shown_sample
from ..targets import check_writable
from .rerun import rerun

Neurons = Mapping[str, Iterable[int]]
"""The numbers of neurons, by the paths of their layers."""


def set_factor(root: bpy.types.Collection, neurons: Neurons, factor: float, *, replace: bool = False) -> None:
    """Set what the outputs of neurons are multiplied by.

    Args:
        factor: 0 to 2; 0 switches them off, 1 leaves them alone.
        replace: whether neurons that are off give their mean over the samples instead of 0.

    Raises:
        UserError: ``scene.edit_mode``; ``intervention.unknown_neuron`` or ``scene.not_drawn``.
    """
    check_writable(root)
    chosen = {layer: np.fromiter(numbers, int) for layer, numbers in neurons.items()}
    for layer, numbers in chosen.items():
        check_drawn(_neurons_object(root, layer, numbers), numbers)
    is_off = factor == 0
    for layer, numbers in chosen.items():
        set_neurons(root, layer, numbers, enabled=not is_off, gain=1.0 if is_off else factor, replace=replace)


def toggle(root: bpy.types.Collection, neurons: Neurons) -> bool:
    """Switch neurons off, or on where the first of them is off; whether they are on now. Raises as `set_factor`."""
    was_off = factor_of(root, neurons) == 0
    set_factor(root, neurons, 1.0 if was_off else 0.0)
    return was_off


def set_layer_factor(root: bpy.types.Collection, layer: str, factor: float, all_but: Iterable[int] = ()) -> int:
    """Set the factor of all neurons of a layer that are drawn, but for some that stay as they are.

    Returns:
        How many neurons are not drawn and so stay as they are.

    Raises:
        UserError: as `set_factor`.
    """
    obj = _neurons_object(root, layer)
    count = len(obj.data.vertices)
    set_factor(root, {layer: np.setdiff1d(np.arange(count), np.fromiter(all_but, int))}, factor)
    return int(obj[contract.NEURONS]) - count


def disable_extremes(
    root: bpy.types.Collection,
    layer: str,
    count: int,
    *,
    which: Literal["most", "least"],
    samples: Literal["shown", "all"],
) -> None:
    """Switch the most or the least active neurons of a layer off.

    A neuron whose activation is not finite counts as the least active; of equal ones the first counts as less active.

    Args:
        count: how many are switched off.
        samples: whether the activation for the sample that is shown counts, or the mean over all that were measured.

    Raises:
        UserError: ``samples.none``, where nothing was measured; as `set_factor`.
    """
    check_writable(root)
    values = _activity(root, layer, samples)
    order = np.argsort(np.nan_to_num(values, nan=-np.inf, posinf=-np.inf), kind="stable")
    set_factor(root, {layer: order[::-1][:count] if which == "most" else order[:count]}, 0.0)


def set_intervention(root: bpy.types.Collection, intervention: Intervention) -> None:
    """Switch all neurons of a network as an intervention says; an empty one enables all.

    Raises:
        UserError: ``scene.edit_mode``; ``scene.not_drawn``, where it switches a neuron that the scene does not draw.
    """
    check_writable(root)
    write_intervention(root, intervention)


def intervene(
    python: Path | None, root: bpy.types.Collection, intervention: Intervention
) -> Generator[Progress, None, None]:
    """`set_intervention` and `rerun`, with what they raise."""
    set_intervention(root, intervention)
    yield from rerun(python, root, intervention)


def factor_of(root: bpy.types.Collection, neurons: Neurons) -> float:
    """The factor of the first of some neurons; 0 where it is off, 1 where there is none or its mesh is in Edit Mode."""
    for layer, numbers in neurons.items():
        obj: Any = object_of(root, "neurons", layer)
        first = next(iter(numbers), None)
        if obj is None or first is None or obj.data.is_editmode:
            break
        enabled, gain, _ = (values[first] for values in read_switches(obj.data))
        return float(gain) if enabled else 0.0
    return 1.0


def _neurons_object(root: bpy.types.Collection, layer: str, neurons: Iterable[int] = ()) -> Any:
    """The object of a layer's neurons.

    Raises:
        UserError: ``intervention.unknown_neuron``, where the layer has no such neuron or none at all.
    """
    obj: Any = next(objects(root, "neurons", layer), None)
    count = obj[contract.NEURONS] if obj is not None else 0
    unknown = next((int(neuron) for neuron in neurons if not 0 <= neuron < count), None)
    if obj is None or unknown is not None:
        missing = f"neuron {unknown} of {layer}" if unknown is not None else f"layer {layer} with neurons"
        raise UserError("intervention.unknown_neuron", f"There is no {missing}.", "Choose one that exists.")
    return obj


def _activity(root: bpy.types.Collection, layer: str, samples: Literal["shown", "all"]) -> np.ndarray:
    """Float32 (neurons,): how active each neuron is that is drawn."""
    mesh = _neurons_object(root, layer).data
    values: np.ndarray | None = None
    if samples == "all":
        values = layer_statistic(root, layer, "mean")
    else:
        name = contract.sampled(contract.ACTIVATION, shown_sample(current_scene(), root))
        values = meshes.read_floats(mesh, name) if name in mesh.attributes else None
    if values is None:
        raise UserError("samples.none", "The network was imported without samples.", "Add some and measure again.")
    return values[: len(mesh.vertices)]

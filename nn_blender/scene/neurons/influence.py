"""What the class loses without each neuron: measured by a sweep, or estimated; on the neurons' meshes.

``influence`` is how much the score of a class, its logit, falls without the neuron, averaged over samples: above 0 the
neuron speaks for the class, below 0 against it. It is exact where a layer was swept, else the estimate. The class is
the true one of each sample, its predicted one, or the same for all.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import bpy
import numpy as np

from ...core.description.description import Description
from ...core.description.measurements import TRUE, InfluenceState
from ...core.inputs.preprocessing import Preprocessing
from ...core.interventions.intervention import switch_of
from ...core.network import plain
from ...core.neurons.rank_correlation import spearman
from ...core.quantities import Quantity
from ...core.quantities.influence import INFLUENCE
from ...core.quantities.influence_accuracy import INFLUENCE_ACCURACY
from ...core.quantities.influence_change import INFLUENCE_CHANGE
from ...core.quantities.influence_class import INFLUENCE_CLASS
from ...core.quantities.influence_estimate import INFLUENCE_ESTIMATE
from ...core.recording import json_number
from ..base import contract, meshes
from ..base.find import object_of, objects
from ..layers.neuron_values import write_quantity
from ..network.description import change_description, read_description, require_description
from ..stage.legend import show_legend

ONE = "one"
SAMPLES = ("shown", "all", ONE)
"""Over which samples influence is measured: those in the scene, all that were measured, or the one that is shown."""

EXACT, ESTIMATE, PARTIAL = "exact", "estimate", "partial"

_SWEPT = {
    "influence": INFLUENCE,
    "accuracy": INFLUENCE_ACCURACY,
    "most": INFLUENCE_CLASS,
    "change": INFLUENCE_CHANGE,
}


@dataclass(frozen=True)
class Losses:
    """What a sweep measured of a layer; float32 (neurons,) each, all NaN for neurons that were not switched off yet.

    Attributes:
        influence: how much the class's score falls without the neuron.
        accuracy: how much of the accuracy, 0 to 1, is lost without it; NaN without labels.
        most: the number of the class whose output changes most.
        change: the mean change of that output.
    """

    influence: np.ndarray
    accuracy: np.ndarray
    most: np.ndarray
    change: np.ndarray

    @classmethod
    def none(cls, neurons: int) -> Losses:
        """Nothing measured yet."""
        return cls(*np.full((len(_SWEPT), neurons), np.nan, np.float32))

    @property
    def is_swept(self) -> np.ndarray:
        """Which neurons a sweep has measured, bool (neurons,)."""
        return ~np.isnan(self.most)

    def add(self, neurons: np.ndarray, rows: np.ndarray) -> None:
        """Take in what a sweep gave for some neurons; see `core.requests.interventions.SweepBlock`."""
        self.accuracy[neurons], score, _, self.most[neurons], self.change[neurons] = rows
        self.influence[neurons] = -score


@dataclass(frozen=True)
class Measured:
    """Under which circumstances influence was measured.

    Attributes:
        which: one of `SAMPLES`.
        samples: how many there were.
        intervention: key of the one in force; empty for the intact network.
        key: see `state_key`.
        target: whose score it is about, as `InfluenceState` has it.
        sample: name of the sample, where it is one.
        notes: what about the sweep is not as one might expect.
    """

    which: str
    samples: int
    intervention: str
    key: str
    target: str = TRUE
    sample: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class LayerFacts:
    """What is known about the influence of a layer's neurons.

    Attributes:
        kind: `EXACT`, `ESTIMATE`, or `PARTIAL` where not all neurons were swept.
        swept: how many neurons were switched off.
        rank_correlation: Spearman's, of estimate and sweep; None where there are not both.
        subject: whose score it is about, as a part of a sentence.
        sample: name of the sample, where it is one.
        is_current: whether samples, preprocessing and intervention are still those that were measured.
    """

    kind: str
    which: str
    samples: int
    swept: int
    rank_correlation: float | None
    notes: tuple[str, ...]
    subject: str
    sample: str
    is_current: bool


@dataclass(frozen=True)
class NeuronInfluence:
    """Of one neuron; see `Losses`. What is not known is NaN."""

    influence: float
    estimate: float
    accuracy: float
    most: float
    change: float


def state_key(about: Description, which: str, target: str = TRUE, name: str = "") -> str:
    """A hash that changes with everything that influence depends on.

    Args:
        which: one of `SAMPLES`.
        target: whose score it is about, as `InfluenceState` has it.
        name: of the sample, where it is one.
    """
    source = about.source.to_dict()
    samples = [sample for sample in about.shown_samples if which != ONE or sample.name == name]
    parts = {
        "model": about.network.sha256,
        "samples": [[sample.name, sample.file, sample.label, sample.index] for sample in samples],
        "measured": [source[name] for name in ("samples", "labels", "max_samples")] if which == "all" else [],
        "classes": about.classes,
        "preprocessing": _without_former_ways(about.preprocessing) if about.preprocessing else None,
        "intervention": about.intervention.intervention.to_dict()["layers"] if about.intervention else {},
    }
    if target != TRUE:
        parts["target"] = target
    if len(about.inputs) > 1 or about.answer_number:
        parts["values"] = [list(map(plain, sample.values)) for sample in samples]
        parts["inputs"], parts["answer"] = [replace(one, guess=None).to_dict() for one in about.inputs], about.answer
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


_FORMER_WAYS = {"background": "black", "orientation": "upright"}
"""How pictures were read before there was a choice."""


def _without_former_ways(preprocessing: Preprocessing) -> dict[str, Any]:
    """As it was written before there was that choice, so that hashes of that time stay what they are."""
    return {name: value for name, value in preprocessing.to_dict().items() if _FORMER_WAYS.get(name) != value}


def influence_states(root: bpy.types.Collection) -> Mapping[str, InfluenceState]:
    """How the influence of each layer was measured, by layer path; only layers of which something is known."""
    about = read_description(root)
    return about.influence if about else {}


def read_influence(root: bpy.types.Collection, layer: str) -> np.ndarray | None:
    """Float32 (neurons,), exact or estimated, NaN for neurons of which nothing is known; None where nothing is."""
    return _read(root, layer, INFLUENCE)


def read_estimate(root: bpy.types.Collection, layer: str) -> np.ndarray | None:
    """As `read_influence`, the estimate alone."""
    return _read(root, layer, INFLUENCE_ESTIMATE)


def read_losses(root: bpy.types.Collection, layer: str) -> Losses | None:
    """What was swept of a layer; None where nothing was."""
    found = {field: _read(root, layer, quantity) for field, quantity in _SWEPT.items()}
    parts = {field: values for field, values in found.items() if values is not None}
    return Losses(**parts) if len(parts) == len(found) else None


def layer_facts(root: bpy.types.Collection, layer: str) -> LayerFacts | None:
    """None where nothing is known of a layer's influence."""
    about = read_description(root)
    state = about.influence.get(layer) if about else None
    if about is None or state is None:
        return None
    return LayerFacts(
        kind=state.kind,
        which=state.which,
        samples=state.samples,
        swept=state.swept,
        rank_correlation=state.spearman,
        notes=state.notes,
        subject=state.subject(about.classes),
        sample=state.sample,
        is_current=_is_current(about, state),
    )


def neuron_influence(root: bpy.types.Collection, layer: str, neuron: int) -> NeuronInfluence | None:
    """None where nothing is known of a layer's influence, or it has no such neuron."""
    parts = [_read(root, layer, quantity) for quantity in (INFLUENCE, INFLUENCE_ESTIMATE)]
    losses = read_losses(root, layer)
    parts += [None] * 3 if losses is None else [losses.accuracy, losses.most, losses.change]
    if parts[0] is None or not 0 <= neuron < len(parts[0]):
        return None
    return NeuronInfluence(*(math.nan if part is None else float(part[neuron]) for part in parts))


def kept_losses(root: bpy.types.Collection, layer: str, key: str) -> Losses | None:
    """What was swept of a layer under the same circumstances."""
    state = influence_states(root).get(layer)
    return read_losses(root, layer) if state is not None and state.key == key else None


def is_estimated(root: bpy.types.Collection, layer: str, key: str) -> bool:
    """Whether a layer has an estimate that was made under these circumstances."""
    state = influence_states(root).get(layer)
    return state is not None and state.estimate_key == key and read_estimate(root, layer) is not None


def write_estimates(
    root: bpy.types.Collection, estimates: Mapping[str, np.ndarray], measured: Measured, renewed: str = ""
) -> None:
    """Show the estimate where no sweep of the network as it is now is there.

    A layer that was swept over other samples stays as it is: all that is said of a layer is of the same ones.

    Args:
        estimates: float32 (neurons,) by layer path.
        renewed: layer that is swept anew, whatever it was swept over before.
    """
    about = require_description(root)
    states = dict(about.influence)
    for obj in objects(root, "neurons"):
        layer = obj[contract.LAYER]
        if layer not in estimates:
            continue
        state = states.get(layer)
        is_swept = state is not None and state.kind != ESTIMATE and _is_current(about, state)
        # What is of other samples stays, what is of another class or of single samples gives way.
        swept = state if is_swept and (state.target, state.sample) == (measured.target, measured.sample) else None
        is_other = swept is not None and swept.key != measured.key
        if is_other and switch_of(layer) != switch_of(renewed):
            continue
        write_quantity(obj, INFLUENCE_ESTIMATE, estimates[layer])
        if swept is not None and not is_other:
            new = replace(swept, estimate_key=measured.key)
        else:
            _remove_swept(obj.data)
            write_quantity(obj, INFLUENCE, estimates[layer])
            new = _state(ESTIMATE, measured, measured.key, 0)
        states[layer] = replace(new, spearman=_correlation(obj.data, new))
    change_description(root, influence=states)
    show_legend(root)


def write_losses(root: bpy.types.Collection, layer: str, losses: Losses, measured: Measured) -> None:
    """Show what was swept of a layer so far, also in all other calls of a shared one."""
    states = dict(influence_states(root))
    for obj in objects(root, "neurons"):
        path = obj[contract.LAYER]
        if switch_of(path) != switch_of(layer):
            continue
        count = len(obj.data.vertices)
        for field, quantity in _SWEPT.items():
            values = np.full(count, np.nan, np.float32)
            # The calls of a shared layer may differ in size.
            given = getattr(losses, field)[:count]
            values[: len(given)] = given
            write_quantity(obj, quantity, values)
        swept = int(losses.is_swept[:count].sum())
        kind = EXACT if swept == count else PARTIAL
        state = _state(kind, measured, states[path].estimate_key if path in states else "", swept)
        states[path] = replace(state, spearman=_correlation(obj.data, state))
    change_description(root, influence=states)
    show_legend(root)


def _read(root: bpy.types.Collection, layer: str, quantity: Quantity) -> np.ndarray | None:
    obj: Any = object_of(root, "neurons", layer)
    if obj is None or quantity.name not in obj.data.attributes:
        return None
    values = meshes.read_floats(obj.data, quantity.name)
    return values if len(values) else None  # In Edit Mode a mesh does not tell them.


def _state(kind: str, measured: Measured, estimate_key: str, swept: int) -> InfluenceState:
    return InfluenceState(
        kind=kind,
        which=measured.which,
        samples=measured.samples,
        swept=swept,
        intervention=measured.intervention,
        key=measured.key,
        notes=measured.notes,
        estimate_key=estimate_key,
        target=measured.target,
        sample=measured.sample,
    )


def _is_current(about: Description, state: InfluenceState) -> bool:
    """Whether what was measured is still so."""
    return state.key == state_key(about, state.which, state.target, state.sample)


def _correlation(mesh: Any, state: InfluenceState) -> float | None:
    """Of estimate and sweep, where both are of the same circumstances."""
    if state.kind == ESTIMATE or state.estimate_key != state.key:
        return None
    exact, estimated = (meshes.read_floats(mesh, quantity.name) for quantity in (INFLUENCE, INFLUENCE_ESTIMATE))
    value = spearman(exact, estimated)
    return None if value is None else json_number(value)


def _remove_swept(mesh: Any) -> None:
    for quantity in _SWEPT.values():
        if quantity != INFLUENCE and quantity.name in mesh.attributes:
            mesh.attributes.remove(mesh.attributes[quantity.name])

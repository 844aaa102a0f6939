"""Finds the strongest weights between neurons of a whole network, to be drawn as lines."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ...core.network import Layer
from ...core.requests.neurons import ConnectionsAnswer, ConnectionsRequest
from ..common.events import Task
from ..models.call_graph import INPUT
from ..running.runs import ReadyModel
from .weights import Kernel, feature_axis, flattened_layer, kernel_of

AT_ONCE = 1 << 22
"""Weights that are looked at together: 32 MB as float64."""


@dataclass(frozen=True)
class _Found:
    """A layer's connections.

    Attributes:
        edges: int32 (edges, 4), see `ConnectionsAnswer`.
        weights: float32 (edges,).
        more: how many further ones there are.
    """

    edges: np.ndarray
    weights: np.ndarray
    more: int

    @property
    def shares(self) -> np.ndarray:
        """Sizes of the weights compared with the strongest that is finite; what is not finite comes before all."""
        sizes = _sizes(self.weights)
        is_finite = np.isfinite(sizes)
        largest = sizes[is_finite].max(initial=0.0)
        return np.divide(sizes, largest, out=np.full_like(sizes, np.inf), where=is_finite & (largest > 0))

    def only(self, are_kept: np.ndarray) -> _Found:
        return _Found(self.edges[are_kept], self.weights[are_kept], self.more + int((~are_kept).sum()))


def connections(task: Task, model: ReadyModel, request: ConnectionsRequest) -> ConnectionsAnswer:
    """Serve a `ConnectionsRequest`."""
    steps, layers = model.loaded.flat.steps, model.network.layers
    found: dict[str, _Found] = {}
    left_out = []
    for number, step in enumerate(steps):
        task.progress("Reading weights", number, len(steps))
        kernel = kernel_of(step.payload.operation)
        if kernel is None:
            continue
        source = _source(model, number, kernel)
        if source is None:
            left_out.append(step.path)
        else:
            found[step.path] = _strongest(task, number, *source, request.most)
    kept = _within(request.budget, found)
    edges = np.concatenate([_no_edges(), *(layer.edges for layer in kept.values())])
    weights = np.concatenate([np.zeros(0, np.float32), *(layer.weights for layer in kept.values())])
    return ConnectionsAnswer(
        edges=task.save_array("edges", edges),
        weights=task.save_array("weights", weights),
        more={layer.path: kept[layer.path].more for layer in layers if layer.path in kept},
        left_out=tuple(left_out),
    )


def _no_edges() -> np.ndarray:
    return np.zeros((0, 4), np.int32)


def _source(model: ReadyModel, number: int, kernel: Kernel) -> tuple[int, Kernel] | None:
    """The number of the layer whose neurons a layer reads, and its weights with one input per neuron of that layer."""
    sources, layers = model.loaded.flat.steps[number].sources, model.network.layers
    if not sources:  # It reads what is the same for all samples.
        return None
    slot = sources[0]
    flattened = flattened_layer(model, slot)
    if flattened is not None:
        return flattened, _by_neuron(kernel, layers[flattened])
    if slot.step == INPUT or slot.output or layers[slot.step].neurons != kernel.inputs:
        return None
    return slot.step, kernel


def _by_neuron(kernel: Kernel, layer: Layer) -> Kernel:
    """The weights after a Flatten layer by the neurons of the layer before it; its positions become the kernel's."""
    values = kernel.values.reshape(*layer.output_shape, -1)
    by_neuron = np.moveaxis(values, feature_axis(layer), -2)
    return replace(kernel, values=by_neuron.reshape(-1, *by_neuron.shape[-2:]))


def _strongest(task: Task, number: int, source: int, kernel: Kernel, most: int) -> _Found:
    """Per neuron of a layer its strongest connections; weights of 0 connect nothing."""
    positions, inputs, neurons = kernel.values.shape
    width = max(AT_ONCE // max(positions * inputs, 1), 1)
    parts, count = [], 0
    for first in range(0, neurons, width):
        task.stop_if_cancelled()
        weights = _signed(kernel.values[:, :, first : first + width])
        count += int(np.count_nonzero(weights))
        places = _largest(_sizes(weights), most)
        targets = np.broadcast_to(np.arange(first, first + weights.shape[1]), places.shape)
        groups = targets * kernel.groups // neurons
        columns = (np.full_like(places, source), groups * inputs + places, np.full_like(places, number), targets)
        edges = np.stack(columns, axis=-1).transpose(1, 0, 2).reshape(-1, 4).astype(np.int32)
        chosen = np.take_along_axis(weights, places, axis=0).transpose().ravel()
        parts.append((edges[chosen != 0], chosen[chosen != 0].astype(np.float32)))
    edges = np.concatenate([_no_edges(), *(part for part, _ in parts)])
    return _Found(edges, np.concatenate([np.zeros(0, np.float32), *(part for _, part in parts)]), count - len(edges))


def _signed(values: np.ndarray) -> np.ndarray:
    """Float (inputs, neurons) from (positions, inputs, neurons): of several positions the norm, signed as the sum."""
    if len(values) == 1:
        return values[0]
    exact = values.astype(np.float64)
    norms = np.sqrt(np.einsum("pin,pin->in", exact, exact))
    return np.where(exact.sum(axis=0) < 0, -norms, norms)


def _sizes(weights: np.ndarray) -> np.ndarray:
    """Without signs; NaN, which somebody should see, counts as largest."""
    return np.abs(np.nan_to_num(weights, nan=np.inf, posinf=np.inf, neginf=np.inf))


def _largest(sizes: np.ndarray, most: int) -> np.ndarray:
    """Int (at most ``most``, neurons): in every column the places of the largest entries, largest first."""
    count = min(most, len(sizes))
    places = np.argpartition(-sizes, count - 1, axis=0)[:count] if count else np.zeros((0, sizes.shape[1]), int)
    order = np.argsort(-np.take_along_axis(sizes, places, axis=0), axis=0, kind="stable")
    return np.take_along_axis(places, order, axis=0)


def _within(budget: int, found: dict[str, _Found]) -> dict[str, _Found]:
    """As many connections as the budget allows; each layer keeps its strongest."""
    if sum(len(layer.weights) for layer in found.values()) <= budget:
        return found
    shares = np.concatenate([layer.shares for layer in found.values()])
    are_kept = np.zeros(len(shares), bool)
    are_kept[np.argsort(-shares, kind="stable")[:budget]] = True
    ends = np.cumsum([len(layer.weights) for layer in found.values()])[:-1]
    pieces = np.split(are_kept, ends)
    return {path: layer.only(piece) for (path, layer), piece in zip(found.items(), pieces, strict=True)}

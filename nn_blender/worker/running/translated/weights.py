"""Reads the weights in an HDF5 file of Keras 1 or 2, which are told apart by their order alone."""

from __future__ import annotations

from typing import Any

import h5py
import keras
import numpy as np

from ..keras_internals import functional_graph_of, layers_inside, named_parts


def read_ordered_weights(group: h5py.Group, model: keras.Model) -> None:
    """Fill a model, whose layers are in the order of its file.

    Raises:
        ValueError: the file has other weights than the model, or has them in an order that is not Keras 2's.
    """
    stored = {name: _weights_of(group[name]) for name in named_parts(group, "layer_names")}
    stored = {name: weights for name, weights in stored.items() if weights}
    layers = [layer for layer in model.layers if layer.weights]
    if len(stored) != len(layers):
        raise ValueError(
            f"The file has weights for {len(stored)} layers, the model has {len(layers)} layers with weights."
        )
    for layer, (name, weights) in zip(layers, stored.items(), strict=True):
        _fill(layer, name, weights)


def _weights_of(group: h5py.Group) -> list[tuple[str, np.ndarray]]:
    return [(name, np.asarray(group[name])) for name in named_parts(group, "weight_names")]


def _fill(layer: Any, name: str, stored: list[tuple[str, np.ndarray]]) -> None:
    variables = [variable for part in _in_order(layer) for variable in part]
    if len(variables) != len(stored):
        raise ValueError(f"The layer {name} has {len(variables)} weights, but the file has {len(stored)} for it.")
    said = [path.rpartition("/")[2].partition(":")[0] for path, _ in stored]
    names = [variable.name for variable in variables]
    if said != names and sorted(said) == sorted(names):
        raise ValueError(f"The weights of the layer {name} are in an order in the file that Keras 2 did not give them.")
    for variable, (path, value) in zip(variables, stored, strict=True):
        if tuple(variable.shape) != value.shape:
            raise ValueError(f"The weight {path} of the layer {name} is {value.shape}, not {tuple(variable.shape)}.")
        variable.assign(value)
    for part in layers_inside(layer):
        if isinstance(part, keras.layers.Normalization):
            part.finalize_state()  # It keeps what it computes from its weights.


def _in_order(layer: Any) -> tuple[list[Any], list[Any]]:
    """A layer's trainable weights and its others, in the order in which Keras 2 wrote them.

    In a nested model that is not trained, those that its layers would train come before all others.
    """
    if isinstance(layer, keras.layers.TimeDistributed):
        return _in_order(layer.layer)
    if functional_graph_of(layer) is None:
        return list(layer.trainable_weights), list(layer.non_trainable_weights)
    trainable, fixed = [], []
    for part in layer.layers:
        of_part = _in_order(part)
        trainable += of_part[0]
        fixed += of_part[1]
    return (trainable, fixed) if layer.trainable else ([], trainable + fixed)

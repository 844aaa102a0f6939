"""Reads the weights in an HDF5 file of Keras 1 or 2, which are told apart by their order alone."""

from __future__ import annotations

from typing import Any

import h5py
import keras
import numpy as np

from ..keras_internals import functional_graph_of, layers_inside, named_parts

_TURNED = (keras.layers.Conv1D, keras.layers.Conv2D, keras.layers.Conv3D, keras.layers.Conv2DTranspose)
"""Convolutions that Theano computes with the kernel turned round; ConvLSTM2D is one more."""


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
        if _text(group.attrs.get("backend", "")) == "theano":
            _turn_kernels(layer)


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
    stored = _without_cudnn(variables, stored)
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


def _without_cudnn(variables: list[Any], stored: list[tuple[str, np.ndarray]]) -> list[tuple[str, np.ndarray]]:
    """Weights of CuDNNLSTM and CuDNNGRU as LSTM and GRU have them; all others as they are.

    They have two biases in a row for each gate, and kernels that are transposed.
    """
    found = list(stored)
    for k in range(2, len(variables)):
        if [variable.name for variable in variables[k - 2 : k + 1]] != ["kernel", "recurrent_kernel", "bias"]:
            continue
        (path, biases), plain = stored[k], tuple(variables[k].shape)
        gates = plain[-1] // (variables[k - 1].shape[0] or 1)
        if biases.shape != (2 * plain[-1],) or gates not in (3, 4) or len(plain) != 5 - gates:
            continue
        (first, kernel), (second, recurrent) = stored[k - 2 : k]
        kernels = [part.T.reshape(part.shape, order="F") for part in np.split(kernel, gates, axis=1)]
        recurrents = [part.T for part in np.split(recurrent, gates, axis=1)]
        both = biases.reshape(2, -1)
        found[k - 2] = first, np.concatenate(kernels, axis=1)
        found[k - 1] = second, np.concatenate(recurrents, axis=1)
        found[k] = path, both.sum(0) if gates == 4 else both
    return found


def _turn_kernels(layer: Any) -> None:
    """Turn the kernels of convolutions round that were trained with Theano, as Keras 2 did when it read them."""
    for part in layers_inside(layer):
        is_recurrent = isinstance(part, keras.layers.ConvLSTM2D)
        kernels = (part.cell.kernel, part.cell.recurrent_kernel) if is_recurrent else ()
        for kernel in kernels or ((part.kernel,) if isinstance(part, _TURNED) else ()):
            kernel.assign(np.flip(kernel.numpy(), tuple(range(len(kernel.shape) - 2))))


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)

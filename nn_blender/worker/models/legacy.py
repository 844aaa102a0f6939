"""Rewrites the settings in files of Keras 1 and 2 so that Keras 3 reads them with the same numbers. No Keras here.

Keras 3 loads most of these files wrongly or not at all: settings were renamed or dropped, an old Sequential has no
input layer, nested models count their calls from 1. What cannot be put right in the settings (the old
``hard_sigmoid``) is put right after loading, see `loading`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from .keras_names import LAYERS, MODELS

Config = dict[str, Any]

_RENAMED = {
    "Model": "Functional",
    "CuDNNLSTM": "LSTM",
    "CuDNNGRU": "GRU",
    "LSTMV1": "LSTM",
    "GRUV1": "GRU",
    "BatchNormalizationV1": "BatchNormalization",
    "BatchNormalizationV2": "BatchNormalization",
    "SyncBatchNormalization": "BatchNormalization",
}
_KERNEL = ("kernel_initializer", "kernel_regularizer", "kernel_constraint")
_DROPPED = {
    "DepthwiseConv1D": ("groups", *_KERNEL),
    "DepthwiseConv2D": ("groups", *_KERNEL),
    "SeparableConv1D": ("groups", *_KERNEL),
    "SeparableConv2D": ("groups", *_KERNEL),
    "Conv1DTranspose": ("groups",),
    "Conv2DTranspose": ("groups",),
    "Conv3DTranspose": ("groups",),
    "Embedding": ("input_length",),
    "InputLayer": ("ragged",),
    "MultiHeadAttention": ("softmax_robust_masking", "query_shape", "key_shape", "value_shape"),
}
_DROPPED_EVERYWHERE = ("time_major", "ragged")


def normalize(model: Config) -> Config:
    """Rewrite a model's settings in place and return them.

    Args:
        model: ``{"class_name": …, "config": …}`` as Keras 1 or 2 wrote it.
    """
    model["class_name"] = _RENAMED.get(model["class_name"], model["class_name"])
    if isinstance(model["config"], list):  # A Sequential before Keras 2.2.3.
        model["config"] = {"name": "sequential", "layers": model["config"]}
    config = model["config"]
    if "layers" not in config:
        return model
    if "module" in model:
        model["module"], model["registered_name"] = _model_module(model["class_name"]), None
    if model["class_name"] == "Sequential":
        _insert_input_layer(config["layers"])
    for entry in config["layers"]:
        _normalize_layer(entry)
    _renumber_nested_calls(config)
    return model


def _model_module(class_name: str) -> str:
    return "keras.src.models.functional" if class_name == "Functional" else "keras"


def _normalize_layer(entry: Config) -> None:
    if entry["class_name"] in MODELS or "layers" in entry["config"]:
        normalize(entry)
        return
    class_name = str(entry["class_name"])
    class_name = entry["class_name"] = _RENAMED.get(class_name, class_name)
    config = entry["config"]
    if "module" in entry and class_name in LAYERS:
        entry["module"] = "keras.layers"
    for setting in (*_DROPPED.get(class_name, ()), *_DROPPED_EVERYWHERE):
        config.pop(setting, None)
    shape = config.pop("batch_input_shape", None)
    if class_name == "InputLayer" and shape is not None:
        config["batch_shape"] = shape
    axis = config.get("axis")
    if isinstance(axis, list) and len(axis) == 1:
        config["axis"] = axis[0]
    for wrapped in ("layer", "backward_layer", "cell"):
        if isinstance(config.get(wrapped), dict) and "class_name" in config[wrapped]:
            _normalize_layer(config[wrapped])


def _insert_input_layer(entries: list[Config]) -> None:
    """State an old Sequential's input as a layer; Keras 3 would take the batch axis for one more size."""
    if not entries or entries[0]["class_name"] == "InputLayer":
        return
    config = entries[0]["config"]
    while "batch_input_shape" not in config and isinstance(config.get("layer"), dict):
        config = config["layer"]["config"]
    shape = config.get("batch_input_shape")
    if shape is None and isinstance(config.get("input_dim"), int) and entries[0]["class_name"] != "Embedding":
        shape = [None, config["input_dim"]]
    if shape is None:
        return
    name = f"{entries[0]['config'].get('name', 'layer')}_input"
    entry: Config = {"class_name": "InputLayer", "config": {"batch_shape": shape, "dtype": "float32", "name": name}}
    if "module" in entries[0]:
        entry |= {"module": "keras.layers", "registered_name": None}
    entries.insert(0, entry)


def _renumber_nested_calls(config: Config) -> None:
    """Count the calls of nested models from 0: Keras 2 counted a model's own creation as its first call.

    Where an output of the model names a nested Functional model, Keras 3 still counts from 1.
    """
    nested = {
        entry.get("name") or entry["config"].get("name") for entry in config["layers"] if entry["class_name"] in MODELS
    }
    if not nested:
        return
    references = list(_references([entry.get("inbound_nodes", []) for entry in config["layers"]], nested))
    references += _references(config.get("output_layers", []), nested)
    used: dict[str, set[int]] = {}
    for name, number, _ in references:
        used.setdefault(name, set()).add(number)
    for name, number, put in references:
        put(sorted(used[name]).index(number))
    functional = {
        entry.get("name") or entry["config"].get("name")
        for entry in config["layers"]
        if entry["class_name"] in MODELS and entry["class_name"] != "Sequential"
    }
    for _, number, put in list(_references(config.get("output_layers", []), functional)):
        put(number + 1)


def _references(value: Any, names: set[Any]) -> Iterator[tuple[str, int, Callable[[int], None]]]:
    """Every stored reference to a call of one of the named models: name, number of the call, and a way to change it."""
    if isinstance(value, dict):
        for entry in value.values():
            yield from _references(entry, names)
    elif isinstance(value, list):
        if len(value) >= 3 and isinstance(value[0], str) and value[0] in names and isinstance(value[1], int):
            yield value[0], value[1], partial(value.__setitem__, 1)
            value = value[3:]
        for entry in value:
            yield from _references(entry, names)

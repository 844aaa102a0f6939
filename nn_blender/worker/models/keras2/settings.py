"""Rewrites the settings of single layers of Keras 1 and 2 into those of Keras 3."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..keras_names import KERAS_2_ACTIVATIONS, LAYERS, is_of_keras
from .entries import OPERATIONS, Config, inside, is_model

KERAS_2 = "Keras 2"
"""Package of the classes that compute as Keras 2 did, see `running.translated.layers`."""

ACTIVATION_SETTINGS = ("activation", "recurrent_activation")
MERGING = frozenset({"Add", "Average", "Concatenate", "Maximum", "Minimum", "Multiply", "Subtract"})
RECURRENT = frozenset({"Bidirectional", "ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D", "GRU", "LSTM", "RNN", "SimpleRNN"})
MASKLESS = frozenset({"Identity", "Normalization", "Rescaling"})
OWN = MERGING | RECURRENT | MASKLESS | {"Discretization", "RandomCrop"}
"""Layers that Keras 3 has but computes otherwise."""

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
    **dict.fromkeys(("CategoryEncoding", "Discretization", "HashedCrossing", "Hashing"), ("trainable",)),
    "Conv1DTranspose": ("groups",),
    "Conv2DTranspose": ("groups",),
    "Conv3DTranspose": ("groups",),
    "DepthwiseConv1D": ("groups", *_KERNEL),
    "DepthwiseConv2D": ("groups", *_KERNEL),
    "Embedding": ("input_length",),
    "InputLayer": ("ragged",),
    "MultiHeadAttention": ("softmax_robust_masking", "query_shape", "key_shape", "value_shape"),
    "SeparableConv1D": ("groups", *_KERNEL),
    "SeparableConv2D": ("groups", *_KERNEL),
    **dict.fromkeys(("SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D"), ("noise_shape", "trainable")),
    **dict.fromkeys(
        [
            "RandomBrightness",
            "RandomContrast",
            "RandomCrop",
            "RandomFlip",
            "RandomHeight",
            "RandomRotation",
            "RandomTranslation",
            "RandomWidth",
            "RandomZoom",
        ],
        ("rng_type",),
    ),
}
"""Settings that Keras 3 refuses and that change nothing in inference."""
_DROPPED_EVERYWHERE = ("ragged", "time_major")

_MODULES = {
    "Functional": "keras.src.models.functional",
    "Sequential": "keras",
    **dict.fromkeys(("RandomHeight", "RandomWidth", "ThresholdedReLU"), "keras._legacy.layers"),
}
"""Where Keras 3 has a class, if not in ``keras.layers``."""


def rewrite_settings(entry: Config) -> None:
    """Rewrite a layer in place, and all in it; calls stay as they are."""
    if entry["class_name"] == "CuDNNGRU":
        entry["config"]["reset_after"] = True  # It does not say so, since it knows nothing else.
    name = entry["class_name"] = _RENAMED.get(str(entry["class_name"]), str(entry["class_name"]))
    config = entry["config"]
    if is_model(entry) and name == "Sequential":
        _insert_input_layer(config["layers"])
    if name in OPERATIONS:
        entry["config"] = config = {
            "name": config["name"],
            "function": config.get("function", "__operators__.getitem"),
        }
    parts = config["layers"] if is_model(entry) else [*inside(entry), *_activations(config)]
    for part in parts:
        rewrite_settings(part)
    _rewrite_values(name, config)
    _state_module(entry)


def _rewrite_values(name: str, config: Config) -> None:
    for setting in (*_DROPPED.get(name, ()), *_DROPPED_EVERYWHERE):
        config.pop(setting, None)
    shape = config.pop("batch_input_shape", None)
    if name == "InputLayer" and shape is not None:
        config["batch_shape"] = shape
    if name in ("GRU", "GRUCell"):
        config.setdefault("reset_after", False)  # Keras had only that before it wrote which.
    axis = config.get("axis")
    if isinstance(axis, list) and len(axis) == 1:
        config["axis"] = axis[0]
    policy = config.get("dtype")
    if isinstance(policy, dict):
        config["dtype"] = policy["config"]["name"]
    if name in LAYERS:
        _rewrite_activations(config)
    if name == "Lambda":
        _rewrite_code(config)


def _rewrite_activations(config: Config) -> None:
    """Put names of the author's functions into the form in which Keras 3 does not take them for newer ones of its."""
    for setting in ACTIVATION_SETTINGS:
        name = config.get(setting)
        if isinstance(name, str) and name and name not in KERAS_2_ACTIVATIONS:
            config[setting] = _function(name)


def _activations(config: Config) -> Iterator[Config]:
    """The layers that a layer uses as activation functions."""
    for setting in ACTIVATION_SETTINGS:
        value = config.get(setting)
        if isinstance(value, dict) and isinstance(value.get("config"), dict):
            yield value


def _rewrite_code(config: Config) -> None:
    """Put Python code into the form in which Keras 3 finds it; whether it may run is decided elsewhere."""
    for setting, home in (("function", "module"), ("output_shape", "output_shape_module")):
        code, kind = config.get(setting), config.pop(f"{setting}_type", "lambda")
        module = str(config.pop(home, None)).split(".")[0]
        if kind == "function":
            is_known = code in KERAS_2_ACTIVATIONS and module in ("keras", "tf_keras", "tensorflow")
            config[setting] = _function(code, "keras.activations" if is_known else "builtins")
        elif isinstance(code, list) and len(code) == 3 and isinstance(code[0], str):
            parts = {"code": code[0], "defaults": code[1] and tuple(code[1]), "closure": code[2]}
            config[setting] = {"class_name": "__lambda__", "config": parts}


def _function(name: Any, module: str = "builtins") -> Config:
    return {"class_name": "function", "config": name, "module": module, "registered_name": name}


def _state_module(entry: Config) -> None:
    """Say in which module Keras 3 finds a class.

    Keras 3 has a second reader for settings that do not say so, which cannot read all: it takes the text ``dot`` of an
    Attention for a function, loses lists of axes, and does not know classes inside wrappers.
    """
    name = entry["class_name"]
    entry.pop("build_config", None)
    entry.pop("shared_object_id", None)
    if name in OPERATIONS or (name in OWN and is_of_keras(entry)):
        entry["module"], entry["registered_name"] = "tf_keras.layers", f"{KERAS_2}>{name}"
    elif (name in LAYERS or name in _MODULES) and is_of_keras(entry):
        entry["module"], entry["registered_name"] = _MODULES.get(name, "keras.layers"), None


def _insert_input_layer(entries: list[Config]) -> None:
    """State an old Sequential's input as a layer; Keras 3 would take the batch axis for one more size."""
    if not entries or entries[0]["class_name"] == "InputLayer":
        return
    config: dict[str, Any] = entries[0]["config"]
    while "batch_input_shape" not in config and isinstance(config.get("layer"), dict):
        config = config["layer"]["config"]
    shape = config.get("batch_input_shape")
    if shape is None and isinstance(config.get("input_dim"), int) and entries[0]["class_name"] != "Embedding":
        shape = [None, config["input_dim"]]
    if shape is None:
        return
    name = f"{entries[0]['config'].get('name', 'layer')}_input"
    entries.insert(0, {"class_name": "InputLayer", "config": {"batch_shape": shape, "dtype": "float32", "name": name}})

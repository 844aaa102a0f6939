"""Layers as Keras 1 and 2 describe them in a model's settings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..keras_names import MODELS

Config = dict[str, Any]

OPERATIONS = frozenset({"TFOpLambda", "SlicingOpLambda"})
"""Classes of Keras 2 for a function of TensorFlow that the author called on a layer's output."""


def unfold_sequentials(value: Any) -> None:
    """Give Sequential models, at any depth, the settings that they have since Keras 2.2.3: before, they were a list."""
    if isinstance(value, dict) and value.get("class_name") == "Sequential" and isinstance(value.get("config"), list):
        value["config"] = {"name": value.get("name") or "sequential", "layers": value["config"]}
    for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        unfold_sequentials(part)


def name_of(entry: Config) -> str:
    return str(entry.get("name") or entry["config"]["name"])


def is_model(entry: Config) -> bool:
    """Whether a layer is a nested model, whose layers the settings list."""
    return entry["class_name"] in MODELS or isinstance(entry["config"].get("layers"), list)


def inside(entry: Config) -> Iterator[Config]:
    """The layers that a layer applies itself: what it wraps, or its cells."""
    for setting in ("layer", "backward_layer", "cell", "cells"):
        value = entry["config"].get(setting)
        for part in value if isinstance(value, list) else [value]:
            if isinstance(part, dict) and "class_name" in part and isinstance(part.get("config"), dict):
                yield part

"""Finds what keeps Keras 3 from giving the numbers that a file's own Keras gave."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ..keras_names import LOST_LAYERS
from .entries import OPERATIONS, Config, inside
from .functions import PURE_FUNCTIONS


@dataclass(frozen=True)
class Obstacle:
    """A reason why a layer of Keras 2 cannot run in Keras 3.

    Attributes:
        layer: its name.
        reason: goes on after the layer's name: "is a LocallyConnected2D, which Keras 3 does not have".
    """

    layer: str
    reason: str


def find_obstacles(model: Config) -> tuple[Obstacle, ...]:
    """The obstacles in a model as its file describes it, each once."""
    return tuple(dict.fromkeys(_of_layers(model)))


def _of_layers(model: Config) -> Iterator[Obstacle]:
    config = model["config"]
    for entry in config if isinstance(config, list) else (*config.get("layers", ()), *inside(model)):
        if isinstance(entry["config"], dict):
            name = str(entry.get("name") or entry["config"].get("name") or entry["class_name"])
            yield from (Obstacle(name, reason) for reason in _reasons(entry))
        yield from _of_layers(entry)


def _reasons(entry: Config) -> Iterator[str]:
    name, config = entry["class_name"], entry["config"]
    if name in LOST_LAYERS:
        yield f"is a {name}, which Keras 3 does not have"
    if name in OPERATIONS:
        function = str(config.get("function", "__operators__.getitem"))
        if function not in PURE_FUNCTIONS:
            yield f"calls tf.{function}, which is not among the functions of TensorFlow known to do nothing but compute"
    if config.get("time_major"):
        yield "has time_major=True, which Keras 3 does not have"
    if config.get("ragged"):
        yield "takes ragged tensors, which Keras 3 does not have"
    if config.get("sparse") and name == "InputLayer":
        yield "takes sparse tensors"
    if config.get("num_constants"):
        yield "has cells that read constants"
    if _is_always_training(entry.get("inbound_nodes")):
        yield "is in training also when the network answers (training=True in its call)"


def _is_always_training(calls: Any) -> bool:
    if isinstance(calls, dict):
        return calls.get("training") is True or any(map(_is_always_training, calls.values()))
    return isinstance(calls, list) and any(map(_is_always_training, calls))

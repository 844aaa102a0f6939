"""Builds a translated model of Keras 1 or 2 and fills it with the weights in its file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import h5py
import keras

from ...models.keras2.entries import inside, is_model, name_of
from ...models.keras2.settings import ACTIVATION_SETTINGS
from ..keras_internals import build_model, functional_graph_of, layers_inside, order_layers, read_weights, take_names
from .layers import register_layers
from .weights import read_ordered_weights

if TYPE_CHECKING:
    from ...models.keras2.entries import Config
    from ...models.modelfile import ModelFile


def build_keras_2(file: ModelFile, objects: dict[str, Any], allow_code: bool) -> keras.Model:
    """Build a file's model with Keras 3.

    Args:
        objects: classes and functions by the names by which the file asks for them.
        allow_code: whether Python code inside the file may run.

    Raises:
        Whatever Keras, h5py and zipfile raise for settings and weights that they do not like.
    """
    # Keras 3 puts operations on masks among the layers, and would name them as layers in the file.
    take_names(_names(file.config))
    register_layers()
    model = build_model(file.config, objects, allow_code)
    _order_as_in_file(model, file.config)
    if file.kind == "h5":
        with h5py.File(file.path, "r") as weights:
            read_ordered_weights(weights["model_weights"], model)
    else:
        read_weights(model, file.path)
    _restore_hard_sigmoid(model)
    return model


def _names(entry: Config) -> Iterator[str]:
    if entry["config"].get("name") is not None:
        yield name_of(entry)
    for part in entry["config"].get("layers", ()) if is_model(entry) else inside(entry):
        yield from _names(part)


def _order_as_in_file(model: Any, entry: Config) -> None:
    """Put the layers of a model, and of those in it, in the order of its settings.

    Weights are read in that order, and the operations that Keras 3 adds for masks change the one it works out.
    """
    core = functional_graph_of(model)
    if core is not None and "layers" in entry["config"]:
        order_layers(core, [name_of(part) for part in entry["config"]["layers"]])
    layers = {layer.name: layer for layer in getattr(model, "layers", ())}
    for part in entry["config"].get("layers", ()):
        layer, within = layers.get(name_of(part)), part
        while layer is not None and not is_model(within) and isinstance(within["config"].get("layer"), dict):
            layer, within = getattr(layer, "layer", None), within["config"]["layer"]
        if layer is not None and is_model(within):
            _order_as_in_file(layer, within)


def _restore_hard_sigmoid(model: keras.Model) -> None:
    """Put back the definition that Keras had before version 3; the new one differs by up to 0.08."""

    def hard_sigmoid(x: Any) -> Any:
        return keras.ops.clip(0.2 * x + 0.5, 0.0, 1.0)

    for layer in layers_inside(model):
        for setting in (*ACTIVATION_SETTINGS, "function"):
            # An LSTM passes its setting on to its cell, which is a layer of its own and comes by here too.
            if not isinstance(getattr(type(layer), setting, None), property) and (
                getattr(layer, setting, None) is keras.activations.hard_sigmoid
            ):
                setattr(layer, setting, hard_sigmoid)

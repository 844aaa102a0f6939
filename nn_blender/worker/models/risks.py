"""Judges a model's settings before anything is built from them: code, outside files, and sizes that cannot be true."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from typing import Any

from ...core.errors import UserError
from ...core.network import Network, Risk
from ...core.texts import format_shape
from .keras2.entries import name_of
from .keras2.settings import ACTIVATION_SETTINGS
from .keras_names import (
    CODE_LAYERS,
    KERAS_2_ACTIVATIONS,
    LAYERS,
    LOST_LAYERS,
    MODELS,
    equivalent_of,
    is_kerass_activation,
    is_of_keras,
    known_class,
)
from .layer_shapes import output_shape
from .least_weights import least_weights
from .modelfile import ModelFile
from .storage import DO_NOT_OPEN

Config = dict[str, Any]

LARGEST_OUTPUT = 1 << 29
"""Numbers in one layer's output for one sample: 2 GB of float32, ten times the largest published networks."""
_CALL = re.compile(r"(#\d+)?(\[\d+\])?$")
"""What a path has behind a layer's name for a further call or output of it."""
DEEPEST_SETTING = 64
_FILE_SETTINGS = frozenset({"vocabulary", "filepath", "filename", "file", "path", "url", "origin", "idf_weights"})
_URL_STARTS = ("http://", "https://", "ftp://", "file://", "hf://", "gs://", "s3://")
_NO_PART_OF_MODELS = frozenset(
    {"callbacks", "config", "datasets", "export", "preprocessing", "saving", "trainers", "tree", "utils", "wrappers"}
)
"""Modules of Keras of which nothing is a part of a model."""
OF_FUNCTIONS = frozenset(
    {
        "activations",
        "backend",
        "constraints",
        "initializers",
        "losses",
        "metrics",
        "nn",
        "ops",
        "random",
        "regularizers",
    }
)
"""Modules of Keras whose functions may be a part of a model."""
_COUNTED = ("units", "filters", "output_dim", "input_dim")


@dataclass(frozen=True)
class CustomObject:
    """A class or function that the file uses and that Keras does not have.

    Attributes:
        name: of the class or function itself.
        key: by which Keras looks for it: ``package>name`` where it was registered under a package, else its name.
        equivalent_of: see `keras_names.equivalent_of`; such a class need not be there.
    """

    layer: str
    name: str
    key: str
    equivalent_of: str = ""


def find_risks(file: ModelFile) -> tuple[Risk, ...]:
    """What in the file runs code or needs code from elsewhere, one entry per layer and reason."""
    risks = stored_code(file)
    risks += [Risk(obstacle.layer, obstacle.reason) for obstacle in file.obstacles]
    risks += [
        Risk(c.layer, f"is or uses {c.name}, which Keras does not have")
        for c in custom_objects(file)
        if not c.equivalent_of
    ]
    return tuple(dict.fromkeys(risks))


def stored_code(file: ModelFile) -> list[Risk]:
    """What in the file is code itself, one entry per layer and reason."""
    return list(dict.fromkeys(Risk(layer, why) for layer, entry in walk(file.config) for why in _reasons(entry)))


def custom_objects(file: ModelFile) -> list[CustomObject]:
    """Classes and functions that a file expects Python to have besides Keras's own."""
    found = []
    for layer, entry in walk(file.config):
        class_name, module, config = str(entry["class_name"]), entry.get("module"), entry["config"]
        if class_name in CODE_LAYERS or class_name == "__lambda__":
            if (
                isinstance(config, dict) and config.get("function_type") == "function"
            ):  # Named, in the way of old files.
                found.append(_custom(layer, str(config.get("function")), str(config.get("function"))))
            continue
        is_function = class_name == "function" and isinstance(config, str)
        key = config if is_function else str(entry.get("registered_name") or class_name)
        if module is not None:
            if not _is_kerass_own(entry, file.from_keras_2):
                found.append(_custom(layer, key, key) if is_function else _custom(layer, key, class_name, entry))
        elif ">" in key or (_looks_like_layer(entry) and class_name not in LAYERS | MODELS | LOST_LAYERS):
            found.append(_custom(layer, key, class_name, entry))
        found += [_custom(layer, name, name) for name in _own_activations(config, file.from_keras_2)]
    return list(dict.fromkeys(found))


def _custom(layer: str, key: str, name: str, entry: Config | None = None) -> CustomObject:
    return CustomObject(layer, name.rpartition(">")[2], key, equivalent_of(entry) if entry else "")


def _own_activations(config: Any, from_keras_2: bool) -> list[str]:
    """Functions that a layer's settings name as its activations, in the way of old files, and that are not Keras's."""
    given = [config.get(setting) for setting in ACTIVATION_SETTINGS] if isinstance(config, dict) else []
    is_known = KERAS_2_ACTIVATIONS.__contains__ if from_keras_2 else is_kerass_activation
    return [name for name in given if isinstance(name, str) and name and not is_known(name)]


def refuse_outside_files(file: ModelFile) -> None:
    """Refuse settings that make a layer read a file or an address.

    Raises:
        UserError: code ``model.unsafe``.
    """
    for layer, entry in walk(file.config):
        config = entry["config"]
        if not isinstance(config, dict):
            continue
        for setting, value in config.items():
            if isinstance(value, str) and (
                (setting in _FILE_SETTINGS and value) or value.lower().startswith(_URL_STARTS)
            ):
                raise UserError(
                    "model.unsafe",
                    f"{file.path.name} is unsafe: its layer {layer} ({entry['class_name']}) reads {value[:80]!r} "
                    f"as its {setting}.",
                    DO_NOT_OPEN,
                )


def refuse_foreign_tools(file: ModelFile) -> None:
    """Refuse functions and classes of Keras that are no part of a model, such as those that download files.

    Raises:
        UserError: code ``model.unsafe``.
    """
    for layer, entry in walk(file.config):
        parts = [part for part in str(entry.get("module") or "").split(".") if part not in ("src", "api", "_tf_keras")]
        if parts[:1] not in (["keras"], ["tf_keras"]):
            continue
        is_function = entry["class_name"] == "function"
        name = entry["config"] if is_function else entry["class_name"]
        is_activation = isinstance(name, str) and is_kerass_activation(name)
        if {*parts[1:2]} & _NO_PART_OF_MODELS or (is_function and not (is_activation or {*parts} & OF_FUNCTIONS)):
            raise UserError(
                "model.unsafe",
                f"{file.path.name} is unsafe: its layer {layer} uses {'.'.join(parts)}.{str(name)[:80]}, "
                "which has no place in a model.",
                DO_NOT_OPEN,
            )


def refuse_untrue_sizes(file: ModelFile, network: Network) -> None:
    """Refuse layers far larger than the numbers stored for them, and outputs that no memory holds.

    Raises:
        UserError: code ``model.too_large``; ``model.truncated`` where the weights are missing altogether.
    """
    stored = sum(file.numbers.values())
    entries = dict(_layers(file.config, ""))
    shapes = _true_shapes(network, entries)
    if file.stores_weights:
        _refuse_more_than_stored(file, network, entries, shapes)
    for layer, entry in walk(file.config):
        config = entry["config"]
        if not isinstance(config, dict) or not _looks_like_layer(entry) or not known_class(entry):
            continue
        sizes = {setting: config[setting] for setting in _COUNTED if type(config.get(setting)) is int}
        if not sizes:
            continue
        if not file.stores_weights and file.kind == "keras":
            raise UserError(
                "model.truncated", f"{file.path.name} has layers but no weights.", "Save or copy the model again."
            )
        for setting, size in sizes.items():
            if file.stores_weights and size > max(stored, 1 << 16):
                raise UserError(
                    "model.too_large",
                    f"{file.path.name} is inconsistent: its layer {layer} has {setting}={size:,}, "
                    f"but the whole file stores {stored:,} numbers.",
                    DO_NOT_OPEN,
                )
    stated = [(layer.path, layer.output_shape) for layer in network.layers]
    for name, shape in (*shapes.items(), *stated):
        if prod(max(size, 1) for size in shape) > LARGEST_OUTPUT:
            raise UserError(
                "model.too_large",
                f"The output of the layer {name} of {file.path.name} for one sample, {format_shape(shape)}, "
                "is larger than memory.",
                "Save the model with a smaller input size.",
            )


def _true_shapes(network: Network, entries: dict[str, Config]) -> dict[str, tuple[int, ...]]:
    """Shapes of inputs and layers by the layers' settings where these tell them; a file may state any others."""
    shapes = {spec.name: spec.shape for spec in network.inputs}
    for layer in network.layers:
        entry = entries.get(_CALL.sub("", layer.path))
        given = [shapes.get(source) for source in layer.inputs]
        worked_out = None
        if entry and "[" not in layer.path:
            worked_out = output_shape(known_class(entry), entry["config"], given)
        shapes[layer.path] = worked_out or layer.output_shape
    return shapes


def _refuse_more_than_stored(
    file: ModelFile, network: Network, entries: dict[str, Config], shapes: dict[str, tuple[int, ...]]
) -> None:
    """Keras makes room for all weights before it reads any: those that the settings ask for must be in the file."""
    stored, total = sum(file.numbers.values()), 0
    sources = {layer.path: layer.inputs for layer in network.layers}
    for path, entry in entries.items():
        class_name = known_class(entry)
        stated = (entry.get("build_config") or {}).get("input_shape")  # Keras builds for it before the first call.
        before = [shapes.get(source, ()) for source in sources.get(path, ())[:1]]
        before += [tuple(size if isinstance(size, int) else 1 for size in stated[1:])] if stated else []
        needed = max((least_weights(class_name, entry["config"], shape) for shape in before or [()]), default=0)
        total += needed
        # Two numbers of four bits are stored as one; what several models share is stored once and stated in each.
        if needed > 2 * stored + (1 << 16) or total > 16 * stored + (1 << 20):
            raise UserError(
                "model.too_large",
                f"{file.path.name} is inconsistent: its layer {path} ({class_name}) has at least {needed:,} weights, "
                f"but the whole file stores {stored:,} numbers.",
                DO_NOT_OPEN,
            )


def _layers(model: Config, prefix: str) -> Iterator[tuple[str, Config]]:
    """Every layer of a model and of those nested in it, by its path."""
    for entry in model["config"].get("layers", ()) if isinstance(model["config"], dict) else ():
        path = f"{prefix}{name_of(entry)}"
        if isinstance(entry["config"], dict) and "layers" in entry["config"]:
            yield from _layers(entry, f"{path}/")
        else:
            yield path, entry


def walk(model: Config) -> Iterator[tuple[str, Config]]:
    """Every object that the settings describe, with the name of the layer it belongs to."""
    yield from _walk(model, "", 0)


def _walk(value: Any, layer: str, depth: int) -> Iterator[tuple[str, Config]]:
    if depth > DEEPEST_SETTING:
        raise UserError("model.unsafe", f"The settings of the layer {layer} are nested too deeply.", DO_NOT_OPEN)
    parts: list[Any] = value if isinstance(value, list) else []
    if isinstance(value, dict):
        parts = list(value.values())
        if isinstance(value.get("class_name"), str) and "config" in value:
            layer = name_of(value) if _looks_like_layer(value) else layer
            if value["class_name"] != "__keras_tensor__":
                yield layer, value
    for part in parts:
        if isinstance(part, (dict, list)):
            yield from _walk(part, layer, depth + 1)


def _looks_like_layer(entry: Config) -> bool:
    config = entry["config"]
    return (
        isinstance(config, dict)
        and "name" in config
        and ("trainable" in config or "inbound_nodes" in entry or "layers" in config)
    )


def _reasons(entry: Config) -> list[str]:
    if entry["class_name"] == "__lambda__":
        return [CODE_LAYERS["Lambda"]]
    return [CODE_LAYERS[entry["class_name"]]] if entry["class_name"] in CODE_LAYERS else []


def _is_kerass_own(entry: Config, from_keras_2: bool) -> bool:
    if is_of_keras(entry):
        return True
    if entry["module"] == "builtins" and entry["class_name"] == "function":
        # Keras 3 writes its own functions so, and those that others registered under a name; Keras 2 only the latter.
        return isinstance(entry["config"], str) and not from_keras_2 and is_kerass_activation(entry["config"])
    return entry["module"] == "builtins" or entry["class_name"].startswith("__")

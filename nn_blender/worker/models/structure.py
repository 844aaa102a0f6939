"""Reads the settings inside a model file into a `Graph` and from there into a `Network`. Nothing is executed."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Hashable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ...core.errors import UserError
from ...core.network import UNKNOWN, Layer, TensorSpec
from .call_graph import DEEPEST_NESTING, INPUT, SAVE_AGAIN, Flat, Graph, Node, Reference, Slot, Trail, flatten
from .keras2.entries import name_of
from .keras_names import MODELS, activation_name, known_class
from .layer_descriptions import LayerFacts, describe_layers, output_names
from .layer_shapes import output_shape
from .several_outputs import output_count, state_shape

Shape = tuple[int, ...]
Config = dict[str, Any]
Names = Mapping[Trail, str]
"""Names as the file has them, see `keras2.Translation`."""


@dataclass(frozen=True)
class FileLayer:
    """A layer as the file states it.

    Attributes:
        trail: names of the models around it and its own, as the file has them.
        known_class: see `keras_names.known_class`.
        weights: where a .keras archive keeps its weights, for example ``layers/functional/layers/conv2d_1``.
        output: which of its outputs this stands for; weights belong to the first.
    """

    class_name: str
    known_class: str
    config: Config
    trail: Trail
    weights: str
    output: int = 0


@dataclass(frozen=True)
class Structure:
    layers: tuple[Layer, ...]
    inputs: tuple[TensorSpec, ...]
    outputs: tuple[str, ...]


class ParameterCounts:
    """How many numbers belong to a layer, from the sizes of the datasets in a file.

    Args:
        numbers: how many numbers each dataset holds, by its path.
        names: of the model's layers as the file has them, not of those inside nested models.
    """

    def __init__(self, numbers: dict[str, int], names: Collection[str]) -> None:
        self._by_folder: Counter[str] = Counter()
        self._by_layer: Counter[str] = Counter()
        self._by_layer_and_part: Counter[tuple[str, str]] = Counter()
        for path, count in numbers.items():
            *folders, _ = path.split("/")
            if "seed_generator" in folders:
                continue  # The state of a random generator is no parameter.
            above = ["/".join(folders[:depth]) for depth in range(1, len(folders) + 1)]
            for folder in above:
                self._by_folder[folder] += count
            # Names may hold slashes: the longest one that fits is the layer's.
            depth = next((depth for depth in range(len(above), 0, -1) if above[depth - 1] in names), 0)
            layer, inside = "/".join(folders[:depth]), folders[depth:]
            self._by_layer[layer] += count
            for part in {"/".join(inside[i:k]) for k in range(len(inside) + 1) for i in range(k)}:
                self._by_layer_and_part[layer, part] += count

    def of(self, layer: FileLayer, kind: str) -> int:
        if layer.output:
            return 0
        if kind == "keras":
            return self._by_folder[layer.weights]
        if len(layer.trail) == 1:
            return self._by_layer[layer.trail[0]]
        return self._by_layer_and_part[layer.trail[0], layer.trail[-1]]


def read_structure(model: Config, names: Names, numbers: dict[str, int], kind: str) -> Structure:
    """Layers in the order of the data, with the shapes that the file states or that `layer_shapes` works out.

    Raises:
        UserError: code ``model.unsupported``, for models whose layers are Python code.
        KeyError, TypeError, ValueError, IndexError, AttributeError: the settings are not Keras's.
    """
    flat = flatten(build_graph(model, names))
    specs = tuple(input_specs(model, names))
    shapes = _all_shapes(flat, specs)
    written = {names.get((name,), name) for name in map(name_of, model["config"]["layers"])}
    counts = ParameterCounts(numbers, written)
    facts = [
        LayerFacts(
            class_name=step.payload.class_name,
            shape=shapes.get(Slot(k, 0)),
            parameters=counts.of(step.payload, kind),
            activation="" if step.payload.output else _activation(step.payload.known_class, step.payload.config),
            data_format=step.payload.config.get("data_format") or "",
            is_further=step.payload.output > 0,
        )
        for k, step in enumerate(flat.steps)
    ]
    outputs = output_names(flat, specs)
    return Structure(describe_layers(flat, facts, specs), specs, outputs)


def build_graph(model: Config, names: Names, trail: Trail = (), weights: str = "") -> Graph:
    """The calls in a Functional or Sequential model's settings.

    Args:
        trail: of the model, in the names of its settings.
        weights: what the places of its weights begin with.

    Raises:
        UserError: code ``model.unsupported`` for any other model.
    """
    class_name, config = model["class_name"], model["config"]
    if not states_its_layers(model):
        raise UserError(
            "model.unsupported",
            f"The model is of the class {class_name}, whose layers are Python code outside the file.",
            "Rebuild it as a Functional or Sequential model and save that.",
        )
    if len(trail) > DEEPEST_NESTING:
        raise UserError(
            "model.unsupported", f"The model's layers are nested more than {DEEPEST_NESTING} deep.", SAVE_AGAIN
        )
    entries = list(_file_layers(config["layers"], names, trail, weights))
    return _functional_graph(config, entries) if "input_layers" in config else _sequential_graph(entries)


def states_its_layers(model: Config) -> bool:
    """Whether a model is one whose settings hold all of it, and not one whose layers are Python code."""
    config = model["config"]
    return "layers" in config and (model["class_name"] in MODELS or "input_layers" in config)


def is_model(entry: Config) -> bool:
    """Whether a layer's settings are those of a nested model."""
    return entry["class_name"] in MODELS or "input_layers" in entry["config"]


def as_written(trail: Trail, names: Names) -> Trail:
    """A trail in the names that the file has."""
    return tuple(names.get(trail[: depth + 1], name) for depth, name in enumerate(trail))


def _file_layers(
    entries: list[Config], names: Names, trail: Trail, weights: str
) -> Iterator[tuple[Config, FileLayer, Graph | None]]:
    used: Counter[str] = Counter()
    for entry in entries:
        place = ""
        if ".ops." not in str(entry.get("module")):  # Operations are no layers and have no place among the weights.
            # Keras names the place of weights after the class, counting up; see keras/src/saving/saving_lib.py.
            snake = _snake_case(entry["class_name"])
            place = f"{weights}layers/{snake}" + (f"_{used[snake]}" if used[snake] else "")
            used[snake] += 1
        here = (*trail, name_of(entry))
        class_name = entry["class_name"].rpartition(">")[2]  # Without the package that it is registered under.
        layer = FileLayer(class_name, known_class(entry), entry["config"], as_written(here, names), place)
        inner = build_graph(entry, names, here, f"{place}/") if is_model(entry) else None
        yield entry, layer, inner


def _functional_graph(config: Config, entries: list[tuple[Config, FileLayer, Graph | None]]) -> Graph:
    names = frozenset(name_of(entry) for entry, _, _ in entries)
    read = _further_outputs([config["output_layers"], *(entry.get("inbound_nodes") for entry, _, _ in entries)], names)
    nodes: dict[Hashable, Node] = {}
    for entry, layer, inner in entries:
        if layer.class_name == "InputLayer":
            continue
        name = name_of(entry)
        for index, call in enumerate(entry["inbound_nodes"]):
            tensors = list(_tensors(call, names))
            further = {*range(1, output_count(layer.known_class, layer.config, call)), *read[name]}
            nodes[name, index] = Node(
                key=(name, index), name=layer.trail[-1], payload=layer, inner=inner,
                arguments=tuple(reference for reference, _ in tensors), declared=tuple(shape for _, shape in tensors),
                further={number: replace(layer, output=number) for number in further},
            )  # fmt: skip
    # Where an output names a Functional model, and only there, Keras counts the model's own creation as its first call.
    functional = {
        name_of(entry) for entry, layer, inner in entries if inner is not None and layer.class_name != "Sequential"
    }
    inputs = tuple(reference for reference, _ in _tensors(config["input_layers"], names))
    outputs = tuple(
        ((name, max(call - (name in functional), 0)), tensor)
        for ((name, call), tensor), _ in _tensors(config["output_layers"], names)
    )
    return Graph(nodes, inputs, outputs)


def _sequential_graph(entries: list[tuple[Config, FileLayer, Graph | None]]) -> Graph:
    source: Reference = (None, 0)
    inputs = (source,)
    nodes: dict[Hashable, Node] = {}
    for entry, layer, inner in entries:
        if layer.class_name == "InputLayer":
            continue
        key = (layer.trail[-1], 0)
        stated = (entry.get("build_config") or {}).get("input_shape")
        further = {k: replace(layer, output=k) for k in range(1, output_count(layer.known_class, layer.config))}
        nodes[key] = Node(key, layer.trail[-1], layer, (source,), (_shape(stated),), inner, further)
        source = (key, 0)
    return Graph(nodes, inputs, (source,))


def _further_outputs(calls: Any, names: frozenset[str]) -> dict[str, set[int]]:
    """The numbers of the outputs besides the first that are read of every layer, by its name."""
    read: dict[str, set[int]] = defaultdict(set)
    for ((name, _), output), _ in _tensors(calls, names):
        if isinstance(output, int) and output > 0:
            read[name].add(output)
    return read


def _tensors(value: Any, names: frozenset[str]) -> Iterator[tuple[tuple[tuple[str, int], int], Shape | None]]:
    """The tensors that a call's stored arguments name, in Keras's order, with their shapes where stated."""
    if isinstance(value, dict):
        if value.get("class_name") == "__keras_tensor__":
            name, node, tensor = value["config"]["keras_history"]
            yield ((name, node), tensor), _shape(value["config"].get("shape"))
            return
        for key in sorted(value):
            yield from _tensors(value[key], names)
    elif isinstance(value, list):
        if (
            len(value) >= 3
            and isinstance(value[0], str)
            and value[0] in names
            and all(isinstance(n, int) for n in value[1:3])
        ):
            yield ((value[0], value[1]), value[2]), None
            value = value[3:]
        for entry in value:
            yield from _tensors(entry, names)


def _shape(stated: Any) -> Shape | None:
    """A stored shape without its batch axis; None where it is none."""
    if not isinstance(stated, list) or not stated or not all(size is None or isinstance(size, int) for size in stated):
        return None
    return tuple(UNKNOWN if size is None else size for size in stated[1:])


def input_specs(model: Config, names: Names, trail: Trail = ()) -> Iterator[TensorSpec]:
    """The model's inputs, in order."""
    config = model["config"]
    if "input_layers" in config:
        by_name = {name_of(entry): entry for entry in config["layers"]}
        for reference, _ in _tensors(config["input_layers"], frozenset(by_name)):
            name = reference[0][0]  # type: ignore[index]
            entry = by_name[name]
            shown = names.get((*trail, name), name)
            yield TensorSpec(shown, _shape(_stated_input(entry["config"])) or (), _dtype(entry["config"]))
        return
    entry = config["layers"][0]
    stated = _stated_input(entry["config"]) or config.get("build_input_shape")
    if entry["class_name"] == "InputLayer":
        shown = names.get((*trail, name_of(entry)), name_of(entry))
        yield TensorSpec(shown, _shape(stated) or (), _dtype(entry["config"]))
    elif is_model(entry) and stated is None:
        yield from input_specs(entry, names, (*trail, name_of(entry)))
    else:
        stated = stated or (entry.get("build_config") or {}).get("input_shape")
        yield TensorSpec("input_layer", _shape(stated) or (UNKNOWN,))


def _dtype(config: Config) -> str:
    stated = config.get("dtype")
    return stated if isinstance(stated, str) else "float32"


def _stated_input(config: Config) -> Any:
    return config.get("batch_shape") or config.get("batch_input_shape")


def _all_shapes(flat: Flat, specs: tuple[TensorSpec, ...]) -> dict[Slot, Shape]:
    shapes = dict(flat.declared)
    shapes |= {Slot(INPUT, k): spec.shape for k, spec in enumerate(specs)}
    for k, step in enumerate(flat.steps):
        slot = Slot(k, 0)
        if slot not in shapes:
            given = [shapes.get(source) for source in step.sources]
            about = step.payload.known_class, step.payload.config
            shape = state_shape(*about, step.payload.output) if step.payload.output else output_shape(*about, given)
            if shape is not None:
                shapes[slot] = shape
    return shapes


def _activation(class_name: str, config: Config) -> str:
    """By a layer's settings, or by those of the layer that it applies at every step."""
    setting = (config["layer"]["config"] if class_name == "TimeDistributed" else config).get("activation")
    if isinstance(setting, dict):
        setting = setting.get("config") if str(setting.get("module")).startswith(("keras", "builtins")) else None
    return activation_name(setting) if isinstance(setting, str) else ""


def _snake_case(class_name: str) -> str:
    """Keras's own conversion of a class name, see keras/src/utils/naming.py."""
    name = re.sub(r"\W+", "", class_name)
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()


Arranged = tuple[tuple[tuple[str, Shape], ...], Any, bool]


def stated_arguments(build_config: Any) -> Arranged | None:
    """What a model was called with before it was saved; None where its file does not say.

    Returns:
        Name and shape of every tensor, without its batch axis; the name is empty for a single one. Then the numbers of
        the tensors, nested in lists and dictionaries as the model takes them, and whether the outermost dictionary
        names arguments of its call.
    """
    if not isinstance(build_config, dict):
        return None
    by_name = "shapes_dict" in build_config
    stated = build_config["shapes_dict"] if by_name else build_config.get("input_shape")
    if by_name and isinstance(stated, dict):
        stated = {name.removesuffix("_shape"): shapes for name, shapes in stated.items()}
    found: list[tuple[str, Shape]] = []
    structure = _arranged(stated, "", found)
    return (tuple(found), structure, by_name) if found else None


def _arranged(stated: Any, name: str, found: list[tuple[str, Shape]]) -> Any:
    shape = _shape(list(stated)) if isinstance(stated, (list, tuple)) else None
    if shape is not None:
        found.append((name, shape))
        return len(found) - 1
    if isinstance(stated, dict):
        # In the order in which Keras lays the values of dictionaries in a row.
        return {key: _arranged(stated[key], f"{name}_{key}".lstrip("_"), found) for key in sorted(stated)}
    if isinstance(stated, (list, tuple)):
        return [_arranged(part, f"{name or 'input'}_{k}", found) for k, part in enumerate(stated)]
    return None

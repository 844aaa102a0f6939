"""The parts of Keras 3 that have no public name, in one place.

They are why the worker asks for a range of Keras versions (see `versions`); a new version is tried here first.
"""

# ruff: noqa: SLF001  This module exists to keep the private names of Keras out of the others.

from __future__ import annotations

import copy
import io
import re
import zipfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..models.call_graph import Graph, Node, Reference, Trail

if TYPE_CHECKING:
    import h5py
    import keras


def functional_graph_of(operation: Any) -> Any:
    """The Functional graph inside a Functional or a built Sequential model; None for anything else.

    A class of somebody's own has it too, unless it is called otherwise than Keras calls such models.
    """
    import keras
    from keras.src.models.functional import Functional

    if isinstance(operation, Functional):
        return operation if type(operation).call is Functional.call else None
    # A loaded Sequential's layers carry stale calls; only its own inner graph has the right ones.
    is_plain = isinstance(operation, keras.Sequential) and type(operation).call is keras.Sequential.call
    return operation._functional if is_plain else None


def is_unbuilt_sequential(model: Any) -> bool:
    """Whether a model is a Sequential one that does not know yet what it reads."""
    import keras

    return isinstance(model, keras.Sequential) and model._functional is None


def live_graph(core: Any, names: Mapping[Trail, str], trail: Trail = ()) -> Graph:
    """The calls inside a Functional Keras model.

    Args:
        names: of layers that are shown under others, by their trails.
        trail: of the model.
    """
    from .further_outputs import node_of_output

    nodes = {}
    for keras_nodes in core._nodes_by_depth.values():
        for node in keras_nodes:
            if node.is_input:
                continue
            here = (*trail, node.operation.name)
            inner = functional_graph_of(node.operation)
            key, _ = _reference(node.outputs[0])
            nodes[key] = Node(
                key=key,
                name=names.get(here, here[-1]),
                payload=node,
                arguments=tuple(_reference(tensor) for tensor in node.arguments.keras_tensors),
                inner=None if inner is None else live_graph(inner, names, here),
                further={} if inner else {k: node_of_output(node, k) for k in range(1, len(node.outputs))},
            )
    return Graph(nodes, tuple(map(_reference, core.inputs)), tuple(map(_reference, core.outputs)))


def only_call_of(operation: Any) -> Any:
    """Keras's own node of an operation that was called once."""
    (node,) = operation._inbound_nodes
    return node


def _reference(tensor: Any) -> Reference:
    operation, call, output = tensor._keras_history
    return (id(operation), call), output


def input_name(tensor: Any) -> str:
    """The name of the input layer that a model's input comes from."""
    return str(tensor._keras_history.operation.name)


def input_structure(core: Any) -> Any:
    """How a Functional model takes its inputs: their numbers, nested as the inputs are."""
    import keras

    numbers = {id(tensor): number for number, tensor in enumerate(core.inputs)}
    return keras.tree.map_structure(lambda tensor: numbers[id(tensor)], core._inputs_struct)


def operation_class() -> type[Any]:
    """The class of Keras's layers and of its operations in Functional models alike."""
    from keras.src.ops.operation import Operation

    return Operation


@cache
def count_steps_of_open_sequences() -> None:
    """Let TimeDistributed take every step of a sequence of open length in a traced function.

    Keras takes as many steps there as there are samples in the batch.
    """
    from keras import ops
    from keras.layers import TimeDistributed
    from keras.src import backend

    original = TimeDistributed.call

    def call(layer: Any, inputs: Any, training: Any = None, mask: Any = None) -> Any:
        if inputs.shape[1] is not None:
            return original(layer, inputs, training=training, mask=mask)

        def step(number: Any) -> Any:
            more = (
                {"mask": ops.take(mask, number, axis=1)} if layer.layer._call_has_mask_arg and mask is not None else {}
            )
            if layer.layer._call_has_training_arg:
                more["training"] = training
            return layer.layer.call(ops.take(inputs, number, axis=1), **more)

        given = backend.vectorized_map(step, ops.arange(ops.shape(inputs)[1]))
        return ops.transpose(given, [1, 0, *range(2, len(given.shape))])

    TimeDistributed.call = call


def is_operation(name: str) -> bool:
    """Whether one of the operations that Keras puts between layers has a class of that name."""
    from keras.src.ops import core, image, linalg, math, nn, numpy

    found = (getattr(module, name, None) for module in (core, image, linalg, math, nn, numpy))
    return any(isinstance(one, type) and issubclass(one, operation_class()) for one in found)


def redirect(tensor: Any, consumers: Sequence[Any], other: Any) -> None:
    """Let operations of a traced function read another tensor in place of one."""
    for operation in consumers:
        for number, read in enumerate(operation.inputs):
            if read is tensor:
                operation._update_input(number, other)


def with_own_gradients(operations: Iterable[Any]) -> None:
    """Give operations of a traced function their own gradients back, which its graph has put others in the place of."""
    for operation in operations:
        operation._clear_attr("_gradient_op_type")


def layers_inside(operation: Any) -> Iterator[Any]:
    """A layer or model of either Keras, and every layer inside it; an operation alone."""
    return iter(operation._flatten_layers() if hasattr(operation, "_flatten_layers") else (operation,))


def call(node: Any, tensors: Sequence[Any]) -> Any:
    """Repeat a call inside a model, as for inference.

    Args:
        node: Keras's own, see `live_graph`.
        tensors: what takes the place of the tensors that it reads, in their order.
    """
    values = {id(old): new for old, new in zip(node.arguments.keras_tensors, tensors, strict=True)}
    args, kwargs = node.arguments.fill_in(values)
    if takes_training(node.operation):
        kwargs = {**kwargs, "training": False}
    return node.operation(*args, **kwargs)


def symbolic_call(node: Any, tensors: Sequence[Any]) -> list[Any]:
    """What a call inside a model gives by what its layer says of itself, as Keras's symbolic tensors.

    Args:
        tensors: Keras's symbolic tensors, as in `call`.
    """
    import keras

    values = {id(old): new for old, new in zip(node.arguments.keras_tensors, tensors, strict=True)}
    args, kwargs = node.arguments.fill_in(values)
    return list(keras.tree.flatten(node.operation.compute_output_spec(*args, **kwargs)))


def traced_specs(node: Any, tensors: Sequence[Any]) -> list[Any]:
    """What a call inside a model really gives in inference, as Keras's symbolic tensors; nothing is computed.

    Args:
        tensors: Keras's symbolic tensors, as in `call`.
    """
    import keras
    from keras.src import backend

    def traced(*values: Any) -> Any:
        with layer_scope("traced"):
            return call(node, values)

    plain = [backend.KerasTensor(tensor.shape, tensor.dtype) for tensor in tensors]
    return list(keras.tree.flatten(backend.compute_output_spec(traced, *plain)))


def set_shape(tensor: Any, shape: tuple[int | None, ...]) -> None:
    """Correct the shape of one of Keras's symbolic tensors."""
    tensor._shape = shape


def takes_training(operation: Any) -> bool:
    """Whether a layer behaves differently in training and says so in its call."""
    return "training" in getattr(operation, "_call_context_args", ())


def keras_mask_of(tensor: Any) -> Any:
    """The mask over time steps that Keras carries along with a tensor; None where there is none."""
    from keras.src import backend

    return backend.get_keras_mask(tensor)


def set_keras_mask(tensor: Any, mask: Any) -> None:
    """Let a tensor carry a mask over time steps."""
    from keras.src import backend

    backend.set_keras_mask(tensor, mask)


@contextmanager
def layer_scope(name: str) -> Iterator[None]:
    """Name what is traced inside after a layer, and let layers in it have any names."""
    import tensorflow as tf

    with any_names(), tf.name_scope(name):
        yield


@contextmanager
def any_names() -> Iterator[None]:
    """Let Keras name nothing as TensorFlow does not allow in traced functions.

    Keras calls layers and models of any name eagerly; there TensorFlow refuses many, such as ``_conv`` or ``a:b``.
    """
    import tensorflow as tf
    from keras.src.backend.tensorflow import core

    given = core.name_scope.__init__

    def make(scope: Any, name: str, **choices: Any) -> None:
        given(scope, name, **choices)
        scope._tf_name_scope = tf.name_scope("n" + re.sub(r"[^A-Za-z0-9_.-]", "_", name))

    core.name_scope.__init__ = make
    try:
        yield
    finally:
        core.name_scope.__init__ = given


def build_model(config: dict[str, Any], objects: dict[str, Any], allow_code: bool) -> keras.Model:
    """Build a model from its settings as a .keras archive has them, without weights of its own.

    Args:
        config: as `modelfile.ModelFile.config`, and not as the archive has it: what was looked into is what is built.
        objects: classes and functions that Keras does not have, by the names by which the settings ask for them.
    """
    from keras.src.saving import serialization_lib

    with serialization_lib.ObjectSharingScope():
        return serialization_lib.deserialize_keras_object(copy.deepcopy(config), objects, safe_mode=not allow_code)


def read_weights(model: keras.Model, path: Path) -> None:
    """Fill a model with the weights, vocabularies and the like of a .keras archive.

    Raises:
        ValueError: the archive has none, or they belong to other layers.
    """
    from keras.src.saving import saving_lib

    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        weights: Any
        if "model.weights.h5" in names:
            weights = saving_lib.H5IOStore(io.BytesIO(archive.read("model.weights.h5")), mode="r")
        else:
            weights = saving_lib.NpzIOStore("model.weights.npz", archive, mode="r")
        has_assets = any(name.startswith("assets/") for name in names)
        assets = saving_lib.DiskIOStore("assets", archive=archive, mode="r") if has_assets else None
        failed: set[int] = set()
        errors: dict[int, Any] = {}
        try:
            saving_lib._load_state(
                model, weights, assets, "", visited_saveables=set(), failed_saveables=failed, error_msgs=errors
            )
        finally:
            weights.close()
            if assets is not None:
                assets.close()
    if failed:
        saving_lib._raise_loading_failure(errors)


def take_names(names: Iterable[str]) -> None:
    """Keep Keras from giving names of its own making that are taken; until the session is cleared."""
    from keras.src.backend.common import global_state

    counts = global_state.get_global_attribute("object_name_uids", defaultdict(int), set_to_default=True)
    for name in names:
        base, number = re.fullmatch(r"(.*?)(?:_(\d{1,9}))?", name, re.DOTALL).groups()  # type: ignore[union-attr]
        counts[base] = max(counts[base], int(number or 0) + 1)


def order_layers(core: Any, names: Sequence[str]) -> None:
    """Put the layers of a Functional model in an order; what is not named comes first."""
    from keras.src.utils.tracking import DotNotTrackScope

    places = {name: place for place, name in enumerate(names)}
    in_order = sorted(core._layers, key=lambda layer: places.get(layer.name, -1))
    with DotNotTrackScope():
        core._operations = sorted(core._operations, key=lambda operation: places.get(operation.name, -1))
    del core._layers[:]
    core._layers.extend(in_order)


def named_parts(group: h5py.Group, attribute: str) -> list[str]:
    """The names that an HDF5 group of a legacy file lists, in any number of attributes."""
    from keras.src.legacy.saving import legacy_h5_format

    return legacy_h5_format.load_attributes_from_hdf5_group(group, attribute)

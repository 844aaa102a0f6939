"""Loads a model file into Keras 3, after it has been looked into, and describes what came out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...core.errors import UserError
from ...core.network import UNKNOWN, Inspection, Network, TensorSpec, model_changed
from ..common.versions import keras_2_version, needs_keras_2
from ..models.call_graph import Flat, flatten
from ..models.inspecting import examine, refuse_no_layers
from ..models.keras2.obstacles import why_only_keras_2
from ..models.keras_names import activation_name, is_kerass_name
from ..models.layer_descriptions import LayerFacts, describe_layers, output_names, total_parameters
from ..models.modelfile import ModelFile
from ..models.own_code import OwnCode, find_own_code
from ..models.risks import CustomObject, custom_objects, stored_code
from ..models.savedmodel import SAVE_AS_KERAS
from .building import build_in_either_keras
from .keras_internals import (
    count_steps_of_open_sequences,
    functional_graph_of,
    input_name,
    input_structure,
    is_operation,
    is_unbuilt_sequential,
    live_graph,
)
from .libraries import is_of_keras_2
from .own_classes import run_own_code
from .trials import try_steps
from .true_shapes import correct_shapes, joining_layer

if TYPE_CHECKING:
    import keras

    from .tracing.discovery import TracedModel

ALLOW_CODE = (
    "Only if you trust where it comes from: import the model again with “Allow Code from This File” in the options."
)
NAME_CLASSES = "Choose the Python file that defines it as “Python Classes” in the import options."
MOST_NAMED = 5
"""Classes and layers that a sentence names."""


@dataclass(frozen=True)
class LoadedModel:
    """A Keras model with its calls in a row and its description.

    Attributes:
        remarks: what is to be said of how it was loaded, for users.
        traced: what a call of it does, where it has no graph that says so; then the payloads of ``flat`` are
            `tracing.discovery.TracedCall`, else Keras's own nodes.
        reads: what samples showed of what the network reads; None where its file says it.
        copies: of a sample in the batch in which it is run by itself; 0 where samples are run together.
        stated: the inputs as the file states them, where a size was chosen that they leave open, see `open_sizes`; else
            empty.
    """

    keras_model: keras.Model
    flat: Flat
    network: Network
    remarks: tuple[str, ...] = ()
    traced: TracedModel | None = None
    reads: tuple[TensorSpec, ...] | None = None
    copies: int = 0
    stated: tuple[TensorSpec, ...] = ()

    def fits(self, reads: Sequence[TensorSpec]) -> bool:
        """Whether it is the model for samples that show this of what the network reads."""
        return self.reads is None or tuple(reads) in ((), self.reads, self.network.inputs)


def load_model(
    path: Path,
    allow_code: bool = False,
    sha256: str = "",
    classes_code: str = "",
    classes_sha256: str = "",
    reads: Sequence[TensorSpec] = (),
) -> LoadedModel:
    """Load a model file.

    Args:
        allow_code: whether Python code inside the file, and the user's own, may run; the user's decision.
        sha256: hash that the file must have; empty for any.
        classes_code: the user's own code, see `own_code.find_own_code`; empty for none.
        classes_sha256: hash that this must have; empty for any.
        reads: what the network reads, as samples have shown it; counts where the file does not say it.

    Raises:
        UserError: what `inspecting.examine` and `own_code.find_own_code` raise; ``model.changed`` and
            ``classes.changed`` for other hashes; ``model.needs_code`` where consent is missing; ``classes.failed``;
            ``model.custom_object`` and ``model.unsupported`` for what Keras 3 cannot build; ``model.inputs_unknown``
            where samples are needed to know what the network reads.
    """
    inspection, file = examine(path)
    if sha256 not in ("", inspection.network.sha256):
        raise model_changed(str(path))
    code = find_own_code(classes_code) if classes_code else None
    if code and classes_sha256 not in ("", code.sha256):
        raise UserError(
            "classes.changed",
            f"{code.name} or a module that it imports has changed since it was allowed to run.",
            "Import the model again, and allow it again if you trust it.",
        )
    _refuse_unloadable(inspection, file, code, allow_code)
    objects, remarks = _objects_for(file, code)
    model, copies, more = build_in_either_keras(file, objects, allow_code)
    remarks = (*remarks, *_run_by_the_newer_keras(file, model), *more)
    return with_calls(model, file, inspection.network, reads, remarks, copies)


def with_calls(
    model: keras.Model,
    file: ModelFile,
    inspected: Network,
    reads: Sequence[TensorSpec],
    remarks: tuple[str, ...] = (),
    copies: int = 0,
) -> LoadedModel:
    """A built model with its calls: those of its graph, or else those that one call of it makes.

    Args:
        copies: of a sample in the only batch that the model takes; 0 where it takes any.

    Raises:
        UserError: as `load_model`.
    """
    from .tracing.loading import arguments_in_file, arguments_of_samples, build_sequential, trace_model

    count_steps_of_open_sequences()
    if (core := functional_graph_of(model)) is not None:
        return _functional_model(model, core, file, inspected, remarks, copies)
    stated = arguments_in_file(file, model)
    arguments = stated or arguments_of_samples(file, model, reads)
    shown = None if stated else tuple(reads)
    if is_unbuilt_sequential(model) and len(arguments.specs) == 1:
        build_sequential(model, file, arguments)
    core = functional_graph_of(model)
    traced = None if core is not None else trace_model(model, file, arguments, copies)
    if model.weights and not file.numbers:
        remarks = (*remarks, f"{file.path.name} stores no weights: they are those that training would begin with.")
    if traced is not None:
        return replace(traced_model(traced, inspected, remarks), reads=shown)
    return replace(_functional_model(model, core, file, inspected, remarks, copies), reads=shown)


def _functional_model(
    model: keras.Model, core: Any, file: ModelFile, inspected: Network, remarks: tuple[str, ...], copies: int
) -> LoadedModel:
    """A model with a graph of its calls, which is followed where it gives the same in every run."""
    names = file.names
    flat = flatten(live_graph(core, names))
    correct_shapes(flat, core.inputs)
    inputs = tuple(
        TensorSpec(names.get((name := input_name(tensor),), name), shape_of(tensor), str(tensor.dtype))
        for tensor in core.inputs
    )
    joining = "" if copies else joining_layer(flat, core.inputs)
    trial = try_steps(flat, copies or None, joining)
    if not trial.repeats:
        from .tracing.arguments import Arguments
        from .tracing.loading import trace_model

        traced = trace_model(model, file, Arguments(inputs, input_structure(core)), copies)
        return traced_model(traced, inspected, remarks)
    if trial.joining:
        said = f"Every sample is run by itself, since the layer {trial.joining} joins the samples of a batch."
        remarks = (*remarks, said)
    return LoadedModel(model, flat, _describe(flat, inputs, inspected), remarks, copies=1 if trial.joining else copies)


def traced_model(traced: TracedModel, inspected: Network, remarks: tuple[str, ...] = ()) -> LoadedModel:
    """A model that is known by what a call of it does."""
    from .tracing.loading import remarks_of

    network = _describe(traced.flat, traced.arguments.specs, inspected)
    return LoadedModel(traced.model, traced.flat, network, (*remarks, *remarks_of(traced)), traced)


def _refuse_unloadable(inspection: Inspection, file: ModelFile, code: OwnCode | None, allow_code: bool) -> None:
    """Before anything of the file or of the user's code runs."""
    name = file.path.name
    if file.kind == "savedmodel":
        raise UserError(
            "model.unsupported",
            f"{name} is a SavedModel folder, which can be shown but not run by Keras 3.",
            SAVE_AS_KERAS,
        )
    old = why_only_keras_2(file.obstacles)
    if old and not keras_2_version():
        raise needs_keras_2(f"{name} was made by Keras 2; {old}.")
    if code is None:
        _refuse_missing(file, [one for one in custom_objects(file) if not one.equivalent_of], None)
    if allow_code or not (code or inspection.risks):
        return
    stored = ", ".join(f"{risk.layer} ({risk.reason})" for risk in stored_code(file))
    said = [f"{code.name} is Python code that would run on this computer to load {name}."] if code else []
    if old:
        said.append(f"{name} has to be loaded by Keras 2, which runs any code that is stored in a file; {old}.")
    elif stored:
        said.append(f"{name} contains code that would run on this computer: {stored}.")
    raise UserError("model.needs_code", " ".join(said), ALLOW_CODE)


def _objects_for(file: ModelFile, code: OwnCode | None) -> tuple[dict[str, Any], tuple[str, ...]]:
    """What Keras is given for the names in the file that are not its own, and what is to be said of it."""
    from .equivalents import STAND_INS

    wanted = custom_objects(file)
    own = run_own_code(code) if code else {}
    found = {one.key: own.get(one.key, own.get(one.name)) for one in wanted}
    remarks = {}
    for one in wanted:
        if found[one.key] is None and one.equivalent_of:
            found[one.key] = STAND_INS[one.name]
            remarks[one.name] = f"{one.name} of {one.equivalent_of} is an equivalent that comes with this extension."
    _refuse_missing(file, [one for one in wanted if found[one.key] is None], code)
    # Own classes may ask Keras for further ones of theirs by name.
    helpers = {name: entry for name, entry in own.items() if wanted and not is_kerass_name(name)}
    return {**helpers, **found}, tuple(remarks.values())


def _run_by_the_newer_keras(file: ModelFile, model: Any) -> tuple[str, ...]:
    """What is to be said of code for Keras 2 in a model that Keras 3 built, which may mean something else there."""
    if not file.from_keras_2 or is_of_keras_2(model):
        return ()
    own = [one.name for one in custom_objects(file) if not one.equivalent_of]
    names = list(dict.fromkeys([*own, *(risk.layer for risk in stored_code(file))]))
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    one_or_many = "is" if len(names) == 1 else "are"
    said = f"{', '.join(names[:MOST_NAMED])}{more} {one_or_many} code written for Keras 2 that runs in Keras 3 here."
    return (said,) if names else ()


def _refuse_missing(file: ModelFile, missing: list[CustomObject], code: OwnCode | None) -> None:
    if not missing:
        return
    operations = [one for one in missing if file.kind == "h5" and not file.from_keras_2 and is_operation(one.key)]
    if operations:
        raise UserError(
            "model.unsupported",
            f"{file.path.name} uses Keras's operation {operations[0].name} ({operations[0].layer}), which Keras writes "
            "into HDF5 files but does not read from them.",
            SAVE_AS_KERAS,
        )
    layers: dict[str, list[str]] = {}
    for one in missing:
        layers.setdefault(one.name, []).append(one.layer)
    named = [f"{name} (layer {of[0]})" if of[0] else name for name, of in layers.items()]
    more = f" and {len(named) - MOST_NAMED} more" if len(named) > MOST_NAMED else ""
    where = f"which {code.name} does not define" if code else "which are not in the file and which Keras does not have"
    if len(named) == 1:
        where = where.replace("which are not", "which is not")
    raise UserError(
        "model.custom_object", f"{file.path.name} needs {', '.join(named[:MOST_NAMED])}{more}, {where}.", NAME_CLASSES
    )


def _describe(flat: Flat, inputs: tuple[TensorSpec, ...], inspected: Network) -> Network:
    """The network as Keras really built it; file, hash and version as `inspect` found them."""
    layers = describe_layers(flat, [_facts(step.payload) for step in flat.steps], inputs)
    refuse_no_layers(Path(inspected.file), layers)
    return Network(
        name=inspected.name,
        file=inspected.file,
        sha256=inspected.sha256,
        layers=layers,
        inputs=inputs,
        outputs=output_names(flat, inputs),
        parameters=total_parameters(layers),
        keras_version=inspected.keras_version,
    )


def _facts(node: Any) -> LayerFacts:
    from .further_outputs import of_layer

    operation = node.operation
    layer = of_layer(operation)
    return LayerFacts(
        class_name=getattr(layer, "class_name", "") or type(layer).__name__,
        shape=shape_of(node.outputs[0]),
        parameters=sum(prod(weight.shape) for weight in getattr(operation, "weights", ())),
        activation=_activation(operation),
        data_format=getattr(layer, "data_format", "") or "",
        is_further=layer is not operation,
    )


def _activation(operation: Any) -> str:
    """Name of a layer's built-in activation, or of that of the layer that it applies at every step."""
    import keras

    if isinstance(operation, keras.layers.TimeDistributed):
        operation = operation.layer
    return activation_name(getattr(getattr(operation, "activation", None), "__name__", ""))


def shape_of(tensor: Any) -> tuple[int, ...]:
    """A Keras tensor's shape without the batch axis."""
    return tuple(UNKNOWN if size is None else int(size) for size in tensor.shape[1:])

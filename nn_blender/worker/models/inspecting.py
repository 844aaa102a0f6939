"""Answers what is in a model file, from the file alone: TensorFlow and Keras are not imported."""

from __future__ import annotations

import traceback
from collections.abc import Hashable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from ...core.errors import UserError
from ...core.network import Inspection, Layer, Network
from ...core.texts import one_line
from .call_graph import SAVE_AGAIN
from .keras2 import translate
from .layer_descriptions import total_parameters
from .modelfile import ModelFile, hash_of, identity_of, read_model_file
from .own_code import find_own_code
from .risks import find_risks, refuse_foreign_tools, refuse_outside_files, refuse_untrue_sizes
from .structure import Structure, read_structure, states_its_layers

LONGEST = 600
"""Letters of a message."""

_examined: dict[Hashable, tuple[Inspection, ModelFile]] = {}
"""What was found of the last file, by its identity."""


def inspect_file(path: Path, classes_code: str = "") -> Inspection:
    """Structure and risks of a model file, and the hash of the user's own code for it.

    Args:
        classes_code: see `own_code.find_own_code`; empty for none.

    Raises:
        UserError: see `examine` and `own_code.find_own_code`.
    """
    inspection = examine(path)[0]
    if not classes_code:
        return inspection
    return replace(inspection, classes_sha256=find_own_code(classes_code).sha256)


def examine(path: Path) -> tuple[Inspection, ModelFile]:
    """Structure and risks of a model file, and its settings in the form that Keras 3 reads.

    What was found of the last file is remembered, so that a file is read and hashed once before it is loaded.

    Raises:
        UserError: see `modelfile.read_model_file`; ``model.unsafe`` and ``model.too_large`` for what must never be
            loaded.
    """
    identity = identity_of(path)
    if identity is None or identity not in _examined:
        found = _read_and_judge(path)
        _examined.clear()
        if identity != identity_of(path):  # It was written to meanwhile.
            return found
        _examined[identity] = found
    return _examined[identity]


def _read_and_judge(path: Path) -> tuple[Inspection, ModelFile]:
    file = read_model_file(path)
    with _errors_that_name(path):
        _check_settings(file)
        refuse_outside_files(file)
        refuse_foreign_tools(file)
        if file.from_keras_2 or file.kind == "savedmodel":
            translated = translate(file.config)
            file = replace(file, config=translated.config, names=translated.names, obstacles=translated.obstacles)
        structure = Structure((), (), ())
        if states_its_layers(file.config):
            structure = read_structure(file.config, file.names, file.numbers, file.kind)
            refuse_no_layers(path, structure.layers)
        network = Network(
            name=path.stem,
            file=str(path),
            sha256=hash_of(path),
            layers=structure.layers,
            inputs=structure.inputs,
            outputs=structure.outputs,
            parameters=total_parameters(structure.layers),
            keras_version=file.keras_version,
        )
        refuse_untrue_sizes(file, network)
        return Inspection(file.kind, network, find_risks(file)), file


def refuse_no_layers(path: Path, layers: Sequence[Layer]) -> None:
    """Insist on a network that does something.

    Raises:
        UserError: code ``model.unsupported``.
    """
    if not layers:
        message = f"The model in {path.name} has no layers: it gives what it reads."
        raise UserError("model.unsupported", message, "Choose a model with at least one layer.")


@contextmanager
def _errors_that_name(path: Path) -> Iterator[None]:
    """Errors about settings name the file, and settings that are not Keras's are the file's fault, not ours."""
    try:
        yield
    except UserError as error:
        message = error.message if path.name in error.message else f"{path.name}: {error.message}"
        # Names of layers may have any length.
        raise UserError(error.code, one_line(message, LONGEST), error.fix, error.details) from error
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, RecursionError) as error:
        raise UserError(
            "model.unsupported",
            f"The layers in {path.name} are not described the way Keras does ({one_line(repr(error), 200)}).",
            SAVE_AGAIN,
            traceback.format_exc(),
        ) from error


def _check_settings(file: ModelFile) -> None:
    if not isinstance(file.config.get("class_name"), str) or not isinstance(file.config.get("config"), (dict, list)):
        raise UserError(
            "model.not_a_model",
            f"The structure in {file.path.name} does not describe a Keras model.",
            "Save it again with Keras.",
        )

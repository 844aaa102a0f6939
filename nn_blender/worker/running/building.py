"""Lets Keras build the model of a file, with its weights, for any size of batch where that can be."""

from __future__ import annotations

import copy
import traceback
import zipfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

from ...core.errors import UserError
from ..common.versions import keras_2_version
from ..models.call_graph import Trail, flatten
from ..models.modelfile import ModelFile
from ..models.open_batch import Config, batch_size, keeps_state, opened, without_state
from ..models.savedmodel import SAVE_AS_KERAS
from ..models.storage import damaged
from .keras_2 import build_with_keras_2
from .keras_internals import build_model, functional_graph_of, live_graph, read_weights
from .libraries import is_of_keras_2, joins_samples_in_keras_2
from .reasons import KERAS_ERRORS, layer_of, reason_of
from .true_shapes import joining_layer

if TYPE_CHECKING:
    import keras

LET_KERAS_2 = (
    "Or let Keras 2 try, which runs any code that is stored in a file: only if you trust where it comes from, import "
    "it again and allow code."
)
ADD_KERAS_2 = "Or add Keras 2 in the extension's preferences, which may be able to, and import it again."
_UNREADABLE_NUMBERS = ("Can't synchronously", "Unable to synchronously", "Can't read", "Bad CRC-32")
"""How reasons begin that h5py and zipfile give for damaged weights, which Keras reports as its own."""

Built: TypeAlias = "tuple[keras.Model, int, tuple[str, ...]]"


def build_in_either_keras(file: ModelFile, objects: dict[str, Any], allow_code: bool) -> Built:
    """What `_build_for_any_batch` gives; where Keras 3 cannot build an old file, what it gives with Keras 2.

    Raises:
        UserError: as `loading.load_model`.
    """
    with_keras_2 = bool(file.obstacles)
    try:
        return _build_for_any_batch(file, objects, allow_code, with_keras_2)
    except UserError as error:
        if error.code != "model.unsupported" or not file.from_keras_2 or with_keras_2:
            raise
        if not (keras_2_version() and allow_code):
            fix = f"{error.fix} {LET_KERAS_2 if keras_2_version() else ADD_KERAS_2}"
            raise UserError(error.code, error.message, fix, error.details) from error
        try:
            return _build_for_any_batch(file, objects, allow_code, with_keras_2=True)
        except UserError:
            raise error from None


def _build_for_any_batch(file: ModelFile, objects: dict[str, Any], allow_code: bool, with_keras_2: bool) -> Built:
    """A built model, how many samples it takes at once (0 for any number), and what is to be said of it.

    A model that was made for one size of batch, or that keeps its state, is built without either. Where the size is
    inside the graph, it stays.
    """
    size, is_stateful = batch_size(file.config), keeps_state(file.config)
    build = partial(_build, file, objects, allow_code, with_keras_2)
    if size is None and not is_stateful:
        return build(_as_it_is), 0, ()
    remarks = ["Layers that keep their state begin anew with every sample."] if is_stateful else []
    try:
        model = build(opened)
    except UserError:  # Built as it is, it says itself what is wrong with it.
        model = None
    if model is not None and not _joins_samples(model, file.names):
        if size is not None:
            remarks.append(f"The network was made for batches of {size:,}; here it takes any number of samples.")
        return model, 0, tuple(remarks)
    how = (
        f"in a batch of {size:,} copies, for which the network was made" if size != 1 else "as the network was made for"
    )
    remarks.append(f"Every sample is run by itself, {how}.")
    return build(without_state), size or 1, tuple(remarks)


def _as_it_is(config: Config) -> Config:
    return config


def _joins_samples(model: Any, names: Mapping[Trail, str]) -> bool:
    if is_of_keras_2(model):
        return joins_samples_in_keras_2(model)
    core = functional_graph_of(model)
    return core is not None and bool(joining_layer(flatten(live_graph(core, names)), core.inputs))


def _build(
    file: ModelFile,
    objects: dict[str, Any],
    allow_code: bool,
    with_keras_2: bool,
    change: Callable[[Config], Config],
) -> keras.Model:
    """Let Keras build the model; what it cannot do is the file's fault, since the settings passed our checks.

    Args:
        objects: classes and functions by the names by which the file asks for them.
        change: is done to the settings.
    """
    import keras
    import tensorflow as tf

    keras.backend.clear_session()  # So that generated names do not depend on what was loaded before.
    keras.utils.set_random_seed(0)  # Weights that the file does not store are the same each time.
    tf.random.set_global_generator(tf.random.Generator.from_seed(0))  # So is what code draws from it.
    try:
        if with_keras_2:
            return build_with_keras_2(file.path, file.kind, objects, change)
        file = replace(file, config=change(file.config))
        if file.from_keras_2:
            from .translated.building import build_keras_2

            return build_keras_2(file, objects, allow_code)
        build = _build_from_hdf5 if file.kind == "h5" else _build_from_zip
        return build(file, objects, allow_code)
    except (MemoryError, tf.errors.ResourceExhaustedError) as error:
        raise UserError(
            "model.too_large",
            f"There is not enough memory for {file.path.name}.",
            "Close other programs, or use a computer with more memory.",
            str(error),
        ) from error
    except (FileNotFoundError, PermissionError) as error:  # Code in the file looks for another one.
        raise _cannot_build(file, error) from error
    except (OSError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise damaged(file.path, "its weights", error) from error
    except (*KERAS_ERRORS, tf.errors.OpError) as error:
        raise _cannot_build(file, error) from error


def _cannot_build(file: ModelFile, error: Exception) -> UserError:
    reason, layer = reason_of(error), layer_of(error)
    if any(reason.startswith(begin) for begin in _UNREADABLE_NUMBERS):
        return damaged(file.path, f"the weights of layer {layer[1]}" if layer else "its weights", ValueError(reason))
    if layer and f"'{layer[1]}'" not in reason:
        reason = f"layer {layer[1]} ({layer[0]}): {reason}"
    is_old = file.from_keras_2 or file.kind == "h5"
    save_again = f"Load it where it was made, with Keras {file.keras_version}, and save it again."
    return UserError(
        "model.unsupported",
        f"Keras cannot build {file.path.name}: {reason}",
        SAVE_AS_KERAS if is_old else save_again,
        traceback.format_exc(),
    )


def _build_from_hdf5(file: ModelFile, objects: dict[str, Any], allow_code: bool) -> keras.Model:
    import h5py
    from keras.src.legacy.saving import legacy_h5_format, saving_options, saving_utils
    from keras.src.saving import serialization_lib

    legacy_settings = saving_options.keras_option_scope(use_legacy_config=True)
    with legacy_settings, serialization_lib.SafeModeScope(not allow_code):
        # Keras takes entries out of what it is given; ours may be needed again.
        model = saving_utils.model_from_config(copy.deepcopy(file.config), custom_objects=objects)
        with h5py.File(file.path, "r") as weights:
            legacy_h5_format.load_weights_from_hdf5_group(weights["model_weights"], model)
    return model


def _build_from_zip(file: ModelFile, objects: dict[str, Any], allow_code: bool) -> keras.Model:
    from .tracing.loading import build_layers

    model = build_model(file.config, objects, allow_code)
    build_layers(model, file)
    read_weights(model, file.path)
    return model

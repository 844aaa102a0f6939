"""Turns a model that has no graph of calls into one that is known by what a call of it does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

from ....core.errors import UserError
from ....core.network import TensorSpec
from ...models.modelfile import ModelFile
from ..keras_internals import functional_graph_of, layers_inside
from ..libraries import inputs_of, is_of_keras_2
from ..reasons import KERAS_ERRORS, reason_of
from . import arguments
from .arguments import Arguments
from .discovery import TracedModel, discover, zeros

TYPES = ("int32", "string")
"""Of which an input may be where the file does not say and decimal numbers do not do."""


def arguments_in_file(file: ModelFile, model: Any) -> Arguments | None:
    """What a model is called with as far as its file says so."""
    inputs = inputs_of(model) if is_of_keras_2(model) else ()
    if inputs:
        return Arguments(inputs, 0 if len(inputs) == 1 else list(range(len(inputs))))
    return arguments.arguments_in_file(file.config.get("build_config"), model)


def arguments_of_samples(file: ModelFile, model: Any, reads: Sequence[TensorSpec]) -> Arguments:
    """What a model is called with, by what samples show of it.

    Raises:
        UserError: code ``model.inputs_unknown``, where there are none.
    """
    if not reads:
        raise UserError(
            "model.inputs_unknown",
            f"{file.path.name} does not say what its network reads, since its {type(model).__name__} was saved before "
            "it was called on data.",
            "Import it with samples of the right size, arrays or pictures.",
        )
    return arguments.arguments_of_samples(reads, model)


def build_layers(model: Any, file: ModelFile) -> None:
    """Let all layers of a model of Python code make their weights, so that those of the file can be put in.

    Keras itself calls such a model on decimal numbers alone; layers of one that takes others stay without weights, and
    many of them leave those of the file out without a word.
    """
    given = arguments.arguments_in_file(file.config.get("build_config"), model)
    if given is None or all(layer.built for layer in layers_inside(model)):
        return
    for dtype in ("", *TYPES):
        one = given.of_type(dtype) if dtype else given
        try:
            one.call(model, zeros(one, 1))
        except (*KERAS_ERRORS, tf.errors.OpError):  # What is wrong is said when it is traced.
            continue
        return


def build_sequential(model: Any, file: ModelFile, given: Arguments) -> None:
    """Tell a Sequential model that never saw data what its data are like.

    Raises:
        UserError: code ``model.unsupported``.
    """
    (spec,) = given.specs
    try:
        model.build((None, *(None if size < 0 else size for size in spec.shape)))
    except (*KERAS_ERRORS, tf.errors.OpError) as error:
        raise _cannot_call(file, error) from error


def trace_model(model: keras.Model, file: ModelFile, given: Arguments, copies: int = 0) -> TracedModel:
    """What one call of a model does.

    Args:
        copies: of a sample in the only batch that the model takes; 0 where it takes any.

    Raises:
        UserError: code ``model.unsupported``, where its code cannot be called, or not inside a traced function.
    """
    first: Exception | None = None
    for dtype in ("", *TYPES):
        try:
            return discover(model, given.of_type(dtype) if dtype else given, copies)
        except (*KERAS_ERRORS, tf.errors.OpError) as error:
            first = first or error
            if any(spec.dtype != "float32" for spec in given.specs):
                break
    assert first is not None
    raise _cannot_call(file, first) from first


def remarks_of(traced: TracedModel) -> tuple[str, ...]:
    """What is to be said of a network that is known by one call of it, for users."""
    said = "after a change it is run from the beginning."
    if functional_graph_of(traced.model) is not None:
        said = f"The network may give something else in every call, so {said}"
    elif is_of_keras_2(traced.model):
        said = f"Keras 2 runs the network, so its layers are those that one call of it made, and {said}"
    else:
        name = type(traced.model).__name__
        said = f"{name} is Python code, so its layers are those that one call of it made, and {said}"
    remarks = [said]
    if traced.is_alone:
        remarks.append("Its samples are run one by one, since " + _why_alone(traced))
    return tuple(remarks)


def _why_alone(traced: TracedModel) -> str:
    if traced.draws:
        return about_random_numbers(traced)
    if traced.states:
        return "what it gives depends on the samples before."
    if traced.is_large:
        return "it computes very much of each of them."
    return "its code fixes the size of a batch or lets samples of a batch meet."


def about_random_numbers(traced: TracedModel) -> str:
    """Which steps of a model draw random numbers, and whether they are the same in every run; part of a sentence."""
    settled = [path for path in traced.draws if path not in traced.never_repeats]
    said = []
    for paths, which in (
        (settled, "random numbers, the same for every sample and in every run"),
        (traced.never_repeats, "other random numbers in every run"),
    ):
        if paths:
            said.append(f"{', '.join(paths)} {'draws' if len(paths) == 1 else 'draw'} {which}")
    return " and ".join(said) + "."


def _cannot_call(file: ModelFile, error: Exception) -> UserError:
    return UserError(
        "model.unsupported",
        f"The model in {file.path.name} cannot be called: {reason_of(error)}",
        "Check that it can be called with model(x, training=False) on such samples.",
        str(error),
    )

"""Says in users' words why layers cannot be traced or run."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import tensorflow as tf

from .....core.errors import UserError
from .....core.network import Layer
from ....samples.batches import SamplesFailed
from ...reasons import KERAS_ERRORS, nodes_of, reason_of

_WITHOUT_SAMPLES = "Import it without samples to see its structure."
_ABOUT_VALUES = (tf.errors.InvalidArgumentError, tf.errors.OutOfRangeError, tf.errors.FailedPreconditionError)
"""What TensorFlow raises for values and sizes, which another sample may not have."""
_ABOUT_COMPUTERS = re.compile(r"\b(NHWC|NCHW|CPU|GPU|device|implemented|only supports?|supported)\b")
"""What in such a message says that no sample would do."""
_SCOPE = re.compile(r"(?:^|/)layer_(\d+)/")


def scope_of(number: int) -> str:
    """Under which name a layer's operations run, so that an error tells which layer it is from."""
    return f"layer_{number}"


@contextmanager
def calling(layer: Layer) -> Iterator[None]:
    """While a layer is called inside a traced function, say in users' words why it cannot be.

    Raises:
        UserError: ``worker.out_of_memory``; ``model.failed``.
    """
    try:
        yield
    except (MemoryError, tf.errors.ResourceExhaustedError) as error:
        raise _out_of_memory(error) from error
    except (*KERAS_ERRORS, tf.errors.OpError) as error:
        raise UserError(
            "model.failed",
            f"The network cannot be run: layer {layer.path} ({layer.class_name}): {reason_of(error)}",
            _WITHOUT_SAMPLES,
            str(error),
        ) from error


@contextmanager
def running(layers: Sequence[Layer]) -> Iterator[None]:
    """While layers are run, or traced and run, say in users' words why they cannot be.

    Raises:
        SamplesFailed: it may lie in the samples.
        UserError: ``model.failed``.
    """
    try:
        yield
    except (MemoryError, tf.errors.ResourceExhaustedError) as error:
        raise _out_of_memory(error) from error
    except (*KERAS_ERRORS, tf.errors.OpError) as error:
        reason = f"{_layer_in(error, layers)}{reason_of(error)}"
        if isinstance(error, _ABOUT_VALUES) and not _ABOUT_COMPUTERS.search(reason):
            raise SamplesFailed(
                "samples.failed",
                reason,
                "Choose samples that it can take, or import it without samples to see its structure.",
                str(error),
            ) from error
        raise UserError("model.failed", f"The network cannot be run: {reason}", _WITHOUT_SAMPLES, str(error)) from error


def _layer_in(error: BaseException, layers: Sequence[Layer]) -> str:
    """``layer NAME (CLASS): ``, where the error names one of its operations; else nothing."""
    for node in nodes_of(error):
        for number in map(int, _SCOPE.findall(f"{node}/")):
            if number < len(layers):
                return f"layer {layers[number].path} ({layers[number].class_name}): "
    return ""


def _out_of_memory(error: BaseException) -> SamplesFailed:
    return SamplesFailed(
        "worker.out_of_memory",
        "there was not enough memory.",
        "Close other programs, or use a computer with more memory.",
        str(error),
    )

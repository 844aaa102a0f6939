"""Functions of TensorFlow as steps of a model, under the class names that Keras 2 gave them."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import Any

import keras
import tensorflow as tf
from keras import tree

from ...models.keras2.functions import PURE_FUNCTIONS
from ...models.risks import LARGEST_OUTPUT
from .sizes import numbers_given


class TFOpLambda(keras.Operation):
    """Calls a function of TensorFlow, with the arguments that the file states.

    Args:
        function: its name below ``tensorflow``, one of `PURE_FUNCTIONS`.

    Raises:
        ValueError: the function is none of those, or what it gives would not fit into memory.
    """

    def __init__(self, function: str, name: str | None = None) -> None:
        super().__init__(name=name)
        if function not in PURE_FUNCTIONS:
            raise ValueError(f"tf.{function} is not among the functions of TensorFlow known to do nothing but compute.")
        self.function = function
        self._run: Callable[..., Any] = reduce(getattr, function.split("."), tf)

    def call(self, *args: Any, **kwargs: Any) -> Any:
        args, kwargs = _revived(args), _revived(kwargs)
        numbers = numbers_given(self.function, self._run, args, kwargs)
        if numbers is None:
            return self._run(*args, **kwargs)
        known = tf.get_static_value(numbers)
        if known is not None:
            self._refuse(known > LARGEST_OUTPUT)
            return self._run(*args, **kwargs)
        message = f"{self.name} would give more numbers than fit into memory."
        limit = tf.constant(LARGEST_OUTPUT, numbers.dtype)
        with tf.control_dependencies([tf.debugging.assert_less_equal(numbers, limit, message)]):
            return self._run(*args, **kwargs)

    def compute_output_spec(self, *args: Any, **kwargs: Any) -> Any:
        given = keras.src.backend.compute_output_spec(self.call, *args, **kwargs)
        for tensor in tree.flatten(given):
            numbers = 1
            for size in tensor.shape or ():
                numbers *= size or 1
            self._refuse(numbers > LARGEST_OUTPUT)
        return given

    def get_config(self) -> dict[str, Any]:
        return {"name": self.name, "function": self.function}

    def _refuse(self, is_too_large: bool) -> None:
        if is_too_large:
            raise ValueError(f"{self.name} would give more numbers than fit into memory.")


class SlicingOpLambda(TFOpLambda):
    """Takes a slice, as ``x[:, 1:]``."""


def _revived(value: Any) -> Any:
    """An argument as it was before Keras 2 wrote it into JSON."""
    if isinstance(value, dict):
        if set(value) == {"start", "stop", "step"}:
            return slice(*(_revived(value[part]) for part in ("start", "stop", "step")))
        if value.get("class_name") in ("Ellipsis", "__ellipsis__"):
            return Ellipsis
        if value.get("class_name") == "TensorShape":
            return value["items"]
        return {name: _revived(part) for name, part in value.items()}
    if type(value) in (list, tuple):
        return type(value)(map(_revived, value))
    return value

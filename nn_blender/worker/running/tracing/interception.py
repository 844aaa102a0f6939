"""Hears of every call of a layer or of a function of `keras.ops` while a model is called in a traced function."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import tensorflow as tf
from keras import tree

from ..keras_internals import any_names, keras_mask_of, layer_scope, set_keras_mask
from ..libraries import library_of
from .random_numbers import settled_random_numbers

_NO_STEPS = frozenset(
    """
    associative_scan cond convert_to_numpy convert_to_tensor custom_gradient dtype fori_loop is_tensor map scan shape
    stop_gradient switch vectorized_map while_loop
    """.split()  # noqa: SIM905  A list of strings would take more lines.
)
"""Functions of `keras.ops` that call others, or give no tensor of their own."""


@dataclass(frozen=True)
class Operation:
    """A function that is called between layers, in place of a Keras layer.

    Attributes:
        weights: the variables it reads.
    """

    name: str
    class_name: str
    weights: tuple[Any, ...] = ()


@dataclass(eq=False)
class Call:
    """One call inside a model.

    Attributes:
        number: how many calls began before it.
        subject: the layer or `Operation`.
        parent: the call that it is a part of; None where that is the model's own.
        arguments: all tensors that it is given.
        outputs: all tensors that it gives.
        start, stop: numbers of the graph's operations that it made.
        is_block: whether it is shown by its parts, layers that it calls.
    """

    number: int
    subject: Any
    parent: Call | None
    arguments: list[Any]
    start: int
    stop: int = 0
    outputs: list[Any] = field(default_factory=list)
    is_block: bool = False


Around = Callable[[Call, Callable[[], Any]], Any]
"""What is done around a call: takes it and a function that makes it, and gives what that gives, or another value."""


def plainly(_call: Call, proceed: Callable[[], Any]) -> Any:
    """Make a call as it is."""
    return proceed()


class Interception:
    """Calls one model and notes the calls inside it.

    Keras's own layers are never looked into; a layer of another class is, and is a block where it calls layers. What
    happens inside loops and conditions of the graph is a part of what is around.

    Args:
        around: is asked to make every call.

    Attributes:
        calls: all that are shown, in the order in which they began.
        drew_in_python: whether Python or NumPy drew random numbers while the model was called.
    """

    def __init__(self, model: Any, around: Around = plainly) -> None:
        self._model = model
        self._library = library_of(model)
        self._around = around
        self._stack: list[Call] = []
        self._entered = 0
        self._graph: Any = None
        self.calls: list[Call] = []
        self.drew_in_python = False

    def run(self, call_model: Callable[[], Any]) -> Any:
        """What a function gives that calls the model, inside a traced function."""
        self._graph = tf.compat.v1.get_default_graph()
        with self._hooks(), _functions_run_inline(), any_names(), settled_random_numbers(self._graph) as has_drawn:
            given = call_model()
            self.drew_in_python = has_drawn()
        return given

    @contextmanager
    def _hooks(self) -> Iterator[None]:
        kept = [(cls, "__call__", vars(cls)["__call__"], self._hooked) for cls in self._library.called]
        module = self._library.functions
        for name, given in [*vars(module).items()] if module else ():
            if _is_function(name, given):
                kept.append((module, name, given, partial(self._hooked_function, name)))
        try:
            for owner, name, given, hooked in kept:
                setattr(owner, name, hooked(given))
            yield
        finally:
            for owner, name, given, _ in kept:
                setattr(owner, name, given)

    def _hooked(self, given: Callable[..., Any]) -> Callable[..., Any]:
        def call(subject: Any, *args: Any, **kwargs: Any) -> Any:
            return self._call(subject, lambda: given(subject, *args, **kwargs), (args, kwargs))

        return call

    def _hooked_function(self, name: str, given: Callable[..., Any]) -> Callable[..., Any]:
        subject = Operation(name, camel_case(name))

        def call(*args: Any, **kwargs: Any) -> Any:
            return self._call(subject, lambda: given(*args, **kwargs), (args, kwargs))

        return call

    def _call(self, subject: Any, proceed: Callable[[], Any], given: Any) -> Any:
        parent = self._stack[-1] if self._stack else None
        if (
            subject is self._model
            or tf.compat.v1.get_default_graph() is not self._graph
            or (parent is not None and (parent.subject is subject or not self._is_looked_into(parent.subject)))
        ):
            return proceed()
        call = Call(self._entered, subject, parent, _tensors(given), self._graph.version)
        self._entered += 1
        place = len(self.calls)
        self.calls.append(call)
        self._stack.append(call)
        try:
            with layer_scope(f"call_{call.number}"):
                output = self._around(call, proceed)
                call.is_block = call.is_block or isinstance(subject, self._library.model)
                if not call.is_block:
                    del self.calls[place + 1 :]
                    output = self._apart(output, call.arguments)
        finally:
            self._stack.pop()
        call.outputs, call.stop = _tensors(output), self._graph.version
        if parent is not None and not isinstance(subject, Operation):
            parent.is_block = True
        return output

    def _is_looked_into(self, subject: Any) -> bool:
        library = self._library
        is_own = isinstance(subject, library.layer) and type(subject).__module__.split(".")[0] != library.name
        return is_own or isinstance(subject, library.model)

    def _apart(self, output: Any, arguments: list[Any]) -> Any:
        """What a layer gives, as tensors of its own even where it hands on what it was given."""
        passed_on = {id(tensor) for tensor in arguments}

        def own(tensor: Any) -> Any:
            if id(tensor) not in passed_on or not isinstance(tensor, tf.Tensor):
                return tensor
            copy = tf.identity(tensor)
            if keras_mask_of(tensor) is not None:
                set_keras_mask(copy, keras_mask_of(tensor))
            return copy

        return tree.map_structure(own, output)


def _is_function(name: str, given: Any) -> bool:
    return callable(given) and not isinstance(given, type) and not name.startswith("_") and name not in _NO_STEPS


def _tensors(value: Any) -> list[Any]:
    return [part for part in tree.flatten(value) if isinstance(part, tf.Tensor)]


@contextmanager
def _functions_run_inline() -> Iterator[None]:
    """Functions that are traced apart, of which the author of a model made some, become a part of the one around."""
    before = tf.config.functions_run_eagerly()
    tf.config.run_functions_eagerly(True)
    try:
        yield
    finally:
        tf.config.run_functions_eagerly(before)


def camel_case(name: str) -> str:
    """A function's name as Keras names the class of its operation: ``get_item`` is ``GetItem``."""
    return "".join(part[:1].upper() + part[1:] for part in name.split("_"))

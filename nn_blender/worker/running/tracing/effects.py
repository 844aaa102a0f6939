"""What operations of a traced function do besides computing: they draw random numbers and change variables."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any

_DRAWING = re.compile(
    "Random|Multinomial|TruncatedNormal|StatefulStandardNormal|StatefulUniform|CandidateSampler|StatelessShuffle"
    "|SampleDistortedBoundingBox|FractionalMaxPool|FractionalAvgPool"
)
_CHANGING = re.compile("Assign|ResourceScatter|ResourceApply|^Rng|^Stateful(?!PartitionedCall)")


class Effects:
    """Looks at operations of one graph, and into the loops, conditions and functions that they run.

    Args:
        graph: which operations may still be added to until one of them runs a function.
    """

    def __init__(self, graph: Any) -> None:
        self._graph = graph
        self._runs_functions: dict[str, bool] = {}

    def reaching(self, tensors: Sequence[Any]) -> list[Any]:
        """The operations that some tensors depend on, by what they compute or by variables that they change.

        Recurrent layers of Keras draw what to drop out also where nothing is dropped.
        """
        changing = [one for one in self._graph.get_operations() if self._changes(one)]
        found: dict[str, Any] = {}
        waiting = [tensor.op for tensor in tensors]
        while waiting:
            operation = waiting.pop()
            if operation.name not in found:
                found[operation.name] = operation
                waiting += [tensor.op for tensor in operation.inputs]
                variables = _variables_of(operation)
                waiting += [one for one in changing if variables and variables & _variables_of(one)]
        return list(found.values())

    def draws(self, operations: Iterable[Any]) -> bool:
        """Whether one of some operations draws random numbers."""
        return any(_DRAWING.search(kind) for operation in operations for kind in self._kinds(operation))

    def never_repeats(self, operations: Iterable[Any]) -> bool:
        """Whether one of them draws other random numbers in every run, whatever values variables have."""
        kinds = (kind for operation in operations for kind in self._kinds(operation))
        return any(_DRAWING.search(kind) and not kind.startswith("State") for kind in kinds)

    def changed(self, operations: Iterable[Any]) -> set[str]:
        """Names of the tensors that stand for variables which some operations change."""
        return {name for operation in operations if self._changes(operation) for name in _variables_of(operation)}

    def _changes(self, operation: Any) -> bool:
        return any(_CHANGING.search(kind) for kind in self._kinds(operation))

    def _kinds(self, operation: Any) -> set[str]:
        """Of an operation, and of all inside what it runs."""
        if operation.type not in self._runs_functions:
            self._runs_functions[operation.type] = any("func" in one.type for one in operation.op_def.attr)
        found, done = {operation.type}, set[str]()
        waiting = _functions_of(operation.node_def) if self._runs_functions[operation.type] else []
        while waiting:
            name = waiting.pop()
            if name not in done:
                done.add(name)
                for node in self._functions.get(name, ()):
                    found.add(node.op)
                    waiting += _functions_of(node)
        return found

    @cached_property
    def _functions(self) -> dict[str, Any]:
        library = self._graph.as_graph_def().library
        return {function.signature.name: function.node_def for function in library.function}


def _variables_of(operation: Any) -> set[str]:
    """Names of the tensors that stand for the variables which an operation is given."""
    return {tensor.name for tensor in operation.inputs if tensor.dtype.name == "resource"}


def _functions_of(node: Any) -> list[str]:
    return [one.name for value in node.attr.values() for one in (value.func, *value.list.func) if one.name]

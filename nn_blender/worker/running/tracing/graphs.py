"""Puts what a traced model did in a row: layers, and the operations between them."""

from __future__ import annotations

import re
from collections import ChainMap
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import tensorflow as tf

from ...models.call_graph import INPUT, Slot
from ..further_outputs import FurtherOutput
from .interception import Call, Operation, camel_case

_NAMES = {
    "Add": "add", "AddN": "add", "AddV2": "add", "AvgPool": "average_pool", "BatchMatMul": "matmul",
    "BatchMatMulV2": "matmul", "BatchMatMulV3": "matmul", "BiasAdd": "add", "ConcatV2": "concatenate", "Conv2D": "conv",
    "Conv3D": "conv", "DepthwiseConv2dNative": "depthwise_conv", "FusedBatchNormV3": "batch_normalization",
    "GatherNd": "take", "GatherV2": "take", "MatMul": "matmul", "MirrorPad": "pad", "Mul": "multiply",
    "Neg": "negative", "Pack": "stack", "PadV2": "pad", "Pow": "power", "RealDiv": "divide", "Select": "where",
    "SelectV2": "where", "SplitV": "split", "StridedSlice": "get_item", "Sub": "subtract", "TopKV2": "top_k",
    "TruncateDiv": "divide", "Unpack": "unstack",
}  # fmt: skip
"""What Keras calls operations that TensorFlow calls otherwise."""
_SIZES = frozenset(["Shape", "ShapeN", "Size", "Rank", "ZerosLike", "OnesLike"])
"""Operations that tell how large a tensor is and nothing of what is in it."""
_PASSING_ON = frozenset(["Identity", "IdentityN", "StopGradient", "EnsureShape", "PreventGradient", "Snapshot"])


@dataclass(frozen=True)
class TracedStep:
    """One layer, or one operation between layers; as `call_graph.Step`.

    Attributes:
        call: None for an operation that TensorFlow made outside of all that is shown as a whole.
        tensors: that it gives, in the graph.
        output: which of the layer's outputs it gives; all of them where it is the first.
    """

    path: str
    operation: Any
    call: Call | None
    sources: tuple[Slot, ...]
    tensors: tuple[Any, ...]
    output: int = 0


class TracedGraph:
    """What a traced model did, step after step.

    Args:
        graph: in which it was called.
        inputs: the tensors that it was given.
        outputs: those that it gave.
        weights: of the model; an operation has those that it reads and no layer or earlier operation has.
        folded: paths of operations that are not shown: what they read counts as read by what follows them.

    Attributes:
        steps: each after all that it reads from.
        outputs: what the network gives.
    """

    def __init__(
        self,
        graph: Any,
        calls: Sequence[Call],
        inputs: Sequence[Any],
        outputs: Sequence[Any],
        weights: Sequence[Any] = (),
        folded: Collection[str] = (),
    ) -> None:
        self._operations = graph.get_operations()
        self._calls = calls
        self._folded = folded
        self._final = {tensor.name for tensor in outputs}
        self._slots: dict[str, tuple[Slot, ...]] = {
            tensor.name: (Slot(INPUT, number),) for number, tensor in enumerate(inputs)
        }
        self._weights = _free_weights(graph, weights, calls)
        self._taken: set[int] = set()
        self._names: dict[str, dict[str, Any]] = {}
        self._paths: dict[str, int] = {}
        self._blocks: dict[Call, str] = {}
        self._needed = self._all_before([*outputs, *(one for call in calls for one in call.arguments)])
        self.steps: list[TracedStep] = []
        self._walk()
        self.outputs = tuple(self._slot_of(tensor) for tensor in outputs)

    def _walk(self) -> None:
        wholes = sorted((call for call in self._calls if not call.is_block), key=lambda call: call.stop)
        blocks = [call for call in self._calls if call.is_block]
        for call in self._calls:  # In the order of the calls, in which names are given.
            if call.is_block:
                self._blocks[call] = self._prefix(call.parent) + self._name(call) + "/"
        place, waiting = 0, iter(wholes)
        for whole in waiting:
            self._walk_between(place, whole.start, blocks)
            self._add_call(whole)
            place = whole.stop
        self._walk_between(place, len(self._operations), blocks)

    def _walk_between(self, start: int, stop: int, blocks: Sequence[Call]) -> None:
        for number in range(start, stop):
            operation = self._operations[number]
            if operation.name in self._needed and operation.outputs:
                self._take(operation, number, blocks)

    def _take(self, operation: Any, number: int, blocks: Sequence[Call]) -> None:
        """Take in an operation of TensorFlow outside of all that is shown as a whole."""
        sources = () if operation.type in _SIZES else self._sources(operation.inputs)
        is_final = any(t.name in self._final and t.name not in self._slots for t in operation.outputs)
        if not sources:
            weights = _weights_of(operation.inputs, self._weights)
            if weights:
                self._weights |= {tensor.name: weights for tensor in operation.outputs}
            if not is_final or operation.type == "Placeholder":
                return
        if operation.type in _PASSING_ON and sources:
            self._slots[operation.outputs[0].name] = sources
            return
        inside = [call for call in blocks if call.start <= number < call.stop]
        prefix = self._blocks[inside[-1]] if inside else ""
        name = _NAMES.get(operation.type) or _snake_case(operation.type)
        weights = self._take_weights(_weights_of(operation.inputs, self._weights))
        path = self._count(prefix + self._unique(prefix, name, operation))
        step = TracedStep(path, Operation(name, camel_case(name), weights), None, sources, tuple(operation.outputs))
        self._add(step)

    def _add_call(self, call: Call) -> None:
        if not call.outputs:
            return
        sources = self._sources(call.arguments)
        if isinstance(call.subject, Operation) and (
            not sources or not any(tensor.op.name in self._needed for tensor in call.outputs)
        ):
            self._weights |= _weights_through(self._operations[call.start : call.stop], self._weights)
            return
        subject = call.subject
        if isinstance(subject, Operation):
            inside = _weights_through(self._operations[call.start : call.stop], self._weights).values()
            read = _each_once(_weights_of(call.arguments, self._weights), *inside)
            subject = replace(subject, weights=self._take_weights(read))
        prefix = self._prefix(call.parent)
        path = self._count(prefix + self._name(call))
        self._add(TracedStep(path, subject, call, sources, tuple(call.outputs)))
        for operation in self._operations[call.start : call.stop]:
            for tensor in operation.outputs:
                self._slots.setdefault(tensor.name, self._slots[call.outputs[0].name])

    def _take_weights(self, weights: tuple[Any, ...]) -> tuple[Any, ...]:
        free = tuple(weight for weight in weights if id(weight) not in self._taken)
        self._taken.update(map(id, free))
        return free

    def _add(self, step: TracedStep) -> None:
        if step.path in self._folded:
            self._slots |= {tensor.name: step.sources for tensor in step.tensors}
            return
        first = len(self.steps)
        self._slots[step.tensors[0].name] = (Slot(first, 0),)
        self.steps.append(step)
        for output, tensor in enumerate(step.tensors[1:], 1):
            if step.call is None and not self._is_read(tensor):
                continue
            self._slots[tensor.name] = (Slot(len(self.steps), 0),)
            operation = FurtherOutput(step.operation, output)
            path, source = f"{step.path}[{output}]", (Slot(first, output),)
            self.steps.append(TracedStep(path, operation, step.call, source, (tensor,), output))

    def _is_read(self, tensor: Any) -> bool:
        return tensor.name in self._final or any(reader.name in self._needed for reader in tensor.consumers())

    def _sources(self, tensors: Iterable[Any]) -> tuple[Slot, ...]:
        return tuple(dict.fromkeys(slot for tensor in tensors for slot in self._slots.get(tensor.name, ())))

    def _slot_of(self, tensor: Any) -> Slot:
        return self._slots[tensor.name][0]

    def _prefix(self, call: Call | None) -> str:
        return self._blocks[call] if call is not None else ""

    def _name(self, call: Call) -> str:
        one_of_a_kind = call if isinstance(call.subject, Operation) else call.subject
        return self._unique(self._prefix(call.parent), call.subject.name, one_of_a_kind)

    def _unique(self, prefix: str, name: str, subject: Any) -> str:
        """A name that no other layer of the same block has."""
        taken = self._names.setdefault(prefix, {})
        chosen = next(one for one in _numbered(name) if taken.get(one, subject) is subject)
        taken[chosen] = subject
        return chosen

    def _count(self, path: str) -> str:
        """The path of a call: that of its layer, with a number from the second one on."""
        self._paths[path] = self._paths.get(path, -1) + 1
        return f"{path}#{self._paths[path]}" if self._paths[path] else path

    def _all_before(self, tensors: Sequence[Any]) -> set[str]:
        """Names of all operations that some tensors depend on."""
        waiting, found = [tensor.op for tensor in tensors], set[str]()
        while waiting:
            operation = waiting.pop()
            if operation.name not in found:
                found.add(operation.name)
                waiting += [tensor.op for tensor in operation.inputs]
        return found


def _numbered(name: str) -> Iterator[str]:
    yield name
    number = 0
    while True:
        number += 1
        yield f"{name}_{number}"


def handle_of(variable: Any) -> Any:
    """What stands for a variable of either Keras inside TensorFlow."""
    return variable.handle if isinstance(variable, tf.Variable) else variable.value.handle


def _free_weights(graph: Any, weights: Iterable[Any], calls: Iterable[Call]) -> dict[str, tuple[Any, ...]]:
    """Those of a model's weights that no called layer has, by the names of the tensors that stand for them."""
    layers = (call.subject for call in calls if not call.is_block and not isinstance(call.subject, Operation))
    of_layers = {id(weight) for layer in layers for weight in getattr(layer, "weights", ())}
    by_handle = {id(handle_of(weight)): weight for weight in weights if id(weight) not in of_layers}
    return {inside.name: (by_handle[id(outside)],) for outside, inside in graph.captures if id(outside) in by_handle}


def _weights_of(tensors: Iterable[Any], known: Mapping[str, tuple[Any, ...]]) -> tuple[Any, ...]:
    return _each_once(*(known.get(tensor.name, ()) for tensor in tensors))


def _each_once(*weights: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple({id(weight): weight for some in weights for weight in some}.values())


def _weights_through(operations: Sequence[Any], known: dict[str, tuple[Any, ...]]) -> dict[str, tuple[Any, ...]]:
    """Which variables the tensors that some operations give are made from, as far as they are made from any."""
    found: dict[str, tuple[Any, ...]] = {}
    both = ChainMap(found, known)
    for operation in operations:
        weights = _weights_of(operation.inputs, both)
        if weights:
            found |= {tensor.name: weights for tensor in operation.outputs}
    return found


def _snake_case(operation: str) -> str:
    name = re.sub(r"V\d+$", "", operation)
    return re.sub("([a-z0-9])([A-Z])", r"\1_\2", name).lower()

"""Rewrites which layer reads which tensors: from the lists of Keras 1 and 2 into what Keras 3 writes.

Keras 3 reads such lists too, but hands on a list of one tensor where Keras 2 handed on the tensor, does not find
tensors among keyword arguments, and counts the calls of nested models otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from .entries import OPERATIONS, Config, is_model
from .settings import RECURRENT

_CONSTANT = "_CONSTANT_VALUE"


def rewrite_calls(config: Config, old_names: list[str], new_names: Mapping[str, str]) -> None:
    """Rewrite the calls of a Functional model's layers in place, and where its inputs and outputs come from.

    Args:
        config: the model's settings, whose layers have new names, while calls say the old ones.
        old_names: of the layers, in their order.
    """
    entries = dict(zip(old_names, config["layers"], strict=True))
    references = _References(entries, new_names, config)
    for entry in config["layers"]:
        entry["inbound_nodes"] = [
            node if isinstance(node, dict) and set(node) == {"args", "kwargs"} else references.call(node, entry)
            for node in entry["inbound_nodes"]
        ]
    for end in ("input_layers", "output_layers"):
        config[end] = references.ends(config[end])


class _References:
    """Finds the tensors that stored calls name.

    Keras 2 counted a nested model's own creation as a call, unless it was a Sequential without an input layer: its
    calls are numbered here by their rank among those that are used.
    """

    def __init__(self, entries: Mapping[str, Config], new_names: Mapping[str, str], config: Config) -> None:
        self._entries = entries
        self._new_names = new_names
        used: dict[str, set[int]] = {}
        calls = [entry["inbound_nodes"] for entry in entries.values()]
        for name, call in self._all([calls, config["input_layers"], config["output_layers"]]):
            used.setdefault(name, set()).add(call)
        self._ranks = {(name, call): rank for name in used for rank, call in enumerate(sorted(used[name]))}

    def call(self, node: Any, entry: Config) -> Config:
        """A call of a layer, with what it reads and its keyword arguments."""
        is_operation = entry["class_name"] in OPERATIONS
        kwargs: Config = {}
        read = self._arguments(node, kwargs)
        if not is_operation and isinstance(read, list) and len(read) == 1:
            read = read[0]
        kwargs = {name: self._value(value) for name, value in kwargs.items() if is_operation or value is not None}
        if is_operation:
            kwargs.pop("name", None)
        if entry["class_name"] in RECURRENT and isinstance(read, list):  # The states stood beside what is read.
            read, *kwargs["initial_state"] = read
        return {"args": [read], "kwargs": kwargs}

    def ends(self, value: Any) -> Any:
        """The inputs or outputs of the model; a single one is bare, as it is what Keras 2 gave."""
        if self._is_reference(value):
            entry = self._entries[value[0]]
            # Here alone Keras 3 still counts a Functional model's creation as a call.
            first = int(is_model(entry) and entry["class_name"] != "Sequential")
            return [self._new_names[value[0]], self._number(value) + first, value[2]]
        if isinstance(value, dict):
            return {key: self.ends(part) for key, part in value.items()}
        parts = [self.ends(part) for part in value]
        return parts[0] if len(parts) == 1 else parts

    def _arguments(self, node: Any, kwargs: Config) -> Any:
        """What a call reads, in any nest of lists and dicts; its keyword arguments are added to ``kwargs``."""
        if self._is_reference(node) or _is_constant(node):
            kwargs |= node[3] if len(node) > 3 else {}
            return node[2] if _is_constant(node) else self._tensor(node)
        return _mapped(node, lambda part: self._arguments(part, kwargs))

    def _value(self, value: Any) -> Any:
        """A keyword argument, with the tensors in it."""
        if self._is_reference(value):
            return self._tensor(value)
        return _mapped(value, self._value) if isinstance(value, (dict, list)) else value

    def _tensor(self, reference: list[Any]) -> Config:
        history = [self._new_names[reference[0]], self._number(reference), reference[2]]
        # Keras reads the history alone; shape and dtype must be there.
        return {
            "class_name": "__keras_tensor__",
            "config": {"shape": [], "dtype": "float32", "keras_history": history},
        }

    def _number(self, reference: list[Any]) -> int:
        name, call = reference[:2]
        return self._ranks[name, call] if is_model(self._entries[name]) else int(call)

    def _is_reference(self, value: Any) -> bool:
        return (
            isinstance(value, list)
            and len(value) in (3, 4)
            and isinstance(value[0], str)
            and value[0] in self._entries
            and type(value[1]) is type(value[2]) is int
        )

    def _all(self, value: Any) -> Iterator[tuple[str, int]]:
        """Every call that is named anywhere in a nest of lists and dicts."""
        if self._is_reference(value):
            yield value[0], value[1]
            value = value[3:]
        for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
            yield from self._all(part)


def _is_constant(value: Any) -> bool:
    return isinstance(value, list) and len(value) in (3, 4) and value[0] == _CONSTANT


def _mapped(value: Any, function: Callable[[Any], Any]) -> Any:
    if isinstance(value, dict):
        return {key: function(part) for key, part in value.items()}
    return [function(part) for part in value]

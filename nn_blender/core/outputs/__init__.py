"""What networks give: one file per kind of output, which says how its values are read as an answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..network import Layer, Network
from ..registry import Registry


@dataclass(frozen=True)
class OutputKind:
    """A kind of output; which one an output is of is decided once, when the network is imported, see `decide_outputs`.

    Attributes:
        name: as scenes have it.
        title: what panels call it.
        claims: why the output of a layer is of this kind, as a part of a sentence; empty where it is not.
        class_values: from float32 (samples, units) to (samples, classes), one value per class.
    """

    name: str
    title: str
    claims: Callable[[Layer], str]
    class_values: Callable[[np.ndarray], np.ndarray] = lambda outputs: outputs


OUTPUT_KINDS: Registry[OutputKind] = Registry(__name__)


@dataclass(frozen=True)
class NetworkOutput:
    """An output of a network in a scene.

    Attributes:
        name: path of the layer that gives it, or name of the input that is passed on.
        kind: name of its `OutputKind`.
        reason: why it is of that kind, as a part of a sentence.
    """

    name: str
    kind: str
    reason: str

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> NetworkOutput:
        """Read what `dataclasses.asdict` gives; further entries are left alone."""
        return cls(data["name"], data["kind"], data["reason"])


def decide_outputs(network: Network) -> tuple[NetworkOutput, ...]:
    """The kind of every output: the first that claims it, of those in the order of the registry."""
    layers = {layer.path: layer for layer in network.layers}
    return tuple(_decide(path, layers.get(path)) for path in network.outputs)


def first_output_kind(outputs: Sequence[NetworkOutput]) -> OutputKind:
    """The kind of the output that the network's answer is read from, the first; an array where there is none."""
    return OUTPUT_KINDS.find(outputs[0].kind if outputs else "array")


def _decide(path: str, layer: Layer | None) -> NetworkOutput:
    if layer is None:
        return NetworkOutput(path, "array", "it is an input that is passed on")
    claims = ((kind.name, kind.claims(layer)) for kind in OUTPUT_KINDS)
    return next(NetworkOutput(path, name, reason) for name, reason in claims if reason)

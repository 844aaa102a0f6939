"""What networks give: one file per kind of output, which says how its values are read as an answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..errors import UserError
from ..network import CHOSEN, Layer, Network
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

ABOUT_CLASSES = ("classes", "binary", "multi-label")
"""Names of the kinds that say to which classes a sample belongs."""


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
    return tuple(
        _decide(name, layers[name]) if name in layers else _without_layer(network, name) for name in network.outputs
    )


def with_kinds(outputs: Sequence[NetworkOutput], chosen: Mapping[str, str]) -> tuple[NetworkOutput, ...]:
    """The outputs with the kinds that the user takes them for; as `core.inputs.with_kinds`.

    Raises:
        UserError: code ``output.kind``, where there is no such kind.
    """
    for name in (chosen[one.name] for one in outputs if one.name in chosen):
        if name not in OUTPUT_KINDS:
            known = ", ".join(kind.name for kind in OUTPUT_KINDS)
            raise UserError("output.kind", f"There is no kind of output called {name!r}.", f"Use one of: {known}.")
    return tuple(replace(one, kind=chosen[one.name], reason=CHOSEN) if one.name in chosen else one for one in outputs)


def answer_of(outputs: Sequence[NetworkOutput], chosen: str = "") -> int:
    """The number of the output that is the network's answer: the first one that says something about classes.

    Args:
        chosen: the name of the one that the user takes for it; where it is none of them, it does not count.
    """
    named = [number for number, output in enumerate(outputs) if chosen and output.name == chosen]
    telling = [number for number, output in enumerate(outputs) if output.kind in ABOUT_CLASSES]
    return next(iter((*named, *telling)), 0)


def output_kind(outputs: Sequence[NetworkOutput], number: int) -> OutputKind:
    """The kind of an output; an array where there is none."""
    return OUTPUT_KINDS.find(outputs[number].kind if outputs else "array")


def _without_layer(network: Network, name: str) -> NetworkOutput:
    """Of an output that is not the first one of a layer, nothing is known before the network runs."""
    layer = network.layer_of_output(name)
    reason = f"it is a further output of {layer.path}" if layer else "it is an input that is passed on"
    return NetworkOutput(name, "array", reason)


def _decide(path: str, layer: Layer) -> NetworkOutput:
    claims = ((kind.name, kind.claims(layer)) for kind in OUTPUT_KINDS)
    return next(NetworkOutput(path, name, reason) for name, reason in claims if reason)

"""What is changed in a network while it runs: neurons switched off, weakened, strengthened or held at their mean.

A neuron's output y becomes ``where(g == 1, y, where(g == 0, fill, g * y))``: g is its factor, 0 to 2, and fill its mean
over the samples where it is replaced, else 0. A layer that is called several times has one switch for all its calls,
named by the path of the first call.
"""

from __future__ import annotations

import functools
import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..errors import UserError
from ..network import Layer, Network

LARGEST_FACTOR = 2.0
_NAMED = 5
_CALL = re.compile(r"#\d+(?=(\[\d+\])?$)")
_PART = re.compile(r"(?P<first>\d+)(?:-(?P<last>\d+))?(?:=(?P<factor>[^=]+))?")


@functools.lru_cache(maxsize=4096)
def switch_of(path: str) -> str:
    """The path of the first call of a layer, which stands for all its calls.

    >>> switch_of("base/dense#1"), switch_of("lstm#1[2]")
    ('base/dense', 'lstm[2]')
    """
    return _CALL.sub("", path)


@dataclass(frozen=True)
class LayerIntervention:
    """What is changed in one layer; only what has an effect.

    Attributes:
        factors: by neuron, 0 to 2 in steps of float32, without those that are 1.
        replaced: neurons whose factor is 0 and that give their mean instead of 0.
    """

    factors: Mapping[int, float]
    replaced: frozenset[int] = frozenset()

    @classmethod
    def of(cls, factors: Mapping[int, float], replaced: Iterable[int] = ()) -> LayerIntervention:
        """Leave out what has no effect."""
        kept = {neuron: _shortest(factors[neuron]) for neuron in sorted(factors) if factors[neuron] != 1}
        return cls(kept, frozenset(neuron for neuron in replaced if kept.get(neuron) == 0))

    def to_dict(self) -> dict[str, Any]:
        """``off``, ``gain`` and ``replace``, each only where there is something."""
        data = {
            "off": [neuron for neuron, factor in self.factors.items() if factor == 0],
            "gain": {str(neuron): factor for neuron, factor in self.factors.items() if factor != 0},
            "replace": sorted(self.replaced),
        }
        return {name: value for name, value in data.items() if value}


@dataclass(frozen=True)
class Intervention:
    """What is changed in a network, by the switch of every changed layer (see `switch_of`)."""

    layers: Mapping[str, LayerIntervention] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """Whether it leaves the network intact."""
        return not self.layers

    @functools.cached_property
    def key(self) -> str:
        """A hash that is the same for the same effect, in any process."""
        text = json.dumps(self.to_dict(), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    def to_dict(self) -> dict[str, Any]:
        """Ready for JSON: ``{"layers": {switch: {"off": [0], "gain": {"3": 0.5}, "replace": [0]}}}``."""
        return {"layers": {switch: self.layers[switch].to_dict() for switch in sorted(self.layers)}}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any] | None, network: Network | None = None) -> Intervention:
        """Read what `to_dict` gives; None stands for the intact network.

        Args:
            network: that it is for; where not given, `check` has to follow.

        Raises:
            UserError: the network has no such layer or neuron, or a factor is not from 0 to 2.
        """
        layers = {} if data is None else data["layers"]
        read = {
            switch_of(path): LayerIntervention.of(
                {int(k): float(g) for k, g in layer.get("gain", {}).items()} | dict.fromkeys(layer.get("off", ()), 0.0),
                layer.get("replace", ()),
            )
            for path, layer in layers.items()
        }
        return cls._of(read, network)

    @classmethod
    def from_arrays(
        cls, network: Network, arrays: Mapping[str, tuple[np.ndarray, np.ndarray, np.ndarray]]
    ) -> Intervention:
        """From (enabled, gain, replace) by layer path, each (neurons,); layers that are not named stay intact.

        Where the calls of a shared layer differ, a neuron is off if any call has it off, and the first factor counts.

        Raises:
            UserError: the network has no such layer or neuron, or a factor is not from 0 to 2.
        """
        layers: dict[str, LayerIntervention] = {}
        for path, (enabled, gain, replace) in arrays.items():
            factors = np.where(enabled, gain, np.float32(0))
            changed = np.flatnonzero(factors != 1)
            if not changed.size:
                continue
            new = LayerIntervention.of(
                {int(k): float(factors[k]) for k in changed}, map(int, np.flatnonzero(np.asarray(replace, bool)))
            )
            switch = switch_of(path)
            layers[switch] = _joined(layers[switch], new) if switch in layers else new
        return cls._of(layers, network)

    @classmethod
    def from_texts(
        cls, network: Network, disable: Sequence[str] = (), gain: Sequence[str] = (), replace: bool = False
    ) -> Intervention:
        """From what is typed: ``LAYER:0,3,7-9`` switches neurons off, ``LAYER:3=0.5`` sets factors; off wins.

        Args:
            replace: whether neurons that are off give their mean.

        Raises:
            UserError: a text cannot be understood; the network has no such layer or neuron; a factor is out of range.
        """
        factors: dict[str, dict[int, float]] = {}
        for text in gain:
            switch, given = _parse(text, network, has_factors=True)
            factors.setdefault(switch, {}).update(given)
        for text in disable:
            switch, given = _parse(text, network, has_factors=False)
            factors.setdefault(switch, {}).update(given)
        return cls._of(
            {switch: LayerIntervention.of(given, given if replace else ()) for switch, given in factors.items()},
            network,
        )

    @classmethod
    def _of(cls, layers: Mapping[str, LayerIntervention], network: Network | None) -> Intervention:
        made = cls({switch: layer for switch, layer in layers.items() if layer.factors})
        if network is not None:
            made.check(network)
        return made

    def without(self, neurons: Iterable[tuple[str, int]]) -> Intervention:
        """The same with further neurons off, which give 0.

        Args:
            neurons: paths of layers, and numbers in them.
        """
        layers = dict(self.layers)
        for path, neuron in neurons:
            own = layers.get(switch_of(path), _INTACT)
            layers[switch_of(path)] = LayerIntervention({**own.factors, neuron: 0.0}, own.replaced - {neuron})
        return Intervention(layers)

    def check(self, network: Network) -> None:
        """Whether it is for this network.

        Raises:
            UserError: the network has no such layer or neuron, or a factor is not from 0 to 2.
        """
        for switch, layer in self.layers.items():
            _check(network, switch, layer.factors)

    def factors(self, path: str, neurons: int) -> np.ndarray:
        """The factor of every neuron of a layer, float32 (neurons,)."""
        factors = np.ones(neurons, np.float32)
        for neuron, factor in self._given(path).factors.items():
            if neuron < neurons:  # The calls of a shared layer may differ in size.
                factors[neuron] = factor
        return factors

    def replaced(self, path: str, neurons: int) -> np.ndarray:
        """Which neurons of a layer give their mean, bool (neurons,)."""
        replaced = np.zeros(neurons, bool)
        replaced[[neuron for neuron in self._given(path).replaced if neuron < neurons]] = True
        return replaced

    def changes(self, path: str) -> bool:
        """Whether something is changed in a layer itself."""
        return switch_of(path) in self.layers

    @property
    def replaces(self) -> bool:
        """Whether any neuron gives its mean."""
        return any(layer.replaced for layer in self.layers.values())

    def reached_layers(self, network: Network) -> tuple[str, ...]:
        """The paths of the layers whose output it changes, in the order of the data."""
        return reached_layers(network, (layer.path for layer in network.layers if self.changes(layer.path)))

    def _given(self, path: str) -> LayerIntervention:
        return self.layers.get(switch_of(path), _INTACT)


_INTACT = LayerIntervention({})


def reached_layers(network: Network, changed: Iterable[str]) -> tuple[str, ...]:
    """The paths of layers that are changed or read, directly or not, from one that is, in the order of the data."""
    reached = set(changed)
    for layer in network.layers:
        if not reached.isdisjoint(layer.inputs):
            reached.add(layer.path)
    return tuple(layer.path for layer in network.layers if layer.path in reached)


def named_neurons(network: Network, text: str) -> tuple[str, list[int]]:
    """The switch and the neurons that a text such as ``LAYER:0,3,7-9`` names.

    Raises:
        UserError: the text cannot be understood; the network has no such layer or neuron.
    """
    switch, factors = _parse(text, network, has_factors=False)
    return switch, list(factors)


def _joined(first: LayerIntervention, second: LayerIntervention) -> LayerIntervention:
    """What two calls of a shared layer say together."""
    factors = {**second.factors, **first.factors}
    factors |= {neuron: 0.0 for one in (first, second) for neuron, factor in one.factors.items() if factor == 0}
    return LayerIntervention.of(factors, first.replaced | second.replaced)


def _shortest(factor: float) -> float:
    """The number with the fewest digits that is the same in float32, in which Blender keeps factors."""
    return float(str(np.float32(factor)))


def _check(network: Network, switch: str, factors: Mapping[int, float]) -> None:
    neurons = max(layer.neurons for layer in _calls(network, switch))
    outside = [neuron for neuron in factors if not 0 <= neuron < neurons]
    if outside:
        has = f"has the neurons 0 to {neurons - 1}" if neurons else "has no neurons"
        raise UserError(
            "intervention.unknown_neuron",
            f"The layer {switch} {has}, there is no neuron {_list(map(str, outside))}.",
            "Choose one of them." if neurons else "Choose another layer.",
        )
    for neuron, factor in factors.items():
        if not 0 <= factor <= LARGEST_FACTOR:
            raise UserError(
                "intervention.bad_factor",
                f"The factor {factor:g} of neuron {neuron} of the layer {switch} is not from 0 to {LARGEST_FACTOR:g}.",
                f"Choose a factor from 0 (off) to {LARGEST_FACTOR:g}.",
            )


def _calls(network: Network, switch: str) -> list[Layer]:
    calls = [layer for layer in network.layers if switch_of(layer.path) == switch]
    if not calls:
        switches = dict.fromkeys(switch_of(layer.path) for layer in network.layers if layer.neurons)
        raise UserError(
            "intervention.unknown_layer",
            f"{network.name} has no layer {switch!r}.",
            f"Choose one of {_list(switches)}.",
        )
    return calls


def _parse(text: str, network: Network, has_factors: bool) -> tuple[str, dict[int, float]]:
    """The switch and the factors by neuron that a text names."""
    path, colon, list_of_parts = text.strip().rpartition(":")
    if not colon or not path:
        raise _bad_text(text, "it names no layer", has_factors)
    switch = switch_of(path)
    neurons = max(layer.neurons for layer in _calls(network, switch))
    factors: dict[int, float] = {}
    for part in list_of_parts.split(","):
        match = _PART.fullmatch(part.strip())
        if match is None or (match["factor"] is not None) != has_factors:
            raise _bad_text(text, f"{part.strip()!r} is not understood", has_factors)
        first, last = int(match["first"]), int(match["last"] or match["first"])
        if last < first:
            raise _bad_text(text, f"the range {part.strip()!r} runs backwards", has_factors)
        # A range may be longer than memory; its end is enough to say that it is wrong.
        ends = [neuron for neuron in dict.fromkeys((first, last)) if neuron >= neurons]
        _check(network, switch, dict.fromkeys(ends, 1.0))
        factors |= dict.fromkeys(range(first, last + 1), _factor(text, match["factor"]))
    return switch, factors


def _factor(text: str, written: str | None) -> float:
    if written is None:
        return 0.0
    try:
        return float(written)
    except ValueError:
        raise _bad_text(text, f"{written.strip()!r} is no number", has_factors=True) from None


def _bad_text(text: str, reason: str, has_factors: bool) -> UserError:
    form = "LAYER:3=0.5 or LAYER:0-2=1.5,7=0" if has_factors else "LAYER:0,3,7-9"
    return UserError(
        "intervention.bad_text", f"{text!r} does not name neurons: {reason}.", f"Write it as {form}, for example."
    )


def _list(names: Iterable[str]) -> str:
    """The first few names and how many more there are."""
    names = list(names)
    more = f" +{len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more

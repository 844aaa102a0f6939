"""What is to be explained, as users write it: a class, a value or a neuron."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from ..errors import UserError
from ..network import Layer, Network
from ..outputs import NetworkOutput
from ..recording import class_name
from . import PREDICTED, Target

PREDICTED_WORD = "predicted"
_NAMED = 5


@dataclass(frozen=True)
class Answers:
    """The output of a network that classes and values are of.

    Attributes:
        number: of the output.
        classes: names of its classes, as far as they are known.
    """

    network: Network
    output: NetworkOutput
    number: int
    classes: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        """How many classes, or values where it has none; 0 where nobody knows."""
        if self.output.kind == "binary":
            return 2
        layer = self.network.layer_of_output(self.output.name)
        is_first = layer is not None and layer.path == self.output.name
        return max(layer.output_shape[-1], 0) if layer and is_first and layer.output_shape else 0

    @property
    def noun(self) -> str:
        """What its numbers count."""
        return "value" if self.output.kind in ("values", "array", "image", "sequence") else "class"

    def name_of(self, index: int) -> str:
        """The name of a class, its number where it has none."""
        return class_name(self.classes, index)


def read_target(text: str, answers: Answers) -> Target:
    """What ``predicted``, the number or name of a class, or ``LAYER:NEURON`` stands for.

    A number is that of a class even where a class has this number for its name. Paths may contain colons: the last one
    counts.

    Raises:
        UserError: code ``target.unknown``; ``target.out_of_range``.
    """
    wanted = text.strip()
    if wanted == PREDICTED_WORD:
        return Target(output=answers.number) if answers.number else PREDICTED
    if re.fullmatch(r"[+-]?\d+", wanted):
        return _numbered(int(wanted), answers)
    if wanted in answers.classes:
        return Target(answers.classes.index(wanted), output=answers.number)
    path, colon, neuron = wanted.rpartition(":")
    layers = {layer.path: layer for layer in answers.network.layers}
    if colon and path in layers:
        return _neuron(layers[path], neuron, wanted)
    raise _unknown(wanted, path if colon else "", answers, list(layers))


def layer_called(network: Network, path: str) -> Layer:
    """The layer of that path.

    Raises:
        UserError: code ``layer.unknown``.
    """
    layers = {layer.path: layer for layer in network.layers}
    if path not in layers:
        raise UserError("layer.unknown", f"{network.name} has no layer {path!r}.", _suggest(path, list(layers)))
    return layers[path]


def _numbered(index: int, answers: Answers) -> Target:
    if index < 0 or 0 < answers.count <= index:
        nouns = {"class": "classes"}.get(answers.noun, f"{answers.noun}s")
        has = f"{nouns} 0 to {answers.count - 1}" if answers.count > 1 else f"one {answers.noun}, 0"
        known = f"the output {answers.output.name} has {has}" if answers.count else f"{nouns} are numbered from 0"
        raise UserError("target.out_of_range", f"There is no {answers.noun} {index}: {known}.", "Choose one of them.")
    return Target(index, output=answers.number)


def _neuron(layer: Layer, text: str, wanted: str) -> Target:
    if not text.strip().isdecimal():
        raise UserError(
            "target.unknown",
            f"{wanted!r} names no neuron: {text.strip()!r} is no number of one.",
            f"Write it as {layer.path}:0, for example; for several neurons, give --target several times.",
        )
    index = int(text)
    if index >= layer.neurons:
        has = f"has the neurons 0 to {layer.neurons - 1}" if layer.neurons else "has no neurons"
        raise UserError(
            "target.out_of_range",
            f"The layer {layer.path} {has}, there is no neuron {index}.",
            "Choose one of them." if layer.neurons else "Choose another layer.",
        )
    return Target(index, layer=layer.path)


def _unknown(wanted: str, path: str, answers: Answers, layers: Sequence[str]) -> UserError:
    """An error for what is neither a class nor a neuron; whether a layer was meant, the colon says."""
    if path and not any(":" in name for name in answers.classes):
        message = f"{wanted!r} names no neuron: {answers.network.name} has no layer {path!r}."
        return UserError("target.unknown", message, _suggest(path, layers))
    if not any(answers.classes):
        count = f" 0 to {answers.count - 1}" if answers.count > 1 else ""
        return UserError(
            "target.unknown",
            f"There is no class {wanted!r}: classes have no names here.",
            f"Name them with --classes FILE.txt, or choose a number{count}, or a neuron as LAYER:NEURON.",
        )
    return UserError("target.unknown", f"There is no class {wanted!r}.", _suggest(wanted, list(answers.classes)))


def _suggest(wanted: str, names: Sequence[str]) -> str:
    """Names that look like what is wanted, else the first few."""
    names = [name for name in names if name]
    small = {name.lower(): name for name in reversed(names)}
    near = [small[one] for one in difflib.get_close_matches(wanted.lower(), small, n=_NAMED, cutoff=0.5)]
    near += [name for name in names if wanted.lower() in name.lower() and name not in near][:_NAMED]
    if near:
        return f"Did you mean {', '.join(near[:_NAMED])}?"
    more = f" +{len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"Choose one of {', '.join(names[:_NAMED])}{more}." if names else "Choose another one."

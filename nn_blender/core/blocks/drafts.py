"""Drafts of blocks: layers that are to stay together, and how drafts are named, joined and kept few."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ..network import Layer
from .units import Unit, is_alike, is_light, is_merge

MOST_CHILDREN = 12
"""A block never has more children."""

_END = re.compile(r"_?(add|out|concat|concatenate|mixed|ac)$")
_NUMBER = re.compile(r"\d+$")
_LONGEST_NAME = 24


@dataclass(frozen=True)
class Draft:
    """A block to be, or one layer.

    Attributes:
        children: empty in a layer, and in a block that is still to be divided.
        stage: what the names of its layers say of the stage that it is in.
    """

    name: str
    layers: tuple[Layer, ...]
    children: tuple[Draft, ...] = ()
    repeats: int = 1
    stage: str = ""

    @property
    def unit(self) -> Unit:
        """What `units` compares."""
        return Unit(self.layers, is_compound=len(self.layers) > 1, name=self.name)


def leaf(layer: Layer) -> Draft:
    """A layer alone, called as it is inside its model."""
    return Draft(layer.path.rpartition("/")[2], (layer,))


def join(name: str, drafts: Sequence[Draft], repeats: int = 1) -> Draft:
    """One draft of several, with them as its children; a single one only gets the name."""
    if len(drafts) == 1:
        return replace(drafts[0], name=name)
    layers = tuple(layer for draft in drafts for layer in draft.layers)
    return Draft(name, layers, tuple(drafts), repeats)


def alike(first: Draft, second: Draft) -> bool:
    """Whether two have the same structure and, where they have names, are called alike but for a number."""
    return same_word(first, second) and is_alike(first.unit, second.unit)


def join_runs(drafts: Sequence[Draft]) -> list[Draft]:
    """Drafts that follow their like become one."""
    groups: list[list[Draft]] = []
    for draft in drafts:
        if groups and draft.name != groups[-1][-1].name and alike(groups[-1][-1], draft):
            groups[-1].append(draft)
        else:
            groups.append([draft])
    return [join(name_of_all(group), group, len(group)) for group in groups]


def bounded(drafts: Sequence[Draft], at_most: int = MOST_CHILDREN) -> list[Draft]:
    """Neighbours become one until there are few enough, in about as many groups as each then has parts."""
    if len(drafts) <= at_most:
        return list(drafts)
    return grouped(drafts, min(at_most, max(math.ceil(len(drafts) / MOST_CHILDREN), round(math.sqrt(len(drafts))))))


def grouped(drafts: Sequence[Draft], groups: int) -> list[Draft]:
    """Neighbours become one, so that at most so many are left."""
    size = math.ceil(len(drafts) / groups)
    joined = []
    for start in range(0, len(drafts), size):
        part = drafts[start : start + size]
        repeats = len(part) if all(is_alike(part[-1].unit, draft.unit) for draft in part) else 1
        joined.append(join(_name_of_group(part), bounded(part), repeats) if len(part) > 1 else part[0])
    return joined


def _name_of_group(drafts: Sequence[Draft]) -> str:
    if same_word(drafts[0], drafts[-1]) or all(title(draft.layers) for draft in drafts):
        return name_of_all(drafts)
    return kind([layer for draft in drafts for layer in draft.layers])


def name_of_all(drafts: Sequence[Draft]) -> str:
    """A name for everything from one to another.

    >>> name_of_all([Draft("mixed3", ()), Draft("mixed4", ())])
    'mixed3–4'
    """
    first, last = drafts[0].name.partition("–")[0], drafts[-1].name.rpartition("–")[2]
    if first == last:
        return first
    number = _NUMBER.search(drafts[-1].name)
    stem = drafts[-1].name.partition("–")[0] if "–" in drafts[-1].name else drafts[-1].name
    stem = _NUMBER.sub("", stem)
    if number and first.startswith(stem) and first[len(stem) :].isdigit():
        return f"{first}–{number.group()}"
    return f"{first} – {drafts[-1].name}"


def title(layers: Sequence[Layer]) -> str:
    """What layers are called together by those that somebody has named; empty where nobody has.

    The name of the layer that brings several ways together counts most, then what all names start with, then the layer
    that does most.
    """
    named = [layer for layer in layers if not has_default_name(layer)]
    if not named:
        return ""
    last = layers[-1] if layers[-1] in named else named[-1]
    names = [local_name(layer) for layer in named]
    if (is_merge(layers[-1]) and layers[-1] in named) or _END.search(local_name(last)):
        short = _END.sub("", local_name(last))
        if short:
            return short
    start = common_start(names)
    if len(named) > 1 and start[-1:].isdigit():
        return start
    main = next((layer for layer in named if not is_light(layer)), named[0])
    return local_name(main)


def kind(layers: Sequence[Layer]) -> str:
    """What layers that nobody has named do together."""
    classes = [layer.class_name for layer in layers]
    if any("Attention" in name for name in classes):
        return "attention"
    main = next((layer for layer in layers if not is_light(layer)), layers[0])
    return "stage" if any("Conv" in name for name in classes) and len(layers) > 1 else default_name(main.class_name)


def has_default_name(layer: Layer) -> bool:
    """Whether Keras named the layer after its class, or somebody did and only numbered it, as in ``add_b2``."""
    return is_default_name(local_name(layer), layer.class_name)


def is_default_name(name: str, class_name: str) -> bool:
    """Whether a name says no more than the class, and perhaps a number."""
    return re.fullmatch(rf"{default_name(class_name)}(_?[a-z]?\d+)?", name) is not None


def default_name(class_name: str) -> str:
    """How Keras names a layer that nobody has named, without its number.

    >>> default_name("SeparableConv2D")
    'separable_conv2d'
    """
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", re.sub(r"(.)([A-Z][a-z0-9]+)", r"\1_\2", class_name)).lower()


def local_name(layer: Layer) -> str:
    """Its name inside its model, without the number of its call."""
    return layer.path.rpartition("/")[2].partition("#")[0]


def common_start(names: Sequence[str]) -> str:
    """The whole words that all names start with."""
    words = [name.split("_") for name in names]
    same = 0
    while all(len(own) > same and own[same] == words[0][same] for own in words):
        same += 1
    return "_".join(words[0][:same])


def without_common_start(names: Sequence[str]) -> list[str]:
    """Names without the words that all of them start with, where what is left of each is still a name.

    >>> without_common_start(["tiny_stage_1", "tiny_stage_2", "tiny_stem"])
    ['stage_1', 'stage_2', 'stem']
    """
    words = [name.split("_") for name in names]
    same = 0
    while len(words) > 1 and all(
        len(own) > same + 1 and own[same] == words[0][same] and own[same + 1][:1].isalpha() for own in words
    ):
        same += 1
    rest = ["_".join(own[same:]) for own in words]
    return rest if len(set(rest)) == len(set(names)) and len({own[same] for own in words}) > 1 else list(names)


def same_word(first: Draft, second: Draft) -> bool:
    """Whether two are called alike but for a number."""
    return _word(first.name) == _word(second.name)


def _word(name: str) -> str:
    return re.sub(r"[\W\d_]+$", "", re.sub(r"–\d+$", "", name))

"""Names of blocks as a person would write them, from what names of layers have in common."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from ..texts import unique_name
from .drafts import Draft, common_start, is_default_name, local_name
from .units import is_merge

_IN_FULL = {"enc": "encoder", "dec": "decoder", "attn": "attention", "ffn": "feed-forward"}
_COUNTED = {"block", "cell", "stage", "unit", "layer", "group", "level"}
"""Words that stand in the plural before a range of numbers."""
_TO = " – "
_WORD = re.compile(r"[^\W\d_]+|\d+[a-z]?(?:–\d+[a-z]?)?")


def spoken_names(drafts: Sequence[Draft], usual: Sequence[str], around: str = "") -> list[str]:
    """What parts beside each other are called, all differently.

    Layers, and nested models that are called by a word, keep the names that their makers gave them. Where names of
    layers give two blocks the same one, what all layers of each have in common tells these apart. Blocks that have only
    the names that Keras gave their layers are called after what they are, and numbered.

    Args:
        usual: their names as they follow from those of layers; several may be the same.
        around: what the block that they are in is called.
    """
    kinds = ["Part" if kind and kind == around else kind for kind in _kinds(drafts)]
    counts = Counter(filter(None, kinds))
    numbers: Counter[str] = Counter()
    of_layers = {k: _of_layer(draft, usual[k]) for k, draft in enumerate(drafts) if len(draft.layers) == 1}
    taken = set(of_layers.values())
    result: list[str] = []
    for k, (draft, name, kind) in enumerate(zip(drafts, usual, kinds, strict=True)):
        if k in of_layers:
            result.append(of_layers[k])
            continue
        if kind:
            numbers[kind] += 1
            told = f"{kind} {numbers[kind]}" if counts[kind] > 1 else kind
        elif _is_model(draft):
            told = spoken(name, draft.repeats) if "_" in name else name
        else:
            told = _without_start(_told(draft, name, is_alone=usual.count(name) == 1), around)
        result.append(unique_name(told, taken))
        taken.add(result[-1])
    return result


def spoken(name: str, repeats: int = 1) -> str:
    """A name in words.

    Args:
        repeats: how many numbers a range has that is left out, since this is told beside the name.

    >>> [spoken(name) for name in ("stem", "stage_0", "block_1–2", "mixed4–7", "enc3", "expanded_conv_3–5", "c5")]
    ['Stem', 'Stage 0', 'Blocks 1–2', 'Mixed 4–7', 'Encoder 3', 'Expanded conv 3–5', 'C5']
    >>> spoken("block35_1–10", 10)
    'Block 35'
    """
    return _TO.join(_in_words(end, repeats) for end in name.split(_TO))


def _of_layer(draft: Draft, name: str) -> str:
    """A layer's own name, or what part of the network it is alone."""
    return name if local_name(draft.layers[0]).endswith(name) else spoken(name)


def _kinds(drafts: Sequence[Draft]) -> list[str]:
    """What each block is where names do not tell: one of several ways side by side, or layers of a class."""
    ways = "Branch" if _are_ways(drafts) else ""
    return [_kind(draft, ways) if len(draft.layers) > 1 and not _is_model(draft) else "" for draft in drafts]


def _kind(draft: Draft, ways: str) -> str:
    classes = (layer.class_name for layer in draft.layers)
    found = next((one for one in classes if is_default_name(draft.name, one)), "")
    return (ways or f"{found} layers") if found else ""


def _are_ways(drafts: Sequence[Draft]) -> bool:
    """Whether the last part merges what the others, which do not read each other, make of the same."""
    *ways, last = drafts
    paths = {layer.path for draft in ways for layer in draft.layers}
    read = ({name for layer in draft.layers for name in layer.inputs} for draft in ways)
    own = ({layer.path for layer in draft.layers} for draft in ways)
    alone = all(not (names & paths - inside) for names, inside in zip(read, own, strict=True))
    return len(ways) > 1 and is_merge(last.layers[-1]) and alone


def _told(draft: Draft, name: str, *, is_alone: bool) -> str:
    layers = [local_name(layer) for layer in draft.layers]
    start = common_start(layers)
    if not is_alone and start.startswith(name):
        name = start
    before = next((layer.removesuffix(name) for layer in layers if layer.endswith(name)), start)
    if shared := start.removeprefix(before).strip("_"):  # It is called after one of its layers.
        name = re.sub(r"(\d)_\d+$", r"\1", shared)
    is_number = name.isdecimal()
    return spoken(draft.name if is_number else name, draft.repeats)


def _in_words(name: str, repeats: int) -> str:
    words = [_IN_FULL.get(word.lower(), word) for word in _WORD.findall(name)]
    if not words:
        return name
    if len(words) > 1 and "–" in words[-1]:
        if words[-2] in _COUNTED:
            words[-2] += "s"
        elif words[-2][0].isdigit() and words[-1] == f"1–{repeats}":
            words.pop()
    if len(words) > 2 and words[-2] == "block" and words[-3].isalpha():
        del words[-2]  # As in a downsampling block.
    text = re.sub(r"\b([^\W\d_]) (?=\d)", r"\1", " ".join(words))
    return text[:1].upper() + text[1:]


def _without_start(name: str, around: str) -> str:
    """Without the name of the block around it, where what is left is a name."""
    _before, found, rest = name.lower().partition(f"{around.lower()} ") if around else ("", "", "")
    if not found or not rest[:1].isalpha():
        return name
    rest = name[-len(rest) :]
    return rest[:1].upper() + rest[1:]


def _is_model(draft: Draft) -> bool:
    """Whether a block is a nested model."""
    inside = [layer.path.rpartition("/")[0].split("/") for layer in draft.layers]
    name = draft.name.partition("#")[0]
    return bool(draft.children) and all(name in models for models in inside)

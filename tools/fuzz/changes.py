"""Changes to bytes and to settings, each drawn from a random generator alone."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from random import Random
from typing import Any, TypeVar

Content = TypeVar("Content")

WORDS = (
    "",
    "x" * 5000,
    "../../../etc/passwd",
    "\0",
    "ä\U0001f600",
    "\ud800",
    "__lambda__",
    "NaN",
    "{0}%s",
    "a/b",
    "-1",
)
NUMBERS = (0, -1, 1, 2, 3.5, 1e308, 2**31, 2**63, 10**30, -(10**18), float("nan"), float("inf"))
CLASSES = (
    "Dense", "Conv2D", "LSTM", "Embedding", "Lambda", "InputLayer", "Functional", "Sequential", "Reshape", "Flatten",
    "Concatenate", "Add", "Bidirectional", "TimeDistributed", "RNN", "MultiHeadAttention", "StringLookup", "Permute",
    "Cropping2D", "ZeroPadding2D", "UpSampling2D", "Normalization", "TFOpLambda", "NoSuchLayer", "RandomFlip",
)  # fmt: skip
DEEPEST = 3000


def choose(random: Random, changes: Sequence[Callable[..., Content]], *given: Any) -> Content:
    """What one of some changes makes."""
    return random.choice(changes)(random, *given)


def change_bytes(random: Random, content: bytes) -> bytes:
    """A file that was damaged on its way."""
    return choose(random, (_flip, _cut, _swap, _blank, _insert, _repeat, _overwrite), content)


def change_json(random: Random, text: bytes) -> bytes:
    """Settings with one to three entries changed: other types, huge numbers, missing keys, deep nesting, cycles."""
    data = json.loads(text)
    for _ in range(random.choice((1, 1, 1, 2, 3))):
        _change_entry(random, data)
    changed = json.dumps(data)
    depth = random.choice((50, 200, DEEPEST))
    return changed.replace('"@DEEP@"', "[" * depth + "]" * depth).encode("utf-8", "surrogatepass")


def _change_entry(random: Random, data: Any) -> None:
    places = list(_places(data))
    if not places:
        return
    holder, key = random.choice(places)
    kind = random.choice(("value", "value", "value", "delete", "swap", "twice", "class", "name", "deep", "history"))
    if kind == "delete":
        del holder[key]
    elif kind == "swap":
        other, name = random.choice(places)
        holder[key], other[name] = json.loads(json.dumps([other[name], holder[key]]))
    elif kind == "twice" and isinstance(holder, list):
        holder.insert(key, json.loads(json.dumps(holder[key])))
    elif kind in ("class", "name"):
        _change_named(random, places, "class_name" if kind == "class" else "name")
    elif kind == "history":
        _change_history(random, places)
    else:
        holder[key] = "@DEEP@" if kind == "deep" else _value(random, holder[key])


def _change_named(random: Random, places: list[tuple[Any, Any]], name: str) -> None:
    named = [holder for holder, key in places if key == name]
    if named:
        others = CLASSES if name == "class_name" else (*WORDS, *(holder[name] for holder in named))
        random.choice(named)[name] = random.choice(others)


def _change_history(random: Random, places: list[tuple[Any, Any]]) -> None:
    """Let a call read another layer, perhaps itself or a later one, or a call that does not exist."""
    calls = [holder["keras_history"] for holder, key in places if key == "keras_history"]
    calls = [call for call in calls if isinstance(call, list) and len(call) == 3]
    if calls:
        call = random.choice(calls)
        call[random.randrange(3)] = random.choice((random.choice(calls)[0], 0, 1, -1, 10**9))


def _value(random: Random, before: Any) -> Any:
    if isinstance(before, (int, float)) and random.random() < 0.5:
        return random.choice((before * 2, before + 1, -before, before * 10**6))
    shapes = ([], {}, [[]], [before], {"config": before}, [None, 10**6, 10**6, 3], [before] * 3)
    return random.choice((None, True, False, random.choice(WORDS), random.choice(NUMBERS), random.choice(shapes)))


def _places(data: Any) -> Any:
    """Every entry of nested settings: what holds it, and its key or number."""
    if isinstance(data, (dict, list)):
        for key in data if isinstance(data, dict) else range(len(data)):
            yield data, key
            yield from _places(data[key])


def _span(random: Random, content: bytes, longest: int = 4096) -> tuple[int, int]:
    start = random.randrange(len(content) or 1)
    return start, min(start + random.randint(1, longest), len(content))


def _flip(random: Random, content: bytes) -> bytes:
    changed = bytearray(content)
    for _ in range(random.choice((1, 1, 2, 8, 64))):
        if changed:
            changed[random.randrange(len(changed))] ^= 1 << random.randrange(8)
    return bytes(changed)


def _cut(random: Random, content: bytes) -> bytes:
    return content[: random.randrange(len(content) + 1)]


def _swap(random: Random, content: bytes) -> bytes:
    a, b = sorted(random.randrange(len(content) + 1) for _ in range(2))
    size = random.randint(1, 2048)
    return content[:a] + content[b : b + size] + content[a + size : b] + content[a : a + size] + content[b + size :]


def _blank(random: Random, content: bytes) -> bytes:
    start, stop = _span(random, content)
    return content[:start] + bytes([random.choice((0, 255))]) * (stop - start) + content[stop:]


def _insert(random: Random, content: bytes) -> bytes:
    start, _ = _span(random, content)
    return content[:start] + random.randbytes(random.randint(1, 300)) + content[start:]


def _repeat(random: Random, content: bytes) -> bytes:
    start, stop = _span(random, content)
    return content[:stop] + content[start:stop] * random.randint(1, 20) + content[stop:]


def _overwrite(random: Random, content: bytes) -> bytes:
    """A number in the file becomes an extreme one."""
    size = random.choice((2, 4, 8))
    start = random.randrange(max(len(content) - size, 1))
    number = random.choice((0, 1, 255, 2 ** (8 * size - 1), 2 ** (8 * size) - 1, 2 ** (8 * size - 8)))
    return content[:start] + number.to_bytes(size, random.choice(("little", "big"))) + content[start + size :]

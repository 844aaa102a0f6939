"""Types of option values, for `argparse`."""

from __future__ import annotations

import argparse
import math
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..actions.network.import_network import ImportOptions
from ..core.blocks.at_first import ALL, AUTO, NONE
from ..core.errors import UserError
from ..core.explanations import METHODS
from ..core.inputs.sizes import parse_sizes
from ..engine.tensorflow.builds import variants

LARGEST = 2**31 - 1
"""Blender keeps whole numbers in 32 bits."""
LAST_FRAME = 1_048_574
"""Blender's limit."""


def path(text: str) -> Path:
    """A path; more than one slash at its beginning is one, since Blender reads two as "beside the scene's file"."""
    given = Path(re.sub("^//+", "/", text) if os.sep == "/" else text)
    try:
        return given.expanduser()
    except RuntimeError:  # It begins with "~", but nobody has that name.
        return given


def samples(text: str) -> tuple[str, Path]:
    """The name of an input of the network, empty where none is named, and a path. A path that exists names none."""
    name, found, place = text.partition("=")
    return (name, path(place)) if found and not _exists(path(text)) else ("", path(text))


def code(text: str) -> str:
    """Absolute path of a Python file or of a package's folder; the name of a module as it is."""
    place = path(text)
    return str(place.absolute()) if text.endswith(".py") or os.sep in text or _exists(place) else text


def _exists(place: Path) -> bool:
    try:
        return place.exists()
    except OSError:  # Its name is too long.
        return False


def choice(text: str) -> tuple[str, str]:
    """The name of an input or output of the network, and what is chosen for it."""
    name, found, chosen = text.rpartition("=")
    if not found:
        raise argparse.ArgumentTypeError(f"{text!r} does not have the form NAME=KIND")
    return name, chosen


def input_size(text: str) -> tuple[str, tuple[int, ...]]:
    """The name of an input of the network, empty where none is named, and sizes of its open axes."""
    name, _, sizes = text.rpartition("=")
    try:
        return name, parse_sizes(sizes)
    except UserError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def whole(low: int, high: int = LARGEST) -> Callable[[str], int]:
    """A parser of whole numbers in a range, both ends included."""

    def parse(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            number = low - 1
        if not low <= number <= high:
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from {low:,} to {high:,}")
        return number

    return parse


def number(text: str) -> float:
    """Any number but NaN and infinity."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number")
    return value


def per_channel(text: str) -> tuple[float, ...]:
    """One number, or one per channel, separated by commas."""
    return tuple(number(part) for part in text.split(","))


def divisors(text: str) -> tuple[float, ...]:
    """As `per_channel`, without 0."""
    values = per_channel(text)
    if 0 in values:
        raise argparse.ArgumentTypeError(f"{text!r} contains 0, which cannot be divided by")
    return values


def volume(text: str) -> str | float:
    """``maximum``, or the position of a slice from 0 to 1."""
    if text == ImportOptions.volume:
        return text
    position = number(text)
    if not 0 <= position <= 1:
        raise argparse.ArgumentTypeError(f"{text!r} is neither {ImportOptions.volume!r} nor a number from 0 to 1")
    return position


def opening(text: str) -> str:
    """Which blocks are open: a word, or a number of levels."""
    words = (AUTO, ALL, NONE)
    if text not in words and not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is neither {', '.join(words)} nor a number of levels")
    return text


def methods(text: str) -> tuple[str, ...]:
    """Names of methods that explain answers, separated by commas."""
    names = tuple(part.strip() for part in text.split(","))
    unknown = [name for name in names if name not in METHODS]
    if unknown:
        known = ", ".join(method.name for method in METHODS)
        raise argparse.ArgumentTypeError(f"there is no method {unknown[0]!r}; choose from: {known}")
    return names


def build(text: str) -> str:
    """The name of a build of TensorFlow that exists for this computer."""
    names = [variant.name for variant in variants()]
    if names and text not in names:
        raise argparse.ArgumentTypeError(f"{text!r} is not among the builds for this computer: {', '.join(names)}")
    return text


def _pair(
    separator: str, kind: Callable[[str], Any], example: str, ordered: bool = False
) -> Callable[[str], tuple[Any, Any]]:
    def parse(text: str) -> tuple[Any, Any]:
        first, found, second = text.lower().partition(separator)
        if not found:
            raise argparse.ArgumentTypeError(f"{text!r} does not have the form {example}")
        try:
            pair = kind(first), kind(second)
        except argparse.ArgumentTypeError as error:
            raise argparse.ArgumentTypeError(f"{text!r} does not have the form {example}: {error}") from error
        if ordered and pair[0] > pair[1]:
            raise argparse.ArgumentTypeError(f"{text!r} runs backwards; write it as {example}")
        return pair

    return parse


positive = whole(1, 100_000)
count = whole(1)
frame = whole(-LAST_FRAME, LAST_FRAME)
size = _pair("x", whole(4, 65_536), "1920x1080")
value_range = _pair("..", number, "-1..1")
frames = _pair("-", whole(0, LAST_FRAME), "1-240", ordered=True)

"""What words of the command line mean, for `argparse`."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

LAST_FRAME = 1_048_574
"""Blender's limit."""


def path(text: str) -> Path:
    return Path(text).expanduser()


def whole(low: int, high: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        number = int(text)
        if not low <= number <= high:
            raise argparse.ArgumentTypeError(f"{text} is not from {low} to {high}")
        return number

    return parse


def _pair(
    separator: str, kind: Callable[[str], Any], example: str, ordered: bool = False
) -> Callable[[str], tuple[Any, Any]]:
    def parse(text: str) -> tuple[Any, Any]:
        first, found, second = text.lower().partition(separator)
        try:
            pair = kind(first), kind(second)
            in_order = not ordered or pair[0] <= pair[1]
            is_sensible = bool(found) and in_order and all(map(math.isfinite, pair))
        except ValueError:
            is_sensible = False
        if not is_sensible:
            raise argparse.ArgumentTypeError(f"{text!r} is not like {example}")
        return pair

    return parse


positive = whole(1, 100_000)
frame = whole(-LAST_FRAME, LAST_FRAME)
size = _pair("x", whole(4, 65_536), "1920x1080")
value_range = _pair("..", float, "-1..1")
frames = _pair("-", whole(0, LAST_FRAME), "1-240", ordered=True)

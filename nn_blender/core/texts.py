"""Shapes, counts, sizes and names as people read them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

_MOST_NUMBERS = 6
"""Of a label that are told."""


def format_sizes(sizes: Iterable[int]) -> str:
    """Sizes of several axes, open ones as question marks; empty where there are none.

    >>> format_sizes((26, -1, 3000))
    '26 × ? × 3,000'
    """
    return " × ".join("?" if size < 0 else f"{size:,}" for size in sizes)


def format_shape(shape: tuple[int, ...]) -> str:
    """Sizes without the batch axis; a plain vector is so many units.

    >>> format_shape((26, -1, 16)), format_shape((3000,)), format_shape((1,)), format_shape(())
    ('26 × ? × 16', '3,000 units', '1 unit', 'one number')
    """
    sizes = format_sizes(shape)
    if shape == (1,):
        return "1 unit"
    return f"{sizes} units" if len(shape) == 1 else sizes or "one number"


def format_count(count: int) -> str:
    """A number that is quick to read.

    >>> format_count(23_587_712), format_count(34_000), format_count(999)
    ('23.6 M', '34 k', '999')
    """
    for size, unit in ((1_000_000_000, " G"), (1_000_000, " M"), (1_000, " k")):
        if count >= size:
            return f"{count / size:.3g}{unit}"
    return str(count)


def format_pixels(pixels: int) -> str:
    """Pixels, in millions where they are many.

    >>> format_pixels(1_010), format_pixels(1_234_567)
    ('1,010 pixels', '1.23 million pixels')
    """
    return f"{pixels:,} pixels" if pixels < 1_000_000 else f"{pixels / 1e6:.3g} million pixels"


def format_bytes(size: int) -> str:
    """Millions of bytes.

    >>> format_bytes(256_000_000)
    '256 MB'
    """
    return f"{size / 1e6:.3g} MB"


def one_line(text: str, longest: int) -> str:
    r"""A text without line breaks, cut off where it is longer.

    >>> one_line("bad\n  data", 20), one_line("abcdef", 3)
    ('bad data', 'abc …')
    """
    line = " ".join(text.split())
    return line if len(line) <= longest else f"{line[:longest].rstrip()} …"


def listed(words: Sequence[str]) -> str:
    """Words in a sentence, one at least.

    >>> listed(["a", "b", "c"]), listed(["a"])
    ('a, b and c', 'a')
    """
    return f"{', '.join(words[:-1])} and {words[-1]}" if len(words) > 1 else words[0]


def operator_reason(error: Exception) -> str:
    r"""Why one of Blender's operators failed, as part of a sentence.

    >>> operator_reason(RuntimeError("Error: Cannot open file.\n"))
    'Cannot open file'
    """
    return one_line(str(error), 400).removeprefix("Error: ").rstrip(".")


def format_number(value: float) -> str:
    """A number in few letters; whole numbers that are not long in full.

    >>> format_number(12345.0), format_number(0.123456), format_number(1.5e-7), format_number(float("nan"))
    ('12345', '0.123', '1.5e-07', 'NaN')
    """
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "∞" if value > 0 else "-∞"
    return str(int(value)) if value == int(value) and abs(value) < 1e9 else f"{value:.3g}"


def format_label(label: str) -> str:
    """A sample's label in few letters: of numbers the first ones, none of them with more than four digits that count.

    >>> format_label("cat"), format_label("-0.8287296010488079"), format_label("1;0.25;3;4;5;6;7;8")
    ('cat', '-0.8287', '1, 0.25, 3, 4, 5, 6, +2 more')
    """
    parts = label.split(";")
    try:
        numbers = [part if part.lstrip("-").isdecimal() else f"{float(part):.4g}" for part in parts[:_MOST_NUMBERS]]
    except ValueError:
        return label
    more = len(parts) - len(numbers)
    return ", ".join(numbers) + (f", +{more} more" if more else "")


def unique_name(name: str, taken: Iterable[str]) -> str:
    """The name itself, or with the first free number behind it.

    >>> unique_name("dense", ["dense", "dense 2"])
    'dense 3'
    """
    names = set(taken)
    number, result = 1, name
    while result in names:
        number += 1
        result = f"{name} {number}"
    return result

"""Whether entries of arrays fit the input of a network."""

from __future__ import annotations

Shape = tuple[int, ...]


def in_shape(shape: Shape, input_shape: Shape) -> Shape | None:
    """The shape that an entry of some shape has as the network's input; None where it does not fit.

    An axis of length 1 at either end may be missing, or be there in vain; where the input's size is open, none is
    missing.

    Args:
        input_shape: without the batch axis, -1 where open.
    """
    return next((reading for reading, fixed in _readings(shape) if _fits(reading, input_shape, fixed)), None)


def is_one_sample(shape: Shape, input_shape: Shape) -> bool:
    """Whether a whole array is a single value for an input of open size, since its entries are none."""
    return -1 in input_shape and _fits(shape, input_shape) and in_shape(shape[1:], input_shape) is None


def _readings(shape: Shape) -> list[tuple[Shape, int | None]]:
    """The shape itself, and with an axis of length 1 more or less at either end; which axis was added."""
    shapes: list[tuple[Shape, int | None]] = [(shape, None), ((*shape, 1), len(shape)), ((1, *shape), 0)]
    if shape[-1:] == (1,):
        shapes.append((shape[:-1], None))
    if shape[:1] == (1,):
        shapes.append((shape[1:], None))
    return shapes


def _fits(shape: Shape, wanted: Shape, added: int | None = None) -> bool:
    """Whether sizes are those that are wanted.

    Args:
        added: number of an axis that is not there, for which an open size is none.
    """
    return len(shape) == len(wanted) and all(
        w == s or (w < 0 and number != added) for number, (s, w) in enumerate(zip(shape, wanted, strict=True))
    )

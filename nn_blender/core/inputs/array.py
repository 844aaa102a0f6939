"""Arrays: numbers of any shape, for all that is no other kind of input."""

from __future__ import annotations

from ..network import Network, TensorSpec
from ..texts import format_sizes
from . import INPUT_KINDS, InputKind

LAST = 100


def _claims(_: Network, spec: TensorSpec) -> str:
    sizes = format_sizes(spec.shape)
    return f"its shape is {sizes}" if sizes else "it is a single number"


def _side_lengths(shape: tuple[int, ...]) -> tuple[int, int]:
    return (shape[0], shape[1]) if len(shape) >= 2 else (1, 1)


ARRAY = INPUT_KINDS.register(
    InputKind(
        "array",
        "Array",
        claims=_claims,
        side_lengths=_side_lengths,
        describe=lambda _: "Arrays enter the network as they are.",
    ),
    rank=LAST,
)

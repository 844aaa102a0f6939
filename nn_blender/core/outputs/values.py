"""A value: one number that is neither a class nor a probability."""

from __future__ import annotations

from . import OUTPUT_KINDS, OutputKind

VALUE = OUTPUT_KINDS.register(
    OutputKind("value", "Value", lambda layer: "it gives one value" if layer.output_shape == (1,) else ""), rank=10
)

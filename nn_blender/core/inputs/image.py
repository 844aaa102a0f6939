"""Images: height and width, with or without an axis of colours."""

from __future__ import annotations

from ..network import Network, TensorSpec
from . import INPUT_KINDS, InputKind
from .preprocessing import Preprocessing, guess_preprocessing, picture_shape


def _claims(network: Network, spec: TensorSpec) -> str:
    if len(network.inputs) != 1 or picture_shape(spec.shape) is None:
        return ""
    return "it is height × width × channels" if len(spec.shape) == 3 else "it is height × width"


def _describe(preprocessing: Preprocessing | None) -> str:
    if preprocessing is None:
        return "Images enter as they are."
    low, high = preprocessing.range
    size = "{} × {}".format(*preprocessing.size) if preprocessing.size else "their own size"
    colour = {"grey": "grey", "rgb": "colour"}[preprocessing.colour]
    more = ", inverted" if preprocessing.invert else ""
    more += ", blue first" if preprocessing.order == "bgr" else ""
    for name, numbers in (("minus mean", preprocessing.mean), ("divided by", preprocessing.std)):
        more += f", {name} {' / '.join(f'{number:g}' for number in numbers)}" if numbers else ""
    return f"Images enter as {colour}, {size}, values {low:g} to {high:g}{more} ({preprocessing.resize})."


IMAGE = INPUT_KINDS.register(
    InputKind(
        "image",
        "Image",
        claims=_claims,
        side_lengths=lambda shape: (shape[0], shape[1]),
        describe=_describe,
        guess=guess_preprocessing,
    )
)

"""How a picture becomes a network's input: stated as data, never as code."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from .errors import UserError
from .network import Network

RESIZE_MODES = ("fit", "fill", "stretch")


@dataclass(frozen=True)
class Preprocessing:
    """What is done to an 8-bit picture before the network sees it.

    Attributes:
        size: height and width the network expects, None where it takes any size.
        channels: of the network's input: 1, 3, or 4 with alpha.
        colour: ``rgb``, or ``grey`` for pictures without colour, repeated over the input's channels.
        range: the values that black and full brightness become.
        resize: ``fit`` keeps the proportions and pads with black, ``fill`` keeps them and crops, ``stretch`` does not.
        invert: swaps dark and bright first, for dark ink on white paper.
    """

    size: tuple[int, int] | None
    channels: int
    range: tuple[float, float] = (0.0, 1.0)
    resize: str = "fit"
    invert: bool = False
    colour: str = "rgb"

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Preprocessing:
        size = data["size"]
        return cls(
            size=tuple(size) if size else None,
            channels=data["channels"],
            range=tuple(data["range"]),
            resize=data["resize"],
            invert=data["invert"],
            colour=data.get("colour", "rgb"),
        )

    def with_choices(self, **choices: Any) -> Preprocessing:
        """A copy in which every choice that is not None replaces the guess.

        Raises:
            UserError: code ``input.unsupported``, where colour is wanted of a network that reads grey.
        """
        chosen = replace(self, **{name: value for name, value in choices.items() if value is not None})
        if chosen.colour == "rgb" and chosen.channels == 1:
            raise UserError("input.unsupported", "The network reads grey pictures, not colour.", "Choose grey.")
        return chosen

    def scale(self, pixels: np.ndarray) -> np.ndarray:
        """Map uint8 pixels of any shape to float32 in `range`."""
        levels = pixels.astype(np.float32)
        if self.invert:
            levels = 255.0 - levels
        low, high = self.range
        return (levels / 255.0 * (high - low) + low).astype(np.float32)


def guess_preprocessing(network: Network) -> Preprocessing:
    """What a network's structure says about the pictures it wants.

    The value range is 0 to 255 where the input takes whole numbers, or where a layer of the network rescales or
    normalises its input itself, else 0 to 1,
    the range that most networks are trained on. It is a guess, so the interface states it and lets it be changed.

    Raises:
        UserError: code ``input.unsupported``, where the network does not read one picture.
    """
    if len(network.inputs) != 1:
        raise UserError(
            "input.unsupported",
            f"{network.name} has {len(network.inputs)} inputs; pictures can be shown to networks with one input.",
            "Import it without test images to see its structure.",
        )
    shape = network.inputs[0].shape
    if len(shape) == 2:
        shape = (*shape, 1)
    if len(shape) != 3 or shape[2] not in (1, 3, 4):
        sizes = " × ".join("?" if size < 0 else str(size) for size in network.inputs[0].shape)
        raise UserError(
            "input.unsupported",
            f"The input of {network.name} is {sizes}, which is not a picture (height × width × 1, 3 or 4 channels).",
            "Import it without test images to see its structure.",
        )
    height, width, channels = shape
    size = (height, width) if height > 0 and width > 0 else None
    scales_itself = any(layer.class_name in ("Rescaling", "Normalization") for layer in network.layers[:3])
    return Preprocessing(
        size=size,
        channels=channels,
        range=(0.0, 255.0) if scales_itself or network.inputs[0].is_integer else (0.0, 1.0),
        colour="grey" if channels == 1 else "rgb",
    )

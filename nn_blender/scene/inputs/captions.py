"""What is told of the sample shown, above the network's first input."""

from __future__ import annotations

import math

from mathutils import Matrix, Vector

from ...core.blocks.arranging import CAPTION_WIDTH
from ...core.layout.layout import Place
from ...core.layout.lettering import cut_name
from ...core.layout.picture import ELEVATION, UNIT, Caption
from ...core.network import Network
from ...core.recording import Sample
from ...core.texts import format_label
from ..base import contract
from ..base.parts import Parts
from ..looks import materials
from ..network import text_objects
from ..network.sample_texts import show_sample_text

_BASELINE = 0.95
"""Of the first line, below the upper end of its room, in heights of the letters."""
_PITCH = 1.35
_LIFT = 0.1
"""Towards the camera."""


def add_caption(parts: Parts, network: Network, samples: tuple[Sample, ...], truth: str, place: Place) -> None:
    """Above the slab of the first input: the sample's name and, where known, its label.

    Args:
        truth: what a label is called.
    """
    stand = parts.stand_of_input(network.inputs[0].name if network.inputs else "")
    in_picture = stand != parts.anchor
    carrier = parts.carrier_of_input(network.inputs[0].name if network.inputs else "", "")
    holder = parts.empty("Caption", contract.INPUT_COLLECTION, "caption", carrier)
    if not holder.constraints:
        if not in_picture:
            holder.location = (place.x, place.high[1], place.high[2] + parts.theme.gaps.caption_rise)
        text_objects.face(holder, parts.focus, upright=True)
    told = [(sample.name, f"{truth} {format_label(sample.label)}" if sample.label else "") for sample in samples]
    if in_picture:  # Its holder is as large as one letter is high.
        told = [(cut_name(name, 1.0, CAPTION_WIDTH), cut_name(label, 1.0, CAPTION_WIDTH)) for name, label in told]
    texts = ["\n".join(line for line in lines if line) for lines in told]
    if in_picture:  # A single line stands just above the input.
        texts = [text if "\n" in text else "\n" + text for text in texts]
    show_sample_text(
        parts,
        "caption",
        texts,
        contract.INPUT_COLLECTION,
        size=1.0 if in_picture else parts.theme.letters.caption,
        material=parts.material(materials.dim_ink),
        parent=holder,
        align_x="CENTER" if in_picture else "LEFT",
        line_pitch=_PITCH if in_picture else None,
    )


def place_caption(parts: Parts, caption: Caption | None) -> None:
    """Move the caption to where a picture has it; where it has none, it becomes too small to be seen."""
    holder = parts.find("caption")
    if holder is None or holder.parent is None:
        return
    stand = holder.parent
    while stand.get(contract.ROLE) != "stand" and stand.parent is not None:
        stand = stand.parent
    if caption is None:
        holder.scale = (0.0, 0.0, 0.0)
        return
    rect, size = caption.rect, UNIT * caption.letters
    # It stands in the plane of the input, where that is seen at this height of the picture.
    y = stand.location.y
    z = -(UNIT * (rect.v + _BASELINE * caption.letters) + y * math.sin(ELEVATION)) / math.cos(ELEVATION)
    towards = _LIFT * Vector((0.0, -math.cos(ELEVATION), math.sin(ELEVATION)))
    place = Vector((UNIT * (rect.x + rect.width / 2), y, z)) + towards
    on_stand = Matrix.LocRotScale(stand.location, stand.rotation_euler, stand.scale).inverted()
    holder.location = on_stand @ place
    own = size / stand.scale.x
    # As much higher as it takes for letters to have their own proportions in the picture.
    holder.scale = (own, own, own / math.cos(ELEVATION))

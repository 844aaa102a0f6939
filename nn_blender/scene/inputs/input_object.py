"""What enters a network, on a slab of its own before the first layer, with the name of the sample above it."""

from __future__ import annotations

from ...core.inputs import first_input_kind
from ...core.layout.layout import Layout, Place
from ...core.recording import Sample
from ..base import contract, meshes
from ..base.parts import Parts
from ..layers.layer_objects import BEVEL
from ..looks import materials
from ..network import text_objects
from ..network.contents import Contents
from ..network.sample_texts import show_sample_text
from . import DRAWINGS


def add_input(parts: Parts, contents: Contents, layout: Layout) -> None:
    """The slab of the input, and on it what was measured of it."""
    place = layout.input
    size = (place.depth, place.width, place.height)
    slab = parts.mesh_object(
        ("input frame", "", ""),
        "Input",
        lambda: meshes.box_mesh("Input", size, BEVEL),
        contract.INPUT_COLLECTION,
    )
    if not slab.data.materials:
        slab.data.materials.append(parts.material(materials.frame))
        slab.location = place.middle
    DRAWINGS.find(first_input_kind(contents.inputs).name).draw(parts, contents, place)
    if contents.recording is not None:
        _add_caption(parts, contents.shown_samples, place)


def _add_caption(parts: Parts, samples: tuple[Sample, ...], place: Place) -> None:
    """Above the slab: the sample's name and, where known, its true class."""
    holder = parts.empty("Caption", contract.INPUT_COLLECTION, "caption", parts.anchor)
    if not holder.constraints:
        holder.location = (place.x, place.high[1], place.high[2] + parts.theme.gaps.caption_rise)
        text_objects.face(holder, parts.focus, upright=True)
    captions = [f"{sample.name}\ntrue class {sample.label}" if sample.label else sample.name for sample in samples]
    show_sample_text(
        parts,
        "caption",
        captions,
        contract.INPUT_COLLECTION,
        size=parts.theme.letters.caption,
        material=parts.material(materials.dim_ink),
        parent=holder,
    )

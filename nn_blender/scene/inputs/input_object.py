"""What enters a network: every input on a slab of its own, and above the first one the name of the sample."""

from __future__ import annotations

from ...core.layout.layout import Layout, Place
from ...core.network import TensorSpec
from ...core.outputs import output_at
from ...core.recording import Sample
from ...core.texts import format_label
from ..base import contract, meshes
from ..base.parts import Parts
from ..layers.layer_objects import BEVEL
from ..looks import materials
from ..network import text_objects
from ..network.contents import Contents
from ..network.sample_texts import show_sample_text
from . import DRAWINGS, ShownInput, part_of
from .tiles import clear_tiles


def add_inputs(parts: Parts, contents: Contents, layout: Layout) -> None:
    """The slabs of the inputs, and on them what was measured."""
    for spec in contents.network.inputs or (TensorSpec("", ()),):
        _add_input(parts, contents, layout, spec)
    if contents.recording is not None:
        truth = output_at(contents.outputs, contents.answer).truth
        _add_caption(parts, contents.shown_samples, truth, layout.input)


def _add_input(parts: Parts, contents: Contents, layout: Layout, spec: TensorSpec) -> None:
    """A slab, and what stands on it; only the slab where nothing was measured, or there is no room for a picture."""
    place, part = layout.inputs.get(spec.name), part_of(contents.network, spec.name)
    if place is None:  # Scenes that were made when a network had but one.
        return
    size = (place.depth, place.width, place.height)
    slab = parts.mesh_object(
        ("input frame", "", part),
        f"Input frame {part}".strip(),
        lambda: meshes.box_mesh("Input", size, BEVEL),
        contract.INPUT_COLLECTION,
    )
    if not slab.data.materials:
        slab.data.materials.append(parts.material(materials.frame))
        slab.location = place.middle
    maps, kinds = contents.input_atlas(spec.name), {one.name: one.kind for one in contents.inputs}
    kind = kinds.get(spec.name, "array")
    _clear_other_kind(parts, part, kind)
    if maps is not None:
        DRAWINGS.find(kind).draw(parts, ShownInput(spec.name, kind, spec.shape, part, place, maps))


def _clear_other_kind(parts: Parts, part: str, kind: str) -> None:
    """Remove what was drawn of an input that is of another kind now, and numbers, which are drawn anew."""
    clear_tiles(parts, part)
    picture = parts.find("input", "", part)
    if picture is not None and picture.get(contract.KIND, kind) != kind:
        parts.remove([picture])


def _add_caption(parts: Parts, samples: tuple[Sample, ...], truth: str, place: Place) -> None:
    """Above the slab: the sample's name and, where known, its label.

    Args:
        truth: what a label is called.
    """
    holder = parts.empty("Caption", contract.INPUT_COLLECTION, "caption", parts.anchor)
    if not holder.constraints:
        holder.location = (place.x, place.high[1], place.high[2] + parts.theme.gaps.caption_rise)
        text_objects.face(holder, parts.focus, upright=True)
    told = [f"\n{truth} {format_label(sample.label)}" if sample.label else "" for sample in samples]
    captions = [f"{sample.name}{more}" for sample, more in zip(samples, told, strict=True)]
    show_sample_text(
        parts,
        "caption",
        captions,
        contract.INPUT_COLLECTION,
        size=parts.theme.letters.caption,
        material=parts.material(materials.dim_ink),
        parent=holder,
    )

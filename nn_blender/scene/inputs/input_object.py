"""What enters a network: every input on a slab of its own, and above the first one the name of the sample."""

from __future__ import annotations

import bpy

from ...core.layout.layout import Layout, Slab
from ...core.network import TensorSpec
from ...core.outputs import output_at
from ..base import contract, meshes
from ..base.moving import put
from ..base.parts import Parts
from ..layers.layer_objects import BEVEL
from ..looks import materials
from ..network.contents import Contents
from . import DRAWINGS, ShownInput, part_of
from .captions import add_caption
from .tiles import clear_tiles


def add_inputs(parts: Parts, contents: Contents, layout: Layout) -> None:
    """The slabs of the inputs, and on them what was measured."""
    for spec in contents.network.inputs or (TensorSpec("", ()),):
        _add_input(parts, contents, layout, spec)
    if contents.recording is not None:
        truth = output_at(contents.outputs, contents.answer).truth
        add_caption(parts, contents.network, contents.shown_samples, truth, layout.input)


def _add_input(parts: Parts, contents: Contents, layout: Layout, spec: TensorSpec) -> None:
    """A slab, and what stands on it; only the slab where nothing was measured, or there is no room for a picture."""
    place, part = layout.inputs.get(spec.name), part_of(contents.network, spec.name)
    if place is None:  # Scenes that were made when a network had but one.
        return
    add_input_frame(parts, spec.name, part, place)
    maps, kinds = contents.input_atlas(spec.name), {one.name: one.kind for one in contents.inputs}
    kind = kinds.get(spec.name, "array")
    _clear_other_kind(parts, part, kind)
    if maps is not None:
        DRAWINGS.find(kind).draw(parts, ShownInput(spec.name, kind, spec.shape, part, place, maps))


def add_input_frame(parts: Parts, name: str, part: str, place: Slab) -> bpy.types.Object:
    """The slab of an input, at its place where it is new.

    Args:
        part: see `part_of`.
    """
    slab = parts.mesh_object(
        ("input frame", "", part),
        f"Input frame {part}".strip(),
        lambda: meshes.box_mesh("Input", (place.depth, place.width, place.height), BEVEL),
        contract.INPUT_COLLECTION,
        parts.stand_of_input(name),
    )
    if not slab.data.materials:
        slab.data.materials.append(parts.material(materials.frame))
        put(slab, place.middle)
    return slab


def _clear_other_kind(parts: Parts, part: str, kind: str) -> None:
    """Remove what was drawn of an input that is of another kind now, and numbers, which are drawn anew."""
    clear_tiles(parts, part)
    picture = parts.find("input", "", part)
    if picture is not None and picture.get(contract.KIND, kind) != kind:
        parts.remove([picture])

"""Maps that explain answers as objects: just before the picture of an input, and on slabs beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import bpy
import numpy as np

from ...core.blocks.books import THINNEST, input_proportions, picture_cover
from ...core.blocks.hierarchy import INPUT
from ...core.description.description import Description
from ...core.description.explanation import Explanation
from ...core.inputs import INPUT_KINDS
from ...core.layout.grids import MARGIN
from ...core.layout.layout import Layout
from ...core.maps.packing import PackedMaps
from ..base import contract, meshes
from ..base.find import network_modifier
from ..base.parts import Parts, set_nodes
from ..base.versions import get_modifier_input
from ..inputs import part_of
from ..layers.layer_objects import BEVEL
from ..looks import explanation_materials, materials
from ..looks.hiding import set_hidden
from ..maps.atlas_images import atlas_inputs, packed_image
from ..nodes.cards import ATLAS_INPUTS, make_cards
from ..nodes.explanations import make_explained

ATLAS = "explanation atlas"
"""Role of the images."""
OVERLAY = "explanation overlay"
STAND, FRAME = "explanation stand", "explanation frame"
PICTURE, CARD = "explanation picture", "explanation card"
OF_CARD = (STAND, FRAME, PICTURE, CARD)
"""Roles of what stands beside the input."""
_BEFORE = 0.006
"""From the input's picture to what lies over it, and from a card's sample to its map."""
OVER_INPUT = np.array((-_BEFORE, 0.0, 0.0), np.float32)
_ON_STAND = 3.4
"""Side of a square map with its slab, in the space of its stand."""

Pictures = Sequence[tuple[int, PackedMaps]]
"""Number of the target, and its maps for one input: a cell per sample that was explained, with a range of its own."""


def main_input(about: Description, explanation: Explanation) -> str:
    """The input whose maps have cards: the first with pictures, else the first."""
    kinds = {one.name: one.kind for one in about.inputs}
    pictures = (name for name in explanation.inputs if kinds.get(name) == "image")
    return next(pictures, next(iter(explanation.inputs), ""))


def proportions(about: Description, name: str) -> tuple[float, float]:
    """Height and width of an input's picture."""
    return input_proportions(about.network, about.inputs)[f"{INPUT} {name}"]


def largest_magnitudes(explanation: Explanation, pictures: Pictures) -> Mapping[str, np.ndarray]:
    """By input and explained sample, float64 (samples,): of all its maps."""
    found: dict[str, np.ndarray] = {}
    for _, maps in pictures:
        # There may be room for samples that could not be read.
        ends = np.abs(maps.ranges[: len(explanation.samples), 0].astype(np.float64)).max(axis=1)
        before = found.get(maps.atlas.input, np.zeros(len(explanation.samples)))
        found[maps.atlas.input] = np.maximum(before, np.nan_to_num(ends))
    return found


def show_over_input(
    parts: Parts,
    about: Description,
    layout: Layout,
    explanation: Explanation,
    maps: PackedMaps,
    reach: Mapping[str, np.ndarray],
) -> set[bpy.types.Object]:
    """The first target's maps just before the picture of an input, as large as that."""
    name = maps.atlas.input
    part = part_of(about.network, name)
    picture, place = parts.find("input", "", part), layout.inputs.get(name)
    modifier = network_modifier(picture) if picture is not None else None
    if modifier is None or place is None:
        return set()
    positions = place.card_positions() + OVER_INPUT
    is_new = parts.find(OVERLAY, "", part) is None
    over = parts.mesh_object(
        (OVERLAY, "", part),
        f"Explanation of {name}",
        lambda: meshes.point_mesh("Explanation", positions),
        contract.INPUT_COLLECTION,
        parts.carrier_of_input(name, part),
    )
    over.visible_shadow = False
    if is_new and _is_coloured(about, name) and name == main_input(about, explanation) and about.opening is not None:
        # Colours over colours tell nothing; the card beside it has the same map.
        set_hidden(over, True, True)
    size = get_modifier_input(modifier, "Width"), get_modifier_input(modifier, "Height")
    _show_maps(parts, over, f"Explanation over {name}", (0, maps), explanation, size, reach[name])
    return {over}


def add_card(
    parts: Parts,
    about: Description,
    explanation: Explanation,
    target: int,
    maps: PackedMaps,
    reach: Mapping[str, np.ndarray],
) -> set[bpy.types.Object]:
    """A slab as the input's with a target's maps, and below it what they explain."""
    part, name = str(target), maps.atlas.input
    wide, high = (_ON_STAND * side for side in picture_cover(*proportions(about, name)))
    depth = THINNEST * high
    stand = parts.empty(f"Explanation {part}", contract.INPUT_COLLECTION, STAND, parts.anchor, part)
    stand[contract.COVER] = [wide, high, depth]
    frame = parts.mesh_object(
        (FRAME, "", part),
        f"Explanation frame {part}",
        lambda: meshes.box_mesh("Explanation frame", (depth, wide, high), BEVEL),
        contract.INPUT_COLLECTION,
        stand,
    )
    if not frame.data.materials:
        frame.data.materials.append(parts.material(materials.frame))
        frame.location = (depth / 2, 0.0, high / 2)
    size = _fitting(about, name, maps, (wide - MARGIN, high - MARGIN))
    made = {stand, frame}
    below = _add_sample(parts, about, stand, name, part, size, high)
    made |= below
    front = -0.012 - (_BEFORE if below else 0.0)
    card = parts.mesh_object(
        (CARD, "", part),
        f"Explanation map {part}",
        lambda: meshes.point_mesh("Explanation map", np.array([[front, 0.0, high / 2]], np.float32)),
        contract.INPUT_COLLECTION,
        stand,
    )
    _show_maps(
        parts, card, f"Explanation {part}", (target, maps), explanation, size, reach[name], has_sample=bool(below)
    )
    return made | {card}


def _add_sample(
    parts: Parts,
    about: Description,
    stand: bpy.types.Object,
    name: str,
    part: str,
    size: tuple[float, float],
    high: float,
) -> set[bpy.types.Object]:
    """The sample itself below the maps of an input of pictures."""
    kinds = {one.name: one.kind for one in about.inputs}
    own_part = part_of(about.network, name)
    picture, image = parts.find("input", "", own_part), parts.find_image("atlas", "", own_part)
    modifier = network_modifier(picture) if picture is not None else None
    if kinds.get(name) != "image" or modifier is None or image is None:
        return set()
    below = parts.mesh_object(
        (PICTURE, "", part),
        f"Explained sample {part}",
        lambda: meshes.point_mesh("Explained sample", np.array([[-0.012, 0.0, high / 2]], np.float32)),
        contract.INPUT_COLLECTION,
        stand,
    )
    inputs = {one: get_modifier_input(modifier, one) for one in (*ATLAS_INPUTS, "Low", "High")}
    lasting = {"Material": explanation_materials.sample_material(parts, image)}
    measured = {**inputs, "Width": size[0], "Height": size[1], "First": 0.0}
    set_nodes(below, parts.group(make_cards), lasting, measured)
    return {below}


def _fitting(about: Description, name: str, maps: PackedMaps, room: tuple[float, float]) -> tuple[float, float]:
    """Width and height of a map: in its own proportions, or filling the room where the input's picture does."""
    if _is_coloured(about, name):
        return room
    scale = min(room[0] / maps.atlas.cell_width, room[1] / maps.atlas.cell_height)
    return maps.atlas.cell_width * scale, maps.atlas.cell_height * scale


def _is_coloured(about: Description, name: str) -> bool:
    """Whether an input's numbers are drawn in colours."""
    kind = next((one.kind for one in about.inputs if one.name == name), "array")
    return INPUT_KINDS.find(kind).is_coloured


def _show_maps(
    parts: Parts,
    obj: bpy.types.Object,
    material: str,
    picture: tuple[int, PackedMaps],
    explanation: Explanation,
    size: tuple[float, float],
    reach: np.ndarray,
    *,
    has_sample: bool = False,
) -> None:
    """Let an object show its target's maps, which are packed into the file.

    Args:
        reach: the largest magnitude of all maps of each explained sample.
        has_sample: whether the sample is seen below them.
    """
    target, maps = picture
    is_card = obj[contract.ROLE] == CARD
    kind = ATLAS if is_card else f"{ATLAS} over"
    image = packed_image(parts, obj.name, maps, kind, f"{target} {maps.atlas.input}")
    image.colorspace_settings.name = "Non-Color"
    made = explanation_materials.map_material(parts, material, image, is_card=is_card, has_sample=has_sample)
    mesh = obj.data
    for name in meshes.sampled_names(mesh, contract.EXPLAINED):
        mesh.attributes.remove(mesh.attributes[name])
    ranges = np.zeros((max(explanation.samples, default=-1) + 1, 1, 2), np.float32)
    for place, sample in enumerate(explanation.samples):
        ranges[sample] = maps.ranges[place, :1]
        meshes.write_vectors(mesh, contract.sampled(contract.EXPLAINED, sample), np.array([[place, reach[place], 0.0]]))
    meshes.write_samples(mesh, contract.MAP_RANGE, ranges)
    inputs = {**atlas_inputs(maps.atlas), "Width": size[0], "Height": size[1]}
    inputs["Largest"] = float(reach.max(initial=0.0))
    set_nodes(obj, parts.group(make_explained), {"Material": made}, inputs)

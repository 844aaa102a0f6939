"""The picture that enters a network."""

from __future__ import annotations

from ...core.inputs import INPUT_KINDS
from ...core.layout.grids import NARROWEST_PICTURE
from ...core.maps.packing import Atlas
from ..base import contract, meshes
from ..base.parts import Parts
from ..maps.atlas_images import show_atlas
from ..nodes.cards import make_cards
from . import DRAWINGS, InputDrawing, ShownInput


def add_picture(parts: Parts, shown: ShownInput) -> None:
    """A sample as `core.inputs.InputKind.as_picture` lays it out, as the network is given it."""
    card = shown.place.grid.card
    if card is None:
        return
    name = f"Input {shown.part}" if shown.part else "Input picture"
    picture = parts.mesh_object(
        ("input", "", shown.part),
        name,
        lambda: meshes.point_mesh(name, shown.place.card_positions()),
        contract.INPUT_COLLECTION,
        parts.carrier_of_input(shown.name, shown.part),
    )
    picture[contract.KIND] = shown.kind
    fills = INPUT_KINDS.find(shown.kind).is_coloured
    size = card if fills else _fitting(shown.maps.atlas, card)
    show_atlas(parts, picture, make_cards, shown.maps, "Input", size, {}, shown.part)


def _fitting(atlas: Atlas, room: tuple[float, float]) -> tuple[float, float]:
    """Width and height of the picture at its own proportions within the room for it; one too narrow is widened."""
    scale = min(room[0] / atlas.cell_width, room[1] / atlas.cell_height)
    least = min(*room, NARROWEST_PICTURE)
    return max(atlas.cell_width * scale, least), max(atlas.cell_height * scale, least)


IMAGE = DRAWINGS.register(InputDrawing("image", add_picture))
ARRAY = DRAWINGS.register(InputDrawing("array", add_picture))

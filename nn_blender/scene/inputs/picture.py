"""The picture that enters a network."""

from __future__ import annotations

from ...core.layout.grids import NARROWEST_PICTURE
from ...core.layout.layout import Slab
from ...core.maps.packing import Atlas
from ..base import contract, meshes
from ..base.parts import Parts
from ..maps.atlas_images import show_atlas
from ..network.contents import Contents
from ..nodes.cards import make_cards
from . import DRAWINGS, InputDrawing


def add_picture(parts: Parts, contents: Contents, place: Slab) -> None:
    """The picture as the network sees it, one for every sample; arrays are drawn as pictures too."""
    maps = contents.input_atlas(contents.network.inputs[0].name)
    if maps is None or place.grid.card is None:
        return
    picture = parts.mesh_object(
        ("input", "", ""),
        "Input picture",
        lambda: meshes.point_mesh("Input picture", place.card_positions()),
        contract.INPUT_COLLECTION,
    )
    show_atlas(parts, picture, make_cards, maps, "Input", _fitting(maps.atlas, place.grid.card), {})


def _fitting(atlas: Atlas, room: tuple[float, float]) -> tuple[float, float]:
    """Width and height of the picture at its own proportions within the room for it; one too narrow is widened."""
    scale = min(room[0] / atlas.cell_width, room[1] / atlas.cell_height)
    least = min(*room, NARROWEST_PICTURE)
    return max(atlas.cell_width * scale, least), max(atlas.cell_height * scale, least)


IMAGE = DRAWINGS.register(InputDrawing("image", add_picture))
ARRAY = DRAWINGS.register(InputDrawing("array", add_picture))

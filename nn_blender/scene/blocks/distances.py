"""What decides on the detail of a network whose blocks the distance opens, and who asks it; see `nodes.distance`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import bpy
import numpy as np

from ...core.blocks.distance import Shown, Tiers
from ...core.blocks.hierarchy import Part
from ...core.layout.picture import UNIT, Picture, floor_point
from ..base import contract, meshes
from ..base.find import all_objects, network_modifier, objects
from ..base.parts import Parts, Recipe, set_nodes
from ..base.versions import get_modifier_input, set_modifier_input
from ..looks.level_of_detail import prepare_books
from ..nodes.distance import (
    ALSO_INSIDE,
    OPENS_AT,
    make_by_distance,
    make_distances,
    make_growth,
    make_labels_by_distance,
    make_ribbons_by_distance,
    make_trays_by_distance,
)
from ..nodes.lod_of_layers import BLOCK_HIGH, BLOCK_LOW, OPEN

_Corner = tuple[float, float, float]

_RECIPES = {"tray": make_trays_by_distance, "ribbon": make_ribbons_by_distance, "label": make_labels_by_distance}
"""By role, what chooses among the parts of objects that show many blocks."""


class Distances:
    """The blocks of a network with their places and sizes, one vertex each in a hidden object.

    Attributes:
        tiers: when what is seen.
        sizes: of the blocks by their ids, see `Tiers.sizes`.

    Args:
        root_part: the network's hierarchy.
        picture: see `core.blocks.distance.with_books`.
    """

    def __init__(self, parts: Parts, root_part: Part, picture: Picture):
        self.tiers = Tiers(root_part, picture)
        self.sizes = sizes = self.tiers.sizes()
        self._numbers = {id_: number for number, id_ in enumerate(sizes)}
        self._parts = parts
        prepare_books(parts.anchor)
        name = f"{parts.name} Distances"
        make_mesh = partial(bpy.data.meshes.new, name)
        self._obj = obj = parts.mesh_object((contract.DISTANCE, "", ""), name, make_mesh, contract.BLOCKS_COLLECTION)
        obj.hide_viewport = obj.hide_render = True
        obj[contract.BLOCKS] = json.dumps(list(sizes))
        mesh: Any = obj.data
        mesh.clear_geometry()
        mesh.vertices.add(len(sizes))
        corners = _corners(root_part, picture)
        for name, end in ((BLOCK_LOW, 0), (BLOCK_HIGH, 1)):
            meshes.write_vectors(mesh, name, np.array([corners[id_][end] for id_ in sizes]).reshape(-1, 3))
        meshes.write_floats(mesh, OPENS_AT, UNIT * np.array(list(sizes.values())))
        set_nodes(obj, parts.group(make_distances), {}, {})
        mesh.update_tag()

    def choose(
        self, obj: bpy.types.Object, shown: Shown, also_inside: str = "", foot: Sequence[float] | None = None
    ) -> None:
        """Let an object be there only when something is seen.

        Args:
            also_inside: another block that has to be open.
            foot: the point in its own space that it grows out of; at once where there is none.
        """
        blocks = {
            contract.INSIDE.title(): shown.inside,
            ALSO_INSIDE: also_inside,
            contract.INSTEAD.title(): shown.instead,
        }
        if not any(blocks.values()):
            remove_choice(obj)
            return
        modifiers = []
        if foot is None or network_modifier(obj) is not None:
            modifiers.append(self._modifier(obj, make_by_distance, contract.DISTANCE))
        if foot is not None:
            modifiers.append(self._modifier(obj, make_growth, contract.GROWTH))
            set_modifier_input(modifiers[-1], "Foot", foot)
        for modifier in modifiers:
            for name, block in blocks.items():
                set_modifier_input(modifier, name, self._number(block))
        obj.update_tag()

    def choose_each(self, obj: Any, shown: Sequence[Shown]) -> None:
        """Let vertices of an object's mesh, each with its own, be there only when something is seen."""
        for name in (contract.INSIDE, contract.INSTEAD):
            numbers = np.array([self._number(getattr(one, name)) for one in shown], np.int32)
            meshes.write_integers(obj.data, name, numbers)
        self._modifier(obj, _RECIPES[obj[contract.ROLE]], contract.DISTANCE)
        obj.update_tag()

    def _number(self, block: str) -> int:
        return self._numbers.get(block, -1)

    def _modifier(self, obj: bpy.types.Object, recipe: Recipe[bpy.types.NodeTree], role: str) -> Any:
        """The modifier of a role. What chooses is before all others, so that nothing is made of what is not seen."""
        modifier = network_modifier(obj, role)
        if modifier is None:
            modifier = obj.modifiers.new(recipe.part, "NODES")
            modifier.node_group = self._parts.group(recipe)
            if role == contract.DISTANCE:
                obj.modifiers.move(len(obj.modifiers) - 1, 0)
        set_modifier_input(modifier, "Distances", self._obj)
        return modifier


def remove_distances(parts: Parts) -> None:
    """Let nothing depend on the distance any more."""
    for obj in all_objects(parts.root):
        remove_choice(obj)
    parts.remove(list(objects(parts.root, contract.DISTANCE)))


def remove_choice(obj: bpy.types.Object) -> None:
    """Let an object be there whatever the distance is."""
    for role in (contract.DISTANCE, contract.GROWTH):
        modifier = network_modifier(obj, role)
        if modifier is not None:
            obj.modifiers.remove(modifier)


def open_at_distance(root: bpy.types.Collection, depsgraph: bpy.types.Depsgraph) -> dict[str, bool]:
    """Which blocks the distance opens now, by their ids; empty where it does not decide on that.

    All are closed where that is not worked out, since somebody keeps the object with their places from the view layer.
    """
    obj = next(objects(root, contract.DISTANCE), None)
    if obj is None:
        return {}
    blocks = json.loads(obj[contract.BLOCKS])
    mesh: Any = obj.evaluated_get(depsgraph).data
    if OPEN not in mesh.attributes:
        return dict.fromkeys(blocks, False)
    return dict(zip(blocks, (meshes.read_floats(mesh, OPEN) > 0.5).tolist(), strict=True))


def is_seen_at_distance(obj: bpy.types.Object, opened: Sequence[bool]) -> bool:
    """Whether the distance lets an object be seen.

    Args:
        opened: which blocks are open, as `open_at_distance` has them in order; further ones are closed.
    """
    modifier = network_modifier(obj, contract.DISTANCE)
    if modifier is None or modifier.node_group.get(contract.PART) != make_by_distance.part:
        return True
    inside, also, instead = (
        int(get_modifier_input(modifier, name))
        for name in (contract.INSIDE.title(), ALSO_INSIDE, contract.INSTEAD.title())
    )
    seen = {number for number, is_open in enumerate(opened) if is_open}
    return all(number in seen for number in (inside, also) if number >= 0) and instead not in seen


def _corners(root_part: Part, picture: Picture) -> dict[str, tuple[_Corner, _Corner]]:
    """Of the boxes around the blocks, in Blender units: the rooms of their children, as high as what stands there."""
    high = {book.part: book.cover[1] for book in picture.books}

    def heights(part: Part) -> Iterator[float]:
        yield high.get(part.id, 0.0)
        for child in part.children:
            yield from heights(child)

    highest = {part.id: max(heights(part)) for part in root_part.blocks}
    found = {}
    for tray in picture.trays:
        left, back, _ = floor_point((tray.rect.x, tray.rect.v))
        right, front, _ = floor_point((tray.rect.right, tray.rect.bottom))
        found[tray.part] = (left, front, 0.0), (right, back, UNIT * highest[tray.part])
    return found

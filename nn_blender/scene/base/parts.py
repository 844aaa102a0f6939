"""The parts of a network in a scene: found by what is written on them, made where they are missing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, TypeVar

import bpy

from . import contract
from .find import all_objects, is_closed, network_modifier, networks
from .meshes import sphere_mesh
from .moving import carry, restrain
from .themed import IN_SOLID, Themed, mark
from .themes import DEFAULT_THEME, theme_of
from .theming import use_theme
from .versions import get_modifier_input, set_modifier_input

Key = tuple[str, str, str]
"""Role, layer and part: by what an object of a network is found again."""

Block = TypeVar("Block", bpy.types.NodeTree, bpy.types.Material)


@dataclass(frozen=True)
class Recipe(Generic[Block]):
    """How a node group or material of a network is made; see `node_group` and `material`.

    Attributes:
        role: what `contract.ROLE` says on it.
        part: what `contract.PART` says on it; where `Parts.group` is given arguments, they are formatted into it.
        make: from the data-block's name, the network's parts and the arguments to the data-block.
    """

    role: str
    part: str
    make: Callable[..., Block]


def node_group(
    part: str, role: str = "nodes"
) -> Callable[[Callable[..., bpy.types.NodeTree]], Recipe[bpy.types.NodeTree]]:
    """Make a function the recipe of a network's node group of that name.

    It asks ``parts`` for what it needs: other groups by their recipes, objects, properties of root and scene::

        @node_group("Maps")
        def make_maps(name: str, parts: Parts) -> bpy.types.NodeTree:
            cards = parts.group(make_cards)
            ...
    """
    return lambda make: Recipe(role, part, make)


def material(part: str) -> Callable[[Callable[..., bpy.types.Material]], Recipe[bpy.types.Material]]:
    """Make a function the recipe of a network's material of that name; see `node_group`."""
    return lambda make: Recipe("material", part, make)


class Parts:
    """An index of one network's parts: collections, objects, materials, node groups and images.

    Whatever is asked for is made where it is missing and found where it is there, so the same functions build a
    network and bring it in line with new contents. One action needs one index: making it looks through the file.

    Attributes:
        name: ``NN <model>``, which names of data-blocks begin with.
        root: the collection of that name, which holds everything.
        theme: the network's colours, lights and sizes.
        anchor: parent of every object; moving it moves the network. See `stage.handle` for what is seen of it.
        focus: an empty whose rotation labels copy; it follows the network's camera.
        viewer: an empty that stands where the viewport's view is, see `nodes.lod.make_viewer`.
        detail: holds one vertex per layer, see `nodes.lod_of_layers.make_detail`.
        sphere: of radius 1, what neurons are drawn as.
        patterns: materials made by this index that others may be copied from, by what the maker calls their kind.
    """

    def __init__(
        self, scene: bpy.types.Scene, model: str, network_id: str, root: bpy.types.Collection | None = None
    ) -> None:
        """Look through the file for the network's parts.

        Args:
            model: the network's name.
            root: made where it is None.
        """
        self.scene = scene
        self.name = f"NN {model}"
        self.network_id = network_id
        self.root = root or self._make_root()
        self.theme = theme_of(self.root)
        self.collections = {name: self._collection(name) for name in contract.COLLECTIONS}
        self._objects = self._find_objects()
        self._blocks = self._find_blocks()
        self._images = self._find_images()
        self.patterns: dict[str, bpy.types.Material] = {}
        make_handle = partial(bpy.data.meshes.new, "Handle")
        self.anchor = self.obj(("anchor", "", ""), self.name, make_handle, contract.STAGE_COLLECTION, None)
        self.anchor.hide_render = True
        self.focus = self.empty(f"{self.name} Focus", contract.STAGE_COLLECTION, "focus", None)
        self.viewer = self.empty(f"{self.name} Viewer", contract.STAGE_COLLECTION, "viewer", None)
        self.detail = self._hidden("Detail", lambda: bpy.data.meshes.new("Detail"))
        self.sphere = self._hidden("Sphere", lambda: sphere_mesh("Sphere"))

    def group(self, recipe: Recipe[bpy.types.NodeTree], *arguments: object) -> bpy.types.NodeTree:
        """The network's node group of a recipe.

        Args:
            arguments: which one of several that the recipe makes.
        """
        part = recipe.part.format(*arguments)
        return self.block(recipe.role, part, lambda name: recipe.make(name, self, *arguments))

    def material(self, recipe: Recipe[bpy.types.Material]) -> bpy.types.Material:
        """The network's material of a recipe."""
        return self.block(recipe.role, recipe.part, lambda name: recipe.make(name, self))

    def block(self, role: str, part: str, make: Callable[[str], Block]) -> Block:
        """The node group or material of a role and part; ``make`` makes it, from its name, where it is missing."""
        key = (role, part)
        if key not in self._blocks:
            block = make(f"{self.name} {part}")
            contract.tag(block, self.network_id, role)
            block[contract.PART] = part
            use_theme(block, self.theme)
            self._blocks[key] = block
        return self._blocks[key]

    def renew(self, recipe: Recipe[Any]) -> None:
        """Make the network's node group or material of a recipe anew, where it has one, for everything that uses it."""
        former = self._blocks.pop((recipe.role, recipe.part), None)
        if former is None:
            return
        name = former.name
        former.user_remap(self.block(recipe.role, recipe.part, lambda own_name: recipe.make(own_name, self)))
        (bpy.data.materials if recipe.role == "material" else bpy.data.node_groups).remove(former)
        self._blocks[recipe.role, recipe.part].name = name

    def has_material(self, part: str) -> bool:
        return ("material", part) in self._blocks

    def remove_material(self, part: str) -> None:
        """Remove the network's material of that part, where there is one; copies of it are their makers' then."""
        gone = self._blocks.pop(("material", part), None)
        if gone is None:
            return
        self.patterns = {kind: pattern for kind, pattern in self.patterns.items() if pattern != gone}
        bpy.data.materials.remove(gone)
        for copy in bpy.data.materials:
            if copy.get(contract.NETWORK) == self.network_id and copy.get(contract.PART) == part:
                del copy[contract.PART]

    def obj(
        self,
        key: Key,
        name: str,
        make_data: Callable[[], bpy.types.ID | None],
        collection: str,
        parent: bpy.types.Object | None,
    ) -> bpy.types.Object:
        """The object of a role, layer and part, made with its data, linked and parented where it is missing."""
        if key in self._objects:
            return self._objects[key]
        role, layer, part = key
        obj = self.add(bpy.data.objects.new(name, make_data()), collection, role, parent)
        if layer:
            obj[contract.LAYER] = layer
        if part:
            obj[contract.PART] = part
            self.colour(obj)
        self._objects[key] = obj
        return obj

    def mesh_object(
        self,
        key: Key,
        name: str,
        make_mesh: Callable[[], bpy.types.Mesh],
        collection: str,
        parent: bpy.types.Object | None = None,
    ) -> bpy.types.Object:
        """See `obj`; parented to the anchor unless another parent is given."""
        return self.obj(key, name, make_mesh, collection, parent or self.anchor)

    def empty(
        self, name: str, collection: str, role: str, parent: bpy.types.Object | None, part: str = ""
    ) -> bpy.types.Object:
        obj = self.obj((role, "", part), name, lambda: None, collection, parent)
        obj.empty_display_size = 0.2
        return obj

    def add(
        self, obj: bpy.types.Object, collection: str, role: str, parent: bpy.types.Object | None
    ) -> bpy.types.Object:
        """Tag a new object and its data, link it into a child collection and parent it.

        What is made inside a closed block is hidden until that opens, see `looks.hiding.set_closed`; where the distance
        opens blocks, it is seen from where the rest of its layer is.
        """
        contract.tag(obj, self.network_id, role)
        if collection in contract.WITHOUT_SHADOW or role in ("texts", "explanation texts", "explanation label"):
            obj.visible_shadow = False
        if obj.data is not None:
            contract.tag(obj.data, self.network_id, role)
        self.collections[collection].objects.link(obj)
        carry(obj, parent)
        restrain(obj, role, parent)
        if _is_closed(parent):
            obj[contract.SHOWN_OPEN] = [0, 0]
            obj.hide_viewport = obj.hide_render = True
        self.colour(obj)
        if obj.data is not None and self.find(contract.DISTANCE) is not None:
            _see_with(obj, parent)
        return obj

    def find(self, role: str, layer: str = "", part: str = "") -> bpy.types.Object | None:
        return self._objects.get((role, layer, part))

    def stand(self, layer: str) -> bpy.types.Object:
        """What carries everything of a layer: an empty, or the anchor in scenes that are one row."""
        return self.find("stand", layer) or self.anchor

    def stand_of_input(self, name: str) -> bpy.types.Object:
        """What carries everything of an input of the network; see `stand`."""
        return self.find("stand", "", name or "input") or self.anchor

    def carrier(self, layer: str) -> bpy.types.Object:
        """What everything else of a layer moves with: its slab; the stand in older scenes, or where it was deleted."""
        slab = self.find("slab", layer)
        return slab if slab is not None and contract.HOME in slab else self.stand(layer)

    def carrier_of_input(self, name: str, part: str) -> bpy.types.Object:
        """What everything else of an input moves with; see `carrier`."""
        slab = self.find("input frame", "", part)
        return slab if slab is not None and contract.HOME in slab else self.stand_of_input(name)

    def remove(self, objs: list[bpy.types.Object]) -> None:
        """Remove objects of the network with their data."""
        gone = set(objs)
        self._objects = {key: obj for key, obj in self._objects.items() if obj not in gone}
        bpy.data.batch_remove([*objs, *(obj.data for obj in objs if obj.data is not None)])

    def find_image(self, role: str, layer: str, part: str = "") -> bpy.types.Image | None:
        """The network's image of a role, layer and part."""
        return self._images.get((role, layer, part))

    def tag_image(self, image: bpy.types.Image, role: str, layer: str, part: str = "") -> None:
        """Make an image the network's one of a role, layer and part, whatever it was before."""
        self._images.pop(_key(image), None)
        contract.tag(image, self.network_id, role)
        image[contract.LAYER] = layer
        if part:
            image[contract.PART] = part
        self._images[role, layer, part] = image

    def remove_image(self, image: bpy.types.Image) -> None:
        self._images.pop(_key(image), None)
        bpy.data.images.remove(image)

    def colour(self, obj: bpy.types.Object) -> None:
        """Give an object of a role, and perhaps a part, the colour that the Solid viewport shows it in."""
        role, part = obj.get(contract.ROLE, ""), obj.get(contract.PART, "").partition(" of ")[0]
        shown = next((one for one in (f"{role} {part}", role) if one in IN_SOLID), None)
        if shown is not None:
            mark(obj, "color", Themed(IN_SOLID[shown]))
            obj.pop(contract.WRITTEN, None)
            use_theme(obj, self.theme)

    def _hidden(self, title: str, make_mesh: Callable[[], bpy.types.Mesh]) -> bpy.types.Object:
        """An object that only node groups look at."""
        key = (title.lower(), "", "")
        obj = self.mesh_object(key, f"{self.name} {title}", make_mesh, contract.STAGE_COLLECTION)
        obj.hide_viewport = obj.hide_render = True
        return obj

    def _make_root(self) -> bpy.types.Collection:
        root = bpy.data.collections.new(self.name)
        contract.tag(root, self.network_id, "network")
        root[contract.FORMAT] = contract.FORMAT_NOW
        root[contract.THEME] = next((theme_of(other).name for other in networks(self.scene)), DEFAULT_THEME)
        self.scene.collection.children.link(root)
        return root

    def _collection(self, name: str) -> bpy.types.Collection:
        for child in self.root.children:
            if child.get(contract.NETWORK) == self.network_id and child.get(contract.ROLE) == name.lower():
                return child
        child = bpy.data.collections.new(name)
        contract.tag(child, self.network_id, name.lower())
        self.root.children.link(child)
        return child

    def _find_objects(self) -> dict[Key, bpy.types.Object]:
        found: dict[Key, bpy.types.Object] = {}
        for obj in all_objects(self.root):
            if obj.get(contract.NETWORK) == self.network_id:
                found.setdefault(_key(obj), obj)
        return found

    def _find_blocks(self) -> dict[tuple[str, str], Any]:
        blocks = (*bpy.data.materials, *bpy.data.node_groups)
        ours = [block for block in blocks if block.get(contract.NETWORK) == self.network_id and contract.PART in block]
        # A copy that a user made has another name, or a higher number after it.
        ours.sort(key=lambda block: not block.name.startswith(f"{self.name} {block[contract.PART]}"))
        found: dict[tuple[str, str], Any] = {}
        for block in ours:
            found.setdefault((block[contract.ROLE], block[contract.PART]), block)
        return found

    def _find_images(self) -> dict[Key, bpy.types.Image]:
        found: dict[Key, bpy.types.Image] = {}
        for image in bpy.data.images:
            if image.get(contract.NETWORK) == self.network_id:
                found.setdefault(_key(image), image)
        return found


def _key(block: bpy.types.ID) -> Key:
    """Role, layer and part of a data-block."""
    role, layer, part = (block.get(name, "") for name in (contract.ROLE, contract.LAYER, contract.PART))
    return role, layer, part


def _is_closed(carrier: bpy.types.Object | None) -> bool:
    """Whether what an object carries is inside a closed block."""
    while carrier is not None and not is_closed(carrier):
        carrier = carrier.parent
    return carrier is not None


def _see_with(obj: bpy.types.Object, carrier: bpy.types.Object | None) -> None:
    """Let an object be seen from where something else is that the same stand carries; see `nodes.distance`."""
    while carrier is not None and carrier.get(contract.ROLE) != "stand":
        carrier = carrier.parent
    others = carrier.children_recursive if carrier is not None else ()
    modifier = next(filter(None, (network_modifier(other, contract.DISTANCE) for other in others)), None)
    if modifier is None:
        return
    own: Any = obj.modifiers.new(modifier.name, "NODES")
    own.node_group = modifier.node_group
    for socket in modifier.node_group.interface.items_tree:
        if socket.in_out == "INPUT" and socket.socket_type != "NodeSocketGeometry":
            set_modifier_input(own, socket.name, get_modifier_input(modifier, socket.name))


def set_nodes(
    obj: bpy.types.Object, group: bpy.types.NodeTree, lasting: dict[str, Any], measured: dict[str, Any]
) -> None:
    """Give an object a node group of the network as modifier and set the group's inputs.

    Args:
        lasting: set only once; users may change them.
        measured: set at every update.
    """
    modifier = network_modifier(obj)
    inputs = measured
    if modifier is None:
        modifier = obj.modifiers.new("Network", "NODES")
        modifier.node_group = group
        inputs = {**lasting, **measured}
    for name, value in inputs.items():
        set_modifier_input(modifier, name, value)
    # Inputs set by Python do not by themselves make Blender look at the modifier again.
    obj.update_tag()

"""What the parts of a network share while they are made or brought up to date: collections, materials, node groups."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import bpy

from ..base import contract
from ..base.colour_maps import COLOUR_MAPS
from ..base.find import network_modifier
from ..base.meshes import sphere_mesh
from ..base.themes import DEFAULT_THEME, theme_of
from ..base.versions import counts_copied_nodes, set_modifier_input
from ..looks import card_materials, materials
from ..looks.level_of_detail import prepare_anchor, prepare_viewer
from ..looks.map_looks import get_map_look, set_map_look
from ..nodes.bars import make_bars, make_changes
from ..nodes.blocks import make_blocks
from ..nodes.cards import make_cards, make_cell, make_share, make_shown_cells
from ..nodes.composite import make_composite
from ..nodes.connections import make_connections
from ..nodes.glow import make_glow
from ..nodes.labels import make_labels, make_line_store
from ..nodes.lod import make_lod, make_presence, make_viewer
from ..nodes.lod_of_layers import make_detail
from ..nodes.maps import make_maps
from ..nodes.marks import make_crosses, make_selection_marks
from ..nodes.neurons import NeuronGroups, make_neurons, make_size
from ..nodes.sample_text import make_sample_text, make_text_store
from ..nodes.slabs import make_slabs
from ..nodes.sorted_places import make_places
from ..nodes.timeline import make_shown, make_timeline
from ..nodes.tones import make_change_tones, make_influence_tones, make_off_tones, make_ruled_tones, make_value_tones
from .contents import Contents

_TIERS = {
    "Blocks": (contract.LOD_BLOCKS, 2),
    "Labels": (contract.LOD_LABELS, 1),
    "Neurons": (contract.LOD_NEURONS, 3),
    "Maps": (contract.LOD_MAPS, 4),
}
"""What decides on it, and the lowest fixed tier that has it; by `lod.FIXED`, blocks are open from the second on."""

CARD_KINDS = ("Cards", "Change", "Input", "Composite")
Key = tuple[str, str, str]
"""Role, layer and part: by what an object of a network is found again."""


class Kit:
    """A network under construction in a scene.

    Whatever is asked for is made where it is missing and found where it is there, so the same functions build a
    network and bring it in line with new contents.

    Attributes:
        root: the collection ``NN <model>`` that holds everything.
        anchor: parent of every object; moving it moves the network.
        focus: an empty whose rotation labels copy; it follows the network's camera.
    """

    def __init__(
        self, scene: bpy.types.Scene, contents: Contents, network_id: str, root: bpy.types.Collection | None = None
    ) -> None:
        self.scene = scene
        self.view_layer = scene.view_layers[0]
        self.contents = contents
        self.name = f"NN {contents.network.name}"
        self.network_id = network_id
        self.root = root or self._make_root()
        self.collections = {name: self._collection(name) for name in contract.COLLECTIONS}
        self._objects = self._find_objects()
        self._blocks = self._find_blocks()
        self._images = self._find_images()
        self._card_patterns: dict[str, bpy.types.Material] = {}
        self.timeline = self.group("Timeline", make_timeline, self.root, scene)
        if root is not None and contract.MAP_CENTRED not in root:
            # A scene made before colour maps said whether they are centred.
            set_map_look(root, get_map_look(root))
        self.theme = theme_of(self.root)
        self.ink = self.material("Ink", materials.ink, self.theme.ink.text)
        self.dim_ink = self.material("Dim Ink", materials.ink, self.theme.ink.dim)
        self.anchor = self.empty(self.name, contract.STAGE_COLLECTION, "anchor", None)
        self.focus = self.empty(f"{self.name} Focus", contract.STAGE_COLLECTION, "focus", None)
        self.viewer = self.empty(f"{self.name} Viewer", contract.STAGE_COLLECTION, "viewer", None)
        if contract.LOD_FOLLOWS not in self.anchor:
            prepare_anchor(self.anchor)
            prepare_viewer(self.viewer)
        self.detail = self.mesh_object(
            ("detail", "", ""), f"{self.name} Detail", lambda: bpy.data.meshes.new("Detail"), contract.STAGE_COLLECTION
        )
        self.sphere = self.mesh_object(
            ("sphere", "", ""), f"{self.name} Sphere", lambda: sphere_mesh("Sphere"), contract.STAGE_COLLECTION
        )
        for unseen in (self.detail, self.sphere):
            unseen.hide_viewport = unseen.hide_render = True
        self._layer_numbers = {layer.path: number for number, layer in enumerate(contents.network.layers)}

    def group(self, name: str, make: Callable[..., bpy.types.NodeTree], *args: object) -> bpy.types.NodeTree:
        """The network's node group of that name."""
        return self._block(name, make, "nodes", *args)

    def material(self, name: str, make: Callable[..., bpy.types.Material], *args: object) -> bpy.types.Material:
        """The network's material of that name."""
        return self._block(name, make, "material", *args)

    def card_material(self, name: str, kind: str, image: bpy.types.Image) -> bpy.types.Material:
        """The material of cards that show an image; ``kind`` is one of `CARD_KINDS`."""
        pattern = self._card_patterns.get(kind)
        if pattern is not None:
            return self.material(name, card_materials.copied_card, pattern, image)
        # One that was there before may have been edited by its user.
        is_new = ("material", name) not in self._blocks
        cells = self.group("Cell Positions", card_materials.cell_positions)
        material = self.material(name, card_materials.card, image, cells, self._card_colours(kind), self.theme)
        if is_new:
            card_materials.set_interpolation(material, get_map_look(self.root).smooth)
            if counts_copied_nodes():
                self._card_patterns[kind] = material
        return material

    def _card_colours(self, kind: str) -> bpy.types.NodeTree:
        if kind == "Input":
            return self.group("Own Colours", card_materials.own_colours, self.theme)
        if kind == "Change":
            return self.group("Change Colours", card_materials.change_colours, self._plane_group(), self.theme)
        ramp = COLOUR_MAPS[get_map_look(self.root).colours].ramp
        colours = self.group(card_materials.MAP_COLOURS, card_materials.map_colours, ramp)
        if kind == "Cards":
            return self.group("Value Colours", card_materials.value_colours, self._plane_group(), colours, self.theme)
        return self.group("Summary Colours", card_materials.summary_colours, colours, self.root, self.theme)

    def _plane_group(self) -> bpy.types.NodeTree:
        return self.group("Plane", card_materials.plane)

    def neurons_group(self) -> bpy.types.NodeTree:
        glow = self.group("Glow", make_glow, self.root)
        ruled = self.group("Ruled Tones", make_ruled_tones, glow)
        groups = NeuronGroups(
            timeline=self.timeline,
            shown=self._shown_group(),
            value=self.group("Value Tones", make_value_tones, ruled, self.root),
            change=self.group("Change Tones", make_change_tones, glow, self._shown_group(), self.root),
            influence=self.group("Influence Tones", make_influence_tones),
            off=self.group("Off Tones", make_off_tones),
            places=self._places_group(),
            size=self.group("Size", make_size, self.root),
            crosses=self.group("Crosses", make_crosses),
            marks=self.group("Selection Marks", make_selection_marks),
        )
        return self.group("Neurons", make_neurons, groups, self.root, self.sphere)

    def cards_group(self) -> bpy.types.NodeTree:
        share = self.group("Share", make_share, self.root)
        shown = self.group("Shown Cells", make_shown_cells, self.timeline, self.group("Cell", make_cell), share)
        return self.group("Cards", make_cards, shown, self._places_group(), self.root)

    def _shown_group(self) -> bpy.types.NodeTree:
        return self.group("Shown", make_shown, self.timeline)

    def _places_group(self) -> bpy.types.NodeTree:
        return self.group("Places", make_places, self.anchor)

    def maps_group(self) -> bpy.types.NodeTree:
        return self.group("Maps", make_maps, self.cards_group())

    def slabs_group(self) -> bpy.types.NodeTree:
        return self.group("Slabs", make_slabs)

    def blocks_group(self) -> bpy.types.NodeTree:
        return self.group("Blocks", make_blocks, self._shown_group())

    def labels_group(self) -> bpy.types.NodeTree:
        return self.group("Labels", make_labels, self._viewer_group(), self._lod("Labels"))

    def line_store_group(self) -> bpy.types.NodeTree:
        return self.group("Lines", make_line_store)

    def slab_material(self) -> bpy.types.Material:
        return self.material("Slab", materials.slab, self.theme)

    def _viewer_group(self) -> bpy.types.NodeTree:
        return self.group("Viewer", make_viewer, self.scene, self.anchor, self.viewer)

    def _lod(self, what: str) -> bpy.types.NodeTree:
        """Tells how far something of a tier is there; see `nodes.lod.make_lod`."""
        threshold, tier = _TIERS[what]
        presence = self.group("Presence", make_presence, self._viewer_group(), self.anchor)
        return self.group(f"Detail of {what}", make_lod, presence, self.anchor, threshold, tier)

    def composite_group(self) -> bpy.types.NodeTree:
        return self.group("Composite", make_composite, self.cards_group(), self.root, self.anchor)

    def detail_group(self) -> bpy.types.NodeTree:
        return self.group("Detail", make_detail, *(self._lod(what) for what in ("Blocks", "Neurons", "Maps")))

    def detail_inputs(self, layer: str) -> dict[str, Any]:
        """What groups ask for the detail of a layer with, see `nodes.detail.DETAIL_INPUTS`."""
        return {"Detail": self.detail, "Layer": self._layer_numbers[layer]}

    def connections_group(self) -> bpy.types.NodeTree:
        return self.group("Connections", make_connections, self.anchor, self._lod("Neurons"), self._lod("Maps"))

    def bars_group(self) -> bpy.types.NodeTree:
        changes = self.group("Bar Changes", make_changes, self._shown_group())
        return self.group("Bars", make_bars, self._shown_group(), changes)

    def text_group(self) -> bpy.types.NodeTree:
        return self.group("Text", make_sample_text, self.timeline, self._lod("Labels"))

    def text_store_group(self, align_x: str) -> bpy.types.NodeTree:
        return self.group(f"Texts {align_x.title()}", make_text_store, align_x)

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
        obj = bpy.data.objects.new(name, make_data())
        contract.tag(obj, self.network_id, role)
        if obj.data is not None:
            contract.tag(obj.data, self.network_id, role)
        if layer:
            obj[contract.LAYER] = layer
        if part:
            obj[contract.PART] = part
        self.collections[collection].objects.link(obj)
        obj.parent = parent
        self._objects[key] = obj
        return obj

    def find(self, role: str, layer: str = "", part: str = "") -> bpy.types.Object | None:
        return self._objects.get((role, layer, part))

    def remove(self, objs: list[bpy.types.Object]) -> None:
        """Remove objects of the network with their data."""
        gone = set(objs)
        self._objects = {key: obj for key, obj in self._objects.items() if obj not in gone}
        bpy.data.batch_remove([*objs, *(obj.data for obj in objs if obj.data is not None)])

    def find_image(self, role: str, layer: str) -> bpy.types.Image | None:
        """The network's image of a role and layer."""
        return self._images.get((role, layer))

    def tag_image(self, image: bpy.types.Image, role: str, layer: str) -> None:
        """Make an image the network's one of a role and layer, whatever it was before."""
        self._images.pop((image.get(contract.ROLE), image.get(contract.LAYER)), None)
        contract.tag(image, self.network_id, role)
        image[contract.LAYER] = layer
        self._images[role, layer] = image

    def remove_image(self, image: bpy.types.Image) -> None:
        self._images.pop((image[contract.ROLE], image[contract.LAYER]), None)
        bpy.data.images.remove(image)

    def empty(
        self, name: str, collection: str, role: str, parent: bpy.types.Object | None, part: str = ""
    ) -> bpy.types.Object:
        obj = self.obj((role, "", part), name, lambda: None, collection, parent)
        obj.empty_display_size = 0.2
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

    def add(
        self, obj: bpy.types.Object, collection: str, role: str, parent: bpy.types.Object | None
    ) -> bpy.types.Object:
        """Tag a new object and its data, link it into a child collection and parent it."""
        contract.tag(obj, self.network_id, role)
        if obj.data is not None:
            contract.tag(obj.data, self.network_id, role)
        self.collections[collection].objects.link(obj)
        obj.parent = parent
        return obj

    def _make_root(self) -> bpy.types.Collection:
        root = bpy.data.collections.new(self.name)
        contract.tag(root, self.network_id, "network")
        root[contract.FORMAT] = contract.FORMAT_NOW
        root[contract.THEME] = DEFAULT_THEME
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
        for obj in tuple(self.root.all_objects):
            if obj.get(contract.NETWORK) == self.network_id:
                names = (contract.ROLE, contract.LAYER, contract.PART)
                found.setdefault(tuple(obj.get(name, "") for name in names), obj)
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

    def _find_images(self) -> dict[tuple[str, str], bpy.types.Image]:
        found: dict[tuple[str, str], bpy.types.Image] = {}
        for image in bpy.data.images:
            if image.get(contract.NETWORK) == self.network_id:
                found.setdefault((image.get(contract.ROLE, ""), image.get(contract.LAYER, "")), image)
        return found

    def remove_material(self, name: str) -> None:
        """Remove the network's material of that name, where there is one; copies of it are their makers' then."""
        material = self._blocks.pop(("material", name), None)
        if material is None:
            return
        self._card_patterns = {kind: one for kind, one in self._card_patterns.items() if one != material}
        bpy.data.materials.remove(material)
        for copy in bpy.data.materials:
            if copy.get(contract.NETWORK) == self.network_id and copy.get(contract.PART) == name:
                del copy[contract.PART]

    def _block(self, name: str, make: Callable[..., Any], role: str, *args: object) -> Any:
        key = (role, name)
        if key not in self._blocks:
            block = make(f"{self.name} {name}", *args)
            contract.tag(block, self.network_id, role)
            block[contract.PART] = name
            self._blocks[key] = block
        return self._blocks[key]


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

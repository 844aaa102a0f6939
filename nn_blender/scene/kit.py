"""What the parts of a network share while it is being built: its collections, materials and node groups."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import bpy

from . import contract, materials, palette
from .contents import Contents
from .nodes.bars import make_bars
from .nodes.cards import make_cards
from .nodes.neurons import make_neurons
from .nodes.sample_text import make_sample_text
from .nodes.timeline import make_timeline


class Kit:
    """A network under construction in a scene.

    Attributes:
        root: the collection ``NN <model>`` that holds everything.
        anchor: parent of every object; moving it moves the network.
        focus: an empty whose rotation labels copy; it follows the network's camera.
    """

    def __init__(self, scene: bpy.types.Scene, contents: Contents, network_id: str) -> None:
        self.scene = scene
        self.view_layer = scene.view_layers[0]
        self.contents = contents
        self.name = f"NN {contents.network.name}"
        self.network_id = network_id
        self.root = self._make_collections()
        self._shared_groups: dict[str, bpy.types.NodeTree] = {}
        self.timeline = self.group("Timeline", make_timeline, self.root, scene, contents.sample_count)
        self.ink = self.material("Ink", materials.ink, palette.INK)
        self.dim_ink = self.material("Dim Ink", materials.ink, palette.DIM_INK)
        self.anchor = self.add(bpy.data.objects.new(self.name, None), contract.STAGE_COLLECTION, "anchor", None)
        self.anchor.empty_display_size = 0.5
        self.focus = self.add(
            bpy.data.objects.new(f"{self.name} Focus", None), contract.STAGE_COLLECTION, "focus", None
        )
        self.focus.empty_display_size = 0.2

    def group(self, name: str, make: Callable[..., bpy.types.NodeTree], *args: object) -> bpy.types.NodeTree:
        """Make a node group of this network."""
        tree = make(f"{self.name} {name}", *args)
        contract.tag(tree, self.network_id, "nodes")
        return tree

    def neurons_group(self) -> bpy.types.NodeTree:
        return self.group("Neurons", make_neurons, self.timeline)

    def cards_group(self) -> bpy.types.NodeTree:
        """The network's one group for feature maps and input pictures."""
        if "Cards" not in self._shared_groups:
            self._shared_groups["Cards"] = self.group("Cards", make_cards, self.timeline)
        return self._shared_groups["Cards"]

    def bars_group(self) -> bpy.types.NodeTree:
        return self.group("Bars", make_bars, self.timeline)

    def text_group(self, align_x: str) -> bpy.types.NodeTree:
        """The network's one group for texts of an alignment."""
        name = f"Text {align_x.title()}"
        if name not in self._shared_groups:
            self._shared_groups[name] = self.group(name, make_sample_text, self.timeline, align_x)
        return self._shared_groups[name]

    def material(self, name: str, make: Callable[..., bpy.types.Material], *args: object) -> bpy.types.Material:
        """Make a material of this network."""
        material = make(f"{self.name} {name}", *args)
        contract.tag(material, self.network_id, "material")
        return material

    def mesh_object(
        self, name: str, mesh: bpy.types.Mesh, collection: str, role: str, parent: bpy.types.Object | None = None
    ) -> bpy.types.Object:
        """An object around a mesh, parented to the anchor unless another parent is given."""
        return self.add(bpy.data.objects.new(name, mesh), collection, role, parent or self.anchor)

    def add(
        self, thing: bpy.types.Object, collection: str, role: str, parent: bpy.types.Object | None
    ) -> bpy.types.Object:
        """Tag an object and its data, link it into a child collection and parent it."""
        contract.tag(thing, self.network_id, role)
        if thing.data is not None:
            contract.tag(thing.data, self.network_id, role)
        self.collections[collection].objects.link(thing)
        thing.parent = parent
        return thing

    def _make_collections(self) -> bpy.types.Collection:
        root = bpy.data.collections.new(self.name)
        contract.tag(root, self.network_id, "network")
        root[contract.FRAMES_PER_SAMPLE] = self.contents.frames_per_sample
        self.scene.collection.children.link(root)
        self.collections = {}
        for name in contract.COLLECTIONS:
            child = bpy.data.collections.new(name)
            contract.tag(child, self.network_id, name.lower())
            root.children.link(child)
            self.collections[name] = child
        return root


def add_nodes(thing: bpy.types.Object, group: bpy.types.NodeTree) -> bpy.types.NodesModifier:
    """Give an object a node group of the network as modifier."""
    modifier: Any = thing.modifiers.new("Network", "NODES")
    modifier.node_group = group
    return modifier

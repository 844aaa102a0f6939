"""The network and what of it the user has chosen, which the panels are about."""

from __future__ import annotations

from typing import Any

import bpy

from ...scene.base import contract
from ...scene.base.find import networks, object_of
from ...scene.flow.ribbons import light_routes
from .knowing import known_description

NETWORK, BLOCK, LAYER, NEURON, SAMPLE, OUTPUT = "NETWORK", "BLOCK", "LAYER", "NEURON", "SAMPLE", "OUTPUT"
KINDS = tuple((kind, kind.title(), "") for kind in (NETWORK, BLOCK, LAYER, NEURON, SAMPLE, OUTPUT))
"""What can be chosen last, which the inspector then shows."""


def _is_network(_: bpy.types.PropertyGroup, collection: bpy.types.Collection) -> bool:
    return collection.get(contract.ROLE) == "network"


def _layer_is_chosen(settings: bpy.types.PropertyGroup, _: bpy.types.Context) -> None:
    scene: Any = settings.id_data
    root = network_of(scene)
    slab = slab_of(scene)
    if root is not None and slab is not None:
        choose(scene, root, slab[contract.LAYER])
        view_layer: Any = bpy.context.view_layer
        if bpy.context.scene == scene and slab.name in view_layer.objects:
            active = view_layer.objects.active
            # What the user clicked of the layer stays the active object, and so does a mesh in Edit Mode.
            if active is None or _layer_of(active) != _layer_of(slab):
                activate(view_layer, slab)


def _layer_of(obj: bpy.types.Object) -> tuple[str, str]:
    """Id of the network and path of the layer that an object belongs to, each empty for none."""
    return obj.get(contract.NETWORK, ""), obj.get(contract.LAYER, "")


_activated: list[int] = []
"""Session number of the object that we made active last, until Blender has told us of it."""


def activate(view_layer: Any, obj: bpy.types.Object) -> None:
    """Make an object active, unless the active one is in Edit Mode or the like. It is no click of the user's."""
    active = view_layer.objects.active
    if active is None or active.mode == "OBJECT":
        view_layer.objects.active = obj
        _activated[:] = [obj.session_uid]


def activate_neurons(root: bpy.types.Collection, layer: str) -> None:
    """Make a layer's neurons active, and not its slab: Blender does not tell of a click on what is active already."""
    neurons, view_layer = object_of(root, "neurons", layer), bpy.context.view_layer
    if neurons is not None and neurons.name in view_layer.objects:
        activate(view_layer, neurons)


def take_activated() -> int | None:
    """Session number of the object that we, and not the user, made active; it is told once. None for none."""
    return _activated.pop() if _activated else None


class OnScene:
    network: bpy.props.PointerProperty(  # type: ignore[valid-type]
        type=bpy.types.Collection, poll=_is_network, name="Network", description="Network that the panels show"
    )
    layer: bpy.props.IntProperty(  # type: ignore[valid-type]
        name="Layer", description="Layer that the panel shows", update=_layer_is_chosen
    )
    chosen: bpy.props.EnumProperty(  # type: ignore[valid-type]
        name="Chosen", description="What was chosen last: the inspector shows it", items=KINDS, options=set()
    )
    output: bpy.props.StringProperty(  # type: ignore[valid-type]
        name="Output", description="Name of the output that was chosen last", options=set()
    )


def active_network(context: bpy.types.Context) -> bpy.types.Collection | None:
    """The network that the panels show: the chosen one while it is in the scene, else the newest."""
    return network_of(context.scene)


def network_of(scene: Any) -> bpy.types.Collection | None:
    """As `active_network`, of a scene."""
    present = networks(scene)
    chosen = scene.nn.network
    if chosen in present:
        return chosen  # type: ignore[no-any-return]
    return present[-1] if present else None


def choose_kind(scene: Any, root: bpy.types.Collection, kind: str, output: str = "") -> None:
    """Let the inspector show what is chosen of a network: one of `KINDS`; an output is given by its name."""
    settings = scene.nn
    if settings.network != root:
        settings.network = root
    if kind == OUTPUT:
        settings.output = output
    settings.chosen = kind


def choose_layer(scene: Any, root: bpy.types.Collection, layer: str) -> bool:
    """Make a layer the chosen one, by its path, without telling the inspector; False where the network has none."""
    layers = layers_collection(root)
    paths = (
        [slab.get(contract.LAYER) if slab.get(contract.ROLE) == "slab" else None for slab in layers.objects]
        if layers
        else []
    )
    if layer not in paths:
        return False
    if scene.nn.network != root:
        scene.nn.network = root
    if scene.nn.layer != paths.index(layer) or root.nn.opening.part != layer:
        scene.nn.layer = paths.index(layer)
    return True


def choose(scene: bpy.types.Scene, root: bpy.types.Collection, part: str) -> None:
    """Let panels show a layer or a block, by its id, and light up where its data comes from and goes to."""
    root.nn.opening.part = part
    for other in networks(scene):
        light_routes(other, part if other == root else "")


def choose_nothing(scene: Any) -> None:
    """Light up no ways any more, and let the network be chosen as a whole. The layer stays for who asks for one.

    No part of a network stays active either: after undo what is active is chosen.
    """
    scene.nn.chosen = NETWORK
    for root in networks(scene):
        root.nn.opening.part = ""
        light_routes(root, "")
    for view_layer in scene.view_layers:
        active = view_layer.objects.active
        if active is not None and contract.NETWORK in active and active.mode == "OBJECT":
            view_layer.objects.active = None


def root_of(group: bpy.types.PropertyGroup) -> bpy.types.Collection:
    """The root collection that a group of properties stands on."""
    root: Any = group.id_data
    return root  # type: ignore[no-any-return]


def title_of(root: bpy.types.Collection) -> str:
    """What a network is called: as its collection, without what tells that it is ours."""
    return root.name.removeprefix("NN ")


def network_by_id(network_id: str) -> bpy.types.Collection | None:
    """The network of that id in any scene of the file."""
    roots = (root for scene in bpy.data.scenes for root in networks(scene))
    return next((root for root in roots if root[contract.NETWORK] == network_id), None)


def are_openable(root: bpy.types.Collection) -> bool:
    """Whether a network is shown as blocks that open, and not as a row of layers."""
    about = known_description(root)
    return about is not None and about.opening is not None


def opens_by_distance(root: bpy.types.Collection) -> bool:
    """Whether the distance decides which blocks of a network are open."""
    about = known_description(root)
    return about is not None and about.opens_by_distance


def layers_collection(root: bpy.types.Collection) -> bpy.types.Collection | None:
    """The collection of the layers' slabs; None where somebody removed it."""
    return _child(root, "layers")


def stage_collection(root: bpy.types.Collection) -> bpy.types.Collection | None:
    """The collection that holds the blocks among other things; None where somebody removed it."""
    return _child(root, "stage")


def _child(root: bpy.types.Collection, role: str) -> bpy.types.Collection | None:
    return next((child for child in root.children if child.get(contract.ROLE) == role), None)


def active_slab(context: bpy.types.Context) -> bpy.types.Object | None:
    """The slab of the layer that is chosen in the list."""
    return slab_of(context.scene)


def slab_of(scene: Any) -> bpy.types.Object | None:
    """As `active_slab`, of a scene."""
    root = network_of(scene)
    layers = layers_collection(root) if root else None
    index = scene.nn.layer
    if layers is None or not 0 <= index < len(layers.objects):
        return None
    slab = layers.objects[index]
    return slab if slab.get(contract.ROLE) == "slab" else None

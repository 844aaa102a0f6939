"""Choosing in lists and panels. It is no step of undo of its own, so what was chosen so outlives undo and redo."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import bpy

from ...core.blocks.hierarchy import Part
from ...scene.base import contract
from ...scene.base.find import first_of, networks
from ...scene.network.description import read_description
from ...scene.neurons import selection
from ...scene.samples.timeline import show_sample
from .active import (
    BLOCK,
    LAYER,
    NETWORK,
    NEURON,
    SAMPLE,
    activate,
    activate_neurons,
    active_network,
    choose,
    choose_kind,
    choose_layer,
    layers_collection,
    network_of,
    slab_of,
)
from .knowing import known_description


@dataclass(frozen=True)
class Choice:
    """What is chosen in a scene. Nothing of it is Blender's own, so that it outlives undo.

    Attributes:
        scene: its session number.
        network: its id.
        kind: one of `active.KINDS`.
        layer: path of the chosen layer; empty for none.
        part: id of the layer or block whose ways are lit; empty for none.
        is_marked: whether the neuron is among the selected ones.
    """

    scene: int
    network: str
    kind: str
    layer: str
    neuron: int
    part: str
    output: str
    is_marked: bool


def read_choice(scene: Any) -> Choice | None:
    """None where there is no network."""
    root, slab, settings = network_of(scene), slab_of(scene), scene.nn
    if root is None:
        return None
    layer, neuron = slab[contract.LAYER] if slab else "", root.nn.neurons.neuron
    part, is_marked = root.nn.opening.part, selection.is_selected(root, layer, neuron)
    network = root[contract.NETWORK]
    return Choice(scene.session_uid, network, settings.chosen, layer, neuron, part, settings.output, is_marked)


def _apply(scene: Any, choice: Choice) -> None:
    root = next((root for root in networks(scene) if root[contract.NETWORK] == choice.network), None)
    if root is None:
        return
    slab = slab_of(scene)
    if network_of(scene) != root or slab is None or slab[contract.LAYER] != choice.layer:
        choose_layer(scene, root, choice.layer)
    if root.nn.opening.part != choice.part:
        choose(scene, root, choice.part)
    if choice.kind in (LAYER, BLOCK) and choice.part:
        show_selected(root, choice.part)
    root.nn.neurons.neuron = choice.neuron
    if choice.is_marked:
        _mark(root, choice.layer, choice.neuron)
    choose_kind(scene, root, choice.kind, choice.output)


class KeptChoices:
    """What was chosen, and which frame was gone to, without a step of undo."""

    def __init__(self) -> None:
        self._choice: Choice | None = None
        # The scene's session number, and the frame.
        self._frame: tuple[int, int] | None = None
        self._is_jumping = False

    def keep(self, scene: bpy.types.Scene) -> None:
        """Call it after something was chosen without a step of undo."""
        self._choice = read_choice(scene)

    def keep_frame(self, scene: bpy.types.Scene) -> None:
        """Call it after a frame was gone to without a step of undo."""
        self._frame = scene.session_uid, scene.frame_current

    def before_jump(self) -> None:
        """Before undo or redo: only what is still so is kept."""
        if self._is_jumping:
            return
        self._is_jumping = True
        if self._choice not in map(read_choice, bpy.data.scenes):
            self._choice = None
        if self._frame not in ((scene.session_uid, scene.frame_current) for scene in bpy.data.scenes):
            self._frame = None

    def after_jump(self, scene: bpy.types.Scene) -> bool:
        """Bring back what was kept of a scene; whether something was chosen by it."""
        self._is_jumping = False
        if self._frame is not None and self._frame[0] == scene.session_uid and self._frame[1] != scene.frame_current:
            scene.frame_set(self._frame[1])
        if self._choice is None or self._choice.scene != scene.session_uid:
            return False
        _apply(scene, self._choice)
        return True

    def forget(self) -> None:
        """Another file is opened."""
        self._choice, self._frame, self._is_jumping = None, None, False


kept_choices = KeptChoices()
"""Those of the file that is open."""


def part_id(obj: bpy.types.Object) -> str:
    """Id of the block or layer that an object stands for; empty where it stands for none."""
    role = obj.get(contract.ROLE)
    return str(obj.get({"book": contract.BLOCK, "slab": contract.LAYER}.get(role, ""), ""))


def chosen_part(root: bpy.types.Collection) -> Part | None:
    """The block or layer that is chosen; None where none is, or where it is not there any more."""
    about = known_description(root)
    way = about.opening.root.way_to(root.nn.opening.part) if about is not None and about.opening is not None else ()
    return way[-1] if way else None


def choose_part(root: bpy.types.Collection, part: str) -> None:
    """Let the panels show a block or a layer, select what shows it, and light up its ways."""
    scene = bpy.context.scene
    is_layer = choose_layer(scene, root, part)
    if not is_layer:
        choose(scene, root, part)
    show_selected(root, part)
    choose_kind(scene, root, LAYER if is_layer else BLOCK)
    kept_choices.keep(scene)


def choose_row(row: int) -> None:
    """Choose the layer or block that stands at a place among the objects of the active network's layers."""
    root = active_network(bpy.context)
    layers = layers_collection(root) if root is not None else None
    part = part_id(layers.objects[row]) if layers is not None and 0 <= row < len(layers.objects) else ""
    if root is not None and part:
        choose_part(root, part)


def choose_neuron(root: bpy.types.Collection, layer: str, neuron: int) -> bool:
    """Let the panels show a neuron, and mark it; several that are selected stay so where it is one of them.

    False where the network has no such layer.
    """
    scene = bpy.context.scene
    if not choose_layer(scene, root, layer):
        return False
    root.nn.neurons.neuron = neuron
    activate_neurons(root, layer)
    _mark(root, layer, neuron)
    choose_kind(scene, root, NEURON)
    kept_choices.keep(scene)
    return True


def choose_sample(root: bpy.types.Collection, sample: int) -> None:
    """Go to the frame that shows a sample, and let the inspector show it."""
    scene = bpy.context.scene
    show_sample(scene, root, sample)
    choose_kind(scene, root, SAMPLE)
    kept_choices.keep(scene)
    kept_choices.keep_frame(scene)


def choose_network(root: bpy.types.Collection) -> None:
    """Let the panels show a network as a whole, and select what it is moved by."""
    scene = bpy.context.scene
    if scene.nn.network != root:
        scene.nn.network = root
    choose(scene, root, "")
    _select_only(first_of(root, "anchor"))
    choose_kind(scene, root, NETWORK)
    kept_choices.keep(scene)


def show_selected(root: bpy.types.Collection, part: str) -> None:
    """Select the object that shows a block or layer: its own, or that of the closed block that it is in."""
    layers, about = layers_collection(root), read_description(root)
    shown = {part_id(obj): obj for obj in (layers.objects if layers else ()) if part_id(obj)}
    way: tuple[Part, ...] = about.opening.root.way_to(part) if about is not None and about.opening is not None else ()
    names = [part, *(around.id for around in reversed(way))]
    seen = (shown[name] for name in names if name in shown)
    _select_only(next((obj for obj in seen if _can_be_seen(obj)), None))


def _mark(root: bpy.types.Collection, layer: str, neuron: int) -> None:
    """Let a neuron be among the selected ones; where it is not, it alone."""
    if not selection.is_selected(root, layer, neuron):
        for other in networks(bpy.context.scene):
            selection.deselect_all(other)
        selection.select(root, layer, [neuron])


def _can_be_seen(obj: bpy.types.Object) -> bool:
    return obj.name in bpy.context.view_layer.objects and obj.visible_get()


def _select_only(obj: bpy.types.Object | None) -> None:
    """Select one object, and nothing else of any network; what is the user's own stays as it is."""
    view_layer: Any = bpy.context.view_layer
    for other in list(view_layer.objects.selected):
        if contract.NETWORK in other and other != obj:
            other.select_set(False)
    if obj is not None and obj.name in view_layer.objects and obj.visible_get():
        obj.select_set(True)
        activate(view_layer, obj)

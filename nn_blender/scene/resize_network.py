"""Builds the layers of a network anew whose sizes are others, since an input that it leaves open has another size."""

from __future__ import annotations

import bpy

from ..core.blocks.answers import answers_of
from ..core.blocks.opening import Opening
from ..core.blocks.stands import lay_out_on_stands
from ..core.layout.budgets import lay_out_within, neurons_shown
from ..core.layout.layout import Layout
from .base import contract, meshes
from .base.find import all_objects, objects
from .build import build_structure, show_measurements
from .interventions.switches import read_intervention, write_intervention
from .looks.hiding import set_hidden
from .looks.visibility import PARTS, are_all_hidden, objects_of
from .network.contents import Contents
from .network.description import change_description, require_description
from .network.parts import network_parts
from .nodes.deferred_updates import deferring_tree
from .opening.film import clear_opening_keys
from .opening.keys import is_keyed
from .opening.together import fit_together
from .show_explanation import remove_explanation
from .show_intervention import take_back_change
from .stage.frames_seen import frame_aspect

_KEPT = ("anchor", "viewer", "camera", "light", "floor", "focus")
"""Roles of what belongs to no layer, and stays with all that users did to it."""


@deferring_tree()
def resize_network(scene: bpy.types.Scene, root: bpy.types.Collection, contents: Contents) -> None:
    """Show measurements of a network whose layers have other sizes than those in the scene.

    Objects of layers, inputs and outputs are made anew. Switches, what is open or hidden, looks, camera, light and
    ground stay; the values are of the intact network, see `build.update_network`. Keys of how far blocks are open go,
    and what was moved is at its place.

    Raises:
        UserError: ``scene.edit_mode``, or what `require_description` says.
    """
    meshes.refuse_edited(objects(root, "neurons"))
    remove_explanation(scene, root)
    about = require_description(root)
    intervention = read_intervention(root, about.network)
    parts = network_parts(scene, about.network, root[contract.NETWORK], root)
    if root.get(contract.RECORDED):
        take_back_change(parts, about.network)
    are_hidden = {part: are_all_hidden(root, part) for part in PARTS}
    if is_keyed(root):
        clear_opening_keys(scene, root)
    opening = about.opening and _arranged_anew(about.opening, contents, frame_aspect(scene, root))
    change_description(root, influence={})
    _remove_layers(root)
    parts = network_parts(scene, contents.network, root[contract.NETWORK], root)
    layout = _layout(contents, opening)
    build_structure(parts, contents.network, layout, opening)
    show_measurements(parts, contents, layout, opening)
    write_intervention(root, intervention)
    for part, flags in are_hidden.items():
        if any(flags):
            for obj in objects_of(root, part):
                set_hidden(obj, *flags)
    fit_together(scene, root)
    scene.view_layers[0].update()


def _layout(contents: Contents, opening: Opening | None) -> Layout:
    if opening is None:
        return lay_out_within(contents.network, contents.budget, contents.inputs)
    shown = {path: one.neurons for path, one in neurons_shown(contents.network, contents.budget).items()}
    return lay_out_on_stands(contents.network, opening.root, shown, contents.inputs)


def _arranged_anew(opening: Opening, contents: Contents, aspect: float) -> Opening:
    """The same blocks, as far open as they were, for layers of other sizes."""
    network, inputs = contents.network, contents.inputs
    answers = answers_of(network, contents.outputs, contents.classes, contents.answer_name)
    arranged = opening.with_opened(network, opening.opened, answers, aspect, inputs=inputs)
    return arranged if opening.by_distance is None else arranged.with_distance(network, answers, aspect, inputs)


def _remove_layers(root: bpy.types.Collection) -> None:
    network_id = root[contract.NETWORK]
    ours = [obj for obj in all_objects(root) if obj.get(contract.NETWORK) == network_id]
    gone = [obj for obj in ours if obj.get(contract.ROLE) not in _KEPT]
    data = {obj.data for obj in gone if obj.data is not None and obj.data.get(contract.NETWORK) == network_id}
    bpy.data.batch_remove([*gone, *data])

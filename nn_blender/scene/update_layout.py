"""Turns a network that is one row of layers into blocks that open; nothing is measured anew."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import bpy
import numpy as np
from mathutils import Vector

from ..core.blocks.opening import Opening
from ..core.blocks.stands import lay_out_on_stands
from ..core.description.description import Description
from ..core.errors import UserError
from ..core.interventions.intervention import Intervention
from ..core.layout.layout import Layout, Slab
from ..core.maps.packing import PackedMaps
from ..core.network import Network, TensorSpec
from .base import contract, meshes
from .base.find import all_objects, network_modifier, networks, objects
from .base.moving import carry, put, restrain
from .base.parts import Parts
from .base.theming import use_theme
from .base.versions import get_modifier_input, set_modifier_input
from .blocks.books import add_books
from .blocks.layer_covers import add_layer_covers
from .explanations.map_objects import OVER_INPUT
from .inputs import part_of
from .inputs.captions import add_caption
from .inputs.input_object import add_input_frame
from .layers.layer_objects import BEVEL, slab_mesh
from .layers.stands import add_stands
from .looks.hiding import set_hidden
from .looks.visibility import are_all_hidden, is_shown, objects_of
from .maps.summaries import BEFORE_SLAB, room_on
from .network.description import change_description, read_layout, require_description
from .network.parts import network_parts
from .network.users_inks import give_inks, users_inks
from .neurons.connections import follow_neurons
from .neurons.reason_marks import follow_reason_marks
from .nodes.deferred_updates import deferring_tree
from .opening.showing import show_picture
from .opening.together import fit_together
from .outputs.boards import Told, add_outputs
from .outputs.pictures import part_of as part_of_output
from .show_intervention import told_now
from .stage.backdrop import fill_backdrop
from .stage.frame import add_frame_stage
from .stage.frames_seen import followed
from .stage.labels import add_measures, are_measures_shown, show_measures, show_title
from .stage.legend import show_normalisation
from .stage.rendering import picture_aspect
from .upgrade import upgrade_network

_OF_THE_ROW = ("block", "title", "legend", "caption")
"""Roles of objects that look another way in a picture, and are made anew with what they carry."""
_HIDDEN_AS = {"label": "label", "title": "title", "legend": "legend", "output": "output", "block": "book"}
"""What was hidden in the row, and what is hidden of the blocks then, see `looks.visibility.PARTS`."""


@deferring_tree()
def update_layout(scene: bpy.types.Scene, root: bpy.types.Collection) -> None:
    """Let a network of before, which is one row, stand as blocks that open, open as in a fresh import.

    So do other rows that the same camera sees.

    Values, switches, what users chose and their own objects stay. What the row was framed with is replaced: labels,
    title, legend, camera, light and ground, as far as they are the network's; materials that users gave texts stay. A
    camera with keys becomes the user's.

    Raises:
        UserError: ``layout.updated``, where the network is shown as blocks already, ``scene.edit_mode``, or what
            `upgrade_network` and `require_description` say.
    """
    camera = followed(root)
    rows = [one for one in networks(scene) if one != root and camera is not None and followed(one) == camera]
    rows = [root, *(one for one in rows if require_description(one).opening is None)]
    rows.sort(key=lambda one: not any(objects(one, "camera")))
    for one in rows:
        _update(scene, one)
    if len(rows) > 1:
        fit_together(scene, root)


def _update(scene: bpy.types.Scene, root: bpy.types.Collection) -> None:
    """See `update_layout`."""
    about = require_description(root)
    network = about.network
    if about.opening is not None:
        raise UserError("layout.updated", f"{network.name} is shown as blocks that open already.")
    meshes.refuse_edited(objects(root, "neurons"))
    upgrade_network(scene, root)
    row = read_layout(root, network)
    shown = {path: slab.grid.count for path, slab in row.layers.items()}
    opening = Opening.fresh(network, about.inputs, about.outputs, about.classes, about.answer, picture_aspect(scene))
    layout = lay_out_on_stands(network, opening.root, shown, about.inputs)
    are_hidden = {part: are_all_hidden(root, was) for was, part in _HIDDEN_AS.items()}
    had_measures = are_measures_shown(root)
    show_measures(scene, root, show=False)
    inks = users_inks(root)
    camera = _clear_row(scene, root)

    parts = network_parts(scene, network, root[contract.NETWORK], root)
    _move_to_stands(parts, network, row, layout)
    change_description(root, places=layout, blocks=(), opening=opening)
    _add_covers(parts, network, opening, layout)
    with _packed(parts, about) as told:
        add_outputs(parts, network, layout, about.shown_samples, told)
    if about.samples:
        add_caption(parts, network, about.shown_samples, about.answer_output.truth, layout.input)
    show_picture(parts, network, opening.root, opening.picture, layout)
    if had_measures:
        add_measures(parts, network, layout)
    follow_neurons(parts, network)
    follow_reason_marks(root)
    show_title(root, network.name, about.intervention.intervention if about.intervention else Intervention())
    show_normalisation(root, about.normalisation)
    if camera is not None:
        _add_stage(parts, opening, was_filming=camera)
    give_inks(root, inks)
    for part, flags in are_hidden.items():
        if any(flags):
            for obj in objects_of(root, part):
                set_hidden(obj, *flags)
    scene.view_layers[0].update()


def _add_covers(parts: Parts, network: Network, opening: Opening, layout: Layout) -> None:
    """Books, and covers of layers, which stand in for feature maps from now on as summaries did."""
    add_books(parts, network, opening.root)
    add_layer_covers(parts, network, layout)
    if is_shown(parts.root, "card"):
        for summary in objects(parts.root, "composite"):
            set_hidden(summary, True, True)


def _move_to_stands(parts: Parts, network: Network, row: Layout, layout: Layout) -> None:
    """Bring layers and inputs from their places in the row to those on stands, which are made."""
    parts.anchor.location.z += row.bounds.z
    add_stands(parts, layout)
    for path, place in layout.layers.items():
        _move_layer(parts, path, row.layers[path], place)
    for spec in network.inputs or (TensorSpec("", ()),):
        _move_input(parts, network, spec.name, row.inputs.get(spec.name), layout.inputs[spec.name])


def _clear_row(scene: bpy.types.Scene, root: bpy.types.Collection) -> bool | None:
    """Remove what only a row has; whether its camera was the scene's, None where it had none of its own."""
    network_id = root[contract.NETWORK]
    lines = [obj for obj in all_objects(root) if _is_of_row(obj)]
    carriers = [*lines, *(child for board in objects(root, "output") for child in board.children)]
    gone = {
        one for obj in carriers for one in (obj, *obj.children_recursive) if one.get(contract.NETWORK) == network_id
    }
    camera = next(objects(root, "camera"), None)
    was_filming = None if camera is None else scene.camera == camera
    gone.update(objects(root, "light"))
    if camera is not None:
        gone.update(objects(root, "floor"))
        for focus in objects(root, "focus"):
            for constraint in [one for one in focus.constraints if getattr(one, "target", None) == camera]:
                focus.constraints.remove(constraint)
        if camera.animation_data is not None:
            blocks: tuple[Any, Any] = camera, camera.data
            for block in blocks:
                del block[contract.NETWORK], block[contract.ROLE]
    bpy.data.batch_remove([*gone, *{obj.data for obj in gone if obj.data is not None}])
    return was_filming


def _is_of_row(obj: bpy.types.Object) -> bool:
    role = obj.get(contract.ROLE)
    of_all = role in ("label", "texts") and contract.LAYER not in obj and obj.get(contract.PART) in ("names", "facts")
    return role in _OF_THE_ROW or of_all


def _move_layer(parts: Parts, path: str, before: Slab, place: Slab) -> None:
    """Bring everything of a layer to its stand; vertices keep what they hold."""
    stand = parts.stand(path)
    slab, neurons, cards, composite = (parts.find(role, path) for role in ("slab", "neurons", "card", "composite"))
    if slab is not None:
        _move_box(slab, stand, slab_mesh(path, (place.depth, place.width, place.height)), before, place)
        modifier = network_modifier(slab)
        if modifier is not None:  # It hid the slab while its block was closed.
            slab.modifiers.remove(modifier)
    carrier = parts.carrier(path)
    if neurons is not None:
        _move_points(neurons, carrier, place.sphere_positions())
        sizes = {"Radius": place.grid.radius / before.grid.radius}
        _resize(neurons, sizes | _card_sizes(before, place))
    if cards is not None:
        _move_points(cards, carrier, place.card_positions())
        _resize(cards, {name.removeprefix("Card "): share for name, share in _card_sizes(before, place).items()})
    if composite is not None:
        middle = np.array([(place.front - BEFORE_SLAB, *place.middle[1:])] * 2, np.float32)
        _move_points(composite, carrier, middle)
        _resize(composite, dict.fromkeys(("Width", "Height"), _room_share(composite, before, place)))


def _move_box(obj: bpy.types.Object, stand: bpy.types.Object, made: bpy.types.Mesh, before: Slab, place: Slab) -> None:
    """Give a slab its new size; where users changed its mesh, this grows along."""
    mesh: Any = obj.data
    places = _positions(made)
    if len(mesh.vertices) != len(made.vertices):
        sizes = [(one.depth, one.width, one.height) for one in (before, place)]
        places = _positions(mesh) * (np.array(sizes[1]) / np.array(sizes[0])).astype(np.float32)
    mesh.vertices.foreach_set("co", places.ravel())
    if contract.PLACE in mesh.attributes:
        meshes.write_vectors(mesh, contract.PLACE, places / np.array((place.depth, place.width, place.height)))
    bpy.data.meshes.remove(made)
    mesh.update()
    obj.parent = stand
    obj.pop(contract.HOME, None)
    put(obj, place.middle)


def _move_points(obj: bpy.types.Object, carrier: bpy.types.Object, places: np.ndarray) -> None:
    mesh: Any = obj.data
    here = _positions(mesh)
    count = min(len(here), len(places))
    here[:count] = places[:count]
    mesh.vertices.foreach_set("co", here.ravel())
    mesh.update()
    carry(obj, carrier)
    restrain(obj, obj[contract.ROLE], carrier)


def _positions(mesh: Any) -> np.ndarray:
    places = np.empty(len(mesh.vertices) * 3, np.float32)
    mesh.vertices.foreach_get("co", places)
    return places.reshape(-1, 3)


def _card_sizes(before: Slab, place: Slab) -> dict[str, float]:
    if before.grid.card is None or place.grid.card is None:
        return {}
    shares = (new / old for new, old in zip(place.grid.card, before.grid.card, strict=True))
    return dict(zip(("Card Width", "Card Height"), shares, strict=True))


def _room_share(composite: bpy.types.Object, before: Slab, place: Slab) -> float:
    """How much larger a summary is on its new slab; 1 where somebody removed what draws it."""
    modifier = network_modifier(composite)
    if modifier is None:
        return 1.0
    cell = [float(get_modifier_input(modifier, name)) for name in ("Cell Width", "Cell Height")]
    old, new = (min(room / side for room, side in zip(room_on(one), cell, strict=True)) for one in (before, place))
    return new / old


def _resize(obj: bpy.types.Object, shares: Mapping[str, float]) -> None:
    """Multiply inputs, which users may have changed, of what draws an object."""
    modifier = network_modifier(obj)
    if modifier is not None:
        for name, share in shares.items():
            set_modifier_input(modifier, name, get_modifier_input(modifier, name) * share)
    obj.update_tag()


def _move_input(parts: Parts, network: Network, name: str, before: Slab | None, place: Slab) -> None:
    part, stand = part_of(network, name), parts.stand_of_input(name)
    frame = add_input_frame(parts, name, part, place)
    if before is None:
        return
    size = (place.depth, place.width, place.height)
    _move_box(frame, stand, meshes.box_mesh("Input", size, BEVEL), before, place)
    picture = parts.find("input", "", part)
    if picture is not None:
        _move_points(picture, frame, place.card_positions())
    over = parts.find("explanation overlay", "", part)
    if over is not None:
        _move_points(over, frame, place.card_positions() + OVER_INPUT)
    move = Vector((place.card_positions()[0] - before.card_positions()[0]).tolist())
    for tiles in objects(parts.root, "tiles"):
        if tiles[contract.PART].rpartition(" ")[0] == part:
            carry(tiles, frame)
            tiles.location += move


@contextmanager
def _packed(parts: Parts, about: Description) -> Iterator[list[Told]]:
    """What outputs give now, with the pictures that are in the .blend."""
    atlases = {atlas.output: atlas for atlas in about.atlases if not atlas.layer and atlas.output}
    with tempfile.TemporaryDirectory() as folder:
        told = []
        for one in told_now(parts.root, about):
            image = parts.find_image("atlas", "", part_of_output(one.output.name))
            atlas = atlases.get(one.output.name)
            if image is not None and image.packed_file is not None and atlas is not None:
                file = Path(folder, f"{one.number}.png")
                file.write_bytes(image.packed_file.data)
                low, high = image[contract.RANGE]
                one = replace(one, maps=PackedMaps(replace(atlas, low=low, high=high), file))  # noqa: PLW2901
            told.append(one)
        yield told


def _add_stage(parts: Parts, opening: Opening, was_filming: bool) -> None:
    """What a fresh import is framed with; another camera that the user filmed with goes on filming."""
    scene, filming = parts.scene, parts.scene.camera
    world = scene.world
    if world is not None and world.get(contract.NETWORK) == parts.network_id:
        fill_backdrop(world)
        use_theme(world, parts.theme)
    kept = parts.find("camera")
    if kept is not None:  # It films another way from now on, and was not moved by the user.
        kept.pop(contract.FRAMED, None)
    add_frame_stage(parts, opening.picture)
    if not was_filming:
        scene.camera = filming

"""Shows maps that explain answers, and removes them again."""

from __future__ import annotations

from dataclasses import replace

import bpy

from ..core.blocks.explanation_maps import FEWEST_WORDS, MOST_WORDS, WantedMaps
from ..core.description.description import Description
from ..core.description.explanation import Explanation
from ..core.layout.lettering import text_width
from .base import contract
from .base.find import data_blocks, objects
from .base.parts import Parts
from .base.themes import theme_of
from .explanations.map_objects import (
    ATLAS,
    OF_CARD,
    OVERLAY,
    Pictures,
    add_card,
    largest_magnitudes,
    main_input,
    proportions,
    show_over_input,
)
from .explanations.texts import REACH, method_of
from .explanations.words import LABEL, STORE, WORDS, words_at_samples, write_heading, write_words
from .looks import explanation_look, explanation_materials, materials
from .network.description import change_description, read_layout, require_description
from .network.parts import network_parts
from .neurons.influence import state_key
from .nodes.deferred_updates import deferring_tree
from .nodes.explanations import HOLDER
from .opening.film import bake_opening
from .opening.keys import is_keyed
from .opening.opening import OpeningChange, opened
from .stage.frame_legend import add_explanation_entry
from .stage.outdated import tell_outdated

ROLES = (HOLDER, OVERLAY, *OF_CARD, WORDS, LABEL, STORE)
"""Of all objects that are made here."""


def explanation_key(about: Description) -> str:
    """A hash that changes with everything that maps depend on but for the intervention."""
    return state_key(replace(about, intervention=None), "shown")


@deferring_tree()
def show_explanation(
    scene: bpy.types.Scene, root: bpy.types.Collection, explanation: Explanation, pictures: Pictures
) -> None:
    """Show maps over the inputs and beside them, in place of those that were shown before; how they look stays.

    Args:
        pictures: by the explanation's targets and inputs.

    Raises:
        UserError: what `require_description` says.
    """
    about = require_description(root)
    parts = network_parts(scene, about.network, root[contract.NETWORK], root)
    holder = _make_holder(parts, about, explanation)
    main = main_input(about, explanation)
    if about.explanation is not None and main_input(about, about.explanation) != main:
        # Slabs have the proportions of the input that they are about.
        parts.remove([obj for role in OF_CARD for obj in objects(root, role)])
    layout = read_layout(root, about.network)
    reach = largest_magnitudes(explanation, pictures)
    kept: set[bpy.types.Object] = set()
    for target, maps in pictures:
        if target == 0:
            kept |= show_over_input(parts, about, layout, explanation, maps, reach)
    in_picture = about.opening is not None
    cards = [(target, maps) for target, maps in pictures if maps.atlas.input == main] if in_picture else []
    for target, maps in cards:
        kept |= add_card(parts, about, explanation, target, maps, reach)
    words = {target: words_at_samples(about, explanation, target) for target, _ in cards}
    for target, texts in words.items():
        kept |= write_words(parts, target, texts)
    if cards:
        kept |= write_heading(parts, about, explanation)
    _remove_others(parts, kept)
    _add_legend(parts, explanation, holder)
    widest = max((text_width(text, 1.0) for texts in words.values() for text in texts), default=0.0)
    room = min(max(widest, FEWEST_WORDS), MOST_WORDS)
    wanted = WantedMaps(len(cards), *proportions(about, main), room) if cards else None
    _make_room(scene, root, explanation, wanted)
    tell_outdated(parts)


def remove_explanation(scene: bpy.types.Scene, root: bpy.types.Collection) -> None:
    """Remove all that `show_explanation` made."""
    about = require_description(root)
    if about.explanation is None and not any(objects(root, HOLDER)):
        return
    parts = network_parts(scene, about.network, root[contract.NETWORK], root)
    parts.remove([obj for role in ROLES for obj in objects(root, role)])
    parts.remove([obj for obj in objects(root, "legend") if _is_of_explanation(obj)])
    gone = [block for block in data_blocks(root[contract.NETWORK]) if _is_of_explanation(block)]
    bpy.data.batch_remove(gone)
    _make_room(scene, root, None, None)
    tell_outdated(parts)


def set_look(scene: bpy.types.Scene, root: bpy.types.Collection, look: explanation_look.ExplanationLook) -> None:
    """Change colours and range of the maps that are shown; nothing is computed or written anew."""
    about = require_description(root)
    holder = next(objects(root, HOLDER))
    explanation_look.write_look(holder, look)
    _use_ramp(root, holder)
    if about.explanation is not None:
        parts = network_parts(scene, about.network, root[contract.NETWORK], root)
        _add_legend(parts, about.explanation, holder)


def _make_holder(parts: Parts, about: Description, explanation: Explanation) -> bpy.types.Object:
    """The object that holds the look, which stays but for what is of no use for values of another kind."""
    method, before = method_of(explanation), about.explanation
    is_rough = _is_rough(about, explanation)
    is_same = before is not None and _is_rough(about, before) == is_rough
    holder = parts.empty("Explanation", contract.INPUT_COLLECTION, HOLDER, parts.anchor)
    full_at = None if is_same else explanation_look.FULL_AT[is_rough]
    explanation_look.prepare_holder(holder, method.is_signed, full_at)
    _use_ramp(parts.root, holder)
    return holder


def _is_rough(about: Description, explanation: Explanation) -> bool:
    """Whether single values reach far above all others, as those of pixels do."""
    method, kinds = method_of(explanation), {one.name: one.kind for one in about.inputs}
    is_picture = kinds.get(main_input(about, explanation)) == "image"
    return is_picture and not (method.is_of_layer or method.is_of_entering)


def _use_ramp(root: bpy.types.Collection, holder: bpy.types.Object) -> None:
    for block in data_blocks(root[contract.NETWORK]):
        is_ramp = block.get(contract.PART) == explanation_materials.EXPLANATION_RAMP
        if is_ramp and isinstance(block, bpy.types.ShaderNodeTree):
            materials.set_ramp(block, explanation_look.ramp_of(holder), theme_of(root))


def _remove_others(parts: Parts, kept: set[bpy.types.Object]) -> None:
    """Remove what former maps had more; of what, only what is not shown any more is gone."""
    holder = parts.find(HOLDER)
    gone = [obj for role in ROLES for obj in objects(parts.root, role) if obj not in kept and obj != holder]
    if gone:
        parts.remove(gone)
    images = [image for image in bpy.data.images if image.get(contract.NETWORK) == parts.network_id]
    for image in images:
        if str(image.get(contract.ROLE, "")).startswith(ATLAS) and not image.users:
            parts.remove_image(image)


def _make_room(
    scene: bpy.types.Scene,
    root: bpy.types.Collection,
    explanation: Explanation | None,
    wanted: WantedMaps | None,
) -> None:
    """Write down what is explained, and let the picture have room for it."""
    opening = require_description(root).opening
    if opening is None:
        change_description(root, explanation=explanation)
        return
    is_same = opening.maps == wanted
    change_description(root, explanation=explanation, opening=replace(opening, maps=wanted))
    OpeningChange(scene, root, opened(root), is_anew=not is_same).finish()
    if is_keyed(root):
        bake_opening(scene, root)


def _add_legend(parts: Parts, explanation: Explanation, holder: bpy.types.Object) -> None:
    """What stands at both ends of the colours, which method gave the values, and what the colours reach."""
    method = method_of(explanation)
    low, high = ("against", "for") if method.is_signed else ("none", "most")
    look = explanation_look.get_look(holder)
    share = f"{look.full_at * 100:.0f} % of " if look.full_at < 1 else ""
    words = low, f"{high}   {method.label} ({method.provenance}), by {share}the largest of {REACH[look.rule]}"
    add_explanation_entry(parts, words, explanation_materials.legend_material(parts))


def _is_of_explanation(block: bpy.types.ID) -> bool:
    role, part = str(block.get(contract.ROLE, "")), str(block.get(contract.PART, ""))
    if role == "legend":
        return part.startswith("explanation")
    made = "Explanation", "Explained", "Legend of Explanation"
    return role.startswith(ATLAS) or (role in ("material", "nodes") and part.startswith(made))

"""Shows maps that explain answers, and removes them again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import bpy
import numpy as np

from ..core.blocks.books import THINNEST, input_proportions, picture_cover
from ..core.blocks.explanation_maps import FEWEST_WORDS, MOST_WORDS, WantedMaps
from ..core.blocks.hierarchy import INPUT
from ..core.description.description import Description
from ..core.description.explanation import Explanation
from ..core.inputs import INPUT_KINDS
from ..core.layout.grids import MARGIN
from ..core.layout.layout import Layout
from ..core.layout.legible import LINE
from ..core.layout.lettering import text_width
from ..core.maps.packing import PackedMaps
from .base import contract, meshes
from .base.find import data_blocks, network_modifier, objects
from .base.parts import Parts, Recipe, set_nodes
from .base.themes import theme_of
from .base.versions import get_modifier_input
from .explanations.texts import REACH, heading_of, method_of, words_of
from .inputs import part_of
from .layers.layer_objects import BEVEL
from .looks import explanation_look, explanation_materials, materials
from .looks.hiding import set_hidden
from .maps.atlas_images import atlas_inputs, packed_image
from .network.description import change_description, read_layout, require_description
from .network.parts import network_parts
from .network.sample_texts import show_sample_text
from .neurons.influence import state_key
from .nodes.cards import ATLAS_INPUTS, make_cards
from .nodes.deferred_updates import deferring_tree
from .nodes.explanations import HOLDER, make_explained
from .opening.film import bake_opening
from .opening.keys import is_keyed
from .opening.opening import OpeningChange, opened
from .stage.frame_legend import add_explanation_entry, fit_legend

ATLAS = "explanation atlas"
"""Role of the images."""
LABEL = "explanation label"
ROLES = (
    HOLDER,
    *("explanation overlay", "explanation card", "explanation picture", "explanation frame", "explanation stand"),
    *("explanation words", LABEL, "explanation texts"),
)
"""Of all objects that are made here."""
_BEFORE = 0.006
"""From the input's picture to what lies over it, and from a card's sample to its map."""
OVER_INPUT = np.array((-_BEFORE, 0.0, 0.0), np.float32)
_ON_STAND = 3.4
"""Side of a square map with its slab, in the space of its stand."""
_PITCH = LINE

Pictures = Sequence[tuple[int, PackedMaps]]
"""Number of the target, and its maps for one input: a cell per sample that was explained, with a range of its own."""


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
    layout = read_layout(root, about.network)
    reach = _largest_magnitudes(explanation, pictures)
    kept: set[bpy.types.Object] = set()
    for target, maps in pictures:
        if target == 0:
            kept |= _show_over_input(parts, about, layout, explanation, maps, reach)
    main = main_input(about, explanation)
    in_picture = about.opening is not None
    cards = [(target, maps) for target, maps in pictures if maps.atlas.input == main] if in_picture else []
    for target, maps in cards:
        kept |= _add_card(parts, about, explanation, target, maps, reach)
    words = {target: _words(about, explanation, target) for target, _ in cards}
    for target, texts in words.items():
        kept |= _write_words(parts, target, texts)
    if cards:
        kept |= _write_heading(parts, about, explanation)
    _remove_others(parts, kept)
    _add_legend(parts, explanation, holder)
    widest = max((text_width(text, 1.0) for texts in words.values() for text in texts), default=0.0)
    room = min(max(widest, FEWEST_WORDS), MOST_WORDS)
    wanted = WantedMaps(len(cards), *_proportions(about, main), room) if cards else None
    _make_room(scene, root, explanation, wanted)


def remove_explanation(scene: bpy.types.Scene, root: bpy.types.Collection) -> None:
    """Remove all that `show_explanation` made."""
    if next(objects(root, HOLDER), None) is None:
        return
    about = require_description(root)
    parts = network_parts(scene, about.network, root[contract.NETWORK], root)
    parts.remove([obj for role in ROLES for obj in objects(root, role)])
    parts.remove([obj for obj in objects(root, "legend") if _is_of_explanation(obj)])
    fit_legend(root)
    gone = [block for block in data_blocks(root[contract.NETWORK]) if _is_of_explanation(block)]
    bpy.data.batch_remove(gone)
    _make_room(scene, root, None, None)


def set_look(scene: bpy.types.Scene, root: bpy.types.Collection, look: explanation_look.ExplanationLook) -> None:
    """Change colours and range of the maps that are shown; nothing is computed or written anew."""
    about = require_description(root)
    holder = next(objects(root, HOLDER))
    explanation_look.write_look(holder, look)
    _use_ramp(root, holder)
    if about.explanation is not None:
        parts = network_parts(scene, about.network, root[contract.NETWORK], root)
        _add_legend(parts, about.explanation, holder)


def main_input(about: Description, explanation: Explanation) -> str:
    """The input whose maps have cards: the first with pictures, else the first."""
    kinds = {one.name: one.kind for one in about.inputs}
    pictures = (name for name in explanation.inputs if kinds.get(name) == "image")
    return next(pictures, next(iter(explanation.inputs), ""))


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


def _largest_magnitudes(explanation: Explanation, pictures: Pictures) -> Mapping[str, np.ndarray]:
    """By input and explained sample, float64 (samples,): of all its maps."""
    found: dict[str, np.ndarray] = {}
    for _, maps in pictures:
        # There may be room for samples that could not be read.
        ends = np.abs(maps.ranges[: len(explanation.samples), 0].astype(np.float64)).max(axis=1)
        before = found.get(maps.atlas.input, np.zeros(len(explanation.samples)))
        found[maps.atlas.input] = np.maximum(before, np.nan_to_num(ends))
    return found


def _show_over_input(
    parts: Parts,
    about: Description,
    layout: Layout,
    explanation: Explanation,
    maps: PackedMaps,
    reach: Mapping[str, np.ndarray],
) -> set[bpy.types.Object]:
    """The first target's maps just before the picture of an input, as large as that."""
    name = maps.atlas.input
    part = part_of(about.network, name)
    picture, place = parts.find("input", "", part), layout.inputs.get(name)
    modifier = network_modifier(picture) if picture is not None else None
    if modifier is None or place is None:
        return set()
    positions = place.card_positions() + OVER_INPUT
    is_new = parts.find("explanation overlay", "", part) is None
    over = parts.mesh_object(
        ("explanation overlay", "", part),
        f"Explanation of {name}",
        lambda: meshes.point_mesh("Explanation", positions),
        contract.INPUT_COLLECTION,
        parts.carrier_of_input(name, part),
    )
    over.visible_shadow = False
    if is_new and _is_coloured(about, name) and name == main_input(about, explanation) and about.opening is not None:
        # Colours over colours tell nothing; the card beside it has the same map.
        set_hidden(over, True, True)
    size = get_modifier_input(modifier, "Width"), get_modifier_input(modifier, "Height")
    _show_maps(parts, over, f"Explanation over {name}", (0, maps), explanation, size, reach[name])
    return {over}


def _add_card(
    parts: Parts,
    about: Description,
    explanation: Explanation,
    target: int,
    maps: PackedMaps,
    reach: Mapping[str, np.ndarray],
) -> set[bpy.types.Object]:
    """A slab as the input's with a target's maps, and below it what they explain."""
    part, name = str(target), maps.atlas.input
    wide, high = (_ON_STAND * side for side in picture_cover(*_proportions(about, name)))
    depth = THINNEST * high
    stand = parts.empty(f"Explanation {part}", contract.INPUT_COLLECTION, "explanation stand", parts.anchor, part)
    stand[contract.COVER] = [wide, high, depth]
    frame = parts.mesh_object(
        ("explanation frame", "", part),
        f"Explanation frame {part}",
        lambda: meshes.box_mesh("Explanation frame", (depth, wide, high), BEVEL),
        contract.INPUT_COLLECTION,
        stand,
    )
    if not frame.data.materials:
        frame.data.materials.append(parts.material(materials.frame))
        frame.location = (depth / 2, 0.0, high / 2)
    size = _fitting(about, name, maps, (wide - MARGIN, high - MARGIN))
    made = {stand, frame}
    below = _add_sample(parts, about, stand, name, part, size, high)
    made |= below
    front = -0.012 - (_BEFORE if below else 0.0)
    card = parts.mesh_object(
        ("explanation card", "", part),
        f"Explanation map {part}",
        lambda: meshes.point_mesh("Explanation map", np.array([[front, 0.0, high / 2]], np.float32)),
        contract.INPUT_COLLECTION,
        stand,
    )
    _show_maps(parts, card, f"Explanation {part}", (target, maps), explanation, size, reach[name])
    return made | {card}


def _add_sample(
    parts: Parts,
    about: Description,
    stand: bpy.types.Object,
    name: str,
    part: str,
    size: tuple[float, float],
    high: float,
) -> set[bpy.types.Object]:
    """The sample itself below the maps of an input of pictures."""
    kinds = {one.name: one.kind for one in about.inputs}
    own_part = part_of(about.network, name)
    picture, image = parts.find("input", "", own_part), parts.find_image("atlas", "", own_part)
    modifier = network_modifier(picture) if picture is not None else None
    if kinds.get(name) != "image" or modifier is None or image is None:
        return set()
    below = parts.mesh_object(
        ("explanation picture", "", part),
        f"Explained sample {part}",
        lambda: meshes.point_mesh("Explained sample", np.array([[-0.012, 0.0, high / 2]], np.float32)),
        contract.INPUT_COLLECTION,
        stand,
    )
    inputs = {one: get_modifier_input(modifier, one) for one in (*ATLAS_INPUTS, "Low", "High")}
    lasting = {"Material": explanation_materials.sample_material(parts, image)}
    measured = {**inputs, "Width": size[0], "Height": size[1], "First": 0.0}
    set_nodes(below, parts.group(make_cards), lasting, measured)
    return {below}


def _fitting(about: Description, name: str, maps: PackedMaps, room: tuple[float, float]) -> tuple[float, float]:
    """Width and height of a map: in its own proportions, or filling the room where the input's picture does."""
    if _is_coloured(about, name):
        return room
    scale = min(room[0] / maps.atlas.cell_width, room[1] / maps.atlas.cell_height)
    return maps.atlas.cell_width * scale, maps.atlas.cell_height * scale


def _is_coloured(about: Description, name: str) -> bool:
    """Whether an input's numbers are drawn in colours."""
    kind = next((one.kind for one in about.inputs if one.name == name), "array")
    return INPUT_KINDS.find(kind).is_coloured


def _show_maps(
    parts: Parts,
    obj: bpy.types.Object,
    material: str,
    picture: tuple[int, PackedMaps],
    explanation: Explanation,
    size: tuple[float, float],
    reach: np.ndarray,
) -> None:
    """Let an object show its target's maps, which are packed into the file."""
    target, maps = picture
    is_card = obj[contract.ROLE] == "explanation card"
    kind = ATLAS if is_card else f"{ATLAS} over"
    image = packed_image(parts, obj.name, maps, kind, f"{target} {maps.atlas.input}")
    image.colorspace_settings.name = "Non-Color"
    has_sample = parts.find("explanation picture", "", obj.get(contract.PART, "")) is not None
    made = explanation_materials.map_material(parts, material, image, is_card=is_card, has_sample=has_sample)
    mesh = obj.data
    for name in meshes.sampled_names(mesh, contract.EXPLAINED):
        mesh.attributes.remove(mesh.attributes[name])
    ranges = np.zeros((max(explanation.samples, default=-1) + 1, 1, 2), np.float32)
    for place, sample in enumerate(explanation.samples):
        ranges[sample] = maps.ranges[place, :1]
        meshes.write_vectors(mesh, contract.sampled(contract.EXPLAINED, sample), np.array([[place, reach[place], 0.0]]))
    meshes.write_samples(mesh, contract.MAP_RANGE, ranges)
    inputs = {**atlas_inputs(maps.atlas), "Width": size[0], "Height": size[1]}
    inputs["Largest"] = float(reach.max(initial=0.0))
    set_nodes(obj, parts.group(make_explained), {"Material": made}, inputs)


def _words(about: Description, explanation: Explanation, target: int) -> list[str]:
    """What is written below a target's map, for every sample in the scene; nothing for those not explained."""
    places = [explanation.place_of(sample) for sample in range(len(about.samples))]
    explained = explanation.targets[target]
    return ["" if place is None else words_of(about, explained, place, MOST_WORDS) for place in places]


def _write_words(parts: Parts, target: int, texts: list[str]) -> set[bpy.types.Object]:
    part = str(target)
    holder = parts.empty(
        f"Explanation words {part}", contract.INPUT_COLLECTION, "explanation words", parts.anchor, part
    )
    return {holder, *_write(parts, holder, part, texts, "CENTER", materials.ink)}


def _write_heading(parts: Parts, about: Description, explanation: Explanation) -> set[bpy.types.Object]:
    holder = parts.find(HOLDER)
    assert holder is not None
    label, more = heading_of(explanation)
    explained = set(explanation.samples)
    count = len(about.samples)
    texts = [f"{label}\n{more}" if sample in explained else f"{label}\nnot explained" for sample in range(count)]
    texts = texts if more or len(explained) < count else [f"\n{label}"] * count
    return {holder, *_write(parts, holder, "heading", texts, "LEFT", materials.dim_ink)}


def _write(
    parts: Parts,
    holder: bpy.types.Object,
    part: str,
    texts: list[str],
    align: str,
    ink: Recipe[bpy.types.Material],
) -> tuple[bpy.types.Object, bpy.types.Object]:
    """Lines that change with the sample: what is seen, and what holds the texts of all samples."""
    shown = show_sample_text(
        parts,
        part,
        texts,
        contract.INPUT_COLLECTION,
        size=1.0,
        material=parts.material(ink),
        parent=holder,
        align_x=align,
        line_pitch=_PITCH,
        roles=(LABEL, "explanation texts"),
    )
    store = parts.find("explanation texts", "", part)
    assert store is not None
    return shown, store


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


def _proportions(about: Description, name: str) -> tuple[float, float]:
    """Height and width of an input's picture."""
    return input_proportions(about.network, about.inputs)[f"{INPUT} {name}"]


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

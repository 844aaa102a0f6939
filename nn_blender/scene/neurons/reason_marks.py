"""Rings and numbers at the neurons that speak for or against an answer; on books where they are inside closed blocks.

Orange ones speak for it, blue ones against it, by rank from 1 on.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import bpy
import numpy as np

from ...core.blocks.hierarchy import Part
from ...core.neurons.reasons import KeptReasons, NeuronReason
from ...core.quantities import ESTIMATED, MEASURED
from ...core.recording import class_name
from ..base import contract, meshes
from ..base.find import network_modifier, objects
from ..base.parts import Parts
from ..base.versions import get_modifier_input
from ..explanations.reasons import keep_marked, marked_reasons
from ..looks import materials
from ..network import text_objects
from ..network.description import read_layout, require_description
from ..network.parts import network_parts
from ..opening.film import bake_opening
from ..opening.keys import is_keyed
from ..opening.showing import show_opening
from ..stage.frame_legend import add_entry
from ..stage.outdated import tell_outdated
from .placing import positions_on

MARK, NUMBER = "reason mark", "reason number"
"""Roles of the objects that are made here."""
FOR, AGAINST = "for", "against"
RING_ROOM = 1.9
"""How much wider than its sphere a neuron's ring is."""
_STEPS = 32
_LETTERS = 0.5
"""Height of the numbers at a book."""
_BEFORE = 0.05
"""From a neuron or a cover to what marks it."""
_COVER_GAP = 0.09
"""Between a cover and its frame, and between two frames."""


def show_reason_marks(scene: bpy.types.Scene, root: bpy.types.Collection, kept: KeptReasons) -> int:
    """Mark the neurons that reasons name, in place of those that were marked before.

    Returns:
        How many of them the scene does not draw, which so have no mark of their own.
    """
    _remove(root)
    about, reasons = require_description(root), kept.reasons
    parts = network_parts(scene, about.network, root[contract.NETWORK], root)
    left_out = 0
    for way, neurons in ((FOR, reasons.speak_for), (AGAINST, reasons.speak_against)):
        for layer in dict.fromkeys(one.layer for one in neurons):
            left_out += _mark_layer(parts, layer, way, _ranked(neurons, [layer]))
        if about.opening is not None:
            for block in about.opening.root.blocks:
                _mark_book(parts, block, way, neurons)
    if about.opening is not None and about.opening.by_distance is not None:
        show_opening(parts, about.network, about.opening, read_layout(root, about.network))
    if is_keyed(root):
        bake_opening(scene, root)
    if any(objects(root, "frame")):
        label, how = class_name(about.classes, reasons.target), MEASURED if reasons.is_measured else ESTIMATED
        add_entry(parts, MARK, f"orange: neurons for {label} on {kept.sample.name}, blue: against it, 1 = most ({how})")
    keep_marked(root, kept)
    tell_outdated(parts)
    return left_out


def remove_reason_marks(scene: bpy.types.Scene, root: bpy.types.Collection) -> None:
    """Remove all that `show_reason_marks` made."""
    _remove(root)
    tell_outdated(network_parts(scene, require_description(root).network, root[contract.NETWORK], root))


def _remove(root: bpy.types.Collection) -> None:
    gone = [obj for role in (MARK, NUMBER) for obj in objects(root, role)]
    gone += [obj for obj in objects(root, "legend") if obj.get(contract.PART) == MARK]
    bpy.data.batch_remove([*gone, *(obj.data for obj in gone)])
    keep_marked(root, None)


def mark_reasons_again(scene: bpy.types.Scene, root: bpy.types.Collection) -> None:
    """Let the neurons that are marked be so on the books of the blocks that there are now."""
    marked = marked_reasons(root)
    if marked is not None:
        show_reason_marks(scene, root, marked)


def are_reasons_marked(root: bpy.types.Collection) -> bool:
    return next(objects(root, MARK), None) is not None


def follow_reason_marks(root: bpy.types.Collection) -> None:
    """Let marks be where their neurons are that were sorted or placed anew."""
    numbers = {(obj[contract.LAYER], obj[contract.PART]): obj for obj in objects(root, NUMBER) if contract.LAYER in obj}
    for obj in tuple(objects(root, MARK)):
        neurons = next(objects(root, "neurons", obj.get(contract.LAYER, "")), None)
        if neurons is None or obj.parent is None:
            continue
        mesh: Any = obj.data
        marked = meshes.read_integers(mesh, contract.NEURON)[:: len(_outline(neurons)) * 4]
        places = _places(neurons, obj, marked)
        mesh.vertices.foreach_set("co", _tubes(neurons, places)[0].ravel())
        mesh.update()
        for neuron, place in zip(marked.tolist(), places, strict=True):
            number = numbers.get((obj[contract.LAYER], f"{obj[contract.PART]} {neuron}"))
            if number is not None:
                number.location = _beside(neurons, place)


def _ranked(neurons: Sequence[NeuronReason], layers: Iterable[str]) -> list[tuple[int, int]]:
    """Rank from 1 on and number of the neurons that are of some layers."""
    within = set(layers)
    return [(rank, one.neuron) for rank, one in enumerate(neurons, 1) if one.layer in within]


def _mark_layer(parts: Parts, layer: str, way: str, ranked: Sequence[tuple[int, int]]) -> int:
    """Mark neurons of a layer; how many of them are not drawn."""
    neurons = parts.find("neurons", layer)
    drawn = len(neurons.data.vertices) if neurons is not None and network_modifier(neurons) is not None else 0
    there = [(rank, neuron) for rank, neuron in ranked if neuron < drawn]
    if neurons is None or not there:
        return len(ranked)
    carrier, material = parts.carrier(layer), parts.material(_MATERIALS[way])
    name = f"{layer} reasons {way}"
    rings: Any = parts.mesh_object(
        (MARK, layer, way), name, lambda: bpy.data.meshes.new(name), contract.NEURONS_COLLECTION, carrier
    )
    rings.visible_shadow = False
    numbers = np.array([neuron for _, neuron in there], np.int32)
    places = _places(neurons, rings, numbers)
    points, faces = _tubes(neurons, places)
    rings.data.from_pydata(points, [], faces)
    rings.data.materials.append(material)
    meshes.write_integers(rings.data, contract.NEURON, np.repeat(numbers, len(points) // len(numbers)))
    for (rank, neuron), place in zip(there, places, strict=True):
        text = _number(parts, (NUMBER, layer, f"{way} {neuron}"), str(rank), _letters(neurons), material, carrier)
        text.data.align_x = "RIGHT" if _sizes(neurons)[0] > 0 else "LEFT"
        text.location = _beside(neurons, place)
    return len(ranked) - len(there)


def _mark_book(parts: Parts, block: Part, way: str, neurons: Sequence[NeuronReason]) -> None:
    """A frame around the cover of a block with the ranks of neurons that are inside."""
    book = parts.find("book", "", block.id)
    ranks = [rank for rank, _ in _ranked(neurons, (leaf.cover for leaf in block.leaves))]
    if book is None or not ranks:
        return
    width, height, _ = book[contract.COVER]
    gap = _COVER_GAP * (1 if way == FOR else 2)
    thickness = _COVER_GAP * 0.32
    # It stands on the floor, as the cover does.
    side, top = width / 2 + gap, height + gap
    outline = np.array([(-side, thickness), (side, thickness), (side, top), (-side, top)])
    corners = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)], float)
    points, faces = _tube(outline, corners, thickness, np.array([-_BEFORE, 0.0, 0.0]))
    material = parts.material(_MATERIALS[way])

    def make() -> bpy.types.Mesh:
        mesh = bpy.data.meshes.new(f"Reasons {way}")
        mesh.from_pydata(points, [], faces)
        mesh.materials.append(material)
        return mesh

    key = f"{block.id} {way}"
    frame = parts.mesh_object((MARK, "", key), f"{block.name} reasons {way}", make, contract.LAYERS_COLLECTION, book)
    frame.visible_shadow = False
    text = _number(parts, (NUMBER, "", key), in_words(ranks), _LETTERS, material, book)
    text.data.align_x = "LEFT"
    # Faces are seen from -X, so that +Y is on their left. What speaks against it stands in the lower line.
    lines = 1.2 if way == FOR else 0.1
    text.location = (-_BEFORE, width / 2, height + 3 * _COVER_GAP + lines * _LETTERS)


def in_words(ranks: Sequence[int]) -> str:
    """Numbers in their order, rows of three and more by their ends.

    >>> in_words([1, 3, 4, 5, 8, 9])
    '1, 3–5, 8, 9'
    """
    runs: list[list[int]] = []
    for rank in ranks:
        if runs and rank == runs[-1][-1] + 1:
            runs[-1].append(rank)
        else:
            runs.append([rank])
    return ", ".join(f"{run[0]}–{run[-1]}" if len(run) > 2 else ", ".join(map(str, run)) for run in runs)


def _number(
    parts: Parts,
    key: tuple[str, str, str],
    body: str,
    size: float,
    material: bpy.types.Material,
    carrier: bpy.types.Object,
) -> bpy.types.Object:
    text = parts.obj(
        key,
        f"Reason {body}",
        lambda: text_objects.text_curve(f"Reason {body}", body, size, material, "CENTER"),
        contract.LABELS_COLLECTION,
        carrier,
    )
    text_objects.face(text, parts.focus)
    return text


def _places(neurons: bpy.types.Object, mark: bpy.types.Object, numbers: np.ndarray) -> np.ndarray:
    """Float (count, 3): the middles of neurons' spheres, or of their feature maps, in the space of a mark on them."""
    assert mark.parent is not None
    from_carrier = np.array((mark.matrix_parent_inverse @ mark.matrix_basis).inverted())
    points = positions_on(neurons, mark.parent)[numbers] + _to_middle(neurons)
    return points @ from_carrier[:3, :3].T + from_carrier[:3, 3]


def _to_middle(neurons: bpy.types.Object) -> np.ndarray:
    """From a sphere, which is in the upper left corner of its feature map, to the middle of that."""
    width, height, radius = _sizes(neurons)
    right, down = (0.0, 0.0) if width <= 0 else (width / 2 - radius, height / 2 - radius)
    # A map is behind its sphere by a little less than the sphere's radius.
    return np.array((0.6 * radius if width > 0 else 0.0, -right, -down), np.float32)


def _sizes(neurons: bpy.types.Object) -> tuple[float, float, float]:
    """Width and height of a feature map, 0 where there are none, and the radius of a sphere."""
    modifier = network_modifier(neurons)
    width, height, radius = (
        float(get_modifier_input(modifier, name)) for name in ("Card Width", "Card Height", "Radius")
    )
    return width, height, radius


def _letters(neurons: bpy.types.Object) -> float:
    """Height of a neuron's number: it is read from afar on a feature map, and beside a sphere from near."""
    _, height, radius = _sizes(neurons)
    return 0.6 * height if height > 0 else 2.2 * radius


def _beside(neurons: bpy.types.Object, middle: np.ndarray) -> tuple[float, float, float]:
    """Where the number of a neuron stands: in the lower right corner of its map, or right of its sphere."""
    width, height, radius = _sizes(neurons)
    x, y, z = map(float, middle)
    if width > 0:
        return x - 0.16 * height, y - 0.46 * width, z - 0.42 * height
    return x - radius, y - 1.1 * RING_ROOM * radius, z - 0.35 * _letters(neurons)


def _outline(neurons: bpy.types.Object) -> np.ndarray:
    """Float (count, 2): right and up from the middle of a mark."""
    width, height, radius = _sizes(neurons)
    if width > 0:
        half = np.array([width, height]) / 2 + _thickness(neurons)
        return np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]) * half
    angles = np.arange(_STEPS) * 2 * math.pi / _STEPS
    return RING_ROOM * radius * np.stack([np.cos(angles), np.sin(angles)], axis=1)


def _thickness(neurons: bpy.types.Object) -> float:
    width, height, radius = _sizes(neurons)
    return 0.045 * max(width, height) if width > 0 else 0.22 * radius


def _tubes(neurons: bpy.types.Object, places: np.ndarray) -> tuple[np.ndarray, list[tuple[int, ...]]]:
    """Points and faces of marks around neurons."""
    outline = _outline(neurons)
    ways = np.sign(outline) if len(outline) == 4 else outline / np.linalg.norm(outline, axis=1, keepdims=True)
    points: list[np.ndarray] = []
    faces: list[tuple[int, ...]] = []
    for number, place in enumerate(places):
        own, around = _tube(outline, ways, _thickness(neurons), place)
        points.append(own)
        faces += [tuple(number * len(own) + corner for corner in face) for face in around]
    return np.concatenate(points), faces


def _tube(
    outline: np.ndarray, outward: np.ndarray, thickness: float, middle: np.ndarray
) -> tuple[np.ndarray, list[tuple[int, ...]]]:
    """A closed tube with four sides along an outline that faces -X: four points for each of its own."""
    count = len(outline)
    rings = []
    for way, ahead in ((1, -1), (1, 1), (-1, 1), (-1, -1)):
        flat = outline + way * thickness / 2 * outward
        # Right of what faces -X is -Y.
        rings.append(np.stack([np.full(count, ahead * thickness / 2), -flat[:, 0], flat[:, 1]], axis=1))
    points: np.ndarray = np.stack(rings, axis=1).reshape(-1, 3) + middle
    faces: list[tuple[int, ...]] = [
        (4 * k + side, 4 * k + (side + 1) % 4, 4 * ((k + 1) % count) + (side + 1) % 4, 4 * ((k + 1) % count) + side)
        for k in range(count)
        for side in range(4)
    ]
    return points, faces


_MATERIALS = {FOR: materials.speaks_for, AGAINST: materials.speaks_against}

"""Names and shapes of the layers, the title, and what was measured of a layer as text."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import bpy
import numpy as np

from ...core.blocks.blocks import Block
from ...core.blocks.placing import place_blocks
from ...core.description.description import Description
from ...core.description.measurements import LayerStatistics
from ...core.inputs import INPUT_KINDS
from ...core.interventions.intervention import Intervention
from ...core.interventions.naming import default_name
from ...core.layout.budgets import Shown
from ...core.layout.layout import Layout, Slab, Vector
from ...core.network import Layer, Network
from ...core.texts import format_count, format_shape, format_sizes
from ..base import contract, meshes
from ..base.find import first_of, objects
from ..base.parts import Parts, set_nodes
from ..base.theme import Gaps, Letters
from ..looks import materials
from ..network import text_objects
from ..network.description import read_description, read_layout, require_description
from ..network.parts import network_parts
from ..network.sample_texts import show_sample_text
from ..network.text_objects import text_widths
from ..nodes.labels import FIT, LAYER, OF_BLOCK, SIZE, make_labels, make_line_store
from .frame import fit_title
from .legend import WIDTH as LEGEND_WIDTH
from .legend import legend_place
from .measures import place_measures

ROOM_FOR_FULL_SIZE = 1.6
LENGTH_FOR_FULL_SIZE = 22.0
LEAST_ROOM, ROOM_OF_ONE = 0.3, 2.0
"""Of labels whose slabs nearly touch, and of a label that has none beside it."""
_SHARE_OF_ROOM = 0.85
"""How much of the way to its neighbour a label may fill; the rest is a gap."""

_CLEARANCE = 1.3
"""Of block labels from their boxes: as a share of what the camera's direction needs, for views from other sides."""

TITLE_HEIGHT, TITLE_GAP = -0.85, 1.4
"""Above the foot of the network, and from where the legend's strip ends, beyond which its words reach."""
TITLE_DISTANCE = 0.2
"""From the slabs, as a share of the network's length."""


def add_labels(parts: Parts, network: Network, layout: Layout, blocks: Sequence[Block]) -> None:
    """Names and shapes of the layers below their slabs, names and sizes of the blocks beside their boxes.

    Each kind of text is one object for all layers. Letters are small enough to leave the neighbours room.
    """
    names, facts, further, letters = [], [], [], parts.theme.letters
    about = read_description(parts.root)
    for label in _layer_labels(network, layout, parts.theme.gaps, about):
        names.append(label.line(label.name, letters.name, label.rise))
        facts.append(label.line(label.facts, letters.shape, label.facts_rise))
        if label.range:
            below = label.facts_rise - letters.line_height * letters.shape * label.scale
            further.append(label.line(label.range, letters.shape, below))
    for label in _block_labels(layout, blocks, letters):
        names.append(label.line(label.name, letters.name, label.rise))
        # Dim letters could not be read before a lit box.
        names.append(label.line(label.facts, letters.shape, label.facts_rise))
    _show_lines(parts, "names", names, parts.material(materials.ink))
    _show_lines(parts, "facts", facts + further, parts.material(materials.dim_ink))


@dataclass(frozen=True)
class _Line:
    """A line of text at a place.

    Attributes:
        room: how far it is along X from what stands beside it, and so how wide it may be, seen from the side.
        layer: number of the layer it is of, or of the first one of its block; -1 for an input of the network.
    """

    text: str
    place: Vector
    size: float
    room: float
    layer: int
    is_of_block: bool


@dataclass(frozen=True)
class _Label:
    """A name with a line of facts, at a place that both lines are above or below.

    Attributes:
        range: what values the colours of an input reach from and to, in a line below the facts.
    """

    name: str
    facts: str
    place: Vector
    scale: float
    room: float
    rise: float
    facts_rise: float
    layer: int
    is_of_block: bool = False
    range: str = ""

    def line(self, text: str, size: float, rise: float) -> _Line:
        x, y, z = self.place
        return _Line(text, (x, y, z + rise), size * self.scale, self.room, self.layer, self.is_of_block)


def _layer_labels(network: Network, layout: Layout, gaps: Gaps, about: Description | None) -> Iterator[_Label]:
    """Of the inputs and of every layer."""
    rows = [(name or "input", _input_facts(network, name, about), place) for name, place in layout.inputs.items()]
    rooms = [*_rooms_of_inputs(layout), *layout.rooms[len(rows) :]]
    first = len(rows)
    rows += [
        (layer.path, _layer_facts(layer, layout.layers[layer.path]), layout.layers[layer.path])
        for layer in network.layers
    ]
    for index, ((name, facts, place), free) in enumerate(zip(rows, rooms, strict=True)):
        room = max(free, LEAST_ROOM) if math.isfinite(free) else ROOM_OF_ONE
        scale = min(1.0, room / ROOM_FOR_FULL_SIZE)
        room *= _SHARE_OF_ROOM
        drops = -gaps.name_drop * scale, -gaps.shape_drop * scale
        values = _range_of_colours(name, about) if index < first else ""
        foot, number = (place.x, place.low[1], place.z), max(index - first, -1)
        yield _Label(name, facts, foot, scale, room, *drops, number, range=values)


def _input_facts(network: Network, name: str, about: Description | None) -> str:
    """Its shape, and what it is read as."""
    sizes = {spec.name: format_sizes(spec.shape) for spec in network.inputs}
    titles = {one.name: INPUT_KINDS.find(one.kind).title.lower() for one in about.inputs} if about else {}
    return "  ".join(filter(None, (sizes.get(name), titles.get(name))))


def _range_of_colours(name: str, about: Description | None) -> str:
    """What values the colours of an input reach from and to, where they are those of numbers with one range."""
    for one in about.inputs if about else ():
        kind = INPUT_KINDS.find(one.kind)
        if one.name == name and kind.is_coloured and not (kind.has_own_colours or kind.scales_each):
            found = (atlas for atlas in about.atlases if not atlas.layer and atlas.input == name)
            return next((f"{atlas.low:.3g} to {atlas.high:.3g}" for atlas in found), "")
    return ""


def _rooms_of_inputs(layout: Layout) -> list[float]:
    """How far each input is from its neighbours: along X, or as far along Y as it looks along X."""
    feet = [place.low[1] for place in layout.inputs.values()]
    apart = [
        math.inf,
        *(abs(after - before) / math.tan(layout.view_angle) for before, after in pairwise(feet)),
        math.inf,
    ]
    return [min(free, *sides) for free, sides in zip(layout.rooms, pairwise(apart), strict=False)]


def _layer_facts(layer: Layer, place: Slab) -> str:
    """The shape of its output, and how many of its neurons are not drawn."""
    shown = Shown(place.grid.count, layer.neurons - place.grid.count)
    return "  ".join(filter(None, (format_shape(layer.output_shape), shown.summary)))


def _block_labels(layout: Layout, blocks: Sequence[Block], letters: Letters) -> Iterator[_Label]:
    """Of blocks of several layers; a single one is its own block."""
    scale = max(1.0, layout.length / LENGTH_FOR_FULL_SIZE)
    numbers = {path: number for number, path in enumerate(layout.layers)}
    for block, placed in zip(blocks, place_blocks(blocks, layout), strict=True):
        if len(block.layers) == 1:
            continue
        place = placed.closed
        facts = f"{len(block.layers)} layers  {format_count(block.parameters)} parameters"
        room = _SHARE_OF_ROOM * max(place.depth, letters.name)
        seen = room * math.sin(layout.view_angle)
        # Turned to the camera, the left half of a text would else reach into the box.
        before = place.width / 2 + _CLEARANCE * seen / 2 * math.cos(layout.view_angle)
        facts_size = min(letters.shape * scale, seen / text_widths([facts])[0])
        rises = 0.5 * place.height, 0.5 * place.height - letters.line_height * facts_size
        # Towards the camera, so that it sees them before the middle of their boxes.
        foot = (place.x - room / 4, place.y - before, place.z)
        number = numbers[block.layers[0]]
        yield _Label(block.title, facts, foot, scale, room, *rises, number, is_of_block=True)


def _show_lines(parts: Parts, part: str, lines: Sequence[_Line], material: bpy.types.Material) -> None:
    name = part.title()
    store = parts.mesh_object(
        ("texts", "", part), f"{name} of all layers", lambda: bpy.data.meshes.new(name), contract.LABELS_COLLECTION
    )
    store.hide_viewport = store.hide_render = True
    set_nodes(
        store, parts.group(make_line_store), {"Material": material}, {"Texts": "\n".join(line.text for line in lines)}
    )
    widths = text_widths([line.text for line in lines])
    shown = parts.mesh_object(("label", "", part), name, lambda: bpy.data.meshes.new(name), contract.LABELS_COLLECTION)
    mesh = shown.data
    mesh.clear_geometry()
    mesh.vertices.add(len(lines))
    mesh.vertices.foreach_set("co", np.array([line.place for line in lines], np.float32).ravel())
    meshes.write_floats(mesh, SIZE, np.array([line.size for line in lines]))
    fits = [line.room / max(width, 1e-6) for line, width in zip(lines, widths, strict=True)]
    meshes.write_floats(mesh, FIT, np.array(fits))
    meshes.write_booleans(mesh, OF_BLOCK, np.array([line.is_of_block for line in lines]))
    meshes.write_integers(mesh, LAYER, np.array([line.layer for line in lines]))
    set_nodes(shown, parts.group(make_labels), {"Store": store, "Detail": parts.detail}, {})


def add_title(parts: Parts, network: Network, layout: Layout) -> None:
    """The network's name and size, on the floor before it."""
    letters = parts.theme.letters
    facts = f"{len(network.layers):,} layers   {network.neurons:,} neurons   {network.parameters:,} parameters"
    for body, size, z, material in (
        (network.name, letters.title, TITLE_HEIGHT, parts.material(materials.ink)),
        (
            facts,
            letters.title_facts,
            TITLE_HEIGHT - letters.line_height * letters.title_facts,
            parts.material(materials.dim_ink),
        ),
    ):
        title = text_objects.text_object("Title", body, size, material, "LEFT")
        parts.add(title, contract.LABELS_COLLECTION, "title", parts.anchor)
        title.location = (*_title_foot(layout), layout.bounds.z + z)
        text_objects.face(title, parts.focus)


def _title_foot(layout: Layout) -> tuple[float, float]:
    """Where a title begins: before the middle of the network, beside the legend as the camera sees it."""
    bounds, length, angle = layout.bounds, layout.length, layout.view_angle
    x, y = bounds.x - 0.1 * length, bounds.low[1] - TITLE_DISTANCE * length
    legend_x, legend_y, _ = legend_place(layout)
    # To the right in the picture is along (sin, -cos) of the angle.
    start = (legend_x - x) * math.sin(angle) - (legend_y - y) * math.cos(angle)
    return x + max(start + LEGEND_WIDTH + TITLE_GAP, 0.0) / math.sin(angle), y


def show_title(root: bpy.types.Collection, name: str, intervention: Intervention) -> None:
    """Let the title say what is switched in the network of that name."""
    for title in objects(root, "title"):
        # The other one states the network's size.
        if title.data.body == name or title.data.body.startswith(f"{name} ("):
            title.data.body = name if intervention.is_empty else f"{name} ({default_name(intervention)})"
            if title.parent is not None and title.parent.get(contract.ROLE) == "frame":
                fit_title(title)


def add_measures(parts: Parts, network: Network, layout: Layout) -> None:
    """Below a layer's label its mean, standard deviation and share of active neurons for the sample shown."""
    for layer in network.layers:
        place = layout.layers[layer.path]
        neurons = parts.find("neurons", layer.path)
        if neurons is None:
            continue
        holder = parts.obj(
            ("measures", layer.path, ""),
            f"{layer.path} measures",
            lambda: None,
            contract.LABELS_COLLECTION,
            parts.carrier(layer.path),
        )
        if not holder.constraints:
            holder.empty_display_size = 0.1
            holder.location = (place.x, place.low[1], place.z - parts.theme.gaps.measures_drop)
            text_objects.face(holder, parts.focus, upright=True)
        bodies = [format_measures(values) for values in meshes.read_samples(neurons.data, contract.ACTIVATION)]
        show_sample_text(
            parts,
            "measures",
            bodies,
            contract.LABELS_COLLECTION,
            size=parts.theme.letters.measures,
            material=parts.material(materials.dim_ink),
            parent=holder,
            align_x="CENTER",
            layer=layer.path,
        )
    about = read_description(parts.root)
    if about is not None and about.opening is not None:
        place_measures(parts, about.opening.seen)


def are_measures_shown(root: bpy.types.Collection) -> bool:
    """Whether the layers' measures stand in the scene."""
    return first_of(root, "measures") is not None


def show_measures(scene: bpy.types.Scene, root: bpy.types.Collection, show: bool) -> None:
    """Write the layers' measures into the scene, or remove them; all they say is in the scene already."""
    if show:
        network = require_description(root).network
        parts = network_parts(scene, network, root[contract.NETWORK], root)
        add_measures(parts, network, read_layout(root, network))
        return
    gone = [obj for holder in objects(root, "measures") for obj in (holder, *holder.children_recursive)]
    bpy.data.batch_remove([*gone, *(obj.data for obj in gone if obj.data is not None)])


def format_measures(values: np.ndarray) -> str:
    """What is to be said about a layer's activations for one sample; float32 (neurons,)."""
    measures = LayerStatistics.of_activations(values)
    return f"mean {measures.mean:.3g}\nstd. dev. {measures.spread:.3g}\nactive {measures.active:.0%}"

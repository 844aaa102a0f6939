"""Lays feature maps out in 8-bit pictures: an atlas per layer, and one image per layer that sums its neurons up."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image

from ...core.errors import UserError
from ...core.inputs import INPUT_KINDS
from ...core.layout.budgets import COMPOSITE_PIXELS, INPUT_PIXELS
from ...core.maps.packing import HIGHEST_LEVEL, PLANES, Atlas, AtlasLayout, to_alpha, to_levels
from ...core.network import FEATURE_AXES, Layer
from ...core.recording import Sample
from ...core.requests.maps import MAXIMUM, MapsAnswer, MapsRequest, SkippedLayer
from ..common.caches import Cache
from ..common.events import Task
from ..running.runs import ReadyModel, inputs_of, reader_of, switches_of
from ..running.switches import Switches
from ..samples.batches import Batch, refuse_skipped
from ..samples.readers import SampleReader
from .atlas_layout import average_positions, finite_limits, lay_out_atlas
from .output_pictures import draw_outputs
from .previews import draw_input, list_values, measure_input

GROUP_PIXELS = 1 << 26
"""Pixels of all atlases made in one go; further layers are made in further goes, to bound the memory."""
BLOCK_BYTES = 1 << 28
"""Of blocks that are kept for the next request: 256 MB."""


@dataclass(frozen=True)
class Block:
    """One sample's part of an atlas.

    Attributes:
        levels: uint8 (height, width), or (height, width, 3).
        missing: bool (height, width), where a value is not finite; None where all are.
        ranges: float32 (2, cells), the values that levels 0 and 255 of every cell stand for.
        limits: lowest and highest finite value; infinity and minus infinity where there is none.
    """

    levels: np.ndarray
    missing: np.ndarray | None
    ranges: np.ndarray
    limits: tuple[float, float]

    @property
    def bytes(self) -> int:
        return self.levels.nbytes + self.ranges.nbytes + (0 if self.missing is None else self.missing.nbytes)


@dataclass(frozen=True)
class Drawing:
    """A picture to be made of a layer's maps, and how.

    Attributes:
        volume: which part of maps with depth is shown, see `as_maps`.
        is_composite: whether it sums all neurons up in one cell.
        is_difference: whether it shows what an intervention adds to the intact network's maps.
    """

    layer: Layer
    layout: AtlasLayout
    volume: str | float
    is_composite: bool
    is_difference: bool = False

    @property
    def key(self) -> Hashable:
        """What a sample's block depends on, besides the sample and the model."""
        return self.layer.path, self.layout.reduction, self.volume, self.is_composite, self.is_difference

    def blocks(self, output: np.ndarray, intact: np.ndarray | None) -> list[Block]:
        """What a batch's output of the layer looks like, sample by sample; ``intact`` is the intact network's."""
        maps = as_maps(self.layer, output, self.volume)
        if intact is not None:
            maps = subtract(maps, as_maps(self.layer, intact, self.volume))
        maps = average_positions(maps, self.layout.reduction)
        return [draw_composite(one) if self.is_composite else draw_maps(one, self.layout) for one in maps]


class Canvas:
    """A picture while its blocks come in."""

    def __init__(self, drawing: Drawing, samples: int) -> None:
        self.drawing = drawing
        cells, channels = (2, 3) if drawing.is_composite else (drawing.layer.neurons, drawing.layout.planes)
        self._levels = np.zeros((*drawing.layout.size, channels), np.uint8)
        self._missing: np.ndarray | None = None
        self._ranges = np.zeros((2, samples, cells), np.float32)
        self._low, self._high = np.inf, -np.inf

    def put(self, number: int, block: Block) -> None:
        """Place the block of sample ``number``."""
        layout = self.drawing.layout
        place, plane = layout.block(number), layout.plane(number)
        self._levels[place][..., slice(None) if self.drawing.is_composite else plane] = block.levels
        self._ranges[:, number] = block.ranges
        self._low, self._high = min(self._low, block.limits[0]), max(self._high, block.limits[1])
        if block.missing is not None:
            if self._missing is None:
                self._missing = np.zeros(layout.size, np.uint8)
            self._missing[place] |= block.missing.astype(np.uint8) << plane

    def save(self, task: Task, name: str) -> Atlas:
        pixels, layout = self._levels, self.drawing.layout
        if self._missing is not None:
            pixels = np.dstack([pixels, to_alpha(self._missing, layout.planes)])
        low, high = (self._low, self._high) if self._low <= self._high else (0.0, 0.0)
        return Atlas.of(
            layout,
            layer=self.drawing.layer.path,
            file=task.save_picture(name, Image.fromarray(pixels)),
            low=low,
            high=high,
            channels=3 if self.drawing.is_composite else 1,
            ranges=task.save_array(f"{name}-ranges", self._ranges),
        )


class _BlockSource:
    """Blocks of samples, drawn or remembered."""

    def __init__(self, model: ReadyModel, reader: SampleReader, drawings: list[Drawing], switches: Switches) -> None:
        self._model = model
        self._reader = reader
        self._drawings = drawings
        self._switches = switches

    def recall(self, sample: Sample) -> list[Block] | None:
        """The sample's block of every drawing; None where one is missing, since the network has to run then anyway."""
        blocks = [_blocks.get(self._key(sample, drawing)) for drawing in self._drawings]
        known = [block for block in blocks if block is not None]
        return known if len(known) == len(blocks) else None

    def draw(self, task: Task, batch: Batch[list[Block]], canvases: list[Canvas], first: int) -> None:
        """Run a batch and place its blocks, ``first`` being the number of its first sample."""
        outputs = self._record(task, batch, self._drawings, self._switches)
        differences = [drawing for drawing in self._drawings if drawing.is_difference]
        intact = self._record(task, batch, differences, self._model.recorder.intact) if differences else {}
        for canvas in canvases:
            task.stop_if_cancelled()
            path = canvas.drawing.layer.path
            before = intact[path] if canvas.drawing.is_difference else None
            for k, block in enumerate(canvas.drawing.blocks(outputs[path], before)):
                canvas.put(first + k, block)
                _blocks.put(self._key(batch.samples[k], canvas.drawing), block, block.bytes)

    def _record(
        self, task: Task, batch: Batch[list[Block]], drawings: list[Drawing], switches: Switches
    ) -> dict[str, np.ndarray]:
        """Outputs of the layers that are drawn, float32, by path."""
        paths = list(dict.fromkeys(drawing.layer.path for drawing in drawings))
        inputs = inputs_of(self._reader, batch)
        outputs = self._model.recorder.layer_outputs(inputs, paths, switches, task.stop_if_cancelled)
        return {path: np.asarray(output, dtype=np.float32) for path, output in outputs.items()}

    def _key(self, sample: Sample, drawing: Drawing) -> Hashable:
        before = self._switches.key(self._model.recorder.number_of(drawing.layer.path) + 1)
        return self._model.key, drawing.key, self._reader.key(sample), before


_blocks: Cache[Block] = Cache(BLOCK_BYTES)


def make_atlases(task: Task, model: ReadyModel, request: MapsRequest) -> MapsAnswer:
    """Serve a `MapsRequest`.

    Raises:
        UserError: ``input.unsupported``; ``volume.unknown``; ``samples.changed`` where a sample can no longer be read.
    """
    samples, reader = request.samples, reader_of(model.network, request)
    switches = switches_of(task, model, request.intervention, request.mean_samples or samples, reader)
    drawings, skipped = _plan_layers(model, request)
    if request.difference:
        drawings = _differences(drawings, switches.intervention.reached_layers(model.network))
    task.progress("Preparing the network", 0, len(samples))
    atlases = []
    if not request.difference:
        atlases = _input_atlases(task, model, request, reader)
        atlases += draw_outputs(task, model, request, reader, switches)
    composites: list[Atlas] = []
    for number, group in enumerate(_groups(drawings)):
        for k, canvas in enumerate(_fill(task, model, samples, reader, switches, group)):
            atlas = canvas.save(task, f"maps-{number}-{k}")
            (composites if canvas.drawing.is_composite else atlases).append(atlas)
            task.progress("Writing feature maps", k + 1, len(group))
    notes = model.recorder.notes(switches.intervention)
    return MapsAnswer(tuple(atlases), tuple(composites), tuple(skipped), tuple(notes))


def as_maps(layer: Layer, output: np.ndarray, volume: str | float) -> np.ndarray:
    """A layer's output as maps (samples, height, width, neurons); over time alone they are one high.

    Args:
        volume: where there is a third axis, depth or time, ``maximum`` along it or the place 0 to 1 of a slice.
    """
    places = {axis: k + 1 for k, axis in enumerate(layer.axes)}
    feature = next(axis for axis in layer.axes if axis in FEATURE_AXES)
    flat = ("height", "width") if "height" in places else ("time",)
    further = [axis for axis in layer.axes if axis not in (*flat, feature)]
    maps = output.transpose(0, *(places[axis] for axis in (*further, *flat, feature)))
    if further:
        maps = maps.max(axis=1) if volume == MAXIMUM else maps[:, round(float(volume) * (maps.shape[1] - 1))]
    return maps if len(flat) == 2 else maps[:, np.newaxis]


def subtract(changed: np.ndarray, intact: np.ndarray) -> np.ndarray:
    """What was added to the intact values; what is as infinite as before has not changed."""
    with np.errstate(invalid="ignore"):
        return np.where(changed == intact, np.float32(0), changed - intact)


def draw_maps(maps: np.ndarray, layout: AtlasLayout) -> Block:
    """One sample's maps (height, width, neurons), each over its own range."""
    levels, finite, ranges, limits = _encode(maps)
    return Block(layout.in_grid(levels), None if finite is None else layout.in_grid(~finite), ranges, limits)


def draw_composite(maps: np.ndarray) -> Block:
    """One sample's maps summed up as `core.maps.packing.COMPOSITES` says."""
    mean, highest = maps.mean(axis=2, dtype=np.float64).astype(np.float32), maps.max(axis=2)
    levels, finite, ranges, limits = _encode(np.dstack([mean, highest]))
    last = max(maps.shape[2] - 1, 1)
    strongest = np.rint(maps.argmax(axis=2) * (HIGHEST_LEVEL / last)).astype(np.uint8)
    return Block(np.dstack([levels, strongest]), None if finite is None else ~finite[..., 0], ranges, limits)


def _encode(maps: np.ndarray) -> tuple[np.ndarray, np.ndarray | None, np.ndarray, tuple[float, float]]:
    """Levels uint8 like the maps, where they are finite (None: everywhere), ranges (2, neurons) and limits."""
    low, high = maps.min(axis=(0, 1)), maps.max(axis=(0, 1))
    finite = None
    if not (np.isfinite(low) & np.isfinite(high)).all():
        finite = np.isfinite(maps)
        low, high = finite_limits(maps, finite)
    limits = float(low.min()), float(high.max())
    none = low > high
    low, high = np.where(none, 0, low), np.where(none, 0, high)
    levels = to_levels(maps if finite is None else np.where(finite, maps, low), low, high)
    return levels, finite, np.stack([low, high]).astype(np.float32), limits


def _plan_layers(model: ReadyModel, request: MapsRequest) -> tuple[list[Drawing], list[SkippedLayer]]:
    """What is to be drawn, layer by layer, and the layers of which nothing can be."""
    _check_volume(request.volume)
    paths, samples, budget = request.layers, len(request.samples), request.pixels
    drawings: list[Drawing] = []
    skipped = []
    for layer in model.network.layers:
        if paths is not None and layer.path not in paths:
            continue
        if layer.map_shape is None:
            if paths is not None:
                skipped.append(SkippedLayer(layer.path, "it has no feature maps"))
            continue
        layout = lay_out_atlas(layer.neurons, *layer.map_shape, samples, budget, planes=PLANES)
        if layout is None:
            reason = f"its maps of {samples} samples do not fit into {budget} pixels"
            skipped.append(SkippedLayer(layer.path, reason))
            continue
        drawings.append(Drawing(layer, layout, request.volume, is_composite=False))
        if request.composites:
            drawings += _composite_of(drawings[-1], samples, budget)
    return drawings, skipped


def _differences(drawings: list[Drawing], reached: tuple[str, ...]) -> list[Drawing]:
    """Drawings of the change instead, where there can be one."""
    maps = (drawing for drawing in drawings if not drawing.is_composite and drawing.layer.path in reached)
    return [replace(drawing, is_difference=True) for drawing in maps]


def _composite_of(drawing: Drawing, samples: int, budget: int) -> list[Drawing]:
    """The composite in a list. It fits wherever the maps do, for it has one cell instead of many."""
    assert drawing.layer.map_shape is not None
    layout = lay_out_atlas(1, *drawing.layer.map_shape, samples, budget, COMPOSITE_PIXELS)
    return [] if layout is None else [Drawing(drawing.layer, layout, drawing.volume, is_composite=True)]


def _check_volume(volume: str | float) -> None:
    if volume == MAXIMUM or (isinstance(volume, (int, float)) and 0 <= volume <= 1):
        return
    raise UserError(
        "volume.unknown", f"Maps with depth cannot be shown by {volume!r}.", f"Use {MAXIMUM!r} or a number from 0 to 1."
    )


def _groups(drawings: list[Drawing]) -> list[list[Drawing]]:
    groups: list[list[Drawing]] = []
    room = 0
    for drawing in drawings:
        if drawing.layout.pixels > room:
            groups.append([])
            room = GROUP_PIXELS
        groups[-1].append(drawing)
        room -= drawing.layout.pixels
    return groups


def _fill(
    task: Task,
    model: ReadyModel,
    samples: Sequence[Sample],
    reader: SampleReader,
    switches: Switches,
    drawings: list[Drawing],
) -> list[Canvas]:
    canvases = [Canvas(drawing, len(samples)) for drawing in drawings]
    source = _BlockSource(model, reader, drawings, switches)
    feeder = model.feeder(samples, reader, source.recall)
    first = 0
    for batch in feeder.batches():
        for k, blocks in enumerate(batch.recalled):
            for canvas, block in zip(canvases, blocks, strict=True):
                canvas.put(first + k, block)
        if not batch.recalled:
            source.draw(task, batch, canvases, first)
        first += len(batch.samples)
        task.progress("Drawing feature maps", feeder.looked_at, len(samples))
    refuse_skipped(feeder.skipped)
    return canvases


def _input_atlases(task: Task, model: ReadyModel, request: MapsRequest, reader: SampleReader) -> list[Atlas]:
    """The atlases of the inputs; none of an input of which even a pixel per sample is too much."""
    atlases = []
    for number, spec in enumerate(model.network.inputs):
        samples, own = [sample.only(number) for sample in request.samples], reader.readers[number]
        kind, name = INPUT_KINDS.find(request.inputs[number].kind), f"input-{number}"
        extent = measure_input(task, samples, own, kind)
        refuse_skipped(extent.skipped)
        atlas = draw_input(task, extent, own, INPUT_PIXELS // len(model.network.inputs), name)
        if atlas is None:
            continue
        values = ""
        if kind.tiles(spec.shape) and min(spec.shape, default=1) > 0:
            values = task.save_array(f"{name}-values", list_values(task, extent, own))
        atlases.append(replace(atlas, input=spec.name, values=values))
    return atlases

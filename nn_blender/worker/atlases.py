"""Lays feature maps out in 8-bit pictures: one atlas per layer, and one for the input as the network sees it."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, isqrt
from typing import Any

import numpy as np
from PIL import Image

from ..core.errors import UserError
from ..core.network import Layer
from ..core.preprocessing import Preprocessing
from ..core.recording import Atlas, Sample
from .events import Task
from .running import Batch, Feeder, ReadyModel, as_input, check_input

LONGEST_SIDE = 8192
"""Pixels; the largest texture that every graphics card of the last ten years takes."""
DEFAULT_PIXELS = 4_000_000
_SMALLEST_SPAN, _LARGEST_SPAN = 1e-30, 1e30
GROUP_PIXELS = 1 << 28
"""Pixels of all atlases made in one go; further layers are made in further goes, to bound the memory."""


@dataclass(frozen=True)
class Plan:
    """Where everything stands in one atlas; see `core.recording.Atlas`."""

    columns: int
    rows: int
    blocks_across: int
    blocks_down: int
    cell_height: int
    cell_width: int
    reduction: int

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the picture."""
        return self.blocks_down * self.rows * self.cell_height, self.blocks_across * self.columns * self.cell_width

    @property
    def pixels(self) -> int:
        return self.size[0] * self.size[1]


class Canvas:
    """One layer's atlas while it is filled: first the range of its values, then the pixels."""

    def __init__(self, layer: Layer, plan: Plan) -> None:
        self.layer = layer
        self.plan = plan
        self.low, self.high = np.inf, -np.inf
        self.all_finite = True
        self._levels: np.ndarray | None = None
        self._alpha: np.ndarray | None = None

    def see(self, maps: np.ndarray) -> None:
        """Take the values of a batch into the range."""
        values = self._reduced(maps)
        finite = np.isfinite(values)
        if not finite.all():
            self.all_finite = False
            values = values[finite]
        if values.size:
            self.low, self.high = min(self.low, float(values.min())), max(self.high, float(values.max()))

    def draw(self, maps: np.ndarray, first: int) -> None:
        """Write a batch's levels, ``first`` being the number of its first sample."""
        if self._levels is None:
            self._levels = np.zeros(self.plan.size, np.uint8)
            self._alpha = None if self.all_finite else np.full(self.plan.size, 255, np.uint8)
        values = self._reduced(maps)
        finite = None if self._alpha is None else np.isfinite(values)
        levels = to_levels(values if finite is None else np.where(finite, values, self.low), self.low, self.high)
        for k in range(len(values)):
            place = _block_place(self.plan, first + k)
            self._levels[place] = _block(levels[k], self.plan)
            if finite is not None and self._alpha is not None:
                self._alpha[place] = _block(np.where(finite[k], 255, 0).astype(np.uint8), self.plan, 255)

    def picture(self) -> Image.Image:
        assert self._levels is not None
        return Image.fromarray(self._levels if self._alpha is None else np.dstack([self._levels, self._alpha]))

    def atlas(self, file: str) -> Atlas:
        if self.low > self.high:  # Nothing was finite.
            self.low = self.high = 0.0
        return _atlas(self.layer.path, file, self.plan, self.low, self.high)

    def _reduced(self, maps: np.ndarray) -> np.ndarray:
        if self.layer.axes[0] == "channel":
            maps = np.moveaxis(maps, 1, -1)
        return average_positions(maps, self.plan.reduction)


def make_atlases(task: Task, model: ReadyModel, params: dict[str, Any]) -> dict[str, Any]:
    """Serve the method ``maps``; see `methods.maps`.

    Raises:
        UserError: ``input.unsupported``; ``samples.changed`` where a sample can no longer be read.
    """
    preprocessing = Preprocessing.from_dict(params["preprocessing"])
    check_input(model.network, preprocessing)
    samples = [Sample(**sample) for sample in params["samples"]]
    budget = int(params.get("pixels") or DEFAULT_PIXELS)
    canvases, skipped = _plan_layers(model, params.get("layers"), len(samples), budget)
    task.progress("Preparing the network", 0, len(samples))
    atlases = _input_atlas(task, model, samples, preprocessing, budget)
    for number, group in enumerate(_groups(canvases)):
        _fill(task, model, samples, preprocessing, group)
        for k, canvas in enumerate(group):
            file = task.save_picture(f"maps-{number}-{k}", canvas.picture())
            atlases.append(canvas.atlas(file))
            task.progress("Writing feature maps", k + 1, len(group))
    return {"atlases": [atlas.to_dict() for atlas in atlases], "skipped_layers": skipped}


def plan_atlas(neurons: int, height: int, width: int, samples: int, budget: int) -> Plan | None:
    """The layout of an atlas, nearly square; None where it does not fit even with one pixel per map.

    Positions are averaged in squares of ``reduction`` until the picture has at most ``budget`` pixels and no side is
    longer than `LONGEST_SIDE`.
    """
    columns = isqrt(neurons - 1) + 1
    rows = ceil(neurons / columns)
    for reduction in range(1, max(height, width) + 1):
        cell_height, cell_width = ceil(height / reduction), ceil(width / reduction)
        ratio = rows * cell_height / (columns * cell_width)
        nearly_square = round((samples * ratio) ** 0.5)
        for wanted in (nearly_square, LONGEST_SIDE // (columns * cell_width)):
            across = max(1, min(wanted, samples))
            plan = Plan(columns, rows, across, ceil(samples / across), cell_height, cell_width, reduction)
            if plan.pixels <= budget and max(plan.size) <= LONGEST_SIDE:
                return plan
    return None


def average_positions(maps: np.ndarray, reduction: int) -> np.ndarray:
    """Means over squares of positions; smaller ones at the right and lower edge.

    Args:
        maps: (samples, height, width, channels).
    """
    if reduction == 1:
        return maps
    for axis in (1, 2):
        length = maps.shape[axis]
        starts = np.arange(0, length, reduction)
        counts = np.diff(np.append(starts, length)).reshape([-1 if k == axis else 1 for k in range(4)])
        maps = np.add.reduceat(maps, starts, axis=axis) / counts.astype(np.float32)
    return maps


def to_levels(values: np.ndarray, low: float, high: float) -> np.ndarray:
    """Values from low to high as 0 to 255; all 0 where there is but one value."""
    if not high > low:
        return np.zeros(values.shape, np.uint8)
    # Half the time in single precision; beyond these spans it would overflow.
    exact = values if _SMALLEST_SPAN < high - low < _LARGEST_SPAN else values.astype(np.float64)
    return np.rint((exact - low) * (255.0 / (high - low))).astype(np.uint8)


def _plan_layers(
    model: ReadyModel, paths: list[str] | None, samples: int, budget: int
) -> tuple[list[Canvas], list[dict[str, str]]]:
    canvases, skipped = [], []
    for layer in model.network.layers:
        if paths is not None and layer.path not in paths:
            continue
        if layer.map_shape is None:
            if paths is not None:
                skipped.append({"layer": layer.path, "reason": "it has no feature maps"})
            continue
        plan = plan_atlas(layer.neurons, *layer.map_shape, samples, budget)
        if plan is None:
            skipped.append(
                {"layer": layer.path, "reason": f"its maps of {samples} samples do not fit into {budget} pixels"}
            )
        else:
            canvases.append(Canvas(layer, plan))
    return canvases, skipped


def _groups(canvases: list[Canvas]) -> list[list[Canvas]]:
    groups: list[list[Canvas]] = []
    room = 0
    for canvas in canvases:
        if canvas.plan.pixels > room:
            groups.append([])
            room = GROUP_PIXELS
        groups[-1].append(canvas)
        room -= canvas.plan.pixels
    return groups


def _fill(
    task: Task, model: ReadyModel, samples: list[Sample], preprocessing: Preprocessing, group: list[Canvas]
) -> None:
    """Two passes over the samples: ranges, then pixels. Keeping the maps instead could take gigabytes."""
    paths = [canvas.layer.path for canvas in group]
    for message, drawing in (("Measuring feature maps", False), ("Drawing feature maps", True)):
        feeder = Feeder(model.network, samples, preprocessing)
        first = 0
        for batch in feeder.batches():
            outputs = model.recorder.record(as_input(batch.pixels, preprocessing, model.network), paths=paths)
            for canvas in group:
                task.stop_if_cancelled()
                maps = np.asarray(outputs[canvas.layer.path], dtype=np.float32)
                if drawing:
                    canvas.draw(maps, first)
                else:
                    canvas.see(maps)
            first += len(batch.samples)
            task.progress(message, feeder.looked_at, len(samples))
        _refuse_skipped(feeder)


def _refuse_skipped(feeder: Feeder) -> None:
    if feeder.skipped:
        entry = feeder.skipped[0]
        raise UserError(
            "samples.changed",
            f"The test image {entry.file} cannot be shown: {entry.reason}.",
            "Import the images again.",
        )


def _input_atlas(
    task: Task, model: ReadyModel, samples: list[Sample], preprocessing: Preprocessing, budget: int
) -> list[Atlas]:
    """The input's atlas in a list; an empty one where the pictures differ in size."""
    feeder = Feeder(model.network, samples, preprocessing)
    canvas: np.ndarray | None = None
    plan: Plan | None = None
    seen = 0
    for batch in feeder.batches():
        pixels = _shown_pixels(batch, preprocessing)
        if plan is None or canvas is None:
            plan = plan_atlas(1, pixels.shape[1], pixels.shape[2], len(samples), budget)
            if plan is None:
                return []
            shape, canvas = pixels.shape[1:], np.zeros((*plan.size, pixels.shape[3]), np.uint8)
        if pixels.shape[1:] != shape:
            return []
        reduced = np.rint(average_positions(pixels.astype(np.float32), plan.reduction)).astype(np.uint8)
        for k in range(len(reduced)):
            canvas[_block_place(plan, seen + k)] = reduced[k]
        seen += len(reduced)
        task.progress("Reading test images", feeder.looked_at, len(samples))
    _refuse_skipped(feeder)
    if plan is None or canvas is None:
        return []
    channels = canvas.shape[2]
    file = task.save_picture("input", Image.fromarray(canvas[..., 0] if channels == 1 else canvas))
    low, high = preprocessing.range
    return [_atlas("", file, plan, low, high, channels)]


def _shown_pixels(batch: Batch, preprocessing: Preprocessing) -> np.ndarray:
    """Levels 0 to 255 of what the network sees, alpha left out; the scaling itself is in the atlas's low and high."""
    levels = batch.pixels[..., :3]
    return 255 - levels if preprocessing.invert else levels


def _block_place(plan: Plan, number: int) -> tuple[slice, slice]:
    row, column = divmod(number, plan.blocks_across)
    height, width = plan.rows * plan.cell_height, plan.columns * plan.cell_width
    return slice(row * height, (row + 1) * height), slice(column * width, (column + 1) * width)


def _block(maps: np.ndarray, plan: Plan, empty: int = 0) -> np.ndarray:
    """One sample's maps (height, width, neurons) as a grid of cells; cells left over are ``empty``."""
    height, width, neurons = maps.shape
    missing = plan.columns * plan.rows - neurons
    cells = np.pad(maps, ((0, 0), (0, 0), (0, missing)), constant_values=empty)
    grid = cells.reshape(height, width, plan.rows, plan.columns).transpose(2, 0, 3, 1)
    return grid.reshape(plan.rows * height, plan.columns * width)


def _atlas(layer: str, file: str, plan: Plan, low: float, high: float, channels: int = 1) -> Atlas:
    return Atlas(
        layer, file, plan.columns, plan.rows, plan.blocks_across, plan.blocks_down, plan.cell_height, plan.cell_width,
        low, high, channels, plan.reduction,
    )  # fmt: skip

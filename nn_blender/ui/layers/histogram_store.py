"""Histograms of the layers that were looked at, made from a timer bit by bit, and remembered."""

from __future__ import annotations

import time
from collections import OrderedDict
from typing import Any

import bpy
import numpy as np
from bpy.app.handlers import persistent

from ...core.neurons.histograms import BINS, Histogram, HistogramMaker, LayerHistograms
from ...core.neurons.saturation import bounds_of
from ...scene.base import contract, meshes
from ...scene.base.find import objects
from ...scene.base.theme import Theme
from ...scene.maps.map_pixels import displayed
from ...scene.network.description import read_description
from ..common.active import network_by_id
from ..maps.thumbnails import WAIT, redraw_sidebars

PORTION = 0.02
"""Seconds of work in one go, so that the window stays smooth."""

KEPT = 64
"""Layers that are remembered."""

SIDE = 4 * BINS
"""Pixels of a histogram's picture along a side."""


class LayerStore:
    """Histograms by layer.

    They depend on the activations in the scene; those change with what `contract.RECORDED` and the description say.
    """

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[str, str], tuple[tuple[Any, ...], LayerHistograms]] = OrderedDict()
        self._wanted: tuple[str, str] | None = None
        self._maker: HistogramMaker | None = None
        self._state: tuple[Any, ...] = ()

    def find(self, root: bpy.types.Collection, layer: str) -> LayerHistograms | None:
        """A layer's histograms; where they are not known they will be soon. Panels ask at every redraw."""
        key, state = (root[contract.NETWORK], layer), _state(root)
        known = self._known.get(key)
        if known is not None and _is_same(known[0], state):
            return known[1]
        if state[1] is None:
            return None
        if key != self._wanted:
            self._wanted, self._maker = key, None
        if not bpy.app.timers.is_registered(_tick):
            bpy.app.timers.register(_tick)
        return None

    def find_now(self, root: bpy.types.Collection, layer: str) -> LayerHistograms | None:
        """As `find`, but made at once; None where they cannot be made."""
        if self.find(root, layer) is None:
            while self.make():
                pass
        return self.find(root, layer)

    def make(self) -> bool:
        """Work for `PORTION` seconds on the layer that is wanted; True while there is more to do.

        Nothing comes of it while the layer's mesh is in Edit Mode, where values cannot be read.
        """
        end = time.monotonic() + PORTION
        root = network_by_id(self._wanted[0]) if self._wanted else None
        obj: Any = next(objects(root, "neurons", self._wanted[1]), None) if root and self._wanted else None
        if root is None or obj is None or obj.data.is_editmode or self._wanted is None:
            self._wanted = self._maker = None
            return False
        state = _state(root)
        if self._maker is None or not _is_same(self._state, state):
            maker = _maker(root, obj)
            if maker is None:
                self._wanted = None
                return False
            self._maker, self._state = maker, state
        while self._maker.result is None and time.monotonic() < end:
            self._maker.step(lambda sample: meshes.read_floats(obj.data, contract.sampled(contract.ACTIVATION, sample)))
        if self._maker.result is None:
            return True
        self._known[self._wanted] = (self._state, self._maker.result)
        self._known.move_to_end(self._wanted)
        while len(self._known) > KEPT:
            self._known.popitem(last=False)
        self._wanted = self._maker = None
        redraw_sidebars()
        return False

    def forget(self) -> None:
        if bpy.app.timers.is_registered(_tick):
            bpy.app.timers.unregister(_tick)
        self._wanted = self._maker = None
        self._known.clear()


layer_store = LayerStore()
"""The one store of a Blender session."""


def draw_histogram(histogram: Histogram, theme: Theme) -> np.ndarray:
    """Float32 (`SIDE`, `SIDE`, 4), sRGB, the lowest row first: bars in the colours of positive and negative values."""
    pixels = np.zeros((SIDE, SIDE, 4), np.float32)
    pixels[...] = (*displayed(theme.surfaces.neuron.colour), 1.0)
    width = SIDE // BINS
    highest = max(int(histogram.counts.max()), 1)
    middles = histogram.low + (np.arange(BINS) + 0.5) / BINS * (histogram.high - histogram.low)
    for place, (count, middle) in enumerate(zip(histogram.counts, middles, strict=True)):
        colour = theme.plain.positive if middle >= 0 else theme.plain.negative
        # A bar that stands for anything at all is seen.
        height = max(round(int(count) / highest * SIDE), 2) if count else 0
        pixels[:height, place * width : (place + 1) * width - 1] = (*displayed(colour), 1.0)
    return pixels


def start() -> None:
    bpy.app.handlers.load_pre.append(_leave_file)


def stop() -> None:
    bpy.app.handlers.load_pre.remove(_leave_file)
    layer_store.forget()


def _state(root: bpy.types.Collection) -> tuple[Any, ...]:
    return root.get(contract.RECORDED, ""), read_description(root)


def _is_same(one: tuple[Any, ...], other: tuple[Any, ...]) -> bool:
    """The same description is the same object, see `parse_description`; comparing all of it would take long."""
    return bool(one) and one[0] == other[0] and one[1] is other[1]


def _maker(root: bpy.types.Collection, obj: Any) -> HistogramMaker | None:
    about, samples = read_description(root), meshes.sampled_names(obj.data, contract.ACTIVATION)
    if about is None or not samples:
        return None
    layer = about.network.layer(obj[contract.LAYER])
    return HistogramMaker(len(samples), bounds_of(layer.class_name, layer.activation))


def _tick() -> float | None:
    if bpy.app.is_job_running("RENDER"):
        return WAIT
    return 0.0 if layer_store.make() else None


@persistent
def _leave_file(*_: object) -> None:
    layer_store.forget()

"""Pictures of samples, feature maps and layers, cut out of the atlases that are packed in the file.

They need neither the sample's file nor a worker. A panel asks for them at every redraw and must not take long, so an
atlas is read from a timer, soon after it was asked for first.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Hashable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import bpy
import bpy.utils.previews
import numpy as np

from ...core.maps.packing import Atlas, cut_cell
from ...scene.base import contract
from ...scene.base.themes import theme_of
from ...scene.looks.map_looks import get_map_look
from ...scene.maps.map_pixels import (
    colour_composite,
    colour_map,
    composite_kind,
    composite_scale,
    find_atlas,
    map_scale,
)
from ..common.asked_store import AskedStore
from ..common.knowing import known_description
from .thumbnail_pixels import as_shares, enlarge, read_pixels, shrink, square

ICON, LARGE = 32, 128
"""Pixels along a side: of an icon, and at least of a large picture."""

KEPT = 4
"""How many atlases are kept in memory: a panel needs those of the input, of a layer's maps and of its summary."""


@dataclass(frozen=True)
class Source:
    """A picture that is drawn only where it is not known yet.

    Attributes:
        key: what the picture depends on; another picture has another one.
        pixels: gives float32 (height, width, 4), the lowest row first, or None where there is no picture.
    """

    key: Hashable
    pixels: Callable[[], np.ndarray | None]


class Thumbnails(AskedStore):
    """Pictures out of the atlases that were asked for since the file was opened.

    An atlas that changes is another image, so an image's session number tells whether what is known still holds.
    """

    kept, answers_all = KEPT, True

    def __init__(self) -> None:
        super().__init__()
        self._previews: Any = None
        self._shown: dict[str, Hashable] = {}

    def icon(self, root: bpy.types.Collection, sample: int) -> int:
        """Number of a sample's icon; 0 where there is none, or not yet."""
        image = find_atlas(root, "atlas", "")
        if image is None:
            return 0
        name = f"icon {image.session_uid} {sample}"
        known = self._previews.get(name) if self._previews else None
        if known is not None:
            return known.icon_id
        cell = self._cell(root, image, sample) if self._is_read(image) else None
        if cell is None:
            return 0
        preview = self._preview(name)
        preview.icon_size = ICON, ICON
        preview.icon_pixels_float.foreach_set(shrink(square(as_shares(cell)), ICON).ravel())
        return preview.icon_id

    def large(self, root: bpy.types.Collection, sample: int) -> int:
        """Number of a large picture of the sample; 0 where there is none, or not yet."""
        return self._drawn(root, "large", 0, self.sample_source(root, sample))

    def maps(self, root: bpy.types.Collection, layer: str, neuron: int, samples: Sequence[int], slot: str) -> list[int]:
        """Numbers of large pictures of a neuron's feature maps in the scene's colours; 0 where there is none yet.

        Args:
            slot: where they are shown; the pictures that were there are replaced.
        """
        sources = [self.map_source(root, layer, neuron, sample) for sample in samples]
        return [self._drawn(root, slot, place, source) for place, source in enumerate(sources)]

    def composite(self, root: bpy.types.Collection, layer: str, sample: int) -> int:
        """Number of a large picture of a layer's summary in the scene's colours; 0 where there is none, or not yet."""
        return self._drawn(root, "composite", 0, self.composite_source(root, layer, sample))

    def sample_source(self, root: bpy.types.Collection, sample: int) -> Source | None:
        """The picture of a sample; None where there is none, or not yet."""
        image = find_atlas(root, "atlas", "")
        if image is None or not self._is_read(image):
            return None
        return Source((image.session_uid, sample), partial(self._sample_pixels, root, image, sample))

    def map_source(self, root: bpy.types.Collection, layer: str, neuron: int, sample: int) -> Source | None:
        """A neuron's feature map in the scene's colours; None where there is none, or not yet."""
        image = find_atlas(root, "atlas", layer)
        if image is None or not self._is_read(image):
            return None
        look = get_map_look(root)
        key = (image.session_uid, sample, neuron, look.colours, look.rule, theme_of(root).name)
        return Source(key, partial(self._map_pixels, root, image, neuron, sample))

    def composite_source(self, root: bpy.types.Collection, layer: str, sample: int) -> Source | None:
        """A layer's summary in the scene's colours; None where there is none, or not yet."""
        image = find_atlas(root, "composite atlas", layer)
        if image is None or not self._is_read(image):
            return None
        look = get_map_look(root)
        key = (image.session_uid, sample, composite_kind(root), look.colours, look.rule, theme_of(root).name)
        return Source(key, partial(self._composite_pixels, root, image, sample))

    def _drawn(self, root: bpy.types.Collection, slot: str, place: int, source: Source | None) -> int:
        """Number of a picture in a place of a slot; 0 where there is none."""
        if source is None:
            return 0
        return self.draw(f"{slot} {place} {root[contract.NETWORK]}", source.key, source.pixels)

    def show(self, name: str, pixels: np.ndarray) -> int:
        """Number of the large picture of that name, which shows float32 (height, width, 4), the lowest row first."""
        return self.draw(name, hash((pixels.shape, pixels.tobytes())), lambda: pixels)

    def draw(self, name: str, key: Hashable, pixels: Callable[[], np.ndarray | None]) -> int:
        """Number of the large picture of that name.

        Args:
            key: what the picture depends on; it is drawn anew only where that differs.
            pixels: gives float32 (height, width, 4), the lowest row first, or None where there is no picture.
        """
        if self._shown.get(name) != key or not (self._previews and name in self._previews):
            drawn = pixels()
            if drawn is None:
                return 0
            enlarged = enlarge(square(drawn), LARGE)
            preview = self._preview(name)
            preview.image_size = enlarged.shape[1], enlarged.shape[0]
            preview.image_pixels_float.foreach_set(np.ascontiguousarray(enlarged, np.float32).ravel())
            self._shown[name] = key
        return self._preview(name).icon_id

    def cell(self, root: bpy.types.Collection, sample: int) -> np.ndarray | None:
        """A sample's pixels, float32 (height, width, 4), the lowest row first; None where they are not in the file."""
        image = find_atlas(root, "atlas", "")
        return None if image is None else self._sample_pixels(root, image, sample)

    def make(self, key: int) -> Generator[None, None, np.ndarray | None]:
        """Read an atlas in one go."""
        yield from ()
        image = next((image for image in bpy.data.images if image.session_uid == key), None)
        return None if image is None else read_pixels(image)

    def forget(self) -> None:
        """Give back all memory; what is asked for again is made again."""
        super().forget()
        if self._previews is not None:
            bpy.utils.previews.remove(self._previews)
        self._previews = None
        self._shown.clear()

    def _sample_pixels(self, root: bpy.types.Collection, image: bpy.types.Image, sample: int) -> np.ndarray | None:
        cell = self._cell(root, image, sample)
        return None if cell is None else as_shares(cell)

    def _map_pixels(
        self, root: bpy.types.Collection, image: bpy.types.Image, neuron: int, sample: int
    ) -> np.ndarray | None:
        cell, scale = self._cell(root, image, sample, neuron), map_scale(root, image, neuron, sample)
        return None if cell is None or scale is None else colour_map(cell, scale)

    def _composite_pixels(self, root: bpy.types.Collection, image: bpy.types.Image, sample: int) -> np.ndarray | None:
        cell, scale = self._cell(root, image, sample), composite_scale(root, image[contract.LAYER], sample)
        return None if cell is None or scale is None else colour_composite(cell, scale, composite_kind(root))

    def _cell(
        self, root: bpy.types.Collection, image: bpy.types.Image, sample: int, neuron: int = 0
    ) -> np.ndarray | None:
        """Uint8 (height, width, 4), the lowest row first; None where it is not in the file."""
        atlas = _atlas(root, image)
        if atlas is None:
            return None
        pixels = self.remembered(image.session_uid)
        if pixels is None:
            pixels = read_pixels(image)
            self.keep(image.session_uid, pixels)
        cell = cut_cell(pixels, atlas, sample, neuron)
        return None if cell is None else cell[::-1]

    def _is_read(self, image: bpy.types.Image) -> bool:
        """Whether an atlas is in memory; if not, it will be soon."""
        if self.remembered(image.session_uid) is not None:
            return True
        self.ask(image.session_uid)
        return False

    def _preview(self, name: str) -> Any:
        if self._previews is None:
            self._previews = bpy.utils.previews.new()
        return self._previews.get(name) or self._previews.new(name)


thumbnails = Thumbnails()
"""The one store of a Blender session."""


def _atlas(root: bpy.types.Collection, image: bpy.types.Image) -> Atlas | None:
    """The grid of cells in a packed picture."""
    about = known_description(root)
    if about is None:
        return None
    layer, part = image[contract.LAYER], image.get(contract.PART, "")
    if not layer:
        name = part or (about.network.inputs[0].name if about.network.inputs else "")
        return next((atlas for atlas in about.atlases if not atlas.layer and atlas.input == name), None)
    atlases = about.composites if image[contract.ROLE] == "composite atlas" else about.atlases
    return next((atlas for atlas in atlases if atlas.layer == layer), None)

"""Small pictures of the samples as the network sees them, cut out of the atlas that is packed in the file.

They need neither the sample's file nor a worker. A panel asks for them at every redraw and must not take long, so an
atlas is read from a timer, soon after it was asked for first.
"""

from __future__ import annotations

from typing import Any

import bpy
import bpy.utils.previews
import numpy as np
from bpy.app.handlers import persistent

from ..core.recording import Atlas
from ..scene import contract
from ..scene.description import read_description

ICON, LARGE = 32, 128
"""Pixels along a side: of an icon, and at least of a large picture."""


class Thumbnails:
    """Pictures by sample, of the atlases that were asked for since the file was opened.

    An atlas that changes is another image, so an image's session number tells whether what is known still holds.
    """

    def __init__(self) -> None:
        self._previews: Any = None
        self._pixels: dict[int, np.ndarray] = {}
        self._wanted: list[str] = []
        self._shown: dict[str, int] = {}

    def icon(self, root: bpy.types.Collection, sample: int) -> int:
        """Number of a sample's icon; 0 where there is none, or not yet."""
        name = f"icon {_uid(root)} {sample}"
        known = self._previews.get(name) if self._previews else None
        if known is not None:
            return known.icon_id
        pixels = self._known_cell(root, sample)
        if pixels is None:
            return 0
        preview = self._preview(name)
        preview.icon_size = ICON, ICON
        preview.icon_pixels_float = _shrink(_square(pixels), ICON).ravel()
        return preview.icon_id

    def large(self, root: bpy.types.Collection, sample: int) -> int:
        """Number of a large picture of the sample; 0 where there is none, or not yet."""
        pixels = self._known_cell(root, sample)
        return 0 if pixels is None else self.show(f"large {root[contract.NETWORK]}", pixels)

    def show(self, name: str, pixels: np.ndarray) -> int:
        """Number of the large picture of that name, which shows float32 (height, width, 4), the lowest row first."""
        preview = self._preview(name)
        key = hash((pixels.shape, pixels.tobytes()))
        if self._shown.get(name) != key:
            enlarged = _enlarge(_square(pixels), LARGE)
            preview.image_size = enlarged.shape[1], enlarged.shape[0]
            preview.image_pixels_float = enlarged.ravel()
            self._shown[name] = key
        return preview.icon_id

    def cell(self, root: bpy.types.Collection, sample: int) -> np.ndarray | None:
        """A sample's pixels, float32 (height, width, 4), the lowest row first; None where they are not in the file."""
        image, atlas = _input_image(root), _input_atlas(root)
        if image is None or atlas is None:
            return None
        if image.session_uid not in self._pixels:
            self._pixels[image.session_uid] = _read_pixels(image)
        return _cut(self._pixels[image.session_uid], atlas, sample)

    def read_wanted(self) -> None:
        """Read the atlases that panels have asked for."""
        wanted, self._wanted = self._wanted, []
        for collection in bpy.data.collections:
            if collection.get(contract.ROLE) == "network" and collection[contract.NETWORK] in wanted:
                self.cell(collection, 0)

    def free(self) -> None:
        """Give back all memory; what is asked for again is made again."""
        if self._previews is not None:
            bpy.utils.previews.remove(self._previews)
        self._previews, self._wanted = None, []
        self._pixels.clear()
        self._shown.clear()

    def _known_cell(self, root: bpy.types.Collection, sample: int) -> np.ndarray | None:
        if _uid(root) in self._pixels:
            return self.cell(root, sample)
        if _uid(root):
            self._wanted.append(root[contract.NETWORK])
            if not bpy.app.timers.is_registered(_read_wanted):
                bpy.app.timers.register(_read_wanted)
        return None

    def _preview(self, name: str) -> Any:
        if self._previews is None:
            self._previews = bpy.utils.previews.new()
        return self._previews.get(name) or self._previews.new(name)


thumbnails = Thumbnails()
"""The one store of a Blender session."""


def start() -> None:
    bpy.app.handlers.load_pre.append(_leave_file)


def stop() -> None:
    bpy.app.handlers.load_pre.remove(_leave_file)
    if bpy.app.timers.is_registered(_read_wanted):
        bpy.app.timers.unregister(_read_wanted)
    thumbnails.free()


def redraw_sidebars() -> None:
    """Let the panels show what has come meanwhile."""
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            if area.type == "VIEW_3D":
                area.tag_redraw()


def _read_wanted() -> None:
    thumbnails.read_wanted()
    redraw_sidebars()


@persistent
def _leave_file(*_: object) -> None:
    thumbnails.free()


def _uid(root: bpy.types.Collection) -> int:
    image = _input_image(root)
    return image.session_uid if image is not None else 0


def _input_image(root: bpy.types.Collection) -> bpy.types.Image | None:
    wanted = {contract.NETWORK: root[contract.NETWORK], contract.ROLE: "atlas", contract.LAYER: ""}
    images = (image for image in bpy.data.images if all(image.get(name) == wanted[name] for name in wanted))
    return next(images, None)


def _input_atlas(root: bpy.types.Collection) -> Atlas | None:
    about = read_description(root)
    found = (atlas for atlas in about.get("atlases", []) if not atlas["layer"])
    return next((Atlas.from_dict({"file": "", **atlas}) for atlas in found), None)


def _read_pixels(image: bpy.types.Image) -> np.ndarray:
    """Uint8 (height, width, 4), the highest row first."""
    width, height = image.size
    values = np.empty(width * height * 4, np.float32)
    image.pixels.foreach_get(values)
    return np.rint(values * 255).astype(np.uint8).reshape(height, width, 4)[::-1]


def _cut(pixels: np.ndarray, atlas: Atlas, sample: int) -> np.ndarray | None:
    top = sample // atlas.blocks_across * atlas.cell_height
    left = sample % atlas.blocks_across * atlas.cell_width
    cell = pixels[top : top + atlas.cell_height, left : left + atlas.cell_width]
    if cell.shape[:2] != (atlas.cell_height, atlas.cell_width):
        return None
    return np.ascontiguousarray(cell[::-1], np.float32) / 255


def _square(pixels: np.ndarray) -> np.ndarray:
    """In the middle of a transparent square, since icons are square."""
    height, width = pixels.shape[:2]
    side = max(height, width)
    square = np.zeros((side, side, 4), np.float32)
    top, left = (side - height) // 2, (side - width) // 2
    square[top : top + height, left : left + width] = pixels
    return square


def _shrink(square: np.ndarray, side: int) -> np.ndarray:
    """To a number of pixels along a side: averaged where they are fewer, repeated where they are more."""
    factor = max(len(square) // side, 1)
    count = len(square) // factor
    blocks = square[: count * factor, : count * factor].reshape(count, factor, count, factor, 4).mean(axis=(1, 3))
    nearest = np.arange(side) * count // side
    return np.ascontiguousarray(blocks[nearest][:, nearest])


def _enlarge(square: np.ndarray, least: int) -> np.ndarray:
    """Every pixel as a small square of its own, so that Blender does not blur them."""
    factor = max(-(-least // len(square)), 1)
    return square.repeat(factor, axis=0).repeat(factor, axis=1)

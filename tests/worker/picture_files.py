"""Small picture files of every kind that people bring, some of which Pillow reads but does not write."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

RANDOM = np.random.default_rng(14)
PIXELS = RANDOM.integers(0, 256, (5, 7, 4), dtype=np.uint8)
"""Height 5, width 7, with alpha."""
PIXELS[0, 0] = (250, 240, 230, 0)
DEEP = RANDOM.integers(0, 65536, (5, 7, 4)).astype(np.uint16)
DEEP[0, 0, 0] = 65535

CLEAR = Image.fromarray(PIXELS)
COLOUR = Image.fromarray(PIXELS[..., :3])
GREY = COLOUR.convert("L")
PALETTE = COLOUR.quantize(9)


def encoded(picture: Image.Image, kind: str, **options: Any) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, kind, **options)
    return stream.getvalue()


def png(levels: np.ndarray, depth: int, colours: int) -> bytes:
    """A PNG file of 16 bits, or of packed bytes, (height, bytes per row or width, channels)."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    height, width = levels.shape[:2]
    big = levels.astype(">u2") if depth == 16 else levels
    rows = b"".join(b"\0" + row.tobytes() for row in big)
    head = struct.pack(">IIBBBBB", width * (1 if depth == 16 else 8 // depth), height, depth, colours, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def _turned() -> dict[int, int]:
    exif = Image.Exif()
    exif[0x0112] = 6
    return exif


EIGHT_BITS: dict[str, bytes] = {
    "plain.png": encoded(COLOUR, "PNG"),
    "grey.png": encoded(GREY, "PNG"),
    "one-bit.png": encoded(GREY.convert("1"), "PNG"),
    "two-bits.png": png(PIXELS[:, :2, :1], 2, 0),
    "palette.png": encoded(PALETTE, "PNG"),
    "palette-clear.png": encoded(PALETTE, "PNG", transparency=PALETTE.getpixel((0, 0))),
    "palette-alphas.png": encoded(PALETTE, "PNG", transparency=bytes(range(0, 252, 28))),
    "grey-clear.png": encoded(GREY, "PNG", transparency=GREY.getpixel((0, 0))),
    "colour-clear.png": encoded(COLOUR, "PNG", transparency=COLOUR.getpixel((0, 0))),
    "alpha.png": encoded(CLEAR, "PNG"),
    "grey-alpha.png": encoded(CLEAR.convert("LA"), "PNG"),
    "48-bits.png": png(DEEP[..., :3], 16, 2),
    "64-bits.png": png(DEEP, 16, 6),
    "32-bits-grey-alpha.png": png(DEEP[..., :2], 16, 4),
    "animated.png": encoded(CLEAR, "PNG", save_all=True, append_images=[CLEAR.rotate(180)]),
    "plain.gif": encoded(PALETTE, "GIF"),
    "clear.gif": encoded(PALETTE, "GIF", transparency=PALETTE.getpixel((0, 0))),
    "animated.gif": encoded(PALETTE, "GIF", save_all=True, append_images=[PALETTE.rotate(180)]),
    "plain.jpg": encoded(COLOUR, "JPEG"),
    "grey.jpg": encoded(GREY, "JPEG"),
    "cmyk.jpg": encoded(COLOUR.convert("CMYK"), "JPEG"),
    "turned.jpg": encoded(COLOUR, "JPEG", exif=_turned()),
    "turned.png": encoded(COLOUR, "PNG", exif=_turned()),
    "plain.webp": encoded(COLOUR, "WEBP"),
    "animated.webp": encoded(CLEAR, "WEBP", lossless=True, save_all=True, append_images=[CLEAR.rotate(180)]),
    "plain.bmp": encoded(COLOUR, "BMP"),
    "palette.bmp": encoded(PALETTE, "BMP"),
    "plain.tif": encoded(COLOUR, "TIFF"),
    "turned.tif": encoded(COLOUR, "TIFF", exif=_turned()),
    "cmyk.tif": encoded(COLOUR.convert("CMYK"), "TIFF"),
    "ycbcr.tif": encoded(COLOUR.convert("YCbCr"), "TIFF"),
    "grey-alpha.tif": encoded(CLEAR.convert("LA"), "TIFF"),
    "pages.tif": encoded(COLOUR, "TIFF", save_all=True, append_images=[COLOUR.rotate(180)]),
    "plain.jp2": encoded(COLOUR, "JPEG2000"),
    "plain.ppm": encoded(COLOUR, "PPM"),
    "plain.tga": encoded(CLEAR, "TGA"),
}
"""Files in which Pillow finds 8 bits per channel."""

_DEEP = DEEP[..., 0]
DEEP_GREY: dict[str, bytes] = {
    "16-bits.png": encoded(Image.fromarray(_DEEP), "PNG"),
    "16-bits.tif": encoded(Image.fromarray(_DEEP), "TIFF"),
    "16-bits-big.tif": encoded(Image.frombytes("I;16B", (7, 5), _DEEP.astype(">u2").tobytes()), "TIFF"),
    "16-bits.jp2": encoded(Image.fromarray(_DEEP), "JPEG2000"),
    "16-bits.pgm": b"P5 7 5 65535\n" + _DEEP.astype(">u2").tobytes(),
    "32-bits.tif": encoded(Image.fromarray(_DEEP.astype(np.int32)), "TIFF"),
}
"""Files that all hold the first channel of `DEEP`."""


def write(folder: Path, name: str) -> Path:
    file = folder / name
    file.write_bytes({**EIGHT_BITS, **DEEP_GREY}[name])
    return file

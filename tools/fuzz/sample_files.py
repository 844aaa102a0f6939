"""Mutated samples and labels: arrays, pictures, tables."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from random import Random

import numpy as np

from .changes import change_bytes, choose
from .model_files import npy_header, read_members, write_members

SEPARATORS = (",", ";", "\t", "|", " ", ":", "\0")
CELLS = (
    "", '"', '""', '"open', "\0", "x" * 200_000, "ä", "\u2028", "1e400", "-1", "2.0", "nan", "../digit-000.png",
    "digit-001", "DIGIT-002.PNG", "=1+1", "a,b;c\td", "0", "1", "\ufeff", "\x1a", "'", "9" * 400, "²", "٣",
)  # fmt: skip
LONGEST_TABLE = 80 << 20
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "latin-1", "utf-7", "cp1252")


def change_npy(random: Random, content: bytes) -> bytes:
    """A .npy file with another header, or damaged."""
    return choose(random, (_header, _header, change_bytes), content)


def change_npz(random: Random, content: bytes) -> bytes:
    """An .npz file with changed arrays whose sums are right, with other names, or damaged."""
    kind = random.choice(("array", "array", "names", "method", "bytes"))
    if kind == "bytes":
        return change_bytes(random, content)
    members = [*read_members(content).items()]
    place = random.randrange(len(members))
    name, array = members[place]
    if kind == "array":
        members[place] = name, change_npy(random, array)
    elif kind == "names":
        names = (
            "x_test.npy",
            "X_TEST.npy",
            "y_test.npy",
            "../x.npy",
            "x",
            ".npy",
            "a/b.npy",
            "x" * 60_000 + ".npy",
        )
        members[place] = random.choice(names), array
        members += [(f"{number}.npy", array[:200]) for number in range(random.choice((0, 0, 3, 3000)))]
    methods = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
    return write_members(members, random.choice(methods))


def _header(random: Random, content: bytes) -> bytes:
    """Numbers behind a header that says something else of them."""
    start = 10 + int.from_bytes(content[8:10], "little")
    kinds = (
        "<f4",
        "|u1",
        ">i8",
        "<c16",
        "|O",
        "<U5",
        "|S3",
        "|V8",
        "<M8[s]",
        "|b1",
        "<f16",
        "<f2",
        "zzz",
        "<U999999999",
    )
    shapes = (
        "()",
        "(0,)",
        "(5,)",
        "(2, 3)",
        "(2, 4, 4)",
        "(2, 4, 4, 3)",
        "(10**9,)",
        "(1000000000000, 1000000)",
        "(-1,)",
        "(2.5,)",
    )
    shapes += (
        "(2,) * 40",
        "(True,)",
        "'x'",
        "None",
        "(" + "1, " * 70 + ")",
        "(" * 500,
        "(0, 99999999999999)",
        "(1000000000, 0)",
        "(3, 0)",
    )
    kind, shape, order = random.choice(kinds), random.choice(shapes), random.choice(("False", "True", "3", "None"))
    texts = (
        f"{{'descr': '{kind}', 'fortran_order': {order}, 'shape': {shape}, }}",
        f"{{'descr': [('a', '{kind}'), ('b', '<f4')], 'fortran_order': False, 'shape': {shape}, }}",
        f"{{'descr': '{kind}', 'shape': {shape}}}",
        "__import__('os').getcwd()", "{", "", "[]", "{" * 9000, "'" * 20_000, "\0\0",
    )  # fmt: skip
    text = texts[0] if random.random() < 0.7 else random.choice(texts)
    version = random.choice(((1, 0), (1, 0), (1, 0), (2, 0), (3, 0), (0, 0), (255, 255)))
    return npy_header(version, text + "\n") + content[start : start + random.choice((0, 7, 100, len(content)))]


def change_picture(random: Random, content: bytes) -> bytes:
    """A picture: a PNG's chunks with right sums, a GIF's or BMP's header, or its bytes."""
    if content.startswith(b"\x89PNG") and random.random() < 0.5:
        return _change_chunks(random, content)
    changed = change_bytes(random, content)
    # What stands at the beginning decides most; damage elsewhere only changes pixels.
    return changed if random.random() < 0.5 else change_bytes(random, content[:400]) + content[400:]


def _change_chunks(random: Random, content: bytes) -> bytes:
    chunks, place = [], 8
    while place + 12 <= len(content):
        size = int.from_bytes(content[place : place + 4], "big")
        chunks.append((content[place + 4 : place + 8], content[place + 8 : place + 8 + size]))
        place += 12 + size
    number = random.randrange(len(chunks))
    name, data = chunks[number]
    kind = random.choice(("data", "drop", "twice", "swap", "size", "bomb", "text"))
    if kind == "data":
        chunks[number] = name, change_bytes(random, data)
    elif kind == "drop":
        del chunks[number]
    elif kind == "twice":
        chunks.insert(number, chunks[number])
    elif kind == "swap":
        random.shuffle(chunks)
    elif kind == "size":
        sides = [random.choice((0, 1, 28, 70_000, 2**31 - 1, 2**32 - 1)) for _ in range(2)]
        depth, colour = random.choice((1, 8, 16, 7)), random.choice((0, 2, 3, 4, 6, 5))
        chunks[0] = b"IHDR", struct.pack(">IIBBBBB", *sides, depth, colour, 0, 0, random.randrange(3))
    elif kind == "bomb":
        chunks.insert(1, (random.choice((b"iCCP", b"zTXt")), b"x\0\0" + zlib.compress(bytes(50 << 20))))
    else:
        chunks.insert(1, (random.choice((b"tEXt", b"eXIf", b"tRNS", b"PLTE", b"gAMA", b"iTXt")), random.randbytes(40)))
    out = b"\x89PNG\r\n\x1a\n"
    for name, data in chunks:
        out += struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
    return out


def change_table(random: Random, content: bytes) -> bytes:
    """A table of labels or names: other cells, separators, quotes, line ends, encodings, or damaged bytes."""
    if random.random() < 0.2:
        return change_bytes(random, content)
    rows = [line.split(",") for line in content.decode().splitlines()]
    for _ in range(random.choice((0, 1, 3, 30))):
        row = random.choice(rows)
        place = random.randrange(len(row) + 1)
        row[place : place + random.randrange(2)] = [random.choice(CELLS)]
    if random.random() < 0.2:
        rows = [row[::-1] for row in rows]
    if random.random() < 0.1:
        rows = rows[:1] * random.choice((0, 1, 20_000))
    if random.random() < 0.1:
        rows = [[*row, *(str(int(k == number % 10)) for k in range(10))] for number, row in enumerate(rows)]
    separator, end = random.choice(SEPARATORS), random.choice(("\n", "\n", "\r\n", "\r", "\n\r", "\x85", "\x0b"))
    text = end.join(separator.join(row) for row in rows)[:LONGEST_TABLE]
    return text.encode(random.choice(ENCODINGS), "replace")


def npz_of(**arrays: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.savez(stream, **arrays)
    return stream.getvalue()


def npy_of(array: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()

"""Opens zip archives and HDF5 files that a stranger made, and refuses the tricks such files can hold."""

from __future__ import annotations

import io
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from lzma import LZMAError
from pathlib import Path
from typing import IO, Any, cast

import h5py

from ...core.errors import UserError
from ...core.texts import one_line
from .heaps import check_heaps, comes_to_an_end, content_of

DO_NOT_OPEN = "Do not open this file unless its author can explain it; ask for a model saved again with Keras."
COPY_AGAIN = "Copy or download it again, or save it again with Keras."
BOMB_BYTES = 64 << 20
BOMB_RATIO = 100
DEEPEST_GROUP = 24
MOST_DATASETS = 200_000
MOST_MEMBERS = 10_000
_LOCAL_HEADER = struct.Struct("<26xHH")
"""What stands before a member's name; the two numbers are the lengths of the name and of the extra field."""


DAMAGED = (
    EOFError,
    KeyError,
    LZMAError,
    OSError,
    RuntimeError,
    ValueError,
    struct.error,
    zipfile.BadZipFile,
    zlib.error,
)
"""What zipfile and h5py raise for what a damaged file says of itself."""


def damaged(path: Path, part: str, error: BaseException) -> UserError:
    """A file cannot be read.

    Args:
        part: of the file that is concerned; empty where it is all of it.
    """
    reason = one_line(str(getattr(error, "strerror", None) or error), 300) or type(error).__name__
    where = f"{part} cannot be read: " if part and part not in reason else ""
    return UserError(
        "model.truncated", f"{path.name} is truncated or damaged: {where}{reason.rstrip('.')}.", COPY_AGAIN, repr(error)
    )


@contextmanager
def open_zip(path: Path) -> Iterator[zipfile.ZipFile]:
    """Open an archive after checking every member's name and size.

    Raises:
        UserError: ``model.truncated``, ``model.unsafe``.
    """
    try:
        archive = zipfile.ZipFile(path)
    except DAMAGED as error:
        raise damaged(path, "", error) from error
    with archive:
        members = archive.infolist()
        if len(members) > MOST_MEMBERS:
            raise UserError("model.unsafe", f"{path.name} holds {len(members)} files.", DO_NOT_OPEN)
        seen: set[str] = set()
        for member in members:
            reason = _reason_to_refuse(member, seen)
            if reason:
                raise UserError(
                    "model.unsafe", f"{path.name} is unsafe: its entry {member.filename!r} {reason}.", DO_NOT_OPEN
                )
        yield archive


def _reason_to_refuse(member: zipfile.ZipInfo, seen: set[str]) -> str:
    name = member.filename
    parts = name.split("/")
    if name.startswith("/") or ".." in parts or "\\" in name or ":" in parts[0]:
        return "points outside the archive"
    if stat.S_ISLNK(member.external_attr >> 16):
        return "is a link"
    if member.flag_bits & 1:
        return "is encrypted"
    if name.casefold() in seen:
        return "is there twice"
    seen.add(name.casefold())
    if member.file_size > BOMB_BYTES and member.file_size > BOMB_RATIO * max(member.compress_size, 1):
        return f"unpacks from {member.compress_size} bytes to {member.file_size >> 20} MB"
    return ""


class StoredMember(io.RawIOBase):
    """A window on an archive's file that shows one uncompressed member.

    `zipfile` can seek in a member too, but reads all that lies between to check its sum: seconds for large weights.

    Raises:
        zipfile.BadZipFile: the member's place in the file cannot be right.
    """

    def __init__(self, path: Path, member: zipfile.ZipInfo) -> None:
        super().__init__()
        self._file = path.open("rb")
        self._file.seek(member.header_offset)
        header = self._file.read(_LOCAL_HEADER.size)
        if len(header) < _LOCAL_HEADER.size or not header.startswith(b"PK\x03\x04"):
            self._file.close()
            raise zipfile.BadZipFile(f"no entry where {member.filename} should start")
        name_length, extra_length = _LOCAL_HEADER.unpack(header)[-2:]
        self._start = member.header_offset + _LOCAL_HEADER.size + name_length + extra_length
        self._size = member.file_size
        self._place = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: self._size}[whence]
        self._place = max(base + offset, 0)
        return self._place

    def tell(self) -> int:
        return self._place

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer).cast("B")[: max(self._size - self._place, 0)]
        self._file.seek(self._start + self._place)
        count = self._file.readinto(view)
        self._place += count
        return count

    def close(self) -> None:
        self._file.close()
        super().close()


def open_member(archive: zipfile.ZipFile, name: str, path: Path) -> IO[bytes]:
    """An HDF5 file in an archive as a file that seeks quickly; read at once unless it is stored uncompressed."""
    member = archive.getinfo(name)
    if member.compress_type == zipfile.ZIP_STORED:
        with content_of(path) as content:
            check_heaps(content)
        return cast("IO[bytes]", StoredMember(path, member))
    unpacked = archive.read(member)
    check_heaps(unpacked)
    return io.BytesIO(unpacked)


@contextmanager
def open_hdf5(source: Path | IO[bytes], path: Path) -> Iterator[h5py.File]:
    """Open an HDF5 file for reading; ``path`` is named in errors.

    Raises:
        UserError: ``model.truncated``.
    """
    try:
        if isinstance(source, Path):
            _refuse_endless(source)
        file = h5py.File(source, "r")
    except DAMAGED as error:
        raise damaged(path, "its table of weights", error) from error
    with file:
        yield file


def _refuse_endless(path: Path) -> None:
    """Raise a ValueError for an HDF5 file that the library would never be done with."""
    try:
        with content_of(path) as content:
            check_heaps(content)
    except ValueError:
        if not comes_to_an_end(path):
            raise


def count_numbers(file: h5py.File, path: Path) -> dict[str, int]:
    """How many numbers each dataset of a file holds, by its path, after checking every link and dataset.

    Raises:
        UserError: ``model.unsafe`` for links, outside or virtual data and shapes far above the stored bytes;
            ``model.truncated`` where the file's tables are damaged.
    """
    numbers: dict[str, int] = {}
    try:
        _visit(file, "", 0, numbers, path)
    except DAMAGED as error:
        after = f"what stands after its weight {list(numbers)[-1]}" if numbers else "its table of weights"
        raise damaged(path, after, error) from error
    return numbers


def _visit(group: h5py.Group, prefix: str, depth: int, numbers: dict[str, int], path: Path) -> None:
    if depth > DEEPEST_GROUP or len(numbers) > MOST_DATASETS:
        raise UserError("model.unsafe", f"{path.name} nests its weights too deeply or holds too many.", DO_NOT_OPEN)
    for name in group:
        inner = f"{prefix}{name}"
        if not isinstance(group.get(name, getlink=True), h5py.HardLink):
            raise UserError("model.unsafe", f"{path.name} is unsafe: its weight {inner} is a link.", DO_NOT_OPEN)
        entry = group[name]
        if isinstance(entry, h5py.Group):
            _visit(entry, f"{inner}/", depth + 1, numbers, path)
        elif isinstance(entry, h5py.Dataset):
            _check_dataset(entry, inner, path)
            numbers[inner] = int(entry.size or 0)


def _check_dataset(dataset: h5py.Dataset, name: str, path: Path) -> None:
    if dataset.external:
        reason = "is read from another file"
    elif dataset.is_virtual:
        reason = "is put together from other files"
    else:
        declared = (dataset.size or 0) * dataset.dtype.itemsize
        stored = dataset.id.get_storage_size()
        if declared <= BOMB_BYTES or declared <= BOMB_RATIO * max(stored, 1):
            return
        reason = f"claims {declared >> 20} MB, but {stored} bytes are stored"
    raise UserError("model.unsafe", f"{path.name} is unsafe: its weight {name} {reason}.", DO_NOT_OPEN)

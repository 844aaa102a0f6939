"""Finds samples, images or arrays, with their labels and the names of the classes."""

from __future__ import annotations

import contextlib
import re
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from lzma import LZMAError
from math import prod
from pathlib import Path
from tokenize import TokenError
from typing import IO

import numpy as np

from ..errors import UserError
from ..recording import Sample
from ..texts import one_line
from .label_tables import Labels, read_labels, read_text

PICTURES = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp", ".gif")
ARRAYS = (".npy", ".npz")
LABELS_FILE = "labels.csv"
CLASSES_FILE = "classes.txt"
LARGEST_MEMBER = 1 << 32
"""Bytes of an array inside an .npz file, which has to be read as a whole: 4 GB."""

DAMAGED = (
    EOFError, KeyError, LZMAError, OverflowError, RuntimeError, SyntaxError, SystemError, TokenError, TypeError,
    ValueError, struct.error, zipfile.BadZipFile, zlib.error,
)  # fmt: skip
"""What zipfile and numpy raise for damaged array files."""

_IMAGE_KEYS = ("x_test", "x_val", "x", "images", "data", "x_train", "arr_0")
_LABEL_KEYS = {"x_test": ("y_test",), "x_val": ("y_val",), "x_train": ("y_train",), "arr_0": ("arr_1",)}
_OTHER_LABEL_KEYS = ("y", "labels", "targets")
_CHOOSE = "Choose a folder of images, one image, or a .npy or .npz file."
_SAVE_AGAIN = "Save it again with numpy.save or numpy.savez, as numbers."


class _Unfit(Exception):
    """What speaks against an array file that is not damaged."""


@dataclass(frozen=True)
class ArrayHeader:
    """What is known of an array in a file without reading it.

    Attributes:
        member: its name inside an .npz file; empty for a .npy file.
    """

    shape: tuple[int, ...]
    dtype: np.dtype
    member: str = ""

    @property
    def bytes(self) -> int:
        return prod(self.shape) * self.dtype.itemsize


def find_samples(
    path: Path, labels_file: Path | None = None, classes: Sequence[str] = (), notes: list[str] | None = None
) -> list[Sample]:
    """The samples in a folder or in an array file, or a single one, with their labels.

    A folder holds pictures, or else array files, or else one folder of pictures per class, of which the first ones
    come first, then the second ones and so on. The entries along an array's first axis are the samples. Otherwise the
    order is the natural one of names.

    Args:
        labels_file: see `label_tables.read_labels`; without one, ``labels.csv`` in or beside the folder is used.
        classes: names of the classes, which tell what columns of a table are called.
        notes: what of a table was not understood or fits no sample is added here, sentences for users.

    Raises:
        UserError: code ``samples.missing``, ``samples.unreadable`` or ``samples.none``; ``labels.unreadable``.
    """
    try:
        if not path.exists():
            raise UserError("samples.missing", f"There is no {path}.", _CHOOSE)
        samples = _samples_of_file(path) if path.is_file() else _samples_in(path)
    except OSError as error:
        message = f"{error.filename or path} cannot be read: {error.strerror}."
        raise UserError("samples.unreadable", message, _CHOOSE) from error
    if not samples:
        raise UserError(
            "samples.none",
            f"The folder {path} contains no samples.",
            f"Choose a folder with images ({', '.join(PICTURES)}) or arrays ({', '.join(ARRAYS)}).",
        )
    folder = path.parent if path.is_file() else path
    said: list[str] = [] if notes is None else notes
    if labels_file:
        labels = read_labels(labels_file, samples, classes)
        said += labels.notes(labels_file.name)
    else:
        labels = _labels_beside(folder, samples, classes, said)
    return [
        replace(sample, label=label or sample.label) for sample, label in zip(samples, labels.of_samples, strict=True)
    ]


def find_pictures_beside(model: Path) -> Path | None:
    """The folder of samples that belongs to a model: ``images`` or ``samples`` next to the file."""
    for name in ("images", "samples"):
        folder = model.parent / name
        with contextlib.suppress(OSError):  # What nobody asked for need not be readable.
            if folder.is_dir() and (any(_files(folder, PICTURES + ARRAYS)) or any(_class_folders(folder))):
                return folder
    return None


def find_classes(model: Path, classes_file: Path | None = None) -> tuple[str, ...]:
    """Class names, one per line of a text file: the given one, or ``classes.txt`` next to the model.

    A blank line between others keeps its place: that class has no name.

    Raises:
        UserError: code ``classes.unreadable``.
    """
    path = classes_file or model.parent / CLASSES_FILE
    if classes_file is None and not path.is_file():
        return ()
    lines = read_text(path, "classes.unreadable").rstrip().splitlines()
    return tuple(line.strip() for line in lines)


def array_header(path: Path) -> ArrayHeader:
    """The array of samples in a .npy or .npz file; only headers are read.

    Raises:
        UserError: code ``samples.unreadable``, where there is no array of numbers with a first axis or it is too large.
        OSError: the file cannot be opened.
    """
    with _naming(path):
        if path.suffix.lower() == ".npy":
            with path.open("rb") as stream:
                header = _read_header(stream, path.stat().st_size)
        else:
            with zipfile.ZipFile(path) as archive:
                header = _choose_array(_read_headers(archive))
        _refuse_other_than(header, "biuf")
        if not header.shape:
            raise _Unfit("its array has no axis along which samples could lie")
        if header.member and header.bytes > LARGEST_MEMBER:
            size = f"{header.bytes / (1 << 30):.1f} GB"
            raise _Unfit(f"its array {header.member} has {size}; save it as .npy, of which any size can be read")
    return header


def _samples_of_file(path: Path) -> list[Sample]:
    if path.suffix.lower() in ARRAYS:
        return _samples_in_array(path)
    return [Sample(_name(path), str(path))]


def _samples_in(folder: Path) -> list[Sample]:
    if pictures := sorted(_files(folder, PICTURES), key=_natural):
        return [Sample(_name(file), str(file)) for file in pictures]
    if arrays := sorted(_files(folder, ARRAYS), key=_natural):
        return [sample for file in arrays for sample in _samples_in_array(file)]
    classes = []
    for inner in sorted(_class_folders(folder), key=_natural):
        label = _name(inner)
        files = sorted(_files(inner, PICTURES), key=_natural)
        classes.append([Sample(f"{label}/{_name(file)}", str(file), label) for file in files])
    return [sample for row in zip_longest(*classes) for sample in row if sample is not None]


def _samples_in_array(path: Path) -> list[Sample]:
    header = array_header(path)
    count = header.shape[0]
    if count == 0:
        raise UserError("samples.none", f"{path} contains no samples: its array is empty.", "Choose another file.")
    labels = _labels_in_archive(path, header) or [""] * count
    digits = len(str(count))
    return [Sample(f"{_name(path)} {k:0{digits}}", str(path), labels[k], k) for k in range(count)]


def _files(folder: Path, suffixes: tuple[str, ...]) -> Iterable[Path]:
    """Files only: a pipe or a folder may have any name."""
    named = (file for file in folder.iterdir() if file.suffix.lower() in suffixes and not file.name.startswith("."))
    return (file for file in named if file.is_file())


def _class_folders(folder: Path) -> Iterable[Path]:
    visible = (inner for inner in folder.iterdir() if not inner.name.startswith("."))
    return (inner for inner in visible if inner.is_dir() and any(_files(inner, PICTURES)))


def _natural(path: Path) -> list[tuple[int, str]]:
    """So that image-2 comes before image-10."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", path.name.lower())]


def _name(path: Path) -> str:
    """A file's name as text that can be written anywhere; bytes that are no UTF-8 become question marks."""
    return path.name.encode("utf-8", "replace").decode("utf-8")


@contextlib.contextmanager
def _naming(path: Path) -> Iterator[None]:
    """Whatever a damaged array file makes zipfile and numpy raise becomes one error that names the file."""
    try:
        yield
    except _Unfit as reason:
        raise UserError("samples.unreadable", f"{path} cannot be used: {reason}.", _SAVE_AGAIN) from reason
    except DAMAGED as error:
        raise damaged_array(path, error) from error


def damaged_array(path: Path, error: Exception, member: str = "") -> UserError:
    """An array file cannot be read.

    Args:
        member: the array in an .npz file that is concerned; empty where it is not known.
    """
    reason = one_line(str(error), 200) or type(error).__name__
    where = f"its array {member} cannot be read: " if member else ""
    return UserError(
        "samples.unreadable",
        f"{path} is truncated or damaged: {where}{reason.rstrip('.')}.",
        "Copy it again, or save it again with numpy.save or numpy.savez.",
    )


def _read_headers(archive: zipfile.ZipFile) -> list[ArrayHeader]:
    headers = []
    for entry in archive.infolist():
        member = entry.filename.removesuffix(".npy")
        if member not in ("", entry.filename):
            try:
                with archive.open(entry) as stream:
                    headers.append(_read_header(stream, entry.file_size, member))
            except DAMAGED as error:
                raise damaged_array(Path(archive.filename or ""), error, member) from error
    return headers


def _read_header(stream: IO[bytes], size: int, member: str = "") -> ArrayHeader:
    """The header at the beginning of ``size`` bytes."""
    version = np.lib.format.read_magic(stream)
    readers = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
    if version not in readers:
        raise _Unfit("it holds tables with named columns")
    shape, _, dtype = readers[version](stream)
    header = ArrayHeader(shape, dtype, member)
    if size - stream.tell() < header.bytes:
        raise ValueError("it ends too early")
    return header


def _choose_array(headers: list[ArrayHeader]) -> ArrayHeader:
    by_key = {header.member.lower(): header for header in headers}
    for key in _IMAGE_KEYS:
        if key in by_key:
            return by_key[key]
    several = [header for header in headers if len(header.shape) > 1]
    if len(several) == 1:
        return several[0]
    names = ", ".join(header.member for header in headers[:5]) or "none"
    more = f", +{len(headers) - 5} more" if len(headers) > 5 else ""
    raise _Unfit(f"which of its arrays ({names}{more}) holds the samples is not clear; name it x_test")


def _refuse_other_than(header: ArrayHeader, kinds: str) -> None:
    """Refuse an array whose kind of data is none of numpy's letters in ``kinds``."""
    name = f"its array {header.member}" if header.member else "its array"
    if header.dtype.hasobject:
        raise _Unfit(f"{name} holds Python objects, which could run code when read")
    if header.dtype.kind not in kinds:
        raise _Unfit(f"{name} holds {header.dtype}, not numbers")


def _labels_in_archive(path: Path, samples: ArrayHeader) -> list[str]:
    """The labels stored beside the samples, none where no array fits."""
    if not samples.member:
        return []
    with _naming(path), zipfile.ZipFile(path) as archive:
        headers = {header.member.lower(): header for header in _read_headers(archive)}
        for key in _LABEL_KEYS.get(samples.member.lower(), _OTHER_LABEL_KEYS):
            header = headers.get(key)
            if header and header.shape[:1] == samples.shape[:1] and len(header.shape) <= 2:
                _refuse_other_than(header, "biufSU")
                with archive.open(f"{header.member}.npy") as stream:
                    return _as_labels(np.lib.format.read_array(stream, allow_pickle=False))
    return []


def _as_labels(values: np.ndarray) -> list[str]:
    """Whole numbers or texts, or the place of the one in each row of zeros; none where it is anything else."""
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    if values.ndim == 2:
        is_one_hot = (
            values.dtype.kind in "biuf" and ((values == 0) | (values == 1)).all() and (values.sum(1) == 1).all()
        )
        return [str(index) for index in values.argmax(axis=1)] if is_one_hot else []
    if values.dtype.kind in "iu":
        return [str(value) for value in values.tolist()]
    if values.dtype.kind == "S":
        return [value.decode("utf-8", "replace") for value in values.tolist()]
    return values.tolist() if values.dtype.kind == "U" else []


def _labels_beside(folder: Path, samples: Sequence[Sample], classes: Sequence[str], notes: list[str]) -> Labels:
    """What ``labels.csv`` in or beside the folder says, which may be about more samples, or about something else."""
    path = next((path for path in (folder / LABELS_FILE, folder.parent / LABELS_FILE) if path.is_file()), None)
    nothing = Labels(("",) * len(samples))
    if path is None:
        return nothing
    try:
        labels = read_labels(path, samples, classes)
    except UserError as error:
        notes.append(f"Labels were left out: {error.message}")
        return nothing
    notes += labels.notes(path.name, strangers=False)
    return labels

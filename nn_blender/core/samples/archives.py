"""Arrays of samples in .npy and .npz files: which of them hold samples, and which say what a network should answer."""

from __future__ import annotations

import contextlib
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from lzma import LZMAError
from math import prod
from pathlib import Path
from tokenize import TokenError
from typing import IO

import numpy as np

from ..errors import UserError
from ..recording import Sample, SampleValue, Truth
from ..texts import one_line

LARGEST_MEMBER = 1 << 32
"""Bytes of an array inside an .npz file, which has to be read as a whole: 4 GB."""

MOST_NUMBERS = 1024
"""Of a truth that is written as text, such as the corners of a box; arrays of more stay arrays."""

MOST_SAMPLES = 2_000_000
"""Of one file; a small file may claim any number of samples that are empty or alike."""

DAMAGED = (
    EOFError, KeyError, LZMAError, OverflowError, RuntimeError, SyntaxError, SystemError, TokenError, TypeError,
    ValueError, struct.error, zipfile.BadZipFile, zlib.error,
)  # fmt: skip
"""What zipfile and numpy raise for damaged array files."""

_SAMPLES = ("x", "images", "image", "pictures", "inputs", "input", "data", "samples", "features", "sequences")
_LABELS = ("y", "labels", "label", "targets", "target", "classes", "truth")
_SETS = (("test", "testing"), ("val", "valid", "validation", "dev"), (), ("train", "training"))
"""What arrays are called: samples, labels, and the sets they belong to, the one that is taken first first."""

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

    @property
    def title(self) -> str:
        return f"its array {self.member}" if self.member else "its array"


def array_header(path: Path, member: str = "") -> ArrayHeader:
    """An array in a .npy or .npz file; only headers are read.

    Args:
        member: its name in an .npz file; where it is empty, the array of samples.

    Raises:
        UserError: code ``samples.unreadable``, where there is no array of numbers with a first axis or it is too large.
        OSError: the file cannot be opened.
    """
    with _naming(path):
        headers = _headers_of(path)
        header = _named(headers, member) if member else _array_of_samples(headers)
        _check(header)
    return header


def samples_in_array(path: Path, inputs: Sequence[str] = ()) -> list[Sample]:
    """The entries along the first axis of the array of samples in a file, with what else the file says of them.

    Args:
        inputs: names of the network's inputs. Where a file has an array of every one's name, a sample has a value of
            each; the letter case does not matter.

    Raises:
        UserError: see `array_header`; ``samples.inputs``, where a network has several inputs and the file has no arrays
            of their names.
        OSError: the file cannot be opened.
    """
    with _naming(path):
        headers = _headers_of(path)
        chosen = _arrays_of_inputs(headers, inputs)
        if not chosen and len(inputs) > 1:
            raise _no_arrays_of_inputs(path, headers, inputs)
        chosen = chosen or [_array_of_samples(headers)]
        for header in chosen:
            _check(header)
        count = chosen[0].shape[0]
        if any(header.shape[0] != count for header in chosen):
            lengths = ", ".join(f"{header.member} {header.shape[0]:,}" for header in chosen)
            raise _Unfit(f"its arrays hold different numbers of samples ({lengths})")
        if count > MOST_SAMPLES:
            raise _Unfit(f"it holds {count:,} samples, and {MOST_SAMPLES:,} is the most that can be listed")
    if count == 0:
        raise UserError("samples.none", f"{path} contains no samples: its array is empty.", "Choose another file.")
    labels, truths = _truths(path, headers, chosen)
    digits, name = len(str(count)), _name(path)
    return [
        Sample(
            f"{name} {k:0{digits}}",
            tuple(SampleValue(str(path), k, header.member) for header in chosen),
            labels[k],
            truths[k],
        )
        for k in range(count)
    ]


def read_first(path: Path, member: str, most: int) -> np.ndarray:
    """The first entries of an array of a file, no further than that.

    Args:
        member: as in `array_header`.

    Raises:
        UserError: see `array_header`.
    """
    header = array_header(path, member)
    count = min(most, header.shape[0])
    with _naming(path):
        try:
            if not header.member:
                return np.array(np.load(path, mmap_mode="r", allow_pickle=False)[:count])
            with zipfile.ZipFile(path) as archive, archive.open(f"{header.member}.npy") as stream:
                shape, is_fortran, dtype = _read_array_header(stream)
                if is_fortran:  # Its first entries lie all over the file.
                    return np.load(path, allow_pickle=False)[header.member][:count]
                numbers = stream.read(count * prod(shape[1:]) * dtype.itemsize)
                return np.frombuffer(numbers, dtype).reshape(count, *shape[1:])
        except OSError as error:
            raise UserError("samples.unreadable", f"{path} cannot be read: {error.strerror}.", _SAVE_AGAIN) from error


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


def _headers_of(path: Path) -> list[ArrayHeader]:
    """Of all arrays of a file."""
    if path.suffix.lower() == ".npy":
        with path.open("rb") as stream:
            return [_read_header(stream, path.stat().st_size)]
    headers: list[ArrayHeader] = []
    with zipfile.ZipFile(path) as archive:
        for entry in archive.infolist():
            member = entry.filename.removesuffix(".npy")
            if member not in ("", entry.filename):
                if any(header.member == member for header in headers):
                    raise _Unfit(f"it holds several arrays called {member}")
                try:
                    with archive.open(entry) as stream:
                        headers.append(_read_header(stream, entry.file_size, member))
                except DAMAGED as error:
                    raise damaged_array(path, error, member) from error
    return headers


def _read_header(stream: IO[bytes], size: int, member: str = "") -> ArrayHeader:
    """The header at the beginning of ``size`` bytes."""
    shape, _, dtype = _read_array_header(stream)
    header = ArrayHeader(shape, dtype, member)
    if size - stream.tell() < header.bytes:
        raise ValueError("it ends too early")
    return header


def _read_array_header(stream: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype]:
    """Shape, whether the first axis is the fastest, and type."""
    version = np.lib.format.read_magic(stream)
    readers = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
    if version not in readers:
        raise _Unfit("it holds tables with named columns")
    shape, is_fortran, dtype = readers[version](stream)
    if not all(type(size) is int and size >= 0 for size in shape):
        raise ValueError(f"its shape is {shape}")
    return shape, bool(is_fortran), dtype


def _check(header: ArrayHeader) -> None:
    """Refuse an array that holds no samples."""
    _refuse_other_than(header, "biufSU")
    if not header.shape:
        raise _Unfit(f"{header.title} has no axis along which samples could lie")
    if header.member and header.bytes > LARGEST_MEMBER:
        size = f"{header.bytes / (1 << 30):.1f} GB"
        raise _Unfit(f"{header.title} has {size}; save it as .npy, of which any size can be read")


def _refuse_other_than(header: ArrayHeader, kinds: str) -> None:
    """Refuse an array whose kind of data is none of numpy's letters in ``kinds``."""
    if header.dtype.hasobject:
        raise _Unfit(f"{header.title} holds Python objects, which could run code when read")
    if header.dtype.kind not in kinds:
        raise _Unfit(f"{header.title} holds {header.dtype}, neither numbers nor texts")


def _named(headers: Sequence[ArrayHeader], member: str) -> ArrayHeader:
    found = next((header for header in headers if header.member == member), None)
    if found is None:
        raise _Unfit(f"it has no array {member} any more")
    return found


def _arrays_of_inputs(headers: Sequence[ArrayHeader], inputs: Sequence[str]) -> list[ArrayHeader]:
    """The arrays that bear the inputs' names, in their order; none where one is missing."""
    by_name = {_spelling(header.member): header for header in headers}
    found = [by_name[_spelling(name)] for name in inputs if _spelling(name) in by_name]
    return found if len(found) == len(inputs) else []


def _no_arrays_of_inputs(path: Path, headers: Sequence[ArrayHeader], inputs: Sequence[str]) -> UserError:
    wanted = ", ".join(inputs)
    found = _names_of(headers) or "one without a name"
    return UserError(
        "samples.inputs",
        f"The network has {len(inputs)} inputs ({wanted}), but {path} has no array for each of them; its arrays are: "
        f"{found}.",
        "Save an .npz file whose arrays bear the inputs' names, or give a file for each input as NAME=PATH.",
    )


def _names_of(headers: Sequence[ArrayHeader]) -> str:
    more = f", +{len(headers) - 5} more" if len(headers) > 5 else ""
    return ", ".join(header.member for header in headers[:5]) + more


def _array_of_samples(headers: Sequence[ArrayHeader]) -> ArrayHeader:
    """The array that is named as one of samples, or else the only one that can be it."""
    if len(headers) == 1:
        return headers[0]
    ranked = [(rank, header) for header in headers if (rank := _rank(header.member, _SAMPLES)) is not None]
    if ranked:
        return min(ranked, key=lambda pair: pair[0])[1]
    others = [header for header in headers if _rank(header.member, _LABELS) is None]
    several = [header for header in others if len(header.shape) > 1]
    if len(several) == 1:
        return several[0]
    by_name = {header.member: header for header in headers}
    if "arr_0" in by_name:  # What numpy calls the first of arrays that were saved without names.
        return by_name["arr_0"]
    raise _Unfit(f"which of its arrays ({_names_of(headers) or 'none'}) holds the samples is not clear; name it x_test")


def _rank(name: str, roles: Sequence[str]) -> tuple[int, int] | None:
    """The place of an array's set and role among those of its kind, such as of ``X_test``; None for another name."""
    plain = re.sub(r"[^a-z]", "", name.lower())
    for place, words in enumerate(_SETS):
        for number, role in enumerate(roles):
            if any(plain in (role + word, word + role) for word in words or ("",)):
                return place, number
    return None


def _truths(
    path: Path, headers: Sequence[ArrayHeader], samples: Sequence[ArrayHeader]
) -> tuple[list[str], list[tuple[Truth, ...]]]:
    """Label and truths of every sample: from the array of labels, and from arrays that may be named after outputs."""
    count = samples[0].shape[0]
    others = [header for header in headers if header not in samples and header.shape[:1] == (count,)]
    labels, columns = [""] * count, []
    if not others:
        return labels, [()] * count
    of_answer = _array_of_labels(others, samples[0])
    with _naming(path), zipfile.ZipFile(path) as archive:
        for header in others:
            if _rank(header.member, _SAMPLES) is not None or (
                header is not of_answer and header.dtype.kind not in "biufSU"
            ):
                continue
            texts = _texts_of(archive, header)
            if header is of_answer and texts:
                labels = texts
            elif header.dtype.kind in "biuf" or texts:
                columns.append(_truths_of("" if header is of_answer else header.member, header, texts, str(path)))
    return labels, list(zip(*columns, strict=True)) if columns else [()] * count


def _truths_of(output: str, header: ArrayHeader, texts: Sequence[str], file: str) -> list[Truth]:
    """What an array says that an output should give for every sample."""
    if texts:
        return [Truth(output, text) for text in texts]
    return [Truth(output, value=SampleValue(file, k, header.member)) for k in range(header.shape[0])]


def _array_of_labels(headers: Sequence[ArrayHeader], samples: ArrayHeader) -> ArrayHeader | None:
    """The array with the labels of the samples, of the same set; None where there is none."""
    if samples.member == "arr_0":
        return next((header for header in headers if header.member == "arr_1"), None)
    own = _rank(samples.member, _SAMPLES)
    ranked = [(rank, header) for header in headers if (rank := _rank(header.member, _LABELS)) is not None]
    ranked = [(rank, header) for rank, header in ranked if own is None or rank[0] == own[0]]
    return min(ranked, key=lambda pair: pair[0])[1] if ranked else None


def _texts_of(archive: zipfile.ZipFile, header: ArrayHeader) -> list[str]:
    """What an array says of every sample, as text; none where it is an array for each."""
    is_row = len(header.shape) <= 2 or (len(header.shape) == 3 and header.shape[2] == 1)
    if not is_row or prod(header.shape[1:]) > MOST_NUMBERS:
        return []
    _refuse_other_than(header, "biufSU")
    with archive.open(f"{header.member}.npy") as stream:
        return as_labels(np.lib.format.read_array(stream, allow_pickle=False))


def as_labels(values: np.ndarray) -> list[str]:
    """What an array with a row per sample says, as text.

    Whole numbers and texts stay what they are; of a row of zeros with a single one the place of the one is the label;
    other rows are numbers separated by semicolons. A last axis of one number, as at every step of time, does not count.
    """
    while values.ndim > 1 and values.shape[-1] == 1:
        values = values[..., 0]
    if values.dtype.kind == "S":
        values = np.char.decode(values, "utf-8", "replace")
    if values.ndim == 2:
        if values.dtype.kind != "U" and ((values == 0) | (values == 1)).all() and (values.sum(axis=1) == 1).all():
            return [str(index) for index in values.argmax(axis=1)]
        return [";".join(map(_as_text, row)) for row in values.tolist()]
    return [_as_text(value) for value in values.tolist()]


def _as_text(value: str | float) -> str:
    """A number without a fraction that is 0."""
    if isinstance(value, str):
        return value
    return str(int(value)) if float(value).is_integer() else str(value)


def _spelling(name: str) -> str:
    """A name without what programs change in it when they write files."""
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")


def _name(path: Path) -> str:
    """A file's name as text that can be written anywhere; bytes that are no UTF-8 become question marks."""
    return path.name.encode("utf-8", "replace").decode("utf-8")

"""Finds samples, images or arrays, with their labels and the names of the classes."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import zip_longest
from pathlib import Path, PurePath

from ..errors import UserError
from ..recording import WHOLE, Sample, SampleValue
from .archives import array_header, samples_in_array
from .fitting import is_one_sample
from .joining import join_by_input
from .label_tables import Labels, read_labels, read_text

PICTURES = (
    *(".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".bmp", ".tif", ".tiff", ".webp", ".gif", ".jp2", ".avif", ".tga"),
    *(".ppm", ".pgm", ".pbm", ".pnm"),
)
ARRAYS = (".npy", ".npz")
TEXTS = (".txt",)
LABELS_FILE = "labels.csv"
CLASSES_FILE = "classes.txt"
NUMBERED_CLASSES_FILE = "labels.txt"
"""What Teachable Machine writes beside a model: a line per class, its number before its name."""
_OF_PICTURES = frozenset(
    {"image", "images", "img", "imgs", "input", "inputs", "photo", "photos", "picture", "pictures"}
)
_OF_MASKS = frozenset(
    {"annotation", "annotations", "ground_truth", "groundtruth", "gt", "label", "labels", "mask", "masks"}
    | {"segmentation", "segmentations", "target", "targets"}
)
_UNKNOWN: Mapping[str, tuple[int, ...]] = {}
_CHOOSE = "Choose a folder of images, one image, a .npy or .npz file, or a .txt file of texts."


def find_samples(
    path: Path,
    labels_file: Path | None = None,
    classes: Sequence[str] = (),
    notes: list[str] | None = None,
    inputs: Sequence[str] = (),
    widths: Collection[int] = (),
    shapes: Mapping[str, tuple[int, ...]] | None = None,
) -> list[Sample]:
    """The samples in a folder or in an array file, or a single one, with their labels.

    A folder holds pictures, or else array files, or else one folder of pictures per class, of which the first ones
    come first, then the second ones and so on. The entries along an array's first axis are the samples, unless the
    input has an open size and only the whole array fits it; the lines of a text file are samples too. Otherwise the
    order is the natural one of names. For a network with several inputs, an .npz file has an array of every input's
    name, or a folder has a folder for every input, see `joining.join_by_input`.

    Args:
        labels_file: see `label_tables.read_labels`; without one, ``labels.csv`` in or beside the folder is used.
        classes: names of the classes, which tell what columns of a table are called.
        notes: which array files of a folder cannot be read, and what of a table was not understood or fits no sample,
            is added here, sentences for users.
        inputs: names of the network's inputs.
        widths: how many numbers the network's outputs give, see `label_tables.read_labels`.
        shapes: of inputs by their names, as far as they are known, -1 where open.

    Raises:
        UserError: code ``samples.missing``, ``samples.unreadable``, ``samples.none`` or ``samples.inputs``;
            ``labels.unreadable``.
    """
    said = [] if notes is None else notes
    return _with_labels(_find(path, inputs, said, shapes or {}), path, labels_file, classes, said, widths)


def find_samples_by_input(
    places: Mapping[str, Path],
    labels_file: Path | None = None,
    classes: Sequence[str] = (),
    notes: list[str] | None = None,
    inputs: Sequence[str] = (),
    widths: Collection[int] = (),
    shapes: Mapping[str, tuple[int, ...]] | None = None,
) -> list[Sample]:
    """As `find_samples`, with a place of its own for every input.

    Args:
        places: by the inputs' names.

    Raises:
        UserError: as `find_samples`; ``samples.inputs``, where an input has no place, or there is no such input.
    """
    unknown = [name for name in places if name not in inputs]
    missing = [name for name in inputs if name not in places]
    if unknown or missing:
        problem = f"has no input {unknown[0]}" if unknown else f"needs samples for its input {missing[0]} too"
        raise UserError(
            "samples.inputs", f"The network {problem}; its inputs are: {', '.join(inputs)}.", "Give one PATH per input."
        )
    samples = join_by_input({name: _find(places[name], (name,), shapes=shapes or {}) for name in inputs})
    return _with_labels(samples, places[inputs[0]], labels_file, classes, [] if notes is None else notes, widths)


def without_ending(name: str) -> str:
    """The name of a sample without the ending of a picture file."""
    path = PurePath(name)
    return path.stem if path.suffix.lower() in PICTURES else name


def _find(
    path: Path, inputs: Sequence[str], said: list[str] | None = None, shapes: Mapping[str, tuple[int, ...]] = _UNKNOWN
) -> list[Sample]:
    """The samples at a place, without what tables say of them.

    Args:
        said: where it is said which array files of a folder are left out, because they cannot be used; without it, one
            such file is an error.
    """
    try:
        if not path.exists():
            raise UserError("samples.missing", f"There is no {path}.", _CHOOSE)
        samples = _samples_of_file(path, inputs) if path.is_file() else _samples_in(path, inputs, said, shapes)
        if len(inputs) == 1 and -1 in (shape := shapes.get(inputs[0], ())):
            samples = _with_whole_arrays(samples, shape)
    except OSError as error:
        message = f"{error.filename or path} cannot be read: {error.strerror}."
        raise UserError("samples.unreadable", message, _CHOOSE) from error
    if not samples:
        raise UserError(
            "samples.none",
            f"The folder {path} contains no samples.",
            f"Choose a folder with images ({', '.join(PICTURES)}) or arrays ({', '.join(ARRAYS)}).",
        )
    if len(samples[0].values) < len(inputs):
        raise UserError(
            "samples.inputs",
            f"The network has {len(inputs)} inputs ({', '.join(inputs)}), but {path} has values for one.",
            "Give an .npz file whose arrays bear the inputs' names, a folder with a folder for each input, or a path "
            "for each input as NAME=PATH.",
        )
    return samples


def _with_labels(
    samples: list[Sample],
    path: Path,
    labels_file: Path | None,
    classes: Sequence[str],
    said: list[str],
    widths: Collection[int],
) -> list[Sample]:
    folder = path.parent if path.is_file() else path
    if labels_file:
        labels = read_labels(labels_file, samples, classes, widths)
        said += labels.notes(labels_file.name)
    else:
        labels = _labels_beside(folder, samples, classes, said, widths)
    return [
        replace(sample, label=label or sample.label) for sample, label in zip(samples, labels.of_samples, strict=True)
    ]


def read_lines(path: Path) -> list[str]:
    """The lines of a text file, each a sample; blank ones at the end do not count.

    Raises:
        UserError: code ``samples.unreadable``.
    """
    text = read_text(path, "samples.unreadable").rstrip("\r\n")
    return [line.removesuffix("\r") for line in text.split("\n")] if text else []


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

    Numbers from 0 before all names are left out; a ``labels.txt`` next to the model counts only where it has them. A
    blank line between others keeps its place: that class has no name.

    Raises:
        UserError: code ``classes.unreadable``.
    """
    if classes_file is not None:
        return _class_names(classes_file)
    beside = model.parent / CLASSES_FILE
    if beside.is_file():
        return _class_names(beside)
    numbered = model.parent / NUMBERED_CLASSES_FILE
    return (numbered.is_file() and _without_numbers(_lines(numbered))) or ()


def _class_names(path: Path) -> tuple[str, ...]:
    lines = _lines(path)
    return _without_numbers(lines) or lines


def _lines(path: Path) -> tuple[str, ...]:
    return tuple(line.strip() for line in read_text(path, "classes.unreadable").rstrip().splitlines())


def _without_numbers(lines: Sequence[str]) -> tuple[str, ...]:
    """The names where every line has its number, from 0, before its name; none where one does not."""
    pairs = [line.split(maxsplit=1) for line in lines]
    is_numbered = all(len(pair) == 2 and pair[0] == str(number) for number, pair in enumerate(pairs))
    return tuple(name for _, name in pairs) if is_numbered else ()


def _samples_of_file(path: Path, inputs: Sequence[str]) -> list[Sample]:
    if path.suffix.lower() in ARRAYS:
        return samples_in_array(path, inputs)
    if path.suffix.lower() in TEXTS:
        return _lines_in(path)
    return [_picture(path, _name(path))]


def _lines_in(path: Path) -> list[Sample]:
    """The lines of a text file, each a sample."""
    lines, name = read_lines(path), _name(path)
    if not lines:
        raise UserError("samples.none", f"{path} contains no samples: it is empty.", "Choose another file.")
    digits = len(str(len(lines)))
    return [Sample(f"{name} {k:0{digits}}", (SampleValue(str(path), k),)) for k in range(len(lines))]


def _with_whole_arrays(samples: Sequence[Sample], shape: tuple[int, ...]) -> list[Sample]:
    """The samples where every array that is a single value for an input of open size is one of them."""
    kept: list[Sample] = []
    wholes: dict[tuple[str, str], Sample | None] = {}
    for sample in samples:
        (value,) = sample.values
        if value.index is None or Path(value.file).suffix.lower() in TEXTS:
            kept.append(sample)
            continue
        place = value.file, value.member
        if place not in wholes:
            array = array_header(Path(value.file), value.member)
            whole = Sample(_name(Path(value.file)), (replace(value, index=WHOLE),))
            wholes[place] = whole if is_one_sample(array.shape, shape) else None
            kept += [whole] if wholes[place] else []
        if wholes[place] is None:
            kept.append(sample)
    return kept


def _samples_in(
    folder: Path, inputs: Sequence[str], said: list[str] | None, shapes: Mapping[str, tuple[int, ...]]
) -> list[Sample]:
    if len(inputs) > 1 and (places := _folders_of_inputs(folder, inputs)):
        return join_by_input({name: _find(place, (name,), shapes=shapes) for name, place in places.items()})
    if pictures := sorted(_files(folder, PICTURES), key=_natural):
        return [_picture(file, _name(file)) for file in pictures]
    if arrays := sorted(_files(folder, ARRAYS), key=_natural):
        return _samples_in_arrays(arrays, inputs, said)
    folders = sorted(_class_folders(folder), key=_natural)
    if any(map(is_of_masks, folders)) and (pictures := [inner for inner in folders if _is_of_pictures(inner)]):
        return [sample for inner in pictures for sample in _samples_in(inner, inputs, said, shapes)]
    classes = []
    for inner in folders:
        label = _name(inner)
        files = sorted(_files(inner, PICTURES), key=_natural)
        classes.append([_picture(file, f"{label}/{_name(file)}", label) for file in files])
    return [sample for row in zip_longest(*classes) for sample in row if sample is not None]


def _samples_in_arrays(files: Sequence[Path], inputs: Sequence[str], said: list[str] | None) -> list[Sample]:
    samples: list[Sample] = []
    refused: list[UserError] = []
    for file in files:
        try:
            samples += samples_in_array(file, inputs)
        except UserError as error:
            refused.append(error)
    if refused and (said is None or not samples):
        raise refused[0]
    if said is not None:
        said += [f"Left out: {error.message}" for error in refused]
    return samples


def _picture(file: Path, name: str, label: str = "") -> Sample:
    return Sample(name, (SampleValue(str(file)),), label)


def _folders_of_inputs(folder: Path, inputs: Sequence[str]) -> dict[str, Path]:
    """A folder or array file per input, of the input's name in any letter case; empty where one is missing."""
    entries = [*folder.iterdir()]
    found = {(entry.stem if entry.suffix.lower() in ARRAYS else entry.name).lower(): entry for entry in entries}
    places = {name: found[name.lower()] for name in inputs if name.lower() in found}
    return places if len(places) == len(inputs) else {}


def _files(folder: Path, suffixes: tuple[str, ...]) -> Iterable[Path]:
    """Files only: a pipe or a folder may have any name."""
    named = (file for file in folder.iterdir() if file.suffix.lower() in suffixes and not file.name.startswith("."))
    return (file for file in named if file.is_file())


def is_of_masks(folder: Path) -> bool:
    """Whether a folder beside one of pictures is called like one of right answers for these."""
    return folder.name.lower() in _OF_MASKS


def _is_of_pictures(folder: Path) -> bool:
    return folder.name.lower() in _OF_PICTURES


def _class_folders(folder: Path) -> Iterable[Path]:
    visible = (inner for inner in folder.iterdir() if not inner.name.startswith("."))
    return (inner for inner in visible if inner.is_dir() and any(_files(inner, PICTURES)))


def _natural(path: Path) -> list[tuple[int, str]]:
    """So that image-2 comes before image-10."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", path.name.lower())]


def _name(path: Path) -> str:
    """A file's name as text that can be written anywhere; bytes that are no UTF-8 become question marks."""
    return path.name.encode("utf-8", "replace").decode("utf-8")


def _labels_beside(
    folder: Path, samples: Sequence[Sample], classes: Sequence[str], notes: list[str], widths: Collection[int]
) -> Labels:
    """What ``labels.csv`` in or beside the folder says, which may be about more samples, or about something else."""
    path = next((path for path in (folder / LABELS_FILE, folder.parent / LABELS_FILE) if path.is_file()), None)
    nothing = Labels(("",) * len(samples))
    if path is None:
        return nothing
    try:
        labels = read_labels(path, samples, classes, widths)
    except UserError as error:
        notes.append(f"Labels were left out: {error.message}")
        return nothing
    notes += labels.notes(path.name, strangers=False)
    return labels

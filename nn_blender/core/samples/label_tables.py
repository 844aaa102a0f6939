"""Tables of labels: which column names samples, which one labels them, and what of a table fits no sample.

A table is read by the contents of its columns first and by their names second, so that index columns, further columns
and any order of columns do not matter.
"""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import UserError
from ..recording import Sample
from ..texts import one_line

SEPARATORS = ",;\t|"
LABEL_NAMES = (
    "label", "labels", "class", "classes", "class_name", "classname", "category", "target", "truth", "ground_truth",
    "y", "diagnosis", "species", "breed", "name",
)  # fmt: skip
"""What a column of labels is called, in lower case; the first that is there counts."""
BOX_NAMES = ("width", "height", "xmin", "ymin", "xmax", "ymax", "x", "w", "h", "depth", "area")
"""Columns of tables of boxes that are no labels."""

_FLAGS = {"0": 0, "1": 1, "0.0": 0, "1.0": 1}
"""Whether a label is there, as columns of one class each say it."""

LARGEST_TEXT = 1 << 26
"""Bytes of a table: 64 MB."""
MOST_COLUMNS = 10_000

Row = list[str]


@dataclass(frozen=True)
class Labels:
    """What a table says.

    Attributes:
        of_samples: a label per sample, empty where the table has none for it.
        strangers: what rows name that is no sample.
        unlabelled: names of samples that no row names.
    """

    of_samples: tuple[str, ...]
    strangers: tuple[str, ...] = ()
    unlabelled: tuple[str, ...] = ()

    def notes(self, table: str, strangers: bool = True) -> list[str]:
        """What of a table of that name fits no sample, and which samples it leaves out, sentences with an example.

        Args:
            strangers: whether rows that name no sample are worth a sentence.
        """
        notes = []
        if self.strangers and strangers:
            notes.append(
                f"{table}: {_count(self.strangers, 'row')} fit no sample, such as {one_line(self.strangers[0], 80)!r}."
            )
        if self.unlabelled:
            count = _count(self.unlabelled, "sample")
            notes.append(f"{table}: {count} without a label, such as {one_line(self.unlabelled[0], 80)!r}.")
        return notes


def read_labels(
    path: Path, samples: Sequence[Sample], classes: Sequence[str] = (), widths: Collection[int] = ()
) -> Labels:
    """The labels that a table gives to samples.

    A sample is named by its file, with or without folders and extension and in any letter case, or, in an array file,
    by its number. Labels are one column, or one column of 0 and 1 per class. Where no column names a sample, a table
    with as many rows as an array has entries is taken to be in their order.

    Args:
        classes: names of the classes, which tell what columns of 0 and 1 are called.
        widths: how many numbers the network's outputs give; as many columns of numbers are one label.

    Raises:
        UserError: code ``labels.unreadable``, where the file cannot be read or labels no sample.
    """
    table = _read_table(path)
    found = _named_column(table, samples)
    if found is not None:
        labels = _labels_by_name(table, *found, samples, classes, widths)
    else:
        labels = _labels_by_place(table, samples, classes, widths)
    if labels is None or not any(labels.of_samples):
        raise UserError(
            "labels.unreadable",
            f"{path} names no samples{_example(table, samples)}.",
            "Write one line per sample: its file name, a comma, its label.",
        )
    return labels


def read_text(path: Path, code: str) -> str:
    """The text of a file in UTF-8, UTF-16 with a byte order mark, or else Latin-1.

    Raises:
        UserError: with the given code.
    """
    try:
        size = path.stat().st_size
        if size > LARGEST_TEXT:
            message = f"{path} is too large for a table: {size >> 20:,} MB."
            raise UserError(code, message, f"Leave out what it need not say; {LARGEST_TEXT >> 20} MB can be read.")
        data = path.read_bytes()
    except OSError as error:
        raise UserError(code, f"{path} cannot be read: {error.strerror}.", "Choose another file.") from error
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding = "utf-16"
    elif b"\0" in data:
        raise UserError(code, f"{path} is not text.", "Save it as text in UTF-8.")
    else:
        encoding = "utf-8-sig"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _read_table(path: Path) -> list[Row]:
    """Rows of cells without the space around them, empty rows left out; separated by what fits most rows best."""
    lines = read_text(path, "labels.unreadable").splitlines(keepends=True)  # A cell in quotes may have several.
    try:
        tables = [
            _split(lines, separator)
            for separator in SEPARATORS
            if max((line.count(separator) for line in lines), default=0) < MOST_COLUMNS
        ]
    except csv.Error as error:
        raise UserError("labels.unreadable", f"{path} is not a table: {error}.", "Save it as CSV.") from error
    return max(tables, key=_regularity, default=[])


def _split(lines: list[str], separator: str) -> list[Row]:
    rows = csv.reader(lines, delimiter=separator, skipinitialspace=True)
    return [[cell.strip() for cell in row] for row in rows if any(cell.strip() for cell in row)]


def _regularity(table: list[Row]) -> tuple[float, int]:
    """Share of the rows that have as many cells as the first, where that is more than one; then how many cells."""
    if not table or len(table[0]) < 2:
        return 0.0, 0
    cells = len(table[0])
    return sum(len(row) == cells for row in table) / len(table), cells


def _named_column(table: list[Row], samples: Sequence[Sample]) -> tuple[int, dict[int, int]] | None:
    """The column whose cells name most samples, and the sample of each row that names one; None where none does.

    Numbers may be classes, or only count the rows, where samples are called 0.png, 1.png and so on: names with an
    extension come before them, and a column that names many samples before one that repeats a few.
    """
    names = _Names(samples)
    width = max(map(len, table), default=0)
    found: dict[int, dict[int, int]] = {}
    ranks: dict[int, tuple[int, int, bool, int]] = {}
    for column in range(width):
        cells = [row[column] if column < len(row) else "" for row in table]
        rows = {number: sample for number, cell in enumerate(cells) if (sample := names.find(cell)) is not None}
        if rows:
            whole = {sample for number, sample in rows.items() if _stem(cells[number]) != cells[number]}
            heading, counted = ("", cells) if 0 in rows else (cells[0].lower(), cells[1:])
            counts_rows = width > 2 and _is_index(counted, heading)
            found[column], ranks[column] = rows, (len(whole), len(set(rows.values())), not counts_rows, len(rows))
    best = max(found, key=ranks.__getitem__, default=None)
    return None if best is None else (best, found[best])


class _Names:
    """Finds samples by what tables call them: exactly first, then in any letter case, then without extension."""

    def __init__(self, samples: Sequence[Sample]) -> None:
        self._steps: list[dict[str, int | None]] = [{}, {}, {}]
        for number, sample in enumerate(samples):
            name = sample.name
            for known, key in zip(self._steps, (name, name.casefold(), _stem(name).casefold()), strict=True):
                # A name that several samples have tells none of them.
                known[key] = None if key in known else number

    def find(self, cell: str) -> int | None:
        """The number of the sample that a cell names; None where it names none or several."""
        parts = cell.replace("\\", "/").rstrip("/").split("/")
        for name in dict.fromkeys((cell, "/".join(parts[-2:]), parts[-1])):
            for known, key in zip(self._steps, (name, name.casefold(), _stem(name).casefold()), strict=True):
                if key and known.get(key) is not None:
                    return known[key]
        return None


def _stem(name: str) -> str:
    folder, _, file = name.rpartition("/")
    stem = re.sub(r"\.[A-Za-z][A-Za-z0-9]{1,4}$", "", file)
    return f"{folder}/{stem}" if folder else stem


def _labels_by_name(
    table: list[Row],
    column: int,
    rows: dict[int, int],
    samples: Sequence[Sample],
    classes: Sequence[str],
    widths: Collection[int],
) -> Labels | None:
    heading = table[0] if 0 not in rows else []
    values = _label_values(table, column, list(rows), heading, classes, widths)
    if values is None:
        return None
    labels = [""] * len(samples)
    for row, value in zip(rows, values, strict=True):
        labels[rows[row]] = value
    others = (table[row] for row in range(bool(heading), len(table)) if row not in rows)
    return Labels(
        tuple(labels),
        tuple(row[column] for row in others if column < len(row)),
        tuple(sample.name for sample, label in zip(samples, labels, strict=True) if not label),
    )


def _labels_by_place(
    table: list[Row], samples: Sequence[Sample], classes: Sequence[str], widths: Collection[int]
) -> Labels | None:
    """Labels of one array's entries: after the entry's number, or one row per entry in their order."""
    if not table or samples[0].index is None or len({sample.file for sample in samples}) > 1:
        return None
    for start in (0, 1):
        rows, heading = table[start:], table[0] if start else []
        numbers = _numbers_of_entries(rows, len(samples))
        if numbers is None and len(rows) != len(samples):
            continue
        named = -1 if numbers is None else 0
        values = _label_values(table, named, list(range(start, len(table))), heading, classes, widths)
        if values is not None:
            labels = [""] * len(samples)
            for place, value in zip(numbers or range(len(samples)), values, strict=True):
                labels[place] = value
            return Labels(tuple(labels))
    return None


def _numbers_of_entries(rows: list[Row], count: int) -> list[int] | None:
    """The entries that the first of several columns numbers; None where it does not."""
    cells = [row[0] for row in rows if len(row) > 1]
    if (
        len(cells) < max(len(rows), 1)
        or not all(cell.isdecimal() and int(cell) < count for cell in cells)
        or len(set(cells)) < len(cells)
    ):
        return None
    return [int(cell) for cell in cells]


def _label_values(
    table: list[Row],
    named: int,
    rows: list[int],
    heading: Row,
    classes: Sequence[str],
    widths: Collection[int],
) -> list[str] | None:
    """The label in each of some rows; None where no column has labels.

    Args:
        named: the column that names samples, -1 for none.
        heading: names of the columns; empty where there are none.
    """
    width = max(len(table[row]) for row in rows)
    columns = {
        column: [table[row][column] if column < len(table[row]) else "" for row in rows]
        for column in range(width)
        if column != named
    }
    names = {column: heading[column].lower() if column < len(heading) else "" for column in columns}
    for wanted in LABEL_NAMES:
        for column, name in names.items():
            if name == wanted and not (name == "y" and "x" in names.values()):
                return _plain(columns[column])
    numbers = [
        cells
        for column, cells in columns.items()
        if not (len(columns) > 1 and _is_index(cells, names[column])) and all(map(_is_number, cells))
    ]
    if len(numbers) > 1 and len(numbers) in widths and not _are_flags(numbers):
        return [";".join(row) for row in zip(*numbers, strict=True)]
    others = {
        column: cells
        for column, cells in columns.items()
        if names[column] not in BOX_NAMES and any(cells) and not (len(columns) > 1 and _is_index(cells, names[column]))
    }
    if len(others) > 1 and _are_flags(others.values()):
        return _from_flags(others, heading, classes)
    return _plain(next(iter(others.values()))) if others else None


def _is_index(cells: list[str], name: str) -> bool:
    """Whether a column only counts the rows, as tables written by pandas have one."""
    return name in ("", "index", "unnamed: 0") and cells in (
        [str(k + first) for k in range(len(cells))] for first in (0, 1)
    )


def _are_flags(columns: Iterable[list[str]]) -> bool:
    return all(cell in _FLAGS for cells in columns for cell in cells)


def _is_number(cell: str) -> bool:
    return re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", cell) is not None


def _from_flags(columns: dict[int, list[str]], heading: Row, classes: Sequence[str]) -> list[str]:
    """Labels out of a column of 0 and 1 per class.

    Where every row has a single 1, it is the name of its column, if the names of all columns are classes, else the
    number of the column among them; where rows have several or none, a label is the whole row, in the order of the
    classes where the columns bear their names.
    """
    names = [heading[column] if column < len(heading) else "" for column in columns]
    rows = [[_FLAGS[cell] for cell in row] for row in zip(*columns.values(), strict=True)]
    if any(sum(row) != 1 for row in rows):
        are_classes = sorted(names) == sorted(classes)
        order = [names.index(name) for name in classes] if are_classes else range(len(names))
        return [";".join(str(row[place]) for place in order) for row in rows]
    labels = names if all(name in classes for name in names) else [str(number) for number in range(len(names))]
    return [labels[row.index(1)] for row in rows]


def _plain(cells: list[str]) -> list[str]:
    """Whole numbers that were written with a fraction, such as 2.0, without it, where all labels are numbers."""
    if all(re.fullmatch(r"\d+(\.0*)?", cell) for cell in cells if cell):
        return [cell.partition(".")[0] for cell in cells]
    return cells


def _count(entries: Sequence[str], noun: str) -> str:
    return f"1 {noun}" if len(entries) == 1 else f"{len(entries):,} {noun}s"


def _example(table: list[Row], samples: Sequence[Sample]) -> str:
    """What the table says beside what a sample is called, for an error."""
    if not table or not samples:
        return ""
    return f": its last line is {one_line(','.join(table[-1]), 80)!r}, a sample is called {samples[0].name!r}"

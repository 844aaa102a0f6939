"""The list of layers: names, kinds, sizes, and how many of their neurons are idle."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import bpy

from ...core.description.description import Description
from ...core.neurons.health import Health
from ...scene.base import contract
from ..common.active import active_network
from ..common.knowing import known_description
from ..common.sidebar import letters_in_line, list_ranks
from .health_store import health_store

ORDERS = (
    ("ORDER", "In Order", "Sort by the order of the network", "NONE", 0),
    ("NAME", "Name", "Sort by name", "NONE", 1),
    ("KIND", "Kind", "Sort by Keras's class", "NONE", 2),
    ("SIZE", "Size", "Sort by how many numbers a layer gives", "NONE", 3),
    ("IDLE", "Idle", "Sort by the share of neurons that are never active, saturated or not finite", "NONE", 4),
)
LONGEST_NAME, LONGEST_KIND, LONGEST_SIZE, IDLE = 28, 14, 12, 7
"""Letters in a column at most; in the last one exactly."""
WIDE_LETTER = 1.25
"""Width of a digit, in letters."""
IN_LIST = 7
"""Letters that the list's frame and scroll bar take."""
FEWEST_ROWS, MOST_ROWS, OTHER_ROWS = 5, 40, 24
"""Rows of the list, and what stands above and below it in the sidebar, in rows."""
UNKNOWN: Mapping[str, Health] = {}
ROW = 20.0
"""Height of a row in pixels at the interface's usual scale."""


@dataclass(frozen=True)
class LayerRow:
    """A line of the list.

    Attributes:
        numbers: how many a sample gives; -1 where that is not known.
        by_name: what names are sorted by.
    """

    path: str
    kind: str
    size: str
    numbers: int
    by_name: tuple[Any, ...]


NO_ROWS: Mapping[str, LayerRow] = {}


@dataclass(frozen=True)
class Columns:
    """Which columns there is room for, by their orders, with letters as their widths. The name is cut last."""

    widths: tuple[tuple[str, float], ...]

    def titles(self) -> list[tuple[str, str]]:
        """Each column's order and title."""
        names = {order: title for order, title, *_ in ORDERS}
        return [(order, names[order]) for order, _ in self.widths]

    def cells(self, layout: bpy.types.UILayout) -> Iterator[tuple[str, bpy.types.UILayout]]:
        """A row for each column, side by side, by its order."""
        left, rest = layout, sum(width for _, width in self.widths)
        for order, width in self.widths[:-1]:
            left = left.split(factor=width / rest, align=True)
            yield order, left.row(align=True)
            left, rest = left.row(align=True), rest - width
        yield self.widths[-1][0], left


class LayerRows:
    """The lines of networks' lists, told once for each description, which is long."""

    def __init__(self) -> None:
        self._about: Description | None = None
        self._rows: Mapping[str, LayerRow] = {}
        self._longest = (0, 0, 0)

    def of(self, about: Description) -> Mapping[str, LayerRow]:
        """By path."""
        if self._about is not about:
            self._rows = {
                layer.path: row_of(layer.path, layer.class_name, layer.output_shape) for layer in about.network.layers
            }
            texts = [(row.path, row.kind, row.size) for row in self._rows.values()]
            longest = [max(map(len, column)) for column in zip(*texts, strict=True)] or [0, 0, 0]
            self._longest, self._about = (longest[0], longest[1], longest[2]), about
        return self._rows

    def columns(self, about: Description | None, letters: int) -> Columns:
        """As many columns as a line of so many letters has room for."""
        if about is not None:
            self.of(about)
        return columns_within(letters, *self._longest)

    def forget(self) -> None:
        self.__init__()  # type: ignore[misc]


layer_rows = LayerRows()
"""Those of the network that was drawn last."""


class LayerLines:
    """Which layers the list shows and where, as long as nothing that decides it is another."""

    def __init__(self) -> None:
        self.lines: tuple[list[int], list[int]] = ([], [])
        self._key: Hashable = None
        self._made_of: tuple[object, ...] = ()

    def is_of(self, key: Hashable, *made_of: object) -> bool:
        if self._key != key or len(self._made_of) != len(made_of):
            return False
        return all(one is other for one, other in zip(self._made_of, made_of, strict=True))

    def keep(self, lines: tuple[list[int], list[int]], key: Hashable, *made_of: object) -> None:
        self.lines, self._key, self._made_of = lines, key, made_of


layer_lines = LayerLines()
"""Those of the list that was drawn last."""


def columns_within(letters: int, name: int, kind: int, size: float) -> Columns:
    """As many columns as there is room for.

    Args:
        letters: in a line.
        name, kind, size: letters of the longest of each.
    """
    name, kind, size = min(name, LONGEST_NAME), min(kind, LONGEST_KIND), min(size, LONGEST_SIZE) * WIDE_LETTER + 1
    with_size = letters - IDLE - size >= name
    with_kind = with_size and letters - IDLE - size - kind - 1 >= name
    taken = IDLE + size * with_size + (kind + 1) * with_kind
    widths: list[tuple[str, float]] = [("NAME", max(letters - taken, 6))]
    widths += [("KIND", kind + 1)] if with_kind else []
    widths += [("SIZE", size)] if with_size else []
    return Columns((*widths, ("IDLE", IDLE)))


def most_rows(region: bpy.types.Region | None) -> int:
    """How many rows of the list the sidebar allows."""
    if region is None:
        return FEWEST_ROWS
    rows = int(region.height / (ROW * bpy.context.preferences.system.ui_scale)) - OTHER_ROWS
    return min(max(rows, FEWEST_ROWS), MOST_ROWS)


class NN_UL_layers(bpy.types.UIList):
    """Layers: the slabs among the objects of a collection."""

    def draw_item(
        self,
        context: bpy.types.Context,
        layout: bpy.types.UILayout,
        data: bpy.types.Collection,
        slab: bpy.types.Object,
        icon: int,
        active_data: bpy.types.PropertyGroup,
        active_property: str,
        index: int = 0,
        flt_flag: int = 0,
    ) -> None:
        root = active_network(context)
        about = known_description(root)
        path = slab[contract.LAYER]
        row = layer_rows.of(about).get(path) if about is not None else None
        if about is None or row is None:
            layout.label(text=path)
            return
        texts = {"NAME": path, "KIND": row.kind, "SIZE": row.size}
        for order, cell in layer_rows.columns(about, letters_in_line() - IN_LIST).cells(layout):
            if order == "IDLE":
                _draw_health(cell, (health_store.find(root, about) or {}).get(path))
            else:
                cell.label(text=texts[order])

    def draw_filter(self, context: bpy.types.Context, layout: bpy.types.UILayout) -> None:
        layout.prop(context.workspace.nn, "layers_text", text="", icon="VIEWZOOM")

    def filter_items(
        self, context: bpy.types.Context, data: bpy.types.Collection, property: str
    ) -> tuple[list[int], list[int]]:
        root, settings, objs = active_network(context), context.workspace.nn, getattr(data, property)
        about = known_description(root)
        rows = layer_rows.of(about) if about is not None else NO_ROWS
        health = (health_store.find(root, about) if about is not None else None) or UNKNOWN
        wanted, by, is_reversed = settings.layers_text.lower(), settings.layers_order, settings.layers_reversed
        key = root.session_uid, len(objs), wanted, by, is_reversed
        if not layer_lines.is_of(key, rows, health):
            paths = [_layer_of(obj) for obj in objs]
            flags = [self.bitflag_filter_item if path and is_wanted(path, rows, wanted) else 0 for path in paths]
            order = sorted_layers(paths, rows, health, by, is_reversed=is_reversed)
            layer_lines.keep((flags, list_ranks(order)), key, rows, health)
        return layer_lines.lines


def is_wanted(path: str, rows: Mapping[str, LayerRow], wanted: str) -> bool:
    """Whether a layer's name or kind contains a text in small letters."""
    row = rows.get(path)
    return wanted in path.lower() or (row is not None and wanted in row.kind.lower())


def sorted_layers(
    paths: Sequence[str], rows: Mapping[str, LayerRow], health: Mapping[str, Health], by: str, *, is_reversed: bool
) -> list[int]:
    """Numbers of layers as the list shows them. The largest and the least healthy come first; others as texts do.

    Args:
        paths: of the layers in the network's order; empty for what is none.
        by: one of `ORDERS`.
    """
    key = _keys(rows, health)[by]
    order = sorted(range(len(paths)), key=lambda number: key(paths[number]))
    return order[::-1] if is_reversed else order


def _keys(rows: Mapping[str, LayerRow], health: Mapping[str, Health]) -> dict[str, Callable[[str], Any]]:
    return {
        "ORDER": lambda path: 0,
        "NAME": lambda path: rows[path].by_name if path in rows else (),
        "KIND": lambda path: rows[path].kind if path in rows else "",
        "SIZE": lambda path: -rows[path].numbers if path in rows else 0,
        "IDLE": lambda path: -health[path].share if path in health else 1,
    }


def _natural(path: str) -> tuple[Any, ...]:
    """Numbers in names count as numbers: layer 10 comes after layer 9."""
    parts = re.split(r"(\d+)", path.lower())
    return tuple((part.isdecimal(), int(part) if part.isdecimal() else 0, part) for part in parts)


def _layer_of(obj: bpy.types.Object) -> str:
    return obj.get(contract.LAYER, "") if obj.get(contract.ROLE) == "slab" else ""


def row_of(path: str, kind: str, shape: Sequence[int]) -> LayerRow:
    """The line of a layer, by its path, its class and the sizes that it gives."""
    size = "×".join("?" if number < 0 else str(number) for number in shape)
    numbers = -1 if any(number < 0 for number in shape) else math.prod(shape)
    return LayerRow(path, kind, size, numbers, _natural(path))


def _draw_health(cell: bpy.types.UILayout, health: Health | None) -> None:
    """A bar, as long as the share of idle neurons is large; nothing where none were measured."""
    if health is None:
        cell.active = False
        cell.label(text="–")
        return
    before, after = "NaN " if health.not_finite else "", "?" if health.saturated is None else ""
    cell.progress(factor=health.share, text=f"{before}{_percent(health.share)}{after}")


def _percent(share: float) -> str:
    """Without a digit after the point; what is neither nothing nor all is never said to be."""
    if 0 < share < 0.01:
        return "<1%"
    return ">99%" if 0.99 < share < 1 else f"{share:.0%}"


def stop() -> None:
    layer_rows.forget()
    layer_lines.keep(([], []), None)


CLASSES = (NN_UL_layers,)

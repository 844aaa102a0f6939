"""Sizes of inputs that a network leaves open, as settings of the import and of the network's input."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import bpy

from ...core.inputs import NetworkInput, kind_of
from ...core.inputs.sizes import LARGEST, Sizes, is_open
from ...core.network import UNKNOWN, Network
from ...core.texts import format_sizes

MOST_AXES = 4
"""Open ones of an input that settings have: those of volumes in time."""


class NN_PG_input_size(bpy.types.PropertyGroup):
    """The size of the input of that name."""

    is_chosen: bpy.props.BoolProperty(  # type: ignore[valid-type]
        name="Choose Size",
        description="Choose the size that the network leaves open. If not, it is taken from the samples",
        options=set(),
    )
    size: bpy.props.IntVectorProperty(  # type: ignore[valid-type]
        name="Size",
        description="Size of the input: height and width of images, the length of sequences, or depth, height and "
        "width of volumes. Samples of another size are resized, or cut and filled up",
        size=MOST_AXES,
        default=(1,) * MOST_AXES,
        min=1,
        max=LARGEST,
        options=set(),
    )
    axes: bpy.props.IntProperty(options={"HIDDEN"})  # type: ignore[valid-type]
    usual: bpy.props.StringProperty(options={"HIDDEN"})  # type: ignore[valid-type]


def usual_sizes(network: Network) -> list[dict[str, Any]]:
    """Entries for a network that was not imported yet, of inputs with an open size."""
    entries = []
    for spec in network.inputs:
        axes = spec.shape.count(UNKNOWN)
        if not is_open(spec) or axes > MOST_AXES:
            continue
        sizes = (kind_of(network, spec).usual_size,) * axes
        usual = f"From the samples, else {format_sizes(sizes)}"
        entries.append({"name": spec.name, "axes": axes, "size": _padded(sizes), "usual": usual})
    return entries


def fill_sizes(entries: Any, inputs: Sequence[NetworkInput], chosen: Mapping[str, Sizes]) -> None:
    """Let the settings be what a scene has, with those that users chose."""
    entries.clear()
    for one in inputs:
        if one.size is not None and len(one.size.chosen) <= MOST_AXES:
            entry = entries.add()
            entry.name, entry.axes = one.name, len(one.size.chosen)
            entry.size, entry.is_chosen = _padded(one.size.chosen), one.name in chosen


def sizes_by_name(entries: Iterable[NN_PG_input_size]) -> dict[str, Sizes]:
    """The sizes that are chosen."""
    return {entry.name: tuple(entry.size[: entry.axes]) for entry in entries if entry.is_chosen}


def draw_size(layout: bpy.types.UILayout, entry: NN_PG_input_size, label: str) -> None:
    """A line with the choice, and the sizes where it is made."""
    row = layout.row(align=True, heading=label)
    row.prop(entry, "is_chosen", text="" if entry.is_chosen else entry.usual or "Choose Size")
    for axis in range(entry.axes) if entry.is_chosen else ():
        row.prop(entry, "size", index=axis, text="")


def _padded(sizes: Sizes) -> Sizes:
    return (*sizes, *(1,) * (MOST_AXES - len(sizes)))


CLASSES = (NN_PG_input_size,)

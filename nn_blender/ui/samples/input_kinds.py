"""The kinds of a network's inputs and outputs as settings: one entry for each."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import bpy

from ...core.description.description import Description
from ...core.inputs import INPUT_KINDS, kinds_for
from ...core.network import TensorSpec
from ...core.outputs import OUTPUT_KINDS, kinds_that_fit
from ...scene.base import contract
from ...scene.network.description import parse_description
from ..common.knowing import known_description

AUTOMATIC = "AUTO"


def _items(self: NN_PG_input_kind, _context: bpy.types.Context | None) -> Any:
    root = self.id_data
    about = known_description(root) if isinstance(root, bpy.types.Collection) else None
    spec = next((spec for spec in about.network.inputs if spec.name == self.name), None) if about else None
    return _items_for(spec)


@functools.lru_cache(maxsize=256)
def _items_for(spec: TensorSpec | None) -> tuple[tuple[str, str, str], ...]:
    """Kept here: Blender does not keep the texts that it is given."""
    kinds = INPUT_KINDS if spec is None else kinds_for(spec)
    return (
        (AUTOMATIC, "Automatic", "From the layers that read the input, its name, and the samples"),
        *((kind.name, kind.title, f"{kind.takes[0].upper()}{kind.takes[1:]}") for kind in kinds),
    )


class NN_PG_input_kind(bpy.types.PropertyGroup):
    """The kind of the input of that name."""

    kind: bpy.props.EnumProperty(  # type: ignore[valid-type]
        name="Kind", description="What the input is read as. Measure again to apply", items=_items, options=set()
    )


def _output_items(self: NN_PG_output_kind, _context: bpy.types.Context | None) -> Any:
    text = self.id_data.get(contract.TEXT) if isinstance(self.id_data, bpy.types.Collection) else None
    return _output_items_for(_kinds_of_outputs(text.as_string()).get(self.name, ("array",)) if text else ("array",))


@functools.lru_cache(maxsize=8)
def _kinds_of_outputs(description: str) -> dict[str, tuple[str, ...]]:
    """Names of the kinds that every output may be taken for; in large networks they take long to find."""
    about = parse_description(description)
    return {name: kinds_that_fit(about.network, name) for name in about.network.outputs} if about else {}


@functools.lru_cache(maxsize=256)
def _output_items_for(names: tuple[str, ...]) -> tuple[tuple[str, str, str], ...]:
    """Kept here, as `_items_for`."""
    return (
        (AUTOMATIC, "Automatic", "From the layers that make the output, its name, and the samples' labels"),
        *((name, OUTPUT_KINDS.find(name).title, "") for name in names),
    )


class NN_PG_output_kind(bpy.types.PropertyGroup):
    """The kind of the output of that name."""

    kind: bpy.props.EnumProperty(  # type: ignore[valid-type]
        name="Kind",
        description="What the output is taken for. Measure again to apply",
        items=_output_items,
        options=set(),
    )


def fill_kinds(settings: Any, about: Description, chosen: dict[str, str]) -> None:
    """Let the settings be what was chosen of a network's inputs and outputs."""
    network = about.network
    _fill(settings.kinds, {spec.name: [kind.name for kind in kinds_for(spec)] for spec in network.inputs}, chosen)
    _fill(settings.output_kinds, {name: kinds_that_fit(network, name) for name in network.outputs}, chosen)


def _fill(entries: Any, fitting: Mapping[str, Sequence[str]], chosen: dict[str, str]) -> None:
    entries.clear()
    for name, kinds in fitting.items():
        entry = entries.add()
        entry.name = name
        entry.kind = chosen[name] if chosen.get(name) in kinds else AUTOMATIC


def kinds_by_name(entries: Iterable[NN_PG_input_kind | NN_PG_output_kind], chosen: dict[str, str]) -> dict[str, str]:
    """The kinds that are chosen, of inputs and outputs as the entries have them; those of others stay."""
    entries = tuple(entries)
    others = {name: kind for name, kind in chosen.items() if name not in {entry.name for entry in entries}}
    return {**others, **{entry.name: entry.kind for entry in entries if entry.kind != AUTOMATIC}}


CLASSES = (NN_PG_input_kind, NN_PG_output_kind)

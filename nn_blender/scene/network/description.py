"""The network's text data-block: what panels and other tools know without worker and model file."""

from __future__ import annotations

import functools
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import bpy

from ...core.blocks.blocks import Block
from ...core.blocks.opening import Opening
from ...core.description.answers import Answer, ShownSample, finite_or_nan
from ...core.description.description import Description
from ...core.description.measurements import ClassCounts, LayerStatistics
from ...core.description.output_answers import OutputAnswer
from ...core.description.text import from_text, to_text
from ...core.errors import UserError
from ...core.layout.budgets import EVERYTHING, lay_out_within
from ...core.layout.layout import Layout
from ...core.maps.packing import Atlas, PackedMaps
from ...core.network import Network
from ...core.normalisation import Normalisation
from ...core.recording import Recording
from ..base import contract
from ..base.find import MOMENT
from ..base.parts import Parts
from ..base.writes import Writes
from .contents import Contents

KEPT = 8
"""How many texts are remembered with what they describe."""

_known: list[tuple[str, Description | UserError]] = []
"""Those that were read last, newest first. A long text is compared faster with a few than it is hashed."""


writes = Writes()
"""Of descriptions."""


@dataclass
class _Columns:
    """What `read_columns` gave last: of which text, as of which write, until when that is believed."""

    text: int = 0
    writes: int = -1
    until: float = 0.0
    found: Mapping[str, slice] = field(default_factory=dict)


_columns = _Columns()


def write_description(
    parts: Parts,
    contents: Contents,
    layout: Layout,
    blocks: tuple[Block, ...],
    normalisation: Normalisation,
    opening: Opening | None = None,
) -> None:
    """Write all of it at once, since it is long; what only users or other measurements change is kept."""
    text = parts.root.get(contract.TEXT)
    if text is None:
        text = bpy.data.texts.new(f"{parts.name}.json")
        contract.tag(text, parts.network_id, "description")
        parts.root[contract.TEXT] = text
    before = read_description(parts.root)
    about = replace(describe_contents(contents), places=layout, blocks=blocks, normalisation=normalisation)
    about = replace(about, opening=opening)
    if before is not None:
        # Influence stays on the meshes until it is measured anew, and so does what tells that it is out of date. How
        # many neurons are drawn was decided when the network was built.
        about = replace(about, influence=before.influence, budget=before.budget, others=before.others)
        about = replace(about, explanation=before.explanation)
    _write(text, about, None)


def change_description(root: bpy.types.Collection, **entries: Any) -> None:
    """Replace fields of what is written about a network, where it is there."""
    about = read_description(root)
    if about is not None and any(getattr(about, name) != value for name, value in entries.items()):
        _write(root[contract.TEXT], replace(about, **entries), about)


def _write(text: bpy.types.Text, description: Description, before: Description | None) -> None:
    writes.count += 1
    written = to_text(description, before)
    text.clear()
    text.write(written)
    _remember(written, description)


def read_description(root: bpy.types.Collection) -> Description | None:
    """What is written about a network; None where `unreadable` says why not. Panels ask at every redraw."""
    text = root.get(contract.TEXT)
    return parse_description(text.as_string()) if text else None


def require_description(root: bpy.types.Collection) -> Description:
    """As `read_description`, for what makes no sense without one.

    Raises:
        UserError: what `unreadable` says.
    """
    about = read_description(root)
    if about is None:
        raise unreadable(root)
    return about


def parse_description(text: str) -> Description | None:
    """What `write_description` wrote; None where it cannot be read. The same text gives the same object."""
    found = _parse(text)
    return found if isinstance(found, Description) else None


def unreadable(root: bpy.types.Collection) -> UserError:
    """Why there is no description of a network: its text is missing, broken, or newer than this extension."""
    text = root.get(contract.TEXT)
    found = _parse(text.as_string()) if text else None
    if isinstance(found, UserError):
        return found
    message = "The network's description is missing from the file."
    return UserError("description.missing", message, "Import the network again.")


def _parse(text: str) -> Description | UserError:
    place = next((place for place, (known, _) in enumerate(_known) if known == text), None)
    if place is not None:
        _known.insert(0, _known.pop(place))
        return _known[0][1]
    try:
        found: Description | UserError = from_text(text)
    except UserError as error:
        found = error
    _remember(text, found)
    return found


def _remember(text: str, found: Description | UserError) -> None:
    _known[:] = [(text, found), *(entry for entry in _known if entry[0] != text)][:KEPT]


def read_layout(root: bpy.types.Collection, network: Network) -> Layout:
    """Where a network stands in the scene; in one row where nothing says that, with every neuron that may be drawn."""
    about = read_description(root)
    if about is not None and about.places is not None:
        return about.places
    return lay_out_within(network, about.budget if about else EVERYTHING, about.inputs if about else ())


def read_columns(root: bpy.types.Collection) -> Mapping[str, slice]:
    """Where each layer's neurons stand when all are laid side by side; empty where there is no description.

    Panels ask many times in one redraw, and to look at a long text takes a while: what others write into it is seen
    after a moment.
    """
    text = root.get(contract.TEXT)
    if not text:
        return {}
    key, now = (text.session_uid, writes.count), time.monotonic()
    if (_columns.text, _columns.writes) != key or now > _columns.until:
        _columns.found = _parse_columns(text.as_string())
        _columns.text, _columns.writes, _columns.until = *key, now + MOMENT
    return _columns.found


@functools.lru_cache(maxsize=KEPT)
def _parse_columns(text: str) -> Mapping[str, slice]:
    about = parse_description(text)
    return about.network.neuron_slices() if about else {}


def describe_contents(contents: Contents) -> Description:
    """All that a new measurement says; places, blocks, normalisation and influence are others' to tell."""
    about = Description(
        network=contents.network,
        inputs=contents.inputs,
        outputs=contents.outputs,
        classes=contents.classes,
        frames_per_sample=contents.frames_per_sample,
        answer=contents.answer_name,
        atlases=_without_files(contents.atlases),
        composites=_without_files(contents.composites),
        budget=contents.budget,
        outputs_are_probabilities=contents.outputs_are_probabilities,
        source=contents.source,
        notes=contents.notes,
        versions=contents.versions,
    )
    recording, classes = contents.recording, contents.classes
    if recording is None:
        return about
    return replace(
        about,
        samples=tuple(_describe_sample(contents, recording, index) for index in range(contents.sample_count)),
        evaluated=len(recording.samples),
        skipped=recording.skipped,
        accuracy=recording.accuracy(classes),
        labelled=recording.labelled(classes),
        metrics=tuple(metric for judged in contents.judged for metric in judged.metrics),
        statistic=recording.statistic,
        layer_statistics={
            path: LayerStatistics.of(recording.overall, columns)
            for path, columns in contents.network.neuron_slices().items()
            if columns.stop > columns.start
        },
        class_means=ClassCounts.of(recording.class_means) if recording.class_means else None,
        ranges=contents.ranges,
    )


def _describe_sample(contents: Contents, recording: Recording, index: int) -> ShownSample:
    answer, certainty = Answer.of(recording, index, contents.classes), finite_or_nan(recording.certainty(index))
    told = zip(contents.outputs, contents.results, contents.judged, strict=False)
    outputs = tuple(
        OutputAnswer.of(output, result, index, judged.verdicts[index], contents.classes_of(output))
        for output, result, judged in told
        if result is not None
    )
    return ShownSample(recording.samples[index], answer, certainty, outputs)


def _without_files(packed: tuple[PackedMaps, ...]) -> tuple[Atlas, ...]:
    """Their files are packed by now."""
    return tuple(replace(maps.atlas, file="", ranges="", values="") for maps in packed)

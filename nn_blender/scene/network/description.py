"""The network's text data-block: what panels and other tools know without worker and model file."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from typing import Any

import bpy
import numpy as np

from ...core.layout.budgets import EVERYTHING, Budget, lay_out_within
from ...core.layout.layout import Layout
from ...core.network import Network
from ...core.recording import Answers, Atlas, Recording, json_number
from ..base import contract
from ..base.parts import Parts
from .contents import Contents

MOST_PREDICTIONS = 10


def write_description(parts: Parts, contents: Contents, blocks: dict[str, Any], normalisation: dict[str, Any]) -> None:
    """Write all of it at once, since it is long; what only users or other measurements change is kept.

    Args:
        blocks: see `core.blocks.to_dict`.
        normalisation: the rule, besides the ranges that were measured.
    """
    text = parts.root.get(contract.TEXT)
    if text is None:
        text = bpy.data.texts.new(f"{parts.name}.json")
        contract.tag(text, parts.network_id, "description")
        parts.root[contract.TEXT] = text
    before = read_description(parts.root)
    # Influence stays on the meshes until it is measured anew, and so does what tells that it is out of date. How many
    # neurons are drawn was decided when the network was built.
    kept: dict[str, Any] = {name: before[name] for name in ("influence", "budget") if name in before}
    about = describe_contents(contents)
    about |= {"blocks": blocks, "normalisation": {**about.get("normalisation", {}), **normalisation}}
    _write(text, {**about, **kept})


def change_description(root: bpy.types.Collection, **entries: Any) -> None:
    """Replace entries of what is written about a network, where it is there."""
    about = read_description(root)
    if about and any(about.get(name) != value for name, value in entries.items()):
        _write(root[contract.TEXT], {**about, **entries})


def _write(text: bpy.types.Text, description: dict[str, Any]) -> None:
    text.clear()
    # One long line makes Blender's text editor and undo quadratic.
    text.write(json.dumps(description, indent=1, allow_nan=False))


def read_description(root: bpy.types.Collection) -> dict[str, Any]:
    """What is written about a network; empty where somebody removed or broke the text."""
    text = root.get(contract.TEXT)
    return parse_description(text.as_string()) if text else {}


@functools.lru_cache(maxsize=8)
def parse_description(text: str) -> dict[str, Any]:
    """What `write_description` wrote; empty where somebody broke it. Panels ask at every redraw."""
    try:
        about = json.loads(text)
    except ValueError:
        return {}
    return about if isinstance(about, dict) and "network" in about else {}


def read_network(root: bpy.types.Collection) -> Network | None:
    """The network that is described; None where somebody removed or broke the text."""
    text = root.get(contract.TEXT)
    return _parse_network(text.as_string()) if text else None


@functools.lru_cache(maxsize=8)
def _parse_network(text: str) -> Network | None:
    about = parse_description(text)
    return Network.from_dict(about["network"]) if about else None


def read_described(root: bpy.types.Collection) -> tuple[dict[str, Any], Network | None]:
    """Both at once: handing over a long text takes longer than finding what was read of it before."""
    text = root.get(contract.TEXT)
    if text is None:
        return {}, None
    written = text.as_string()
    return parse_description(written), _parse_network(written)


def read_layout(root: bpy.types.Collection, network: Network) -> Layout:
    """Where a network's layers stand in the scene."""
    budget = read_description(root).get("budget")
    # A scene of former times draws every neuron.
    return lay_out_within(network, Budget(**budget) if budget else EVERYTHING)


def read_columns(root: bpy.types.Collection) -> Mapping[str, slice]:
    """Where each layer's neurons stand when all are laid side by side; empty as for `read_description`."""
    text = root.get(contract.TEXT)
    return _parse_columns(text.as_string()) if text else {}


@functools.lru_cache(maxsize=8)
def _parse_columns(text: str) -> Mapping[str, slice]:
    network = _parse_network(text)
    return network.neuron_slices() if network else {}


def describe_contents(contents: Contents) -> dict[str, Any]:
    recording = contents.recording
    description: dict[str, Any] = {
        "network": contents.network.to_dict(),
        "classes": list(contents.classes),
        "frames_per_sample": contents.frames_per_sample,
        "preprocessing": contents.preprocessing.to_dict() if contents.preprocessing else None,
        "atlases": [_atlas(atlas) for atlas in contents.atlases],
        "composites": [_atlas(atlas) for atlas in contents.composites],
        "budget": {"neurons": contents.budget.neurons, "layer_neurons": contents.budget.layer_neurons},
        "outputs_are_probabilities": contents.outputs_are_probabilities,
        "source": contents.source,
        "notes": list(contents.notes),
        "versions": contents.versions,
        "samples": [],
        "evaluated": 0,
        "skipped": [],
        "accuracy": None,
    }
    if recording:
        description |= {
            "samples": [_sample(contents, index) for index in range(contents.sample_count)],
            "evaluated": len(recording.samples),
            "skipped": [{"file": skipped.file, "reason": skipped.reason} for skipped in recording.skipped],
            "accuracy": recording.accuracy(contents.classes),
            "labelled": recording.labelled(contents.classes),
            "statistic": recording.statistic,
            "layer_statistics": _layer_statistics(contents, recording),
            "class_means": _class_means(recording),
            "normalisation": {"ranges": {path: list(span) for path, span in contents.ranges.items()}},
        }
    return description


def _layer_statistics(contents: Contents, recording: Recording) -> dict[str, Any]:
    """Mean, spread and share of active neurons per layer over all samples."""
    overall, statistics = recording.overall, {}
    for path, columns in contents.network.neuron_slices().items():
        if columns.stop == columns.start:
            continue
        means, spreads = (values[columns].astype(np.float64) for values in (overall.mean, overall.spread))
        with np.errstate(invalid="ignore", over="ignore"):
            # The variance of all values is the mean variance of the neurons plus the variance of their means.
            spread = np.sqrt((spreads**2).mean() + means.var())
            numbers = {"mean": means.mean(), "spread": spread, "active": overall.active[columns].mean()}
        statistics[path] = {name: json_number(float(value)) for name, value in numbers.items()}
    return statistics


def _class_means(recording: Recording) -> dict[str, Any] | None:
    """Which classes the attributes ``class_mean.<c>`` of the statistics are of."""
    means = recording.class_means
    return {"classes": list(means.names), "counts": list(means.counts), "more": means.more} if means else None


def _sample(contents: Contents, index: int) -> dict[str, Any]:
    recording = contents.recording
    sample = recording.samples[index]
    return {
        "name": sample.name,
        "file": sample.file,
        "index": sample.index,
        "label": sample.label,
        "right": recording.is_right(index, contents.classes),
        "certainty": json_number(recording.certainty(index)),
        "predictions": describe_predictions(recording, index, contents.classes),
    }


def describe_predictions(answers: Answers, sample: int, classes: tuple[str, ...]) -> list[dict[str, Any]]:
    """The best predictions for a sample, ready for JSON."""
    return [
        {"label": best.label, "probability": json_number(best.probability)}
        for best in answers.predictions(sample, classes, MOST_PREDICTIONS)
    ]


def _atlas(atlas: Atlas) -> dict[str, Any]:
    """All but the files, which are packed by now."""
    return {name: value for name, value in atlas.to_dict().items() if name not in ("file", "ranges")}

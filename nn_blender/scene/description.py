"""The network's text data-block: what panels and other tools know without worker and model file."""

from __future__ import annotations

import functools
import json
from typing import Any

import bpy

from ..core.recording import Atlas, Recording, json_number
from . import contract
from .contents import Contents
from .kit import Kit
from .normalisation import layer_ranges

MOST_PREDICTIONS = 10


def add_description(kit: Kit) -> bpy.types.Text:
    text = bpy.data.texts.new(f"{kit.name}.json")
    contract.tag(text, kit.network_id, "description")
    # One long line makes Blender's text editor and undo quadratic.
    text.write(json.dumps(describe_contents(kit.contents), indent=1, ensure_ascii=False, allow_nan=False))
    kit.root[contract.TEXT] = text
    return text


@functools.lru_cache(maxsize=8)
def parse_description(text: str) -> dict[str, Any]:
    """What `add_description` wrote; empty where somebody broke it. Panels ask at every redraw."""
    try:
        return json.loads(text)
    except ValueError:
        return {}


def describe_contents(contents: Contents) -> dict[str, Any]:
    recording = contents.recording
    description: dict[str, Any] = {
        "network": contents.network.to_dict(),
        "classes": list(contents.classes),
        "frames_per_sample": contents.frames_per_sample,
        "preprocessing": contents.preprocessing.to_dict() if contents.preprocessing else None,
        "atlases": [_atlas(atlas) for atlas in contents.atlases],
        "outputs_are_probabilities": contents.outputs_are_probabilities,
        "notes": list(contents.notes),
        "versions": contents.versions,
        "samples": [],
        "skipped": [],
        "accuracy": None,
    }
    if recording:
        ranges = layer_ranges(contents.network, recording)
        description |= {
            "samples": [_sample(contents, index) for index in range(contents.sample_count)],
            "skipped": [{"file": skipped.file, "reason": skipped.reason} for skipped in recording.skipped],
            "accuracy": recording.accuracy(contents.classes),
            "statistic": "mean",
            "normalisation": {"rule": "layer", "ranges": {path: list(span) for path, span in ranges.items()}},
        }
    return description


def _sample(contents: Contents, index: int) -> dict[str, Any]:
    recording = contents.recording
    sample = recording.samples[index]
    return {
        "name": sample.name,
        "file": sample.file,
        "label": sample.label,
        "right": recording.is_right(index, contents.classes),
        "predictions": describe_predictions(recording, index, contents.classes),
    }


def describe_predictions(recording: Recording, sample: int, classes: tuple[str, ...]) -> list[dict[str, Any]]:
    """The best predictions for a sample, ready for JSON."""
    return [
        {"label": best.label, "probability": json_number(best.probability)}
        for best in recording.predictions(sample, classes, MOST_PREDICTIONS)
    ]


def _atlas(atlas: Atlas) -> dict[str, Any]:
    """All but the file, which is packed by now."""
    return {name: value for name, value in atlas.to_dict().items() if name != "file"}

"""The index of a folder of explanations: what was explained, how, and which file holds what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import bpy

from ...core.explanations import METHODS, Method
from ...core.network import plain
from ...core.outputs import output_at
from ...core.recording import Recording, Skipped, class_name, json_number
from ...core.requests.explanations import ExplainRequest
from ..network.report import about_input, predictions_of
from ..samples.measuring import Prepared, Subject
from .result_files import ExplainedSample, Key, ResultFiles

VERSION = 1
MOST_PREDICTIONS = 5
BASELINE = "an input of zeros, as the network is given it; of tokens and texts, embeddings of zeros"
"""Of methods whose values add up to a difference of scores."""


@dataclass(frozen=True)
class Plan:
    """What is to be explained.

    Attributes:
        recording: what the network answers, without activations.
        request: of the samples that could be run.
        notes: what users should know of it.
        versions: of what computes it, by name.
    """

    prepared: Prepared
    recording: Recording
    request: ExplainRequest
    notes: tuple[str, ...]
    versions: dict[str, str]


@dataclass(frozen=True)
class Explained:
    """What came of it.

    Attributes:
        targets: as users wrote them.
        files: that were written.
        layer: whose maps were weighted; empty where no method weights any.
        layers: the same for every target.
        skipped: files that were given but are not explained.
        notes: what users should know of it.
    """

    plan: Plan
    targets: tuple[str, ...]
    files: ResultFiles
    layer: str
    layers: tuple[str, ...]
    skipped: tuple[Skipped, ...]
    notes: tuple[str, ...]

    @property
    def methods(self) -> tuple[Method, ...]:
        """Those that explained something, in the order in which they were asked for."""
        done = {method for method, _, _ in self.files.arrays}
        return tuple(METHODS.find(name) for name in self.plan.request.methods if name in done)

    @property
    def subject(self) -> Subject:
        return self.plan.prepared.subject

    @property
    def classes(self) -> tuple[str, ...]:
        return self.plan.prepared.classes


def make_explanation_report(explained: Explained) -> dict[str, Any]:
    """JSON-ready. Rows of the arrays are as ``samples``; ``files`` has the names of all files besides this one."""
    subject, request = explained.subject, explained.plan.request
    network, intervention = subject.network, request.intervention
    arrays = [rows.file.name for rows in explained.files.arrays.values()]
    overlays = [
        about["overlay"] for one in explained.files.explained for about in one.maps.values() if "overlay" in about
    ]
    takes_steps = any(method.has_steps for method in explained.methods)
    return {
        "version": VERSION,
        "model": {"name": network.name, "file": network.file, "sha256": network.sha256},
        "methods": [_method(explained, method) for method in explained.methods],
        "layer": explained.layer or None,
        "steps": request.steps if takes_steps else None,
        "baseline": BASELINE if any(method.total for method in explained.methods) else None,
        "intervention": None if intervention.is_empty else intervention.to_dict(),
        "answer": subject.answer_output.name,
        "classes": list(explained.classes),
        "targets": [_target(explained, number) for number in range(len(explained.targets))],
        "inputs": [
            {**about_input(one), "preprocessing": one.preprocessing.to_dict() if one.preprocessing else None}
            for one in subject.inputs
        ],
        "samples": [_sample(explained, one) for one in explained.files.explained],
        "skipped": [plain(skipped) for skipped in explained.skipped],
        "notes": list(explained.notes),
        "versions": {"blender": bpy.app.version_string, **explained.plan.versions},
        "files": [*arrays, *overlays],
    }


def _method(explained: Explained, method: Method) -> dict[str, Any]:
    """With its arrays, the first target's first input in the first of them."""
    arrays = [(key, rows) for key, rows in explained.files.arrays.items() if key[0] == method.name]
    return {
        "name": method.name,
        "label": method.label,
        "formula": method.formula,
        "provenance": method.provenance,
        "signed": method.is_signed,
        "arrays": [
            {
                "file": rows.file.name,
                "target": explained.targets[target],
                "input": network_input,
                "shape": list(rows.shape),
            }
            for (_, target, network_input), rows in arrays
        ],
    }


def _target(explained: Explained, number: int) -> dict[str, Any]:
    """Its index is null where it differs between samples."""
    target = explained.plan.request.targets[number]
    named = {} if target.layer or target.index is None else {"class": class_name(explained.classes, target.index)}
    return {
        "target": explained.targets[number],
        "layer": target.layer or None,
        "output": None if target.layer else explained.subject.answer_output.name,
        "index": target.index,
        **named,
        "weighted_layer": explained.layers[number] or None,
    }


def _sample(explained: Explained, one: ExplainedSample) -> dict[str, Any]:
    output = output_at(explained.subject.outputs, explained.subject.answer)
    predictions = predictions_of(output, explained.plan.recording, one.number, explained.classes)
    return {
        "file": one.sample.file,
        "entry": one.sample.index,
        "name": one.sample.name,
        "label": one.sample.label,
        "predictions": predictions[:MOST_PREDICTIONS],
        "targets": [_sample_target(explained, one, number) for number in range(len(explained.targets))],
    }


def _sample_target(explained: Explained, one: ExplainedSample, number: int) -> dict[str, Any]:
    target, index = explained.plan.request.targets[number], one.indices[number]
    keys = [key for key in one.maps if key[1] == number]
    methods = {name: [key for key in keys if key[0] == name] for name in dict.fromkeys(key[0] for key in keys)}
    return {
        "target": explained.targets[number],
        "index": index,
        "class": None if target.layer else class_name(explained.classes, index),
        "score": json_number(one.scores[number]),
        "output": json_number(one.outputs[number]),
        "methods": {name: _maps(one, of_method) for name, of_method in methods.items()},
    }


def _maps(one: ExplainedSample, keys: list[Key]) -> dict[str, Any]:
    """What a method says of a target: of the first input, then of each, and how its values add up over all of them.

    Methods whose values add up to a difference of scores also have ``difference`` and ``off``, how far the sum is from
    it.
    """
    inputs = [{"input": key[2], **one.maps[key]} for key in keys]
    difference = inputs[0].pop("difference", None)
    told = dict(inputs[0])
    if difference is not None:
        sums = [about["sum"] for about in inputs]
        total = None if None in sums else sum(sums)
        told |= {"sum": total, "difference": difference, "off": None if total is None else total - difference}
    if len(inputs) > 1:
        told["further_inputs"] = [{k: v for k, v in about.items() if k != "difference"} for about in inputs[1:]]
    return told

"""The report of an import: what was computed, for other programs."""

from __future__ import annotations

from itertools import zip_longest
from typing import Any

import numpy as np

from ...core.description.answers import Answer, InterventionResult
from ...core.description.output_answers import metric_to_dict, report_of_output
from ...core.inputs import NetworkInput
from ...core.network import plain
from ...core.outputs import NetworkOutput, output_at
from ...core.outputs.metrics import MetricValue
from ...core.recording import Recording, class_name
from ...scene.network.contents import Contents
from .import_network import Imported


def make_report(imported: Imported, changed: InterventionResult | None = None) -> dict[str, Any]:
    """JSON-ready: model, preprocessing, samples with predictions, accuracy, notes, timings in seconds, versions.

    Entry ``range`` says of the first input why its range of values was taken, how sure that is, and what other ranges
    gave on labelled samples; null where samples enter as they are. Entry ``skipped`` has the files that are no samples
    of the network, and why; ``notes`` has what else somebody who reads the report should know, as the command line says
    it.

    Args:
        changed: what the scene's description says of an intervention. Its entry ``intervention`` in the report then
            has accuracy and predictions of the samples that are shown; all other entries are of the intact network.
    """
    contents, recording = imported.contents, imported.contents.recording
    network = contents.network
    return {
        "model": {
            "name": network.name,
            "file": network.file,
            "sha256": network.sha256,
            "parameters": network.parameters,
            "layers": [
                {
                    "path": layer.path,
                    "class_name": layer.class_name,
                    "output_shape": list(layer.output_shape),
                    "neurons": layer.neurons,
                    "parameters": layer.parameters,
                }
                for layer in network.layers
            ],
        },
        "preprocessing": contents.preprocessing.to_dict() if contents.preprocessing else None,
        "range": _range(contents.inputs),
        "inputs": [about_input(one) for one in contents.inputs],
        "outputs": [{"name": one.name, "kind": one.kind, "reason": one.reason} for one in contents.outputs],
        "samples": _samples(contents, recording) if recording else [],
        "accuracy": recording.accuracy(contents.classes) if recording else None,
        "metrics": [_metric(contents, metric) for judged in contents.judged for metric in judged.metrics],
        "skipped": [plain(skipped) for skipped in recording.skipped] if recording else [],
        "notes": list(contents.notes),
        "timings": imported.timings,
        "versions": contents.versions,
        **({"intervention": _intervention(contents, changed)} if changed else {}),
    }


def _intervention(contents: Contents, changed: InterventionResult) -> dict[str, Any]:
    """Values that are no probabilities are written as values, as in `predictions_of`."""
    told = changed.to_dict()
    if not output_at(contents.outputs, contents.answer).class_values_are_probabilities:
        for sample in told["samples"]:
            sample["predictions"] = [
                {"label": one["label"], "probability": None, "value": one["probability"]}
                for one in sample["predictions"]
            ]
    return told


def about_input(one: NetworkInput) -> dict[str, Any]:
    """With its size where the network leaves it open: shapes are without the batch axis, -1 is open."""
    told: dict[str, Any] = {"name": one.name, "kind": one.kind, "reason": one.reason}
    if one.size is None:
        return told
    size = {"shape": list(one.size.shape), "stated": list(one.size.stated), "chosen": list(one.size.chosen)}
    return {**told, "size": {**size, "reason": one.size.reason, "padding": one.size.padding}}


def _range(inputs: tuple[NetworkInput, ...]) -> dict[str, Any] | None:
    guess = inputs[0].guess if inputs else None
    if guess is None:
        return None
    return {name: value for name, value in guess.to_dict().items() if name != "preprocessing"}


def _samples(contents: Contents, recording: Recording) -> list[dict[str, Any]]:
    output = output_at(contents.outputs, contents.answer)
    return [
        {
            "name": sample.name,
            "label": sample.label,
            "predictions": predictions_of(output, recording, index, contents.classes),
            "outputs": _outputs(contents, index),
        }
        for index, sample in enumerate(recording.samples)
    ]


def predictions_of(
    output: NetworkOutput, recording: Recording, sample: int, classes: tuple[str, ...]
) -> list[dict[str, Any]]:
    """Of the network's answer; values that are no probabilities are written as values, with what follows from them."""
    predictions: list[dict[str, Any]] = Answer.of(recording, sample, classes).to_dict()["predictions"]
    if output.class_values_are_probabilities or recording.class_values is None:
        return predictions
    shares = output.probabilities(recording.class_values[sample])
    best = [] if shares is None else np.sort(shares)[::-1].astype(float).tolist()
    told = zip_longest(predictions, best[: len(predictions)])
    return [{"label": one["label"], "probability": share, "value": one["probability"]} for one, share in told]


def _outputs(contents: Contents, sample: int) -> list[dict[str, Any]]:
    network, told = contents.network, []
    for output, result, judged in zip(contents.outputs, contents.results, contents.judged, strict=False):
        if result is None:
            continue
        layer = network.layer_of_output(output.name)
        shape = (
            layer.output_shape
            if layer
            else next((spec.shape for spec in network.inputs if spec.name == output.name), ())
        )
        classes = contents.classes_of(output)
        told.append(report_of_output(output, shape, result, sample, judged.verdicts[sample], classes))
    return told


def _metric(contents: Contents, metric: MetricValue) -> dict[str, Any]:
    """With the classes named where there is a number for each."""
    told = metric_to_dict(metric)
    output = next(one for one in contents.outputs if one.name == metric.output)
    names = contents.classes_of(output)
    told["per_class"] = [
        {"label": class_name(names, number), "value": value} for number, value in enumerate(told["per_class"])
    ]
    return told

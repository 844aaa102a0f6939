"""The report of an import: what was computed, for other programs."""

from __future__ import annotations

from typing import Any

from ...core.description.answers import Answer, InterventionResult
from ...core.inputs import NetworkInput
from ...core.network import plain
from ...core.recording import Recording
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
        "samples": _samples(recording, contents.classes) if recording else [],
        "accuracy": recording.accuracy(contents.classes) if recording else None,
        "skipped": [plain(skipped) for skipped in recording.skipped] if recording else [],
        "notes": list(contents.notes),
        "timings": imported.timings,
        "versions": contents.versions,
        **({"intervention": changed.to_dict()} if changed else {}),
    }


def _range(inputs: tuple[NetworkInput, ...]) -> dict[str, Any] | None:
    guess = inputs[0].guess if inputs else None
    if guess is None:
        return None
    return {name: value for name, value in guess.to_dict().items() if name != "preprocessing"}


def _samples(recording: Recording, classes: tuple[str, ...]) -> list[dict[str, Any]]:
    return [
        {
            "name": sample.name,
            "label": sample.label,
            "predictions": Answer.of(recording, index, classes).to_dict()["predictions"],
        }
        for index, sample in enumerate(recording.samples)
    ]

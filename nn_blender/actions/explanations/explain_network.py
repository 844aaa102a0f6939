"""Explain a network's answers to samples in files for other programs, without a scene."""

from __future__ import annotations

import contextlib
import json
import math
from collections.abc import Generator
from dataclasses import dataclass, replace
from pathlib import Path

import bpy

from ...core.errors import UserError
from ...core.explanations.targets import PREDICTED_WORD, Answers, layer_called, read_target
from ...core.interventions.intervention import Intervention
from ...core.requests.explanations import Captions, ExplainRequest
from ...core.samples.left_out import sentences
from ...core.written_files import refuse_little_space, unfinished
from ...engine.jobs import Progress
from ...engine.registry import workers
from ...engine.worker import Worker
from ..network.loading import LoadOptions, inspect_model, load_model, reference_to
from ..requests import read_recording
from ..samples.measuring import Prepared, Subject, describe_sizes, prepare
from .explanation_report import Explained, Plan, make_explanation_report
from .result_files import INDEX, ResultFiles, files_of_earlier_run

WHAT = "Explanations"


@dataclass(frozen=True, kw_only=True)
class ExplainOptions(LoadOptions):
    """What to explain and how.

    Attributes:
        folder: for the files.
        methods: their names.
        targets: see `core.explanations.targets.read_target`.
        layer: see `core.requests.explanations.ExplainRequest.layer`; ``steps`` likewise.
        disable: neurons that are off, as in `Intervention.from_texts`; ``gain`` likewise.
    """

    folder: Path
    methods: tuple[str, ...]
    targets: tuple[str, ...] = (PREDICTED_WORD,)
    layer: str = ""
    steps: int = ExplainRequest.steps
    disable: tuple[str, ...] = ()
    gain: tuple[str, ...] = ()


def explain_network(python: Path, options: ExplainOptions) -> Generator[Progress, None, Explained]:
    """Write maps of all samples, overlays and an index into a folder; all files appear at once.

    Files of an earlier run are replaced; those of others stay.

    Raises:
        UserError: the model, the samples or the worker's Python do not work; a target or layer is unknown; nothing
            can be explained; the folder cannot be written.
        Cancelled: the job was cancelled. Then the folder is as it was.
    """
    worker, folder = workers.get("explain", python), options.folder.expanduser().absolute()
    options = replace(options, folder=folder)
    with unfinished(folder, WHAT, INDEX, files_of_earlier_run(folder)) as temporary:
        plan = yield from _plan(worker, options)
        request = plan.request
        files = ResultFiles(worker, temporary, request.samples, options.targets)
        with contextlib.closing(files):
            answer = yield from worker.stream(request, files.take)
            files.finish()
        padded = [rows.file.name for rows in files.arrays.values() if rows.is_padded]
        about = [f"In {name}, NaN stands where a sample has no map, or a smaller one than others." for name in padded]
        notes = (*plan.notes, *sentences(answer.skipped), *answer.notes, *about)
        skipped = (*plan.recording.skipped, *plan.prepared.left_out, *answer.skipped)
        explained = Explained(plan, options.targets, files, answer.layer, answer.layers, skipped, notes)
        report = make_explanation_report(explained)
        text = json.dumps(report, indent=1, ensure_ascii=False, allow_nan=False)
        (temporary / INDEX).write_text(text, encoding="utf-8")
    return explained


def _plan(worker: Worker, options: ExplainOptions) -> Generator[Progress, None, Plan]:
    """Load the network, decide all that is asked for, and run the samples."""
    file = options.file.expanduser().absolute()
    yield Progress(f"Reading {file.name}")
    inspection = yield from inspect_model(worker, file, options.classes_code)
    model = reference_to(file, inspection, options)
    loaded = yield from load_model(worker, model, inspection.network, options)
    network = loaded.network
    intervention = Intervention.from_texts(network, options.disable, options.gain)
    if options.layer:
        layer_called(network, options.layer)
    subject = Subject(replace(model, reads=network.inputs), network, loaded.ranges, loaded.sizes)
    prepared = yield from prepare(worker, subject, options)
    if not prepared.samples:
        raise UserError("samples.none", "There are no samples to explain.", "Add --samples PATH.")
    request = _request(prepared, options, intervention)
    ran = yield from worker.ask(replace(prepared.request(options.statistic), intervention=intervention, shown=0))
    subject = prepared.subject
    recording = read_recording(worker, ran, options.statistic, subject.outputs, subject.answer)
    notes = (*loaded.remarks, *describe_sizes(subject), *prepared.notes)
    notes += (*sentences(recording.skipped), *recording.remarks, *ran.notes)
    return Plan(prepared, recording, replace(request, samples=recording.samples), notes, loaded.versions)


def _request(prepared: Prepared, options: ExplainOptions, intervention: Intervention) -> ExplainRequest:
    """What the worker is asked for.

    Raises:
        UserError: code ``target.…``, see `read_target`; ``export.unwritable``, where there is no room.
    """
    subject = prepared.subject
    output = subject.answer_output
    answers = Answers(subject.network, output, subject.answer, prepared.classes)
    targets = tuple(read_target(text, answers) for text in options.targets)
    numbers = sum(math.prod(max(size, 1) for size in spec.shape) for spec in subject.network.inputs)
    needed = 4 * numbers * len(prepared.samples) * len(targets) * len(options.methods)
    refuse_little_space(options.folder, needed, WHAT, "Explain fewer samples, or choose another folder.")
    fonts = bpy.utils.system_resource("DATAFILES", path="fonts")  # type: ignore[attr-defined]
    are_probabilities = output.class_values_are_probabilities
    return ExplainRequest(
        model=subject.model,
        samples=prepared.samples,
        inputs=subject.inputs,
        intervention=intervention,
        methods=options.methods,
        targets=targets,
        outputs=subject.outputs,
        layer=options.layer,
        steps=options.steps,
        captions=Captions(prepared.classes, answers.noun, are_probabilities, Path(fonts) if fonts else None),
    )

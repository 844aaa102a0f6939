"""Builds requests to the worker from a network's description and reads their answers into core's classes."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ..core.description.description import Description
from ..core.errors import UserError
from ..core.inputs.sizes import InputSize, as_stated, is_open
from ..core.network import Network, TensorSpec
from ..core.outputs import NetworkOutput, output_at
from ..core.outputs.endings import OVER_CLASSES, ending_of
from ..core.recording import OutputResult, Recording, Sample, Skipped, Statistics
from ..core.requests.base import ModelReference
from ..core.requests.models import OpenSizes
from ..core.requests.samples import RunAnswer
from ..core.samples.claiming import claim_truths, label_by_answer
from ..core.samples.finding import find_classes, find_pictures_beside, find_samples, find_samples_by_input
from ..core.samples.left_out import find_left_out
from ..core.samples.options import MeasureOptions
from ..engine.consents import consents
from ..engine.worker import Worker


def model_of(about: Description) -> ModelReference:
    """The model that a network in the scene was made from; whether code may run this computer knows, not the scene."""
    network, source = about.network, about.source
    allowed = consents.allows(network.sha256, source.classes_sha256)
    code = source.classes_code, source.classes_sha256
    return ModelReference(Path(network.file), network.sha256, allowed, *code, network.inputs)


def all_samples(about: Description) -> tuple[Sample, ...]:
    """All that were measured: those in the scene by their numbers there, then the others.

    Raises:
        UserError: the folders or files they came from cannot be read any more.
    """
    shown, options = about.shown_samples, about.source.options
    sizes = [one.size for one in about.inputs]
    found = find_all(options, about.network, sizes=sizes)[: options.max_samples]
    found = label_by_answer(found, output_at(about.outputs, about.answer_number), about.classes)
    known = {sample.values for sample in shown}
    return (*shown, *(sample for sample in found if sample.values not in known))


def find_all(
    options: MeasureOptions,
    network: Network,
    notes: list[str] | None = None,
    sizes: Sequence[InputSize | None] = (),
) -> list[Sample]:
    """All samples where options say that samples are, else those next to the model; more than are to be measured.

    Args:
        notes: what of tables of labels and of arrays was not understood is added here.
        sizes: that were chosen for inputs which the network leaves open; none where it says itself what is open.

    Raises:
        UserError: a folder or file cannot be read, or has no samples.
    """
    model, inputs = Path(network.file), [spec.name for spec in network.inputs]
    shapes = {spec.name: spec.shape for spec in as_stated(network, sizes).inputs}
    classes = find_classes(model, options.classes)
    places = _places(options, model)
    endings = (ending_of(network, name) for name in network.outputs)
    widths = {ending.units for ending in endings if ending and ending.activation not in OVER_CLASSES}
    if options.input_samples:
        by_input = dict(zip(options.input_samples, places, strict=True))
        found = find_samples_by_input(by_input, options.labels, classes, notes, inputs, widths, shapes)
    else:
        about = options.labels, classes, notes, inputs, widths, shapes
        found = [one for place in places for one in find_samples(place, *about)]
    return claim_truths(found, network.outputs, [] if notes is None else notes)


def find_first(options: MeasureOptions, network: Network) -> tuple[Sample | None, tuple[str, ...]]:
    """The first sample for a network of which not even the inputs are known, and names of those that it has values for.

    The names are empty where it has one value; None where there are no samples.

    Raises:
        UserError: as `find_all`.
    """
    if not _places(options, Path(network.file)):
        return None, ()
    names = tuple(options.input_samples)
    found = find_all(options, replace(network, inputs=tuple(TensorSpec(name, ()) for name in names or ("samples",))))
    return found[0], names


def open_sizes(options: MeasureOptions, network: Network) -> OpenSizes:
    """By what the worker is to choose sizes that a network leaves open.

    Args:
        network: as its file states it; samples are looked for where one of its inputs has an open size.
    """
    samples: list[Sample] = []
    if any(map(is_open, network.inputs)) and _places(options, Path(network.file)):
        with contextlib.suppress(UserError):  # It is said when they are to be measured.
            samples = find_all(options, network)[: options.max_samples]
    return OpenSizes(tuple(samples), options.kinds, options.sizes)


def find_others(options: MeasureOptions, model: Path, samples: Sequence[Sample]) -> list[Skipped]:
    """What lies beside all samples in their folders and is none, see `left_out.find_left_out`."""
    values = [value for sample in samples for value in (*sample.values, *(one.value for one in sample.truths))]
    used = {Path(value.file) for value in values if value is not None}
    known = {path.expanduser().absolute() for path in (options.labels, options.classes, model) if path}
    return [other for place in _places(options, model) for other in find_left_out(place, used, known)]


def _places(options: MeasureOptions, model: Path) -> list[Path]:
    """Folders and files of samples, absolute: all of them, or one for each input that has its own."""
    beside = None if options.samples or options.input_samples else find_pictures_beside(model)
    places = (*options.input_samples.values(),) or options.samples or ((beside,) if beside else ())
    return [place.expanduser().absolute() for place in places]


def refuse_missing(wanted: Sequence[Sample], read: Sequence[Sample]) -> None:
    """Whether all samples that are wanted could be read.

    Raises:
        UserError: code ``samples.changed``.
    """
    known = {*read}
    missing = [sample.name for sample in wanted if sample not in known]
    if missing:
        more = f", +{len(missing) - 3} more" if len(missing) > 3 else ""
        raise UserError(
            "samples.changed",
            f"Samples can no longer be read: {', '.join(missing[:3])}{more}.",
            "Bring them back, or choose others and measure again.",
        )


def read_recording(
    worker: Worker, ran: RunAnswer, statistic: str, outputs: Sequence[NetworkOutput], answer: int
) -> Recording:
    """What a run measured, copied, so that nothing depends on the session's files.

    Args:
        answer: number of the output that is the network's answer.
    """
    results = tuple(
        OutputResult(
            worker.take_array(one.values) if one.values else None,
            worker.take_array(one.summary),
            worker.take_array(one.errors) if one.errors else None,
            worker.take_array(one.table) if one.table else None,
        )
        for one in ran.outputs
    )
    return Recording(
        samples=ran.samples,
        activations=worker.take_array(ran.activations),
        outputs=results[answer].values if results else None,
        skipped=ran.skipped,
        remarks=ran.remarks,
        statistics=Statistics.from_array(worker.take_array(ran.statistics)),
        statistic=statistic,
        kind=output_at(outputs, answer),
        results=results,
    )

"""Run samples through a network: from the choice of samples to all that a scene shows of them."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ...core.errors import UserError
from ...core.inputs import InputKind, NetworkInput, decide_inputs, first_input_kind
from ...core.inputs.preprocessing import Preprocessing, guess_preprocessing
from ...core.inputs.ranges import InputRange
from ...core.layout.budgets import LAYER_PIXELS, share_pixels
from ...core.maps.packing import Atlas
from ...core.network import Network
from ...core.outputs import NetworkOutput, OutputKind, decide_outputs, first_output_kind
from ...core.recording import CLASS_NUMBERS, Recording, Sample
from ...core.requests.base import ModelReference
from ...core.requests.maps import MapsRequest
from ...core.requests.samples import RunRequest
from ...core.samples.finding import find_classes, find_pictures_beside
from ...core.samples.grouping import Grouping, group_by_class
from ...core.samples.options import SHOWN_AT_MOST, MeasureOptions
from ...engine.jobs import Progress
from ...engine.worker import Worker
from ..requests import find_all, read_recording
from .ranges import try_ranges


@dataclass(frozen=True)
class Subject:
    """The network that is measured.

    Attributes:
        inputs, outputs: their kinds, as they were decided when the network was imported.
        ranges: what values every input expects, as far as the network's operations show it.
    """

    model: ModelReference
    network: Network
    inputs: tuple[NetworkInput, ...]
    outputs: tuple[NetworkOutput, ...]
    ranges: tuple[InputRange, ...]

    @property
    def input_kind(self) -> InputKind:
        """See `core.inputs.first_input_kind`."""
        return first_input_kind(self.inputs)

    @property
    def answer_kind(self) -> OutputKind:
        """See `core.outputs.first_output_kind`."""
        return first_output_kind(self.outputs)


def subject_of(model: ModelReference, network: Network, ranges: tuple[InputRange, ...]) -> Subject:
    """A network that is imported: what its inputs and outputs are is decided here."""
    return Subject(model, network, decide_inputs(network), decide_outputs(network), ranges)


@dataclass(frozen=True)
class Measured:
    """What came of it; the recording is None where there was nothing to run."""

    preprocessing: Preprocessing | None = None
    recording: Recording | None = None
    classes: tuple[str, ...] = ()
    atlases: tuple[Atlas, ...] = ()
    composites: tuple[Atlas, ...] = ()
    notes: tuple[str, ...] = ()


def measure(worker: Worker, subject: Subject, options: MeasureOptions) -> Generator[Progress, None, Measured]:
    """Run the chosen samples through a network.

    Raises:
        UserError: the samples, or what is to be done to them, do not fit the network.
    """
    notes: list[str] = []
    network = subject.network
    classes = find_classes(Path(network.file), options.classes)
    samples = choose_samples(options, Path(network.file), notes)
    if not samples or not _can_run(subject, samples, options, notes):
        return Measured(classes=classes, notes=tuple(notes))
    preprocessing = yield from _choose_preprocessing(worker, subject, samples, classes, options, notes)
    request = RunRequest(
        model=subject.model,
        samples=tuple(samples),
        input_kind=subject.input_kind.name,
        preprocessing=preprocessing,
        statistic=options.statistic,
    )
    grouping = group_by_class(samples, classes)
    if len(grouping.names) * network.neurons > CLASS_NUMBERS:
        notes.append(f"Means per class are left out: {network.neurons:,} neurons would have too many.")
        grouping = Grouping()
    recording = yield from _record(worker, request, subject.answer_kind, classes, options, grouping)
    layers = [layer.path for layer in network.layers if layer.map_shape is not None] if options.map_pixels else []
    drawing = MapsRequest(
        model=subject.model,
        samples=recording.samples[: recording.shown],
        input_kind=subject.input_kind.name,
        preprocessing=preprocessing,
        layers=tuple(layers),
    )
    maps = yield from draw_maps(worker, drawing, network, options)
    notes += _describe(recording, network, maps)
    return Measured(preprocessing, recording, classes, maps.atlases, maps.composites, tuple(notes))


def choose_samples(options: MeasureOptions, file: Path, notes: list[str]) -> list[Sample]:
    """The samples to measure; notes about the choice are appended to ``notes``."""
    beside = None if options.samples else find_pictures_beside(file)
    if not options.samples and not beside:
        notes.append("No samples: the structure is shown without activations.")
        return []
    if beside:
        notes.append(f"Samples from {beside.parent.name}/{beside.name}, next to the model.")
    found = find_all(options, file, notes)
    chosen = found[: options.max_samples]
    if len(found) > len(chosen):
        notes.append(f"{len(chosen):,} samples are measured; {len(found) - len(chosen):,} more were found.")
    return chosen


def _can_run(subject: Subject, samples: list[Sample], options: MeasureOptions, notes: list[str]) -> bool:
    """Whether such samples can be run. Samples that merely lie next to the model are left out where they cannot."""
    try:
        if any(sample.index is None for sample in samples) or len(subject.network.inputs) != 1:
            guess_preprocessing(subject.network)
    except UserError as error:
        if options.samples:
            raise
        notes.append(f"The structure is shown without activations: {error.message}")
        return False
    return True


def _choose_preprocessing(
    worker: Worker,
    subject: Subject,
    samples: list[Sample],
    classes: tuple[str, ...],
    options: MeasureOptions,
    notes: list[str],
) -> Generator[Progress, None, Preprocessing | None]:
    """What is to be done to samples; None where they enter as they are."""
    kind = subject.input_kind
    if kind.guess is None:
        notes.append(kind.describe(None))
        return None
    guess = kind.guess(subject.network, subject.ranges[0])
    request = RunRequest(model=subject.model, samples=tuple(samples), input_kind=kind.name, statistic=options.statistic)
    answer = subject.answer_kind
    guess = yield from try_ranges(worker, request, subject.network, answer, guess, classes, options)
    preprocessing = guess.preprocessing.with_choices(**options.choices)
    notes.append(kind.describe(preprocessing))
    if options.choices.get("range") is None:
        notes.extend(guess.sentences())
    return preprocessing


def _record(
    worker: Worker,
    request: RunRequest,
    kind: OutputKind,
    classes: tuple[str, ...],
    options: MeasureOptions,
    grouping: Grouping,
) -> Generator[Progress, None, Recording]:
    """Outputs and statistics of all samples, activations of those that are shown."""
    shown = min(options.shown, SHOWN_AT_MOST)
    groups = tuple(grouping.numbers(request.samples, classes) or ())
    ran = yield from worker.ask(replace(request, shown=shown, groups=groups))
    recording = read_recording(worker, ran, options.statistic, kind)
    if grouping.names and ran.group_means:
        means = worker.take_array(ran.group_means)
        recording = replace(recording, class_means=grouping.class_means(recording.samples, classes, means))
    if options.order == "first" or len(recording.samples) <= shown:
        return recording
    order = _order(recording, classes, options.order)
    chosen = tuple(recording.samples[index] for index in order[:shown])
    again = yield from worker.ask(replace(request, samples=chosen, shown=shown))
    activations = worker.take_array(again.activations)
    outputs = recording.outputs[order] if recording.outputs is not None else None
    return replace(
        recording, samples=tuple(recording.samples[i] for i in order), activations=activations, outputs=outputs
    )


def _order(recording: Recording, classes: tuple[str, ...], order: str) -> list[int]:
    """All samples, those that are to be shown first."""
    count = len(recording.samples)
    if order == "wrong":
        return sorted(range(count), key=lambda index: recording.is_right(index, classes) is not False)
    certainties = [recording.certainty(index) for index in range(count)]
    return sorted(range(count), key=lambda index: (np.isnan(certainties[index]), certainties[index]))


class Maps(NamedTuple):
    """Pictures that the worker drew.

    Attributes:
        atlases: of the input and of layers.
        composites: summaries of layers.
        without: layers whose maps do not fit into their share of the pixels, by path.
    """

    atlases: tuple[Atlas, ...]
    composites: tuple[Atlas, ...]
    without: tuple[str, ...]


def draw_maps(
    worker: Worker, request: MapsRequest, network: Network, options: MeasureOptions
) -> Generator[Progress, None, Maps]:
    """Pictures of the input and of some layers' maps, and summaries of these layers.

    Args:
        request: which samples and layers; how they are drawn is added here.
    """
    pixels = share_pixels(network, len(request.samples), options.map_pixels) if request.layers else LAYER_PIXELS
    drawn = yield from worker.ask(replace(request, pixels=pixels, volume=options.volume, composites=True))
    return Maps(drawn.atlases, drawn.composites, tuple(skipped.layer for skipped in drawn.skipped_layers))


def _describe(recording: Recording, network: Network, maps: Maps) -> list[str]:
    notes = [f"{skipped.file} was skipped: {skipped.reason}." for skipped in recording.skipped]
    notes += recording.remarks
    more = len(recording.samples) - recording.shown
    if more:
        notes.append(f"{recording.shown:,} samples are in the scene; {more:,} more are measured but not in the scene.")
    notes += _describe_maps(maps)
    if len(network.outputs) > 1:
        notes.append(f"The classes shown are those of the output {network.outputs[0]}, one of {len(network.outputs)}.")
    return notes


def _describe_maps(maps: Maps) -> list[str]:
    """What of the pictures is smaller than it was computed, or missing."""
    notes = []
    reduced = [atlas.reduction for atlas in maps.atlases if atlas.layer and atlas.reduction > 1]
    if reduced:
        notes.append(
            f"Feature maps of {len(reduced)} layers are scaled down to save memory, to as little as 1/{max(reduced)} "
            "per side."
        )
    notes += [
        f"Pictures of the input are scaled down to 1/{atlas.reduction} per side to save memory."
        for atlas in maps.atlases
        if not atlas.layer and atlas.reduction > 1
    ]
    if maps.without:
        more = f", +{len(maps.without) - 3} more" if len(maps.without) > 3 else ""
        notes.append(
            f"{len(maps.without)} layers have no feature maps, because those of so many samples would take too much "
            f"memory: {', '.join(maps.without[:3])}{more}. Show fewer samples to see them."
        )
    return notes


def describe_left_out(network: Network, drawn: int) -> tuple[str, ...]:
    """How many neurons are measured without being among those that are drawn."""
    more = network.neurons - drawn
    return (f"{more:,} more neurons are measured, but not drawn.",) if more else ()

"""Run samples through a network: from the choice of samples to all that a scene shows of them."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ...core.errors import UserError
from ...core.inputs import INPUT_KINDS, NetworkInput, decide_inputs
from ...core.inputs.ranges import NOTHING_KNOWN, InputRange
from ...core.inputs.sizes import InputSize, as_stated
from ...core.layout.budgets import LAYER_PIXELS, share_pixels
from ...core.maps.packing import Atlas
from ...core.network import Network
from ...core.outputs import OUTPUT_KINDS, NetworkOutput, answer_of, decide_outputs, output_at
from ...core.outputs.endings import Evidence
from ...core.outputs.verdicts import describe_unread
from ...core.recording import CLASS_NUMBERS, Recording, Sample, Skipped
from ...core.requests.base import ModelReference
from ...core.requests.maps import MapsRequest
from ...core.requests.samples import RunRequest
from ...core.samples.claiming import label_by_answer
from ...core.samples.class_names import names_by_labels
from ...core.samples.finding import find_classes, find_pictures_beside
from ...core.samples.grouping import Grouping, group_by_class
from ...core.samples.hints import are_masks, hints_of
from ...core.samples.left_out import sentences
from ...core.samples.options import SHOWN_AT_MOST, MeasureOptions
from ...engine.jobs import Progress
from ...engine.worker import Worker
from ..requests import find_all, find_others, read_recording
from .ranges import RangeTrials, describe_numbers, try_ranges


@dataclass(frozen=True)
class Subject:
    """The network that is measured.

    Attributes:
        ranges: what values every input expects, as far as the network's operations show it; empty where nobody knows.
        sizes: of inputs that the network leaves open; None for others, empty where nobody chose any.
        inputs: their kinds and what is done to samples; none where that is to be decided.
        outputs: their kinds, likewise.
        answer: number of the output that is the network's answer.
    """

    model: ModelReference
    network: Network
    ranges: tuple[InputRange, ...] = ()
    sizes: tuple[InputSize | None, ...] = ()
    inputs: tuple[NetworkInput, ...] = ()
    outputs: tuple[NetworkOutput, ...] = ()
    answer: int = 0

    @property
    def answer_output(self) -> NetworkOutput:
        """The output that is the network's answer."""
        return output_at(self.outputs, self.answer)


def decide(
    subject: Subject, options: MeasureOptions, samples: Sequence[Sample] = (), classes: Sequence[str] = ()
) -> Subject:
    """What the inputs and outputs of a network are, once for all; users may choose otherwise.

    Args:
        classes: their names, where a file states them.

    Raises:
        UserError: code ``input.unsupported``, ``output.kind`` or ``output.unknown``: what the options choose is not
            there or cannot be.
    """
    network = subject.network
    names = [spec.name for spec in network.inputs], list(network.outputs)
    for name in options.kinds:
        if name not in (*names[0], *names[1]):
            raise _unknown("input or output", name, [*names[0], *names[1]])
    if options.answer and options.answer not in names[1]:
        raise _unknown("output", options.answer, names[1])
    inputs = decide_inputs(as_stated(network, subject.sizes), hints_of(samples, names[0]), options.kinds)
    if subject.sizes:
        inputs = tuple(replace(one, size=size) for one, size in zip(inputs, subject.sizes, strict=True))
    evidence = Evidence([sample.label for sample in samples], classes, are_masks(samples))
    outputs = decide_outputs(network, evidence, options.kinds)
    return replace(subject, inputs=inputs, outputs=outputs, answer=answer_of(outputs, options.answer))


def _tells_classes(subject: Subject) -> bool:
    """Whether labels are classes, and no measured values."""
    return subject.answer_output.kind != "values"


def _classes_by_labels(subject: Subject, samples: Sequence[Sample], notes: list[str]) -> tuple[str, ...]:
    """Names of the answer's classes where no file states them; a note says where they come from."""
    output = subject.answer_output
    layer = subject.network.layer_of_output(output.name)
    if not OUTPUT_KINDS.find(output.kind).is_answer or layer is None:
        return ()
    count = 2 if output.kind == "binary" else layer.output_shape[-1]
    names = names_by_labels((sample.label for sample in samples), count)
    if names:
        listed = ", ".join(names[:5]) + (f", +{len(names) - 5} more" if len(names) > 5 else "")
        notes.append(f"Classes are named after the labels, in the order in which Keras numbers folders: {listed}.")
    return names


def _unknown(noun: str, name: str, known: Sequence[str]) -> UserError:
    listed = ", ".join(known)
    return UserError("output.unknown", f"The network has no {noun} called {name!r}.", f"Choose one of: {listed}.")


@dataclass(frozen=True)
class Measured:
    """What came of it; the recording is None where there was nothing to run.

    Attributes:
        subject: with what was decided of its inputs and outputs.
    """

    subject: Subject
    recording: Recording | None = None
    classes: tuple[str, ...] = ()
    atlases: tuple[Atlas, ...] = ()
    composites: tuple[Atlas, ...] = ()
    notes: tuple[str, ...] = ()


def describe_sizes(subject: Subject) -> tuple[str, ...]:
    """What to say of the sizes that were chosen."""
    pairs = zip(subject.network.inputs, subject.sizes, strict=False)
    return tuple(size.sentence(spec.name) for spec, size in pairs if size is not None)


@dataclass(frozen=True)
class Prepared:
    """All that is decided before samples are run.

    Attributes:
        subject: with what was decided of its inputs and outputs.
        samples: those that are to be run, labelled; there may be none.
        classes: names of the answer's classes, as far as they are known.
        left_out: files that are no samples.
        notes: what users should know of it.
    """

    subject: Subject
    samples: tuple[Sample, ...] = ()
    classes: tuple[str, ...] = ()
    left_out: tuple[Skipped, ...] = ()
    notes: tuple[str, ...] = ()

    def request(self, statistic: str) -> RunRequest:
        """What runs the samples."""
        subject = self.subject
        return RunRequest(
            model=subject.model,
            samples=self.samples,
            inputs=subject.inputs,
            statistic=statistic,
            outputs=subject.outputs,
            answer_output=subject.answer,
        )


def prepare(worker: Worker, subject: Subject, options: MeasureOptions) -> Generator[Progress, None, Prepared]:
    """Choose samples and decide how they enter a network and what its outputs are.

    Raises:
        UserError: the samples, or what is to be done to them, do not fit the network.
    """
    notes: list[str] = []
    network = subject.network
    classes = find_classes(Path(network.file), options.classes)
    left_out: list[Skipped] = []
    samples = choose_samples(options, network, notes, left_out, subject.sizes)
    if not subject.outputs:
        subject = decide(subject, options, samples, classes)
    samples = label_by_answer(samples, subject.answer_output, classes)
    classes = classes or _classes_by_labels(subject, samples, notes)
    if samples:
        inputs = yield from _choose_preprocessing(worker, subject, samples, classes, options, notes)
        subject = replace(subject, inputs=inputs)
    return Prepared(subject, tuple(samples), classes, tuple(left_out), tuple(notes))


def measure(worker: Worker, subject: Subject, options: MeasureOptions) -> Generator[Progress, None, Measured]:
    """Run the chosen samples through a network.

    Raises:
        UserError: as `prepare`.
    """
    prepared = yield from prepare(worker, subject, options)
    subject, samples, classes = prepared.subject, prepared.samples, prepared.classes
    notes, network, request = list(prepared.notes), subject.network, prepared.request(options.statistic)
    if not samples:
        return Measured(subject, classes=classes, notes=prepared.notes)
    grouping = group_by_class(samples, classes) if _tells_classes(subject) else Grouping()
    if len(grouping.names) * network.neurons > CLASS_NUMBERS:
        notes.append(f"Means per class are left out: {network.neurons:,} neurons would have too many.")
        grouping = Grouping()
    recording = yield from _record(worker, request, subject, classes, options, grouping)
    layers = [layer.path for layer in network.layers if layer.map_shape is not None] if options.map_pixels else []
    drawing = MapsRequest(
        model=subject.model,
        samples=recording.samples[: recording.shown],
        inputs=subject.inputs,
        layers=tuple(layers),
        outputs=subject.outputs,
    )
    maps = yield from draw_maps(worker, drawing, network, options)
    notes += _describe(recording, subject, maps, classes)
    recording = replace(recording, skipped=(*recording.skipped, *prepared.left_out))
    return Measured(subject, recording, classes, maps.atlases, maps.composites, tuple(notes))


def choose_samples(
    options: MeasureOptions,
    network: Network,
    notes: list[str],
    left_out: list[Skipped],
    sizes: Sequence[InputSize | None] = (),
) -> list[Sample]:
    """The samples to measure; notes about the choice are appended to ``notes``, files that are none to ``left_out``.

    Args:
        sizes: as in `find_all`.
    """
    is_asked_for = bool(options.samples or options.input_samples)
    beside = None if is_asked_for else find_pictures_beside(Path(network.file))
    if not is_asked_for and not beside:
        notes.append("No samples: the structure is shown without activations.")
        return []
    if beside:
        notes.append(f"Samples from {beside.parent.name}/{beside.name}, next to the model.")
    found = find_all(options, network, notes, sizes)
    left_out += find_others(options, Path(network.file), found)
    notes += sentences(left_out)
    chosen = found[: options.max_samples]
    if len(found) > len(chosen):
        notes.append(f"{len(chosen):,} samples are measured; {len(found) - len(chosen):,} more were found.")
    return chosen


def _choose_preprocessing(
    worker: Worker,
    subject: Subject,
    samples: list[Sample],
    classes: tuple[str, ...],
    options: MeasureOptions,
    notes: list[str],
) -> Generator[Progress, None, tuple[NetworkInput, ...]]:
    """The inputs with what is to be done to samples."""
    inputs = list(subject.inputs)
    known = subject.ranges or (NOTHING_KNOWN,) * len(inputs)
    guesses = {
        number: find(subject.network, spec, known[number])
        for number, spec in enumerate(subject.network.inputs)
        if (find := INPUT_KINDS.find(inputs[number].kind).guess) is not None
    }
    for number, guess in guesses.items():  # Before any range is tried, for the network needs all of its inputs.
        inputs[number] = replace(inputs[number], preprocessing=guess.preprocessing.with_choices(**options.choices))
    request = RunRequest(model=subject.model, samples=tuple(samples), inputs=(), statistic=options.statistic)
    hints = hints_of(samples, [one.name for one in inputs])
    for number, guess in guesses.items():
        if hints[inputs[number].name].are_floats:  # No range makes a difference to them.
            inputs[number] = replace(inputs[number], guess=guess)
            continue
        trials = RangeTrials(replace(request, inputs=tuple(inputs)), number, subject.outputs, subject.answer, classes)
        guesses[number] = yield from try_ranges(worker, subject.network, trials, guess, options)
        preprocessing = guesses[number].preprocessing.with_choices(**options.choices)
        inputs[number] = replace(inputs[number], preprocessing=preprocessing, guess=guesses[number])
    for one in inputs:
        named = f"{one.name}: " if len(inputs) > 1 else ""
        if one.guess is not None and hints[one.name].are_floats:
            notes += [f"{named}{sentence}" for sentence in describe_numbers(one.guess, hints[one.name])]
            continue
        notes.append(f"{named}{INPUT_KINDS.find(one.kind).describe(one.preprocessing)}")
        if one.guess is not None:
            notes += [f"{named}{sentence}" for sentence in one.guess.sentences(options.choices.get("range"))]
    return tuple(inputs)


def _record(
    worker: Worker,
    request: RunRequest,
    subject: Subject,
    classes: tuple[str, ...],
    options: MeasureOptions,
    grouping: Grouping,
) -> Generator[Progress, None, Recording]:
    """Outputs and statistics of all samples, activations of those that are shown."""
    shown = min(options.shown, SHOWN_AT_MOST)
    groups = tuple(grouping.numbers(request.samples, classes) or ())
    ran = yield from worker.ask(replace(request, shown=shown, groups=groups))
    recording = read_recording(worker, ran, options.statistic, subject.outputs, subject.answer)
    if grouping.names and ran.group_means:
        means = worker.take_array(ran.group_means)
        recording = replace(recording, class_means=grouping.class_means(recording.samples, classes, means))
    if (options.order == "first" and not options.first) or len(recording.samples) <= shown:
        return recording
    order = _order(recording, classes, options)
    chosen = tuple(recording.samples[index] for index in order[:shown])
    again = yield from worker.ask(replace(request, samples=chosen, shown=shown))
    activations = worker.take_array(again.activations)
    return replace(
        recording,
        samples=tuple(recording.samples[i] for i in order),
        activations=activations,
        outputs=recording.outputs[order] if recording.outputs is not None else None,
        results=tuple(result.in_order(order) for result in recording.results),
    )


def _order(recording: Recording, classes: tuple[str, ...], options: MeasureOptions) -> list[int]:
    """All samples, those that are to be shown first."""
    order = list(range(len(recording.samples)))
    if options.order == "wrong":
        order.sort(key=lambda index: recording.is_right(index, classes) is not False)
    elif options.order == "uncertain":
        certainties = [recording.certainty(index) for index in order]
        order.sort(key=lambda index: (np.isnan(certainties[index]), certainties[index]))
    return sorted(order, key=lambda index: recording.samples[index].name not in options.first)


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


def _describe(recording: Recording, subject: Subject, maps: Maps, classes: tuple[str, ...]) -> list[str]:
    notes = [*sentences(recording.skipped), *recording.remarks]
    answer = subject.answer_output
    if recording.outputs is not None:
        labels = [sample.truth_of(answer.name, is_answer=True) for sample in recording.samples]
        notes += describe_unread(answer, labels, recording.outputs.shape[1], classes)
    more = len(recording.samples) - recording.shown
    if more:
        notes.append(f"{recording.shown:,} samples are in the scene; {more:,} more are measured but not in the scene.")
    notes += _describe_maps(maps)
    names = subject.network.outputs
    if len(names) > 1:
        notes.append(f"The network's answer is its output {names[subject.answer]}, one of {len(names)}.")
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

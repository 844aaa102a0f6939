"""Says before an import what a model file is, what lies beside it, and what cannot be shown; nothing of it is run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ...core.errors import UserError
from ...core.inputs import INPUT_KINDS
from ...core.network import Inspection, Network
from ...core.outputs import OUTPUT_KINDS
from ...core.recording import Sample
from ...core.requests.base import ModelReference
from ...core.samples.class_names import names_by_labels
from ...core.samples.finding import CLASSES_FILE, LABELS_FILE, find_classes, find_pictures_beside
from ...core.samples.options import MeasureOptions
from ...core.texts import format_shape
from ...engine.consents import consents
from ..requests import find_all
from ..samples.measuring import Subject, decide

MOST_NAMED = 3
"""So many inputs, outputs and reasons are named one by one."""


@dataclass(frozen=True)
class Survey:
    """What would come of an import.

    Attributes:
        facts: names and what is known of them, in the order in which they are shown.
        cautions: sentences on what will not be shown, and why.
        code: sentences on code that the model needs and that only runs where the user allows it.
        is_code_allowed: whether the user has allowed it before.
    """

    facts: tuple[tuple[str, str], ...]
    cautions: tuple[str, ...] = ()
    code: tuple[str, ...] = ()
    is_code_allowed: bool = False


@dataclass(frozen=True)
class Places:
    """Where files that belong to a model are looked for if nobody chooses others.

    Attributes:
        samples: the folder of samples beside the model, or where one would be.
        labels: the table beside them, or where one would be.
        classes: the list of names beside the model, likewise.
    """

    samples: Path
    labels: Path
    classes: Path


def places_of(model: Path) -> Places:
    folder = model.parent
    samples = find_pictures_beside(model) or folder / "images"
    labels = next((place / LABELS_FILE for place in (samples, folder) if (place / LABELS_FILE).is_file()), None)
    return Places(samples, labels or folder / LABELS_FILE, folder / CLASSES_FILE)


def survey(inspection: Inspection, options: MeasureOptions) -> Survey:
    """What is known of a file before it is imported.

    Args:
        options: where samples, labels and names of classes are.
    """
    network, cautions = inspection.network, list[str]()
    samples: Sequence[Sample] = ()
    classes: tuple[str, ...] = ()
    is_chosen = bool(options.samples or options.input_samples)
    about = Subject(ModelReference(Path(network.file), network.sha256), network)
    try:
        classes = find_classes(Path(network.file), options.classes)
        if is_chosen or find_pictures_beside(Path(network.file)):
            samples = find_all(options, network, cautions)
        else:
            cautions.append(_without_samples(network))
        # Which inputs Python code has is known when it is loaded; before, samples tell nothing of them.
        subject = decide(about, MeasureOptions(), samples if network.inputs else (), classes)
    except UserError as error:
        cautions.append(f"{error.message} The structure is shown without activations.")
        samples, subject = (), decide(about, MeasureOptions(), (), classes)
    facts = [*_describe_model(network), *_inputs_and_outputs(subject)]
    facts.append(("Samples", f"{len(samples):,} found" if samples else "none"))
    if samples:
        labelled = sum(bool(sample.label) for sample in samples)
        facts.append(("Labels", f"{labelled:,} of {len(samples):,} samples" if labelled else "none"))
    if (named := _describe_classes(subject, samples, classes)) is not None:
        facts.append(("Classes", named))
    code = tuple(_some([f"Layer {risk.layer} {risk.reason}." for risk in inspection.risks], "reasons"))
    is_allowed = consents.allows(network.sha256, inspection.classes_sha256)
    return Survey(tuple(facts), tuple(cautions), code, is_allowed)


def _without_samples(network: Network) -> str:
    if len(network.inputs) < 2:
        return "No samples are beside the file: the structure is shown without activations."
    names = ", ".join(spec.name for spec in network.inputs)
    return (
        f"The network has {len(network.inputs)} inputs ({names}), and no samples are beside the file. Without samples "
        "for each of them, the structure is shown without activations."
    )


def _describe_model(network: Network) -> Iterator[tuple[str, str]]:
    if network.layers:
        yield "Model", f"{len(network.layers):,} layers, {network.parameters:,} parameters"
    else:
        yield "Model", "Python code; its layers are found when it is loaded"
    if network.keras_version:
        yield "Made With", f"Keras {network.keras_version}"


def _inputs_and_outputs(subject: Subject) -> Iterator[tuple[str, str]]:
    network = subject.network
    inputs = [
        f"{one.name}: {INPUT_KINDS.find(one.kind).title.lower()}, {format_shape(spec.shape)}"
        for one, spec in zip(subject.inputs, network.inputs, strict=True)
    ]
    yield from _named("Input", inputs)
    outputs = []
    for one in subject.outputs:
        layer = network.layer_of_output(one.name)
        shape = f", {format_shape(layer.output_shape)}" if layer is not None else ""
        outputs.append(f"{one.name}: {OUTPUT_KINDS.find(one.kind).title.lower()}{shape}")
    yield from _named("Output", outputs)


def _named(name: str, texts: Sequence[str]) -> Iterator[tuple[str, str]]:
    for number, text in enumerate(_some(texts, f"{name.lower()}s")):
        yield (name if len(texts) < 2 else f"{name}s") if number == 0 else "", text


def _some(texts: Sequence[str], noun: str) -> Iterator[str]:
    yield from texts[:MOST_NAMED]
    if len(texts) > MOST_NAMED:
        yield f"+{len(texts) - MOST_NAMED} more {noun}"


def _describe_classes(subject: Subject, samples: Sequence[Sample], classes: Sequence[str]) -> str | None:
    """Where names of classes come from; None where the answer is about none."""
    output = subject.answer_output
    layer = subject.network.layer_of_output(output.name)
    if layer is None or not OUTPUT_KINDS.find(output.kind).is_answer:
        return None
    if classes:
        return f"{len(classes):,} with names from a file"
    count = 2 if output.kind == "binary" else layer.output_shape[-1]
    if names_by_labels((sample.label for sample in samples), count):
        return f"{count:,} with names from the labels"
    return f"{count:,} by number" if count > 0 else "by number"

"""The description of a network in a scene: all that is known of it without worker and model file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, TypeVar

from ..blocks.blocks import Block
from ..blocks.blocks import from_dict as read_blocks
from ..blocks.blocks import to_dict as write_blocks
from ..blocks.opening import Opening
from ..codec import from_dict, to_dict
from ..errors import UserError
from ..inputs import INPUT_KINDS, NetworkInput
from ..inputs.preprocessing import Preprocessing
from ..layout.budgets import Budget
from ..layout.layout import Layout, layout_from_dict
from ..maps.packing import Atlas
from ..network import Network, plain
from ..normalisation import Normalisation, Range
from ..outputs import OUTPUT_KINDS, NetworkOutput, answer_of, output_at
from ..outputs.metrics import MetricValue
from ..recording import Sample, Skipped
from .answers import InterventionResult, ShownSample
from .explanation import Explanation
from .measurements import ClassCounts, InfluenceState, KeptComparison, LayerStatistics, Source
from .output_answers import metric_from_dict, metric_to_dict

T = TypeVar("T")

_OF_ATLAS = tuple(name for name in Atlas.__dataclass_fields__ if name not in ("file", "ranges", "values"))
"""Files are packed into the scene by the time that it is described."""


@dataclass(frozen=True)
class Description:
    """A network in a scene. What it shows is of the intact network but for ``intervention`` and ``comparison``.

    Attributes:
        inputs: their kinds and what is done to samples, in the order of the network's inputs. Decided at the import.
        outputs: their kinds, likewise.
        answer: name of the output that is the network's answer; empty for none.
        classes: names of the output's classes, in order; may be shorter than the output.
        samples: those that are in the scene, in the order of the timeline.
        evaluated: how many samples were measured.
        labelled: of how many of them it is known whether they are predicted right.
        accuracy: share of those that are, 0 to 1; None where there are none.
        metrics: how far each output is from what is right, over all samples of which that is known.
        skipped: files that were given but could not be read.
        statistic: how a neuron with positions becomes one number, see `core.recording.STATISTICS`.
        layer_statistics: over all samples that were measured, by layer path.
        class_means: None without labels, or where there would be too many numbers.
        normalisation: which activation is dark and which is brightest.
        ranges: what the colours of each layer reach, by layer path.
        atlases: feature maps by layer, and the pictures of the input as those of layer ``""``; without files.
        composites: summaries of layers, likewise.
        budget: how many neurons are drawn; the rest of it is not kept.
        places: where everything stands; None where somebody wrote what does not fit the network.
        blocks: which layers form one; empty where somebody wrote what does not fit the network.
        opening: which blocks are open, and where everything stands then; None in scenes that are one row.
        influence: by layer path, of those of which something is known.
        intervention: None while the intact network is shown.
        explanation: None where none is shown.
        comparison: None where answers were not compared since the last measurement.
        outputs_are_probabilities: see `NetworkOutput.gives_probabilities`, of the answer.
        notes: what somebody who looks at the scene should know.
        versions: of Blender, TensorFlow and Keras, for the record.
        others: entries that other programs wrote beside ours, as they are.
        texts: the JSON of entries that were written, so that the next text is made of it where they stay the same.
    """

    network: Network
    inputs: tuple[NetworkInput, ...] = ()
    outputs: tuple[NetworkOutput, ...] = ()
    answer: str = ""
    classes: tuple[str, ...] = ()
    frames_per_sample: int = 24
    samples: tuple[ShownSample, ...] = ()
    evaluated: int = 0
    labelled: int = 0
    accuracy: float | None = None
    metrics: tuple[MetricValue, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    statistic: str = "mean"
    layer_statistics: Mapping[str, LayerStatistics] = field(default_factory=dict)
    class_means: ClassCounts | None = None
    normalisation: Normalisation = field(default_factory=Normalisation)
    ranges: Mapping[str, Range] = field(default_factory=dict)
    atlases: tuple[Atlas, ...] = ()
    composites: tuple[Atlas, ...] = ()
    budget: Budget = field(default_factory=Budget)
    places: Layout | None = None
    blocks: tuple[Block, ...] = ()
    opening: Opening | None = None
    influence: Mapping[str, InfluenceState] = field(default_factory=dict)
    intervention: InterventionResult | None = None
    comparison: KeptComparison | None = None
    explanation: Explanation | None = None
    outputs_are_probabilities: bool = False
    source: Source = field(default_factory=Source)
    notes: tuple[str, ...] = ()
    versions: Mapping[str, str] = field(default_factory=dict)
    others: Mapping[str, Any] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict, init=False, repr=False, compare=False)

    @property
    def right(self) -> int:
        """How many of the samples that are labelled the intact network predicts right."""
        return 0 if self.accuracy is None else round(self.accuracy * self.labelled)

    @property
    def opens_by_distance(self) -> bool:
        """Whether the distance decides which blocks are open, and not the user's hand."""
        return self.opening is not None and self.opening.by_distance is not None

    @property
    def preprocessing(self) -> Preprocessing | None:
        """What is done to samples for the first input; None where they enter as they are."""
        return self.inputs[0].preprocessing if self.inputs else None

    @property
    def answer_number(self) -> int:
        """Which of the outputs is the network's answer."""
        return answer_of(self.outputs, self.answer)

    @property
    def answer_output(self) -> NetworkOutput:
        """The output that is the network's answer."""
        return output_at(self.outputs, self.answer_number)

    @cached_property
    def current_samples(self) -> tuple[ShownSample, ...]:
        """The samples in the scene with the answers of the network as it is switched."""
        if self.intervention is None or len(self.intervention.answers) != len(self.samples):
            return self.samples
        pairs = zip(self.samples, self.intervention.answers, strict=True)
        return tuple(replace(shown, answer=answer, certainty=answer.certainty) for shown, answer in pairs)

    def has_maps(self, layer: str) -> bool:
        """Whether every neuron of a layer has feature maps."""
        return any(atlas.layer == layer for atlas in self.atlases)

    def has_summary(self, layer: str) -> bool:
        """Whether a layer has a picture that combines the maps of all its neurons."""
        return any(atlas.layer == layer for atlas in self.composites)

    @property
    def shown_samples(self) -> tuple[Sample, ...]:
        """The samples in the scene, without what the network says of them."""
        return tuple(shown.sample for shown in self.samples)

    def to_dict(self) -> dict[str, Any]:
        """Ready for JSON, without the version of its form."""
        return {name: write(self) for name, write in ENTRIES.items()} | dict(self.others)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Description:
        """Read what `to_dict` gives.

        Raises:
            KeyError, TypeError, ValueError, AttributeError: it is not written as descriptions are.
            UserError: the intervention does not fit the network; ``description.newer``, where an input or output is of
                a kind that is not known here.
        """
        network = Network.from_dict(data["network"])
        changed, compared = data["intervention"], data["comparison"]
        means, rule = data["class_means"], dict(data["normalisation"])
        ranges = rule.pop("ranges")
        inputs = tuple(map(NetworkInput.from_dict, data["inputs"]))
        outputs = tuple(map(NetworkOutput.from_dict, data["outputs"]))
        _refuse_unknown_kinds(inputs, outputs)
        return cls(
            network=network,
            inputs=inputs,
            outputs=outputs,
            answer=data["answer"],
            classes=tuple(data["classes"]),
            frames_per_sample=data["frames_per_sample"],
            samples=tuple(map(ShownSample.from_dict, data["samples"])),
            evaluated=data["evaluated"],
            labelled=data["labelled"],
            accuracy=data["accuracy"],
            metrics=tuple(map(metric_from_dict, data["metrics"])),
            skipped=tuple(Skipped(skipped["file"], skipped["reason"]) for skipped in data["skipped"]),
            statistic=data["statistic"],
            layer_statistics=_by_path(data["layer_statistics"], LayerStatistics.from_dict),
            class_means=ClassCounts.from_dict(means) if means else None,
            normalisation=Normalisation(**{name: rule[name] for name in Normalisation.__dataclass_fields__}),
            ranges={path: Range(*ends) for path, ends in ranges.items()},
            atlases=_read_atlases(data["atlases"]),
            composites=_read_atlases(data["composites"]),
            budget=Budget(data["budget"]["neurons"], data["budget"]["layer_neurons"]),
            places=_read_places(data["places"], network),
            blocks=_read_blocks(data["blocks"], network),
            opening=_read_opening(data, network, inputs, outputs),
            influence=_by_path(data["influence"], InfluenceState.from_dict),
            intervention=InterventionResult.from_dict(changed, network) if changed else None,
            comparison=KeptComparison.from_dict(compared) if compared else None,
            explanation=_read_explanation(data["explanation"]),
            outputs_are_probabilities=data["outputs_are_probabilities"],
            source=Source.from_dict(data["source"]),
            notes=tuple(data["notes"]),
            versions=dict(data["versions"]),
            others={name: value for name, value in data.items() if name not in (*ENTRIES, "version")},
        )


ENTRIES: dict[str, Callable[[Description], Any]] = {
    "network": lambda about: about.network.to_dict(),
    "inputs": lambda about: [one.to_dict() for one in about.inputs],
    "outputs": lambda about: [one.to_dict() for one in about.outputs],
    "answer": lambda about: about.answer,
    "classes": lambda about: list(about.classes),
    "frames_per_sample": lambda about: about.frames_per_sample,
    "preprocessing": lambda about: _optional(about.preprocessing),  # What other programs read.
    "atlases": lambda about: _atlases(about.atlases),
    "composites": lambda about: _atlases(about.composites),
    "budget": lambda about: {"neurons": about.budget.neurons, "layer_neurons": about.budget.layer_neurons},
    "outputs_are_probabilities": lambda about: about.outputs_are_probabilities,
    "source": lambda about: about.source.to_dict(),
    "notes": lambda about: list(about.notes),
    "versions": lambda about: dict(about.versions),
    "samples": lambda about: [sample.to_dict() for sample in about.samples],
    "evaluated": lambda about: about.evaluated,
    "skipped": lambda about: [plain(skipped) for skipped in about.skipped],
    "accuracy": lambda about: about.accuracy,
    "metrics": lambda about: [metric_to_dict(metric) for metric in about.metrics],
    "labelled": lambda about: about.labelled,
    "statistic": lambda about: about.statistic,
    "layer_statistics": lambda about: {path: one.to_dict() for path, one in about.layer_statistics.items()},
    "class_means": lambda about: _optional(about.class_means),
    "normalisation": lambda about: (
        plain(about.normalisation) | {"ranges": {path: list(ends) for path, ends in about.ranges.items()}}
    ),
    "places": lambda about: _optional(about.places),
    "blocks": lambda about: write_blocks(about.blocks),
    "opening": lambda about: about.opening.to_dict() if about.opening else None,
    "influence": lambda about: {path: state.to_dict() for path, state in about.influence.items()},
    "intervention": lambda about: _optional(about.intervention),
    "comparison": lambda about: _optional(about.comparison),
    "explanation": lambda about: to_dict(about.explanation) if about.explanation else None,
}
"""What a description holds in JSON, and how each entry is made of the field of its name."""

MADE_OF = {"normalisation": ("normalisation", "ranges"), "preprocessing": ("inputs",)}
"""Entries that are made of other fields than the one of their name."""


def _optional(part: Any) -> dict[str, Any] | None:
    result: dict[str, Any] | None = part.to_dict() if part is not None else None
    return result


def _by_path(data: Mapping[str, Any], read: Callable[[Any], T]) -> dict[str, T]:
    return {path: read(entry) for path, entry in data.items()}


def _atlases(atlases: Iterable[Atlas]) -> list[dict[str, Any]]:
    return [{name: getattr(atlas, name) for name in _OF_ATLAS} for atlas in atlases]


def _read_atlases(data: Iterable[Mapping[str, Any]]) -> tuple[Atlas, ...]:
    return tuple(Atlas(**{name: entry[name] for name in _OF_ATLAS}, file="") for entry in data)


def _refuse_unknown_kinds(inputs: Iterable[NetworkInput], outputs: Iterable[NetworkOutput]) -> None:
    unknown = [one.kind for one in inputs if one.kind not in INPUT_KINDS]
    unknown += [one.kind for one in outputs if one.kind not in OUTPUT_KINDS]
    if unknown:
        raise UserError(
            "description.newer",
            f"The network has an input or output of the kind “{unknown[0]}”, which this version of the extension does "
            "not know.",
            "Update the extension. The scene plays and renders as it is.",
        )


def _read_places(data: Any, network: Network) -> Layout | None:
    """Anybody may edit places in the text; those that do not fit are left out."""
    try:
        return layout_from_dict(data, network)
    except UserError:
        return None


def _read_blocks(data: Any, network: Network) -> tuple[Block, ...]:
    """Anybody may edit blocks in the text; those that do not fit are found anew."""
    try:
        return read_blocks(data, network)
    except UserError:
        return ()


def _read_explanation(data: Any) -> Explanation | None:
    """Where somebody wrote what does not fit, nothing is known of the maps in the scene."""
    try:
        return from_dict(Explanation, data) if data else None
    except (AttributeError, KeyError, TypeError, ValueError):
        return None


def _read_opening(
    data: Mapping[str, Any], network: Network, inputs: tuple[NetworkInput, ...], outputs: tuple[NetworkOutput, ...]
) -> Opening | None:
    """Where somebody wrote what does not fit, the network is opened as in a new import."""
    if data["opening"] is None:
        return None
    try:
        return Opening.from_dict(data["opening"], network)
    except (UserError, AttributeError, KeyError, TypeError, ValueError):
        return Opening.fresh(network, inputs, outputs, data["classes"], data["answer"])

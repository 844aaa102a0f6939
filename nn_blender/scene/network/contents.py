"""Contents: all that the scene of a network is built from, as an action puts it together."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from ...core.description.measurements import Source
from ...core.inputs import NetworkInput
from ...core.inputs.preprocessing import Preprocessing
from ...core.layout.budgets import Budget
from ...core.maps.packing import PackedMaps
from ...core.network import Network
from ...core.normalisation import Range, layer_ranges
from ...core.outputs import NetworkOutput, output_at
from ...core.outputs.verdicts import Judged, judge_outputs
from ...core.recording import OutputResult, Recording, Sample


@dataclass(frozen=True)
class Contents:
    """A network and, where samples went through it, what was measured.

    Attributes:
        classes: names of the output's classes, in order; may be shorter than the output.
        atlases: feature maps, and pictures of the inputs.
        composites: summaries of the layers that have feature maps; see `worker.maps.atlases`.
        source: what was chosen for the measurement, so that it can be repeated.
        budget: decides how many neurons are drawn.
        notes: what somebody who looks at the scene should know: guesses that were made, samples that are not shown.
        inputs: their kinds, as they were decided when the network was imported, and what was done to samples.
        outputs: their kinds, likewise.
        answer: number of the output that is the network's answer.
        versions: of Blender, TensorFlow and Keras, for the record.
    """

    network: Network
    recording: Recording | None = None
    classes: tuple[str, ...] = ()
    atlases: tuple[PackedMaps, ...] = ()
    composites: tuple[PackedMaps, ...] = ()
    frames_per_sample: int = 24
    fade_frames: int = 0
    source: Source = field(default_factory=Source)
    budget: Budget = field(default_factory=Budget)
    notes: tuple[str, ...] = ()
    versions: dict[str, str] = field(default_factory=dict)
    inputs: tuple[NetworkInput, ...] = ()
    outputs: tuple[NetworkOutput, ...] = ()
    answer: int = 0

    @property
    def sample_count(self) -> int:
        """How many samples are shown in the scene."""
        return self.recording.shown if self.recording else 0

    @property
    def shown_samples(self) -> tuple[Sample, ...]:
        return self.recording.samples[: self.sample_count] if self.recording else ()

    def classes_of(self, output: NetworkOutput) -> tuple[str, ...]:
        """Names of an output's classes, which are known of the answer's only."""
        return self.classes if output.name == self.answer_name else ()

    @property
    def results(self) -> tuple[OutputResult | None, ...]:
        """What each output gives for all samples; None where only the network's answer was measured."""
        recording = self.recording
        if recording is None or recording.results or recording.outputs is None:
            return recording.results if recording else ()
        of_answer = OutputResult.of(recording.outputs)
        return tuple(of_answer if number == self.answer else None for number in range(len(self.outputs)))

    @cached_property
    def judged(self) -> tuple[Judged, ...]:
        """What can be said of every output, of all samples; none where nothing was measured."""
        if self.recording is None:
            return ()
        outputs = self.outputs[: len(self.results)]
        return judge_outputs(outputs, self.answer, self.results, self.recording.samples, self.classes)

    @cached_property
    def ranges(self) -> dict[str, Range]:
        """What the colours of each layer reach; see `normalisation.layer_ranges`."""
        return layer_ranges(self.network, self.recording.overall) if self.recording else {}

    def composite(self, layer: str) -> PackedMaps | None:
        return self._composites_of_layers.get(layer)

    def atlas(self, layer: str) -> PackedMaps | None:
        """The feature maps of a layer."""
        return self._atlases_of_layers.get(layer)

    @cached_property
    def _composites_of_layers(self) -> dict[str, PackedMaps]:
        return {maps.layer: maps for maps in reversed(self.composites)}

    @cached_property
    def _atlases_of_layers(self) -> dict[str, PackedMaps]:
        return {maps.layer: maps for maps in reversed(self.atlases) if maps.layer}

    def input_atlas(self, name: str) -> PackedMaps | None:
        """The pictures of an input."""
        return next(
            (maps for maps in self.atlases if not maps.layer and not maps.atlas.output and maps.atlas.input == name),
            None,
        )

    def output_atlas(self, name: str) -> PackedMaps | None:
        """The pictures of an output."""
        return next((maps for maps in self.atlases if not maps.layer and maps.atlas.output == name), None)

    @property
    def preprocessing(self) -> Preprocessing | None:
        """What was done to samples for the first input; None where they entered as they are."""
        return self.inputs[0].preprocessing if self.inputs else None

    @property
    def answer_name(self) -> str:
        """Name of the output that is the network's answer; empty where there is none."""
        return self.network.outputs[self.answer] if self.network.outputs else ""

    @property
    def outputs_are_probabilities(self) -> bool:
        """See `NetworkOutput.gives_probabilities`, of the network's answer."""
        return output_at(self.outputs, self.answer).gives_probabilities

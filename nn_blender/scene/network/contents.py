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
from ...core.outputs import NetworkOutput
from ...core.recording import Recording, Sample


@dataclass(frozen=True)
class Contents:
    """A network and, where samples went through it, what was measured.

    Attributes:
        classes: names of the output's classes, in order; may be shorter than the output.
        atlases: feature maps, and the input pictures as the atlas of layer ``""``.
        composites: summaries of the layers that have feature maps; see `worker.maps.atlases`.
        source: what was chosen for the measurement, so that it can be repeated.
        budget: decides how many neurons are drawn.
        notes: what somebody who looks at the scene should know: guesses that were made, samples that are not shown.
        inputs, outputs: their kinds, as they were decided when the network was imported.
        versions: of Blender, TensorFlow and Keras, for the record.
    """

    network: Network
    recording: Recording | None = None
    classes: tuple[str, ...] = ()
    preprocessing: Preprocessing | None = None
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

    @property
    def sample_count(self) -> int:
        """How many samples are shown in the scene."""
        return self.recording.shown if self.recording else 0

    @property
    def shown_samples(self) -> tuple[Sample, ...]:
        return self.recording.samples[: self.sample_count] if self.recording else ()

    @cached_property
    def ranges(self) -> dict[str, Range]:
        """What the colours of each layer reach; see `normalisation.layer_ranges`."""
        return layer_ranges(self.network, self.recording.overall) if self.recording else {}

    def composite(self, layer: str) -> PackedMaps | None:
        return next((maps for maps in self.composites if maps.layer == layer), None)

    def atlas(self, layer: str) -> PackedMaps | None:
        return next((maps for maps in self.atlases if maps.layer == layer), None)

    @property
    def outputs_are_probabilities(self) -> bool:
        """See `Network.gives_probabilities`."""
        return self.network.gives_probabilities

"""All that a scene is built from."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from ..core.network import Network
from ..core.preprocessing import Preprocessing
from ..core.recording import Atlas, Recording

PROBABILITIES = ("softmax", "sigmoid", "Softmax")


@dataclass(frozen=True)
class Contents:
    """A network and, where samples went through it, what was measured.

    Attributes:
        classes: names of the output's classes, in order; may be shorter than the output.
        atlases: feature maps, and the input pictures as the atlas of layer ``""``.
        atlas_folder: where the atlases' files are; only read while building.
        notes: what somebody who looks at the scene should know: guesses that were made, samples that are not shown.
        versions: of Blender, TensorFlow and Keras, for the record.
    """

    network: Network
    recording: Recording | None = None
    classes: tuple[str, ...] = ()
    preprocessing: Preprocessing | None = None
    atlases: tuple[Atlas, ...] = ()
    atlas_folder: Path = Path()
    frames_per_sample: int = 24
    notes: tuple[str, ...] = ()
    versions: dict[str, str] = field(default_factory=dict)

    @property
    def sample_count(self) -> int:
        return len(self.recording.samples) if self.recording else 0

    def atlas(self, layer: str) -> Atlas | None:
        return next((atlas for atlas in self.atlases if atlas.layer == layer), None)

    @property
    def outputs_are_probabilities(self) -> bool:
        """Whether the first output's values are probabilities, by the activation that makes them."""
        wanted = self.network.outputs[0]
        output = next((layer for layer in self.network.layers if layer.path == wanted), None)
        return output is not None and (output.activation in PROBABILITIES or output.class_name in PROBABILITIES)

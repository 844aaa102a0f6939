"""Requests about model files and about TensorFlow itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from ..inputs.ranges import InputRange
from ..inputs.sizes import InputSize
from ..network import Inspection, Network, plain
from ..recording import Sample
from .base import ModelReference, WorkerRequest


@dataclass(frozen=True)
class InspectRequest(WorkerRequest[Inspection]):
    """What a model file says about itself; answered from the file alone, without importing TensorFlow.

    Attributes:
        classes_code: as in `base.ModelReference`; it is hashed, not run.
    """

    method = "inspect"
    answer = Inspection

    file: Path
    classes_code: str = ""


@dataclass(frozen=True)
class LoadAnswer:
    """A model that is ready to run.

    Attributes:
        network: as Keras built it.
        versions: of ``python``, ``tensorflow`` and ``keras``.
        timings: seconds; ``import_tensorflow_s`` and ``load_s``.
        ranges: what values every input of the network expects, as far as its operations show it.
        remarks: what is to be said of how it was loaded, for users.
        sizes: of every input, what was chosen where the network leaves it open; empty where nobody asked for it.
    """

    network: Network
    versions: dict[str, str]
    timings: dict[str, float]
    ranges: tuple[InputRange, ...] = ()
    remarks: tuple[str, ...] = ()
    sizes: tuple[InputSize | None, ...] = ()


@dataclass(frozen=True)
class OpenSizes:
    """By what sizes are chosen that a network leaves open.

    Attributes:
        samples: that will be shown to it.
        kinds: of inputs, by their names, that users chose.
        wanted: sizes that users chose, see `core.inputs.sizes.sizes_by_input`.
    """

    samples: tuple[Sample, ...] = ()
    kinds: dict[str, str] = field(default_factory=dict)
    wanted: dict[str, tuple[int, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class LoadRequest(ModelReference, WorkerRequest[LoadAnswer]):
    """Load a model, unless it is loaded already.

    Attributes:
        sample: one of the samples, which shows what the network reads where its file does not say it, and nobody else.
        sample_inputs: names of the inputs that its values are for; empty where it has one value.
        sizes: lets the network have a size wherever it leaves one open; else what it leaves open stays open.
    """

    method = "load"
    answer = LoadAnswer

    sample: Sample | None = None
    sample_inputs: tuple[str, ...] = ()
    sizes: OpenSizes | None = None

    @classmethod
    def of(
        cls,
        model: ModelReference,
        sample: Sample | None = None,
        sample_inputs: tuple[str, ...] = (),
        sizes: OpenSizes | None = None,
    ) -> LoadRequest:
        return cls(**plain(model), sample=sample, sample_inputs=sample_inputs, sizes=sizes)


@dataclass(frozen=True)
class VersionsAnswer:
    """Versions of Python and of packages; empty for those that are missing. ``tf_keras``, Keras 2, is optional."""

    python: str = ""
    tensorflow: str = ""
    keras: str = ""
    h5py: str = ""
    numpy: str = ""
    pillow: str = ""
    tf_keras: str = ""


@dataclass(frozen=True)
class VersionsRequest(WorkerRequest[VersionsAnswer]):
    """What the worker's Python has, after really importing TensorFlow and Keras."""

    method = "versions"
    answer = VersionsAnswer

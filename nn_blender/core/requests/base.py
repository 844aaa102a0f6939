"""Base classes of requests and answers: which answer belongs to a request, the model, and named files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeVar

from ..inputs import NetworkInput
from ..interventions.intervention import Intervention
from ..network import TensorSpec
from ..recording import Sample

Answer = TypeVar("Answer")
Partial = TypeVar("Partial")


class WorkerRequest(Generic[Answer]):
    """Base of what the worker can be asked for.

    Attributes:
        method: what `core.protocol.Request.method` is.
        answer: the class of the result.
    """

    method: ClassVar[str]
    answer: ClassVar[type[Any]]


class StreamingRequest(WorkerRequest[Answer], Generic[Answer, Partial]):
    """Base of requests that are answered several times.

    Attributes:
        partial: the class of the partial results, any number of which come before the result.
    """

    partial: ClassVar[type[Any]]


class ArrayFile:
    """Says what is in the .npy file in the session folder that an answer names.

    Used as ``Annotated[str, ArrayFile("float32", "samples", "classes")]``.

    Args:
        dtype: numpy's name of the type of its numbers.
        axes: names of its axes.
    """

    def __init__(self, dtype: str, *axes: str) -> None:
        self.dtype = dtype
        self.axes = axes


@dataclass(frozen=True)
class ModelReference:
    """Which model a request is about.

    Attributes:
        file: absolute path.
        sha256: hash that the file must have, or else the answer is the error ``model.changed``; empty where nobody
            knows it yet.
        allow_code: whether code in the file, and ``classes_code``, may run, which the user decides for every pair.
        classes_code: the user's own layers, functions and models: absolute path of a Python file or of a package's
            folder, or the dotted name of a module of the worker's Python; empty for none.
        classes_sha256: hash that this code must have, or else the answer is the error ``classes.changed``; empty where
            nobody knows it yet.
        reads: what the network reads, as samples have shown it; counts where the file does not say it.
    """

    file: Path
    sha256: str = ""
    allow_code: bool = False
    classes_code: str = ""
    classes_sha256: str = ""
    reads: tuple[TensorSpec, ...] = ()


@dataclass(frozen=True, kw_only=True)
class SamplesRequest(WorkerRequest[Answer]):
    """Base of requests for which samples go through a model, perhaps under an intervention.

    Attributes:
        inputs: how samples enter the network, one per input in its order.
        intervention: where it replaces neurons, they give their mean over ``mean_samples``.
        mean_samples: ``samples`` where empty. Only needed where neurons are replaced.
    """

    model: ModelReference
    samples: tuple[Sample, ...]
    inputs: tuple[NetworkInput, ...]
    intervention: Intervention = Intervention()  # noqa: RUF009 - it is frozen
    mean_samples: tuple[Sample, ...] = ()

"""Load the model of a file, with what the user agrees to, before anything is measured."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

from ...core.errors import UserError
from ...core.inputs.sizes import as_stated
from ...core.network import Inspection, Network
from ...core.requests.base import ModelReference
from ...core.requests.models import InspectRequest, LoadAnswer, LoadRequest
from ...core.samples.options import MeasureOptions
from ...engine.consents import Consent, consents
from ...engine.jobs import Progress
from ...engine.worker import Worker
from ..requests import find_first, open_sizes


@dataclass(frozen=True, kw_only=True)
class LoadOptions(MeasureOptions):
    """Which model to run on samples, and what of it may run.

    Attributes:
        allow_code: whether code in the model file, and ``classes_code``, may run from now on; where it is false, what
            the user has agreed to before still counts, see `engine.consents`.
        classes_code: the user's own classes and functions, see `core.requests.base.ModelReference`.
    """

    file: Path
    allow_code: bool = False
    classes_code: str = ""


def inspect_model(worker: Worker, file: Path, classes_code: str = "") -> Generator[Progress, None, Inspection]:
    """A model file's structure, without TensorFlow and without running anything of it or of ``classes_code``."""
    return (yield from worker.ask(InspectRequest(file, classes_code)))


def reference_to(file: Path, inspection: Inspection, options: LoadOptions) -> ModelReference:
    """The model that was looked into, with what the user agrees to, which is remembered where code may run at all.

    Keras 2 may be needed for any file of its own, which is only known when it is loaded.
    """
    sha256, classes_sha256 = inspection.network.sha256, inspection.classes_sha256
    if options.allow_code and (inspection.risks or classes_sha256 or inspection.network.from_keras_2):
        named = filter(None, [file.name, Path(options.classes_code).name])
        consents.allow(Consent(sha256, classes_sha256, " with ".join(named)))
    allowed = consents.allows(sha256, classes_sha256)
    return ModelReference(file, sha256, allowed, options.classes_code, classes_sha256)


def load_model(
    worker: Worker, model: ModelReference, network: Network, options: MeasureOptions
) -> Generator[Progress, None, LoadAnswer]:
    """Load the model; where its file does not say what it reads, the first sample does.

    Which sizes a model of Python code leaves open is known when it is loaded; then samples choose them.
    """
    sizes = open_sizes(options, network)
    try:
        answer = yield from worker.ask(LoadRequest.of(model, sizes=sizes))
        if not network.inputs:
            sizes = open_sizes(options, as_stated(answer.network, answer.sizes))
            if sizes.samples:
                answer = yield from worker.ask(LoadRequest.of(model, sizes=sizes))
        return answer
    except UserError as error:
        if error.code != "model.inputs_unknown":
            raise
        sample, names = find_first(options, network)
        if sample is None:
            raise
    return (yield from worker.ask(LoadRequest.of(model, sample, names, sizes)))

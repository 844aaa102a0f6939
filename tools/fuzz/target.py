"""Reads mutated files with the product's own code: ``python -m fuzz.target FOLDER``, one line per file.

A line on the standard input is ``{"kind": …, "file": …}``; the answer is a line on the standard output that begins with
`ANSWER`: the steps that were taken, each with its error or null, and by how many megabytes memory grew at most.
"""

from __future__ import annotations

import json
import sys
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from nn_blender.core.codec import from_dict, to_dict
from nn_blender.core.errors import UserError
from nn_blender.core.inputs import NetworkInput
from nn_blender.core.inputs.preprocessing import Preprocessing
from nn_blender.core.network import Inspection, Network, TensorSpec
from nn_blender.core.protocol import Request
from nn_blender.core.recording import Sample, SampleValue
from nn_blender.core.requests.base import ModelReference, WorkerRequest
from nn_blender.core.requests.models import InspectRequest, LoadRequest
from nn_blender.core.requests.samples import PreviewRequest, RunRequest
from nn_blender.core.samples.finding import find_classes, find_samples
from nn_blender.core.samples.label_tables import read_labels
from nn_blender.worker.common.events import EventLog
from nn_blender.worker.serving import answer

ANSWER = "\x1e"
OPEN_SIZE = 8
"""For axes of inputs that may have any length."""
PICTURE_SETTINGS = (Preprocessing(size=(28, 28), channels=3), Preprocessing(size=None, channels=1))
STATUS = Path("/proc/self/status")


class Step(NamedTuple):
    """One thing that was done with a file."""

    name: str
    error: dict[str, str] | None


class Nobody:
    """Cancels nothing."""

    def is_cancelled(self, _request_id: int) -> bool:
        return False


class Reading:
    """Everything that the product would do with one file; ends with the first error."""

    def __init__(self, log: EventLog) -> None:
        self._log = log
        self.steps: list[Step] = []
        self._value: Any = None

    def of(self, kind: str, file: Path) -> list[Step]:
        for _ in getattr(self, f"_{kind}")(file):
            if self.steps[-1].error is not None:
                break
        return self.steps

    def _model(self, file: Path) -> Iterator[None]:
        yield self._ask(InspectRequest(file))
        model = ModelReference(file, from_dict(Inspection, self._value).network.sha256)
        yield self._ask(LoadRequest.of(model))
        network = from_dict(Network, self._value["network"])
        inputs = tuple(NetworkInput(spec.name, "array", "") for spec in network.inputs)
        yield self._ask(RunRequest(model=model, samples=self._samples_for(network), inputs=inputs))

    def _array(self, file: Path) -> Iterator[None]:
        yield self._do("find", lambda: find_samples(file))
        samples = tuple(self._value[:3])
        yield self._ask(PreviewRequest(samples, NetworkInput("", "array", ""), TensorSpec("", (-1,) * 3)))
        entering = NetworkInput("", "image", "", PICTURE_SETTINGS[0])
        yield self._ask(PreviewRequest(samples, entering, TensorSpec("", (28, 28, 3))))

    def _image(self, file: Path) -> Iterator[None]:
        yield self._do("find", lambda: find_samples(file))
        samples = tuple(self._value)
        for settings in PICTURE_SETTINGS:
            spec = TensorSpec("", (*(settings.size or (-1, -1)), settings.channels))
            yield self._ask(PreviewRequest(samples, NetworkInput("", "image", "", settings), spec))

    def _labels(self, file: Path) -> Iterator[None]:
        yield self._do("classes", lambda: find_classes(file, file))
        classes = self._value
        pictures = [Sample(f"digit-{number:03}.png", (SampleValue(""),)) for number in range(100)]
        entries = [Sample(f"x.npy {number:02}", (SampleValue("x.npy", number),)) for number in range(30)]
        for samples in (pictures, entries):
            try:
                self._value = read_labels(file, samples, classes)
            except UserError as error:
                self.steps.append(Step("labels", error.to_dict()))
            else:
                yield self._do("notes", lambda: self._value.notes(file.name))

    def _samples_for(self, network: Network) -> tuple[Sample, ...]:
        files = []
        for place, spec in enumerate(network.inputs):
            shape = [size if size >= 0 else OPEN_SIZE for size in spec.shape]
            files.append(str(self._log.folder / f"samples-{place}.npy"))
            np.save(files[-1], np.zeros((2, *shape), np.float32))
        values = [tuple(SampleValue(file, number) for file in files) for number in range(2)]
        return tuple(Sample(f"sample {number}", entering) for number, entering in enumerate(values))

    def _ask(self, request: WorkerRequest[Any]) -> None:
        event = answer(Request(1, request.method, to_dict(request)), self._log, Nobody())  # type: ignore[arg-type]
        self._value = event.data.get("value")
        self.steps.append(Step(request.method, event.data.get("error")))

    def _do(self, name: str, act: Callable[[], Any]) -> None:
        try:
            self._value = act()
        except UserError as error:
            self.steps.append(Step(name, error.to_dict()))
        except Exception as bug:  # noqa: BLE001 - what is looked for
            error = UserError("worker.bug", f"Unexpected {type(bug).__name__}: {bug}", "", traceback.format_exc())
            self.steps.append(Step(name, error.to_dict()))
        else:
            self.steps.append(Step(name, None))


def _megabytes(entry: str) -> float:
    """A figure of this process's memory; 0 where the system does not tell."""
    if not STATUS.exists():
        return 0.0
    lines = STATUS.read_text().splitlines()
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith(entry)), 0.0)


def _forget_peak() -> None:
    if STATUS.exists():
        STATUS.with_name("clear_refs").write_text("5")


def main(folder: Path) -> None:
    log = EventLog(folder)
    for line in sys.stdin:
        case = json.loads(line)
        _forget_peak()
        before = _megabytes("VmRSS")
        steps = Reading(log).of(case["kind"], Path(case["file"]))
        for written in folder.glob("*-1.*"):
            written.unlink()
        grown = max(_megabytes("VmHWM") - before, 0.0)
        print(ANSWER + json.dumps({"steps": steps, "megabytes": grown}), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))

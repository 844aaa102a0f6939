"""Options of a measurement: which samples are run and how, kept so that they can be measured again."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, cast

from ..layout.budgets import CARD_PIXELS

SHOWN_AT_MOST = 256
"""How many samples live in a scene."""

MEASURED_AT_MOST = 10_000
"""How many samples are measured unless more are asked for."""

ORDERS = ("first", "wrong", "uncertain")
"""Which samples are shown where there are more: the first ones, those predicted wrong, the least certain ones."""


def path_of(text: str) -> Path:
    """A path as a description states it.

    One that begins with ``//`` is told from the scene's file, see `core.description.moving`. Windows would take it for
    one on another computer and write it otherwise, so that it is no path of this computer's until it is found.
    """
    path = Path(text)
    return cast(Path, PurePosixPath(text)) if text.startswith("//") and str(path) != text else path


@dataclass(frozen=True, kw_only=True)
class MeasureOptions:
    """Which samples to show to a network and how. Everything may be left open.

    Attributes:
        samples: folders, images or array files; without any, the folder ``images`` next to the model, if there is one.
        input_samples: the same for single inputs, by their names; then ``samples`` do not count.
        kinds: of inputs and outputs, by their names, that replace those that were decided.
        sizes: of inputs that the network leaves open, see `core.inputs.sizes.sizes_by_input`; others follow samples.
        answer: name of the output that is the network's answer; empty for the one that says most about classes.
        max_samples: how many are measured; statistics and accuracy are over all of them.
        shown: how many of them live in the scene, at most `SHOWN_AT_MOST`.
        order: one of `ORDERS`.
        first: names of samples that come before all others in the scene.
        choices: fields of `Preprocessing` that replace the guess.
        statistic: one of `core.recording.STATISTICS`.
        volume: where maps have depth, ``"maximum"`` along it, or the place 0 to 1 of the slice that is shown.
        map_pixels: at most in all feature maps together; 0 for no maps.
    """

    samples: tuple[Path, ...] = ()
    input_samples: dict[str, Path] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)
    sizes: dict[str, tuple[int, ...]] = field(default_factory=dict)
    answer: str = ""
    labels: Path | None = None
    classes: Path | None = None
    max_samples: int = MEASURED_AT_MOST
    shown: int = SHOWN_AT_MOST
    order: str = "first"
    first: tuple[str, ...] = ()
    choices: dict[str, Any] = field(default_factory=dict)
    statistic: str = "mean"
    volume: str | float = "maximum"
    map_pixels: int = CARD_PIXELS

    def to_dict(self) -> dict[str, Any]:
        """Ready for JSON, without paths that were not given."""
        sizes = {name: list(sizes) for name, sizes in self.sizes.items()}
        return {
            **({"sizes": sizes} if sizes else {}),
            **({"first": list(self.first)} if self.first else {}),
            "samples": [str(path) for path in self.samples],
            "input_samples": {name: str(path) for name, path in self.input_samples.items()},
            "kinds": self.kinds,
            "answer": self.answer,
            "labels": str(self.labels) if self.labels else "",
            "classes": str(self.classes) if self.classes else "",
            "max_samples": self.max_samples,
            "shown": self.shown,
            "order": self.order,
            "choices": self.choices,
            "statistic": self.statistic,
            "volume": self.volume,
            "map_pixels": self.map_pixels,
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> MeasureOptions:
        """Read what `to_dict` gives; further entries are left alone."""
        known = {name: data[name] for name in cls.__dataclass_fields__ if name in data}
        paths = {name: path_of(known[name]) if known.get(name) else None for name in ("labels", "classes")}
        choices = {
            name: tuple(value) if isinstance(value, list) else value for name, value in data.get("choices", {}).items()
        }
        samples = tuple(map(path_of, data.get("samples", ())))
        by_input = {name: path_of(path) for name, path in data.get("input_samples", {}).items()}
        sizes = {name: tuple(given) for name, given in data.get("sizes", {}).items()}
        read = {"samples": samples, "input_samples": by_input, "choices": choices, "sizes": sizes}
        return cls(**{**known, **paths, **read, "first": tuple(data.get("first", ()))})

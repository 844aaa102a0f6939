"""How long rendering takes, by what an earlier picture took on the same machine."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Picture:
    """What a picture costs.

    Attributes:
        width, height: pixels.
        samples: per pixel.
    """

    width: int
    height: int
    samples: int

    @property
    def cost(self) -> float:
        """Samples of the whole picture."""
        return float(self.width * self.height * self.samples)


@dataclass(frozen=True)
class Rendered:
    """A picture that was rendered, or the mean of a film's.

    Attributes:
        seconds: what it took.
    """

    picture: Picture
    seconds: float

    def seconds_for(self, picture: Picture) -> float:
        """What another picture will take, in proportion to its samples."""
        return self.seconds * picture.cost / self.picture.cost


def write_times(times: Mapping[str, Rendered]) -> str:
    """Times by their render engine, as text."""
    return json.dumps({engine: asdict(rendered) for engine, rendered in times.items()})


def read_times(text: str) -> dict[str, Rendered]:
    """What `write_times` wrote; nothing of what another version did otherwise."""
    try:
        return {
            engine: Rendered(Picture(**found["picture"]), float(found["seconds"]))
            for engine, found in json.loads(text).items()
        }
    except (ValueError, TypeError, KeyError, AttributeError):
        return {}


def format_duration(seconds: float) -> str:
    """A time that nobody knows exactly.

    >>> format_duration(0.2), format_duration(75), format_duration(600), format_duration(7200), format_duration(9000)
    ('about 1 s', 'about 75 s', 'about 10 min', 'about 2 h', 'about 2.5 h')
    """
    if seconds < 90:
        return f"about {max(round(seconds), 1)} s"
    if seconds < 5400:
        return f"about {seconds / 60:.0f} min"
    return f"about {seconds / 3600:.1f}".removesuffix(".0") + " h"


def format_length(frames: int, rate: float, samples: int = 0, each: int = 0) -> str:
    """How long a film is, with what it shows.

    Args:
        rate: frames per second.
        samples: how many samples it shows, where it shows all of them.
        each: frames per sample.

    >>> format_length(2400, 25, 100, 24), format_length(1, 24)
    ('100 samples × 24 frames = 2,400 pictures, 96 s at 25 fps', '1 picture, 0.042 s at 24 fps')
    """
    pictures = f"{frames:,} picture{'' if frames == 1 else 's'}"
    shown = f"{samples:,} sample{'' if samples == 1 else 's'} × {each} frames = " if samples else ""
    seconds = frames / rate
    length = f"{seconds:.2g}" if seconds < 1 else f"{seconds:,.1f}".removesuffix(".0")
    return f"{shown}{pictures}, {length} s at {rate:.4g} fps"

"""The builds of TensorFlow that can be set up: what goes in, where they run, how much room they take."""

from __future__ import annotations

import hashlib
import platform
import sys
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

MB = 1_000_000
_FOLDER = Path(__file__).resolve().parents[2] / "worker"


@dataclass(frozen=True)
class Variant:
    """One way to set up the environment.

    Attributes:
        name: stable identifier.
        label: for people.
        requirements: file with the pinned packages.
        systems: where all packages are published, in the words of `pythons.Python.system`.
        size_to_download: bytes.
        size_on_disk: bytes, when all is done.
        modules: have to be importable in the end.
    """

    name: str
    label: str
    requirements: Path
    systems: tuple[str, ...]
    size_to_download: int
    size_on_disk: int
    modules: tuple[str, ...] = ("tensorflow", "keras", "h5py", "PIL", "numpy")

    @property
    def size_needed(self) -> int:
        """Bytes that have to be free: pip keeps what it downloads twice while it installs, once in its cache."""
        return self.size_on_disk + 2 * self.size_to_download

    @property
    def fingerprint(self) -> str:
        """Changes with the packages, not with the comments around them."""
        return _fingerprint(self.requirements)


@dataclass(frozen=True)
class Addition:
    """A package that may be added to any variant; what it needs besides is there already.

    Attributes:
        name: for people.
        requirements: file with the pinned package.
        modules: have to be importable in the end.
    """

    name: str
    requirements: Path
    modules: tuple[str, ...]

    @property
    def fingerprint(self) -> str:
        """As `Variant.fingerprint`."""
        return _fingerprint(self.requirements)


KERAS_2 = Addition("Keras 2", _FOLDER / "requirements-keras-2.txt", ("tf_keras",))
"""Downloads 2 MB and takes 18 MB."""


# Sizes measured on x86-64 Linux, Python 3.12 and 3.13: the sum of the wheels that pip says it downloads, and ``du`` of
# the environment. On Windows TensorFlow's wheel is 77 MB larger.
VARIANTS = (
    Variant(
        "cpu",
        "CPU",
        _FOLDER / "requirements.txt",
        ("linux-x86_64", "linux-aarch64", "darwin-arm64", "win32-amd64"),
        size_to_download=(420 if sys.platform == "win32" else 345) * MB,
        size_on_disk=1600 * MB,
    ),
    Variant(
        "gpu",
        "NVIDIA graphics card",
        _FOLDER / "requirements-gpu.txt",
        ("linux-x86_64",),
        size_to_download=3450 * MB,
        size_on_disk=6700 * MB,
    ),
)


def variants(system: str | None = None) -> tuple[Variant, ...]:
    """What can be set up, the usual choice first; empty where TensorFlow is not published for the computer.

    Args:
        system: see `pythons.Python.system`; the running Python's by default.
    """
    here = system or this_system()
    return tuple(variant for variant in VARIANTS if here in variant.systems)


def this_system() -> str:
    """The running Python's system."""
    machine = sysconfig.get_platform().partition("-")[2] if sys.platform == "win32" else platform.machine()
    return f"{sys.platform}-{machine.lower()}"


def _fingerprint(requirements: Path) -> str:
    return hashlib.sha256("\n".join(_lines(requirements)).encode()).hexdigest()[:16]


def _lines(requirements: Path) -> Iterator[str]:
    """The file's lines without comments, and those of the files it names."""
    for raw in requirements.read_text(encoding="utf-8").splitlines():
        line = raw.split("#", 1)[0].strip()
        if line.startswith(("-r ", "-c ")):
            yield from _lines(requirements.parent / line[3:].strip())
        elif line:
            yield line

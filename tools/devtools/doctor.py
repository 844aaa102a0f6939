"""`tools/dev.py doctor`: what this machine lacks, and the command that brings it."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .console import say
from .environments import BLENDERS, EVERY, finished_python
from .paths import cache_folder
from .pythons import find_python

LIBRARIES = {
    "libGL.so.1": ("libgl1", "libglvnd-glx"),
    "libEGL.so.1": ("libegl1", "libglvnd-egl"),
    "libICE.so.6": ("libice6", "libICE"),
    "libSM.so.6": ("libsm6", "libSM"),
    "libX11.so.6": ("libx11-6", "libX11"),
    "libXext.so.6": ("libxext6", "libXext"),
    "libXfixes.so.3": ("libxfixes3", "libXfixes"),
    "libXi.so.6": ("libxi6", "libXi"),
    "libXrender.so.1": ("libxrender1", "libXrender"),
    "libXt.so.6": ("libxt6", "libXt"),
    "libXxf86vm.so.1": ("libxxf86vm1", "libXxf86vm"),
    "libgomp.so.1": ("libgomp1", "libgomp"),
    "libxkbcommon.so.0": ("libxkbcommon0", "libxkbcommon"),
}
"""What bpy 4.2 to 5.2 load from the system on Linux, with the package's name for apt and for dnf."""

GIGABYTES_NEEDED = 10
PYTHON_ADVICE = "`uv python install {0}` or `pyenv install {0}` brings it without touching the system's Python"


@dataclass(frozen=True)
class Finding:
    """One thing looked at: how it stands, whether work stops without it, and the packages that repair it."""

    title: str
    detail: str
    good: bool
    needed: bool = True
    apt: tuple[str, ...] = ()
    dnf: tuple[str, ...] = ()


def examine(fix: bool) -> int:
    """Print what was found and give 1 where something needed is missing.

    Args:
        fix: Install missing system packages first, where this is root and apt is here.
    """
    findings = list(_findings())
    packages = sorted({package for finding in findings for package in finding.apt})
    if fix and packages and _can_install():
        say(f"installing {' '.join(packages)}")
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for arguments in (["update"], ["install", "-y", "--no-install-recommends", *packages]):
            subprocess.run(["apt-get", "-qq", *arguments], env=quiet, check=False)
        findings = list(_findings())
        packages = sorted({package for finding in findings for package in finding.apt})
    for finding in findings:
        mark = "ok     " if finding.good else "MISSING" if finding.needed else "note   "
        say(f"{mark} {finding.title}: {finding.detail}")
    if packages:
        other = sorted({package for finding in findings for package in finding.dnf})
        say(f"\nDebian, Ubuntu:  apt-get update && apt-get install -y {' '.join(packages)}")
        say(f"Fedora:          dnf install {' '.join(other)}")
    return 1 if any(finding.needed and not finding.good for finding in findings) else 0


def _can_install() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("apt-get") is not None


def _findings() -> Iterator[Finding]:
    yield from _pythons()
    yield _disk()
    yield _index()
    if sys.platform == "linux":
        yield from _libraries()
        yield from _blender_imports()
        yield _window()


def _pythons() -> Iterator[Finding]:
    bases = {version: find_python(version) for version in ("3.11", "3.13")}
    for version, base in bases.items():
        blenders = ", ".join(name for name, environment in BLENDERS.items() if version in environment.pythons)
        if base is None:
            lost = f"not found, so Blender {blenders} cannot be tested; {PYTHON_ADVICE.format(version)}"
            yield Finding(f"Python {version}", lost, good=False, needed=not any(bases.values()))
            continue
        yield Finding(f"Python {version}", str(base), good=True)
        answer = subprocess.run([base, "-c", "import ensurepip, venv"], capture_output=True, check=False)
        if answer.returncode:
            package = f"python{version}-venv"
            yield Finding(package, f"{base} cannot create virtual environments", False, apt=(package,))


def _disk() -> Finding:
    folder = cache_folder()
    place = next(parent for parent in (folder, *folder.parents) if parent.exists())
    free = shutil.disk_usage(place).free / 1e9
    made = sum(finished_python(environment) is not None for environment in EVERY)
    detail = f"{free:.0f} GB free, {made} of {len(EVERY)} environments made, in {folder}"
    return Finding("disk", detail, good=made == len(EVERY) or free > GIGABYTES_NEEDED)


def _index() -> Finding:
    """Ask the package index through pip, so that its settings (mirror, proxy, certificates) are the ones tried."""
    python = next((python for python in map(finished_python, EVERY) if python), Path(sys.executable))
    command: list[str | Path] = [python, "-m", "pip", "--disable-pip-version-check", "index", "versions", "iniconfig"]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    if answer.returncode == 0:
        return Finding("package index", "reachable", good=True)
    if "No module named pip" in answer.stderr:
        return Finding("package index", "not tried: this Python has no pip yet", good=False, needed=False)
    reason = (answer.stderr.strip().splitlines() or ["pip gave no reason"])[-1]
    return Finding("package index", f"not reachable: {reason}", good=False)


def _libraries() -> Iterator[Finding]:
    missing = {name: packages for name, packages in LIBRARIES.items() if not _loads(name)}
    if not missing:
        yield Finding("system libraries", f"all {len(LIBRARIES)} that bpy loads are here", good=True)
    for name, (apt, dnf) in missing.items():
        yield Finding(name, "bpy cannot be imported without it", False, apt=(apt,), dnf=(dnf,))


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def _blender_imports() -> Iterator[Finding]:
    """Import bpy where it is installed: that finds what the list of libraries does not know yet."""
    for version, environment in BLENDERS.items():
        python = finished_python(environment)
        if python is None:
            continue
        answer = subprocess.run([python, "-c", "import bpy"], capture_output=True, text=True, check=False)
        reason = (answer.stderr.strip().splitlines() or [f"exit code {answer.returncode}"])[-1]
        good = answer.returncode == 0
        yield Finding(f"bpy {version}", "imports" if good else reason, good)


def _window() -> Finding:
    if os.environ.get("NN_BLENDER_BINARY") or shutil.which("blender"):
        return Finding("window tests", "with the Blender of this machine", good=True)
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return Finding("window tests", "need root (to make Debian root folders) or an installed Blender", False, False)
    if shutil.which("debootstrap") or shutil.which("apt-get"):
        return Finding("window tests", "in Debian root folders, made on first use", good=True)
    return Finding("window tests", "need debootstrap", False, False, apt=("debootstrap",), dnf=("debootstrap",))

"""Reads pip's output for progress and for the reason of a failure."""

from __future__ import annotations

import re
import shutil
import time
from pathlib import Path

from ...core.errors import UserError
from .. import process as processes
from ..jobs import Progress
from .builds import MB, Variant
from .packages import installed, name_of

LOOK_SECONDS = 0.2
"""Between two looks at the files."""

_UNITS = {"bytes": 1, "kB": 1000, "MB": MB}
_DOWNLOADING = re.compile(r"(Downloading|Using cached) (\S+) \(([\d.]+) (bytes|kB|MB)\)")
_NEEDS = re.compile(r"(?:Collecting|Requirement already satisfied:|Processing) (\S+)")
_INSTALLING = "Installing collected packages: "
_DOWNLOAD_SHARE = 0.7
"""Of the whole time, on an ordinary line; the rest is unpacking."""


class PipProgress:
    """Follows one run of pip, which prints what it begins but not how far it is: that its files tell.

    Args:
        variant: what is being installed.
        temporary: folder where pip puts what it downloads.
        packages: folder where it installs.
    """

    def __init__(self, variant: Variant, temporary: Path, packages: Path) -> None:
        self.installing = False
        self._variant = variant
        self._temporary = temporary
        self._packages = packages
        self._message = "Choosing packages"
        self._file: tuple[str, float] | None = None
        self._downloaded = 0.0
        self._order: list[str] = []
        self._free = 0
        self._fraction = 0.0
        self._next_look = 0.0

    def look(self, lines: list[str]) -> Progress:
        """How far it is, given the lines printed since the last look. Never goes back."""
        for line in lines:
            self._read(line.strip())
        if lines or time.monotonic() >= self._next_look:
            self._next_look = time.monotonic() + LOOK_SECONDS
            self._fraction = max(self._fraction, self._install() if self.installing else self._download())
        return Progress(self._message, int(self._fraction * 1000), 1000)

    def _read(self, line: str) -> None:
        if found := _DOWNLOADING.match(line):
            self._finish_file()
            self._file = (found[2].rsplit("/", 1)[-1], float(found[3]) * _UNITS[found[4]])
        elif line.startswith(_INSTALLING):
            self._finish_file()
            self._order = [name_of(name) for name in line.removeprefix(_INSTALLING).split(", ")]
            self._free = shutil.disk_usage(self._packages).free
            self.installing = True
        elif found := _NEEDS.match(line):
            self._finish_file()
            self._message = f"Choosing packages: {name_of(found[1].rsplit('/', 1)[-1])}"

    def _finish_file(self) -> None:
        if self._file is not None:
            self._downloaded += self._file[1]
            self._file = None

    def _download(self) -> float:
        done = 0.0
        if self._file is not None:
            name, size = self._file
            part = next(self._temporary.glob(f"*/{name}"), None)
            done = min(_size(part), size) if part is not None else 0.0
            if not name.endswith(".metadata"):
                overall = f"{(self._downloaded + done) / MB:.0f} of about {self._variant.size_to_download / MB:.0f} MB"
                self._message = f"Downloading {name_of(name)} ({done / MB:.1f} of {size / MB:.1f} MB): {overall}"
        return min((self._downloaded + done) / self._variant.size_to_download, 1.0) * _DOWNLOAD_SHARE

    def _install(self) -> float:
        done = installed(self._packages)
        left = [name for name in self._order if name not in done]
        number = len(self._order) - len(left)
        if left:
            self._message = f"Installing {left[0]}: {number + 1} of {len(self._order)} packages"
        # The largest package comes last, so the count alone would stand still for half of the time.
        grown = self._free - shutil.disk_usage(self._packages).free
        by_size = grown / self._variant.size_on_disk
        return _DOWNLOAD_SHARE + (1 - _DOWNLOAD_SHARE) * min(max(by_size, number / len(self._order) / 2, 0.0), 1.0)


def failure(code: int, log: str, folder: Path) -> UserError:
    """Why pip, or the making of the environment, failed.

    Args:
        code: its exit code.
        log: what it printed.
        folder: where it was installing.
    """
    said = "\n".join(line for line in log.splitlines() if re.match(r"\s*(WARNING|ERROR|error|\w*Error)\b", line))
    for error_code, pattern, message, fix in _REASONS:
        if found := re.search(pattern, said, re.IGNORECASE):
            about = found[1] if found.groups() and found[1] else ""
            return UserError(error_code, message.format(folder=folder, about=about), fix, log)
    if code < 0:
        fix = "The computer may have run out of memory. Close other programs, then try again."
        return UserError("environment.pip_failed", f"The installation was {processes.describe_end(code)}.", fix, log)
    reason = processes.last_line("\n".join(re.findall(r"ERROR: (.*)", said)) or log).rstrip(".")
    return UserError(
        "environment.pip_failed",
        f"The installation failed: {reason or processes.describe_end(code)}.",
        "Try again; what was downloaded is kept. See the log for details.",
        log,
    )


_AGAIN = "then try again: what was downloaded is kept"
_NO_WHEEL = "The package index has no {about} for this Python and computer."
_NO_WHEEL_FIX = "Choose another Python (3.11, 3.12 or 3.13), or another package index in the extra arguments."
_REASONS = (
    (
        "environment.long_path",
        r"Windows Long Path support",
        "Paths in {folder} become too long for Windows.",
        "Switch on long paths in Windows (its help calls it “Enable Win32 long paths”), then try again.",
    ),
    (
        "environment.disk_full",
        r"No space left on device|Errno 28\b|WinError 112\b|Disk quota exceeded|not enough space on the disk",
        "The disk of {folder} is full.",
        f"Free some space, {_AGAIN}.",
    ),
    (
        "environment.unwritable",
        r"Read-only file system|Permission denied|Errno 13\b|Errno 30\b|WinError 5\b",
        "{folder} cannot be written.",
        "Close other programs that use it, or give yourself the right to write there, then try again.",
    ),
    (
        "environment.proxy",
        r"ProxyError|407 Proxy|Cannot connect to proxy",
        "The proxy refused the connection.",
        f"Set the environment variable HTTPS_PROXY to your proxy with name and password, {_AGAIN}.",
    ),
    (
        "environment.certificate",
        r"CERTIFICATE_VERIFY_FAILED|SSLError|SSLCertVerificationError",
        "The package index could not be trusted: its certificate was refused.",
        "Behind a company's firewall, set PIP_CERT to its certificate file, or add --cert FILE to the extra arguments.",
    ),
    (
        "environment.no_wheel",
        r"from versions: (?!none\)).*\n.*No matching distribution found for ([^\s;(]+)",
        _NO_WHEEL,
        _NO_WHEEL_FIX,
    ),
    (
        "environment.offline",
        r"NewConnectionError|ConnectTimeoutError|ConnectionError|connection broken|Read timed out|ReadTimeoutError"
        r"|Name or service not known|name resolution|getaddrinfo|Connection refused|Max retries exceeded",
        "The package index could not be reached.",
        f"Check the internet connection or the proxy (environment variable HTTPS_PROXY), {_AGAIN}.",
    ),
    (
        "environment.no_wheel",
        # Told to try only once, pip does not say whether it has reached the index.
        r"No matching distribution found for ([^\s;(]+)",
        "The package index gave no {about}.",
        "Check the internet connection, the proxy, and the package index in the extra arguments.",
    ),
)
"""Code, pattern in pip's warnings and errors, message and fix; the first that is found counts."""


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0

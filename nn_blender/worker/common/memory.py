"""Ends this process with a clear error before it takes the computer's memory away from all others."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from ...core.protocol import MEMORY_PERCENT

USUAL_PERCENT = 75.0
GB = 1 << 30
EVERY = 0.05
"""Seconds between two looks; memory fills at some gigabytes a second."""
RESERVE = 2 * GB
"""What a process may have reserved beyond its limit without using it: thread stacks, memory that waits to be used."""
EXIT_CODE = 70


def limit_bytes() -> int:
    """How much memory this process may have."""
    try:
        percent = float(os.environ.get(MEMORY_PERCENT, USUAL_PERCENT))
    except ValueError:
        percent = USUAL_PERCENT
    percent = percent if 0 < percent <= 100 else USUAL_PERCENT
    return int(installed_bytes() * percent / 100)


def watch(limit: int, before_end: Callable[[], object]) -> None:
    """End this process as soon as it has more memory than it may, from a thread of its own.

    A single array larger than that is refused by the system where it can, which is an error like any other.

    Args:
        before_end: says so to whoever waits for an answer.
    """

    def look() -> None:
        while used_bytes() <= limit:
            time.sleep(EVERY)
        try:
            before_end()
        finally:
            os._exit(EXIT_CODE)

    _refuse_larger(limit + RESERVE)
    threading.Thread(target=look, name="memory", daemon=True).start()


if sys.platform == "win32":
    import ctypes
    from ctypes import wintypes

    class _MemoryStatus(ctypes.Structure):
        _fields_ = (
            ("length", wintypes.DWORD),
            ("load", wintypes.DWORD),
            ("total", ctypes.c_uint64),
            ("others", ctypes.c_uint64 * 6),
        )

    class _Counters(ctypes.Structure):
        _fields_ = (
            ("size", wintypes.DWORD),
            ("faults", wintypes.DWORD),
            ("peak_working_set", ctypes.c_size_t),
            ("working_set", ctypes.c_size_t),
            ("others", ctypes.c_size_t * 6),
        )

    def installed_bytes() -> int:
        """Memory of this computer."""
        status = _MemoryStatus(length=ctypes.sizeof(_MemoryStatus))
        ctypes.windll.kernel32.GlobalMemoryStatusEx(ctypes.byref(status))
        return int(status.total)

    def used_bytes() -> int:
        """Memory that this process has in use."""
        counters = _Counters(size=ctypes.sizeof(_Counters))
        kernel = ctypes.windll.kernel32
        kernel.GetCurrentProcess.restype = wintypes.HANDLE
        kernel.K32GetProcessMemoryInfo.argtypes = [wintypes.HANDLE, ctypes.c_void_p, wintypes.DWORD]
        kernel.K32GetProcessMemoryInfo(kernel.GetCurrentProcess(), ctypes.byref(counters), counters.size)
        return int(counters.working_set)

    def _refuse_larger(limit: int) -> None:
        """Windows commits no more than it has."""

else:
    import resource

    _STATM = Path("/proc/self/statm")
    _CGROUPS = Path("/sys/fs/cgroup")

    def installed_bytes() -> int:
        """Memory of this computer, or of the container that this process runs in."""
        installed = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        return min(installed, *_container_limits())

    def used_bytes() -> int:
        """Memory that this process has in use; the most it had, where the system tells no more."""
        try:
            return int(_STATM.read_bytes().split()[1]) * resource.getpagesize()
        except OSError:
            return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # In bytes on macOS.

    def _container_limits() -> list[int]:
        """Of all control groups around this process; more than there can be where there is none."""
        found = [sys.maxsize]
        try:
            lines = Path("/proc/self/cgroup").read_text(encoding="utf-8").splitlines()
        except OSError:
            return found
        own = next((line[3:].strip("/") for line in lines if line.startswith("0::")), "")
        folders = [_CGROUPS / own, *(_CGROUPS / own).parents]
        files = [folder / "memory.max" for folder in folders if folder.is_relative_to(_CGROUPS)]
        for file in (*files, _CGROUPS / "memory" / "memory.limit_in_bytes"):
            try:
                found.append(int(file.read_text(encoding="utf-8")))
            except (OSError, ValueError):  # Not there, or "max".
                continue
        return found

    def _refuse_larger(limit: int) -> None:
        """TensorFlow maps far more addresses than it uses, so it is private memory that is bounded, not addresses."""
        if sys.platform != "linux":
            return
        _, hard = resource.getrlimit(resource.RLIMIT_DATA)
        bound = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
        resource.setrlimit(resource.RLIMIT_DATA, (bound, hard))

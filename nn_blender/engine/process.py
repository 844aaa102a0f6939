"""Starting another Python cleanly, ending it surely, and saying how it ended."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import IO, TypeAlias

Popen: TypeAlias = subprocess.Popen[bytes]

PREFERENCE = "“Python with TensorFlow” in the extension's preferences (on the command line: --python)"
"""How messages call the place where the worker's interpreter is chosen."""

_BLENDERS_OWN = ("PYTHON", "BLENDER_", "__PYVENV_LAUNCHER__", "VIRTUAL_ENV")
_TAIL_BYTES = 8192
_CHATTER = re.compile(r"[IW]\d{4} |WARNING: All log messages before")


def find_interpreter(python: Path) -> Path | None:
    """The executable that a path or a command name stands for, absolute; None where there is none.

    Links are kept: the interpreter of a virtual environment is a link, and its place tells it its packages.
    """
    found = shutil.which(str(python.expanduser()))
    return Path(found).absolute() if found else None


def clean_environment() -> dict[str, str]:
    """The environment without what belongs to Blender's own Python. Library paths stay: drivers may need them."""
    return {name: value for name, value in os.environ.items() if not name.upper().startswith(_BLENDERS_OWN)}


def start(
    command: list[str],
    folder: Path,
    output: IO[bytes],
    takes_input: bool = False,
    settings: dict[str, str] | None = None,
) -> Popen:
    """Start a process in a folder, its output and errors going to a file; it shows no window.

    Args:
        command: program and arguments.
        folder: where it runs.
        output: file for what it prints.
        takes_input: whether its standard input is a pipe; otherwise it is empty.
        settings: environment variables besides `clean_environment`.

    Raises:
        OSError: it could not be started.
    """
    if sys.platform == "win32":
        flags = subprocess.CREATE_NO_WINDOW | subprocess.CREATE_NEW_PROCESS_GROUP
    else:
        flags = 0
    return subprocess.Popen(
        command,
        bufsize=0,
        stdin=subprocess.PIPE if takes_input else subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        cwd=folder,
        env={**clean_environment(), **(settings or {})},
        creationflags=flags,
        # A group of its own: Ctrl-C in a terminal reaches us alone, and its children can be ended with it.
        start_new_session=sys.platform != "win32",
    )


def end(process: Popen, grace: float) -> None:
    """End a process whose input has been closed: let it go by itself, then ask, then force.

    Args:
        process: the process.
        grace: seconds it may take for each of the first two; 0 forces at once.
    """
    if grace > 0 and not _ends_within(process, grace):
        process.terminate()
        _ends_within(process, grace)
    kill(process)


def kill(process: Popen) -> None:
    """Force a process and its children to end. Returns within a second even if the system is slow to let it go."""
    if process.poll() is not None:
        return
    if sys.platform == "win32":
        _kill_tree(process.pid)
        process.kill()
    else:
        try:
            # It has not been waited for, so its number cannot belong to a stranger.
            os.killpg(process.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            process.kill()
    _ends_within(process, 1.0)


def describe_end(code: int) -> str:
    """Words for an exit code: a number, or the name of the signal that ended the process."""
    if code < 0:
        try:
            return f"ended by {signal.Signals(-code).name}"
        except ValueError:
            return f"ended by signal {-code}"
    return f"exit code {code}"


def tail(path: Path) -> str:
    """The end of a text file, at most 8 KiB; empty where it cannot be read."""
    try:
        with path.open("rb") as stream:
            stream.seek(max(stream.seek(0, 2) - _TAIL_BYTES, 0))
            return stream.read().decode("utf-8", errors="replace")
    except OSError:
        return ""


def last_line(text: str) -> str:
    """The last line that says something, which TensorFlow's own chatter does not; empty where none does."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return next((line for line in reversed(lines) if not _CHATTER.match(line)), "")


def _kill_tree(pid: int) -> None:
    """Windows has no process groups to kill; its own tool finds the children."""
    with contextlib.suppress(OSError, subprocess.TimeoutExpired):
        subprocess.run(
            ["taskkill", "/F", "/T", "/PID", str(pid)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=1,
            check=False,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )


def _ends_within(process: Popen, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while process.poll() is None:
        if time.monotonic() >= deadline:
            return False
        time.sleep(0.005)
    return True

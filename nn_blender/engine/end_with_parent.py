"""Runs a module as ``python -m MODULE ARGUMENTS`` would, and ends, children and all, when its standard input closes.

So nothing goes on downloading when the program that started it is gone, however it went. A script of its own: it runs
in whatever Python it is given and imports nothing of ours.
"""

import os
import runpy
import signal
import sys
import threading


def _end_with(parent: int) -> None:
    while os.read(parent, 1):
        pass
    if hasattr(os, "killpg"):
        os.killpg(0, signal.SIGKILL)
    os._exit(1)


def main() -> None:
    # Children must not inherit the parent's pipe: on Windows they would hang while we read it.
    parent = os.dup(0)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    sys.argv = sys.argv[1:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()

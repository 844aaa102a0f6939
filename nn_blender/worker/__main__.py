"""Starts the worker: ``python -I PATH/nn_blender/worker/__main__.py SESSION_FOLDER``.

Requests come in on the standard input, events go to a file in the session folder; see `core.protocol`. The standard
output belongs to TensorFlow's and other libraries' messages.
"""

from __future__ import annotations

import faulthandler
import os
import sys
from pathlib import Path


def main() -> None:
    faulthandler.enable()
    # Python in isolated mode knows nothing of our place. At the end, so that nothing of ours hides a library.
    sys.path.append(str(Path(__file__).resolve().parents[2]))
    folder = Path(sys.argv[1])
    stay_inside(folder)
    from nn_blender.worker.serving import serve

    serve(folder, sys.stdin.buffer)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)  # TensorFlow takes seconds to tidy up what the system frees at once.


def stay_inside(folder: Path) -> None:
    """Let libraries write nothing outside of the session folder: Keras its settings and what it unpacks."""
    for name in ("TMPDIR", "TEMP", "TMP"):
        os.environ[name] = str(folder)
    os.environ["KERAS_HOME"] = str(folder / "keras")


if __name__ == "__main__":
    main()

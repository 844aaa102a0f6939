"""The command line: the same use cases as in Blender's window, without a window.

Runs as ``python -m nn_blender.cli`` where bpy is installed, and as ``blender --command nn_blender``.
"""

from __future__ import annotations

from collections.abc import Sequence

import bpy

from ..core.errors import UserError
from ..engine.consents import consents
from ..engine.registry import workers
from .console import say
from .given_options import BAD_ARGUMENTS
from .parser import make_parser

DONE, BAD_INPUT, WORKER_FAILED, INTERRUPTED = 0, BAD_ARGUMENTS, 3, 130

_WITH_DETAILS = ("bug", "worker.bug", "worker.died")
_command: object = None
_FIXES = {
    "model.needs_code": "Only if you trust where it comes from: add --allow-code.",
    "model.needs_keras_2": "Run setup-tensorflow --with-keras-2, then try again.",
    "model.custom_object": "Name the Python file that defines it: --classes-code FILE.py.",
}
"""What to do on the command line, by the code of an error whose own advice is about Blender's window."""
_WORKERS_FAULT = ("worker.", "environment.", "interpreter.", "session.", "job.", "bug")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns its exit code: 0 done, 2 bad arguments or input, 3 the worker failed."""
    try:
        options = make_parser().parse_args(arguments)
    except SystemExit as stop:
        return BAD_INPUT if stop.code else DONE
    consents.keep_in(None)  # What is agreed to in a window counts there; here every command asks for itself.
    try:
        options.run(options)
    except UserError as error:
        say(f"Error: {error.message} {_FIXES.get(error.code, error.fix)}".strip())
        if error.details and error.code in _WITH_DETAILS:
            say(error.details)
        return WORKER_FAILED if error.code.startswith(_WORKERS_FAULT) else BAD_INPUT
    except KeyboardInterrupt:
        say("Stopped.")
        return INTERRUPTED
    except OSError as error:
        named = f"{error.filename} cannot be used: " if error.filename else ""
        say(f"Error: {named}{error.strerror or error}.{' Choose another place.' if named else ''}")
        return BAD_INPUT
    finally:
        workers.close_all()
    return DONE


def register() -> None:
    """Offer the commands as ``blender --command nn_blender``."""
    global _command  # noqa: PLW0603 - Blender hands out a handle that it wants back.
    _command = bpy.utils.register_cli_command("nn_blender", main)  # type: ignore[func-returns-value]


def unregister() -> None:
    bpy.utils.unregister_cli_command(_command)

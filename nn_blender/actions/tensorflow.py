"""Set up, repair and remove the environment that TensorFlow runs in."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

import bpy

from ..core.errors import UserError
from ..engine.jobs import Progress
from ..engine.registry import workers
from ..engine.tensorflow.builds import Variant, variants
from .settings import environment, may_go_online


@dataclass(frozen=True)
class SetUpOptions:
    """How to set TensorFlow up.

    Attributes:
        variant: name of one of `variants`; None takes what is there, or the first.
        base_python: interpreter to build on; None finds one.
        pip_arguments: added to ``pip install``, for an index or proxy of one's own.
        repair: reads every file of what is there and replaces what is damaged.
        with_keras_2: adds Keras 2, for models that Keras 3 cannot run.
    """

    variant: str | None = None
    base_python: Path | None = None
    pip_arguments: str = ""
    repair: bool = False
    with_keras_2: bool = False


def set_up_tensorflow(options: SetUpOptions) -> Generator[Progress, None, Path]:
    """Make the extension's environment, or mend it, and return its interpreter.

    Raises:
        UserError: code ``environment.offline_by_choice`` where Blender may not go online; see `Environment.set_up`.
    """
    if not may_go_online():
        raise UserError(
            "environment.offline_by_choice",
            "Online access is off in Blender, so TensorFlow cannot be downloaded.",
            "Enable Preferences > System > Network > Allow Online Access, or start Blender with --online-mode.",
        )
    chosen = choose_variant(options.variant)
    # Files in use cannot be replaced everywhere, and a worker would go on with the old ones.
    workers.close_all()
    own = environment()
    install = own.repair if options.repair else own.set_up
    return (yield from install(chosen, options.base_python, options.pip_arguments, options.with_keras_2))


def remove_tensorflow() -> Generator[Progress, None, None]:
    """Remove the extension's environment with all that is in it."""
    workers.close_all()
    yield from environment().remove()


def choose_variant(name: str | None) -> Variant:
    """The build of that name for this computer; by default the one that is set up, or the usual one.

    Raises:
        UserError: code ``environment.unsupported_system``.
    """
    here = variants()
    current = environment().variant
    for variant in here:
        if variant.name == (name or (current.name if current else here[0].name)):
            return variant
    raise UserError(
        "environment.unsupported_system",
        f"There is no build of TensorFlow called {name!r} for this computer."
        if name and here
        else "TensorFlow is not published for this kind of computer.",
        f"Choose one of: {', '.join(variant.name for variant in here)}." if here else "Use another computer.",
    )


def describe_setup() -> list[str]:
    """What a person needs to know when something does not work: one fact a line."""
    own = environment()
    built = f", {own.variant.label}" if own.variant else ""
    built += ", with Keras 2" if own.has_keras_2 else ""
    return [
        f"Blender {bpy.app.version_string}",
        f"TensorFlow's environment: {own.folder} ({own.status}{built})",
        f"Online access: {'allowed' if may_go_online() else 'not allowed'}",
        f"Builds for this computer: {', '.join(variant.label for variant in variants()) or 'none'}",
    ]

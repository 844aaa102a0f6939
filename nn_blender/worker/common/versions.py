"""Checks the packages of the worker's Python. Importing TensorFlow happens here."""

from __future__ import annotations

import gc
import os
import platform
import re
import sys
import time
from importlib import metadata

from ...core.errors import UserError

OLDEST_KERAS = (3, 15, 1)
TOO_NEW_KERAS = (3, 17)
KERAS_NEEDED = "keras>=3.15.1,<3.17"
"""Older versions run code or read files from hostile models; newer ones may have moved the parts we use inside."""

KERAS_2_NEEDED = "tf_keras==2.21.0"

PACKAGES = ("h5py", "numpy", "pillow")


def import_tensorflow() -> tuple[dict[str, str], float]:
    """Import TensorFlow and Keras.

    Returns:
        Versions of python, tensorflow and keras, and the seconds the import took.

    Raises:
        UserError: ``worker.missing_package``, ``worker.old_package``, ``worker.broken_package``.
    """
    if "keras" not in sys.modules:
        check_keras()
    started = time.perf_counter()
    quiet_tensorflow()
    try:
        import tensorflow as tf
    except ModuleNotFoundError as error:
        if error.name != "tensorflow":
            raise
        raise _missing("tensorflow", "tensorflow>=2.21") from error
    except ImportError as error:
        raise _broken("TensorFlow", error) from error
    try:
        import keras
    except ImportError as error:
        raise _broken("Keras", error) from error
    # Their modules stay as long as the process. To look for garbage among them takes half a second each time.
    gc.freeze()
    found = {"python": platform.python_version(), "tensorflow": tf.__version__, "keras": keras.__version__}
    return found, time.perf_counter() - started


def check_keras() -> None:
    """Judge Keras's version without importing it.

    Raises:
        UserError: ``worker.missing_package``, ``worker.old_package``.
    """
    try:
        found = metadata.version("keras")
    except metadata.PackageNotFoundError as error:
        raise _missing("keras", KERAS_NEEDED) from error
    numbers = tuple(int(part) for part in re.findall(r"\d+", found)[:3])
    if not OLDEST_KERAS <= numbers < TOO_NEW_KERAS:
        raise UserError(
            "worker.old_package",
            f"{sys.executable} has keras {found}, but {KERAS_NEEDED} is needed.",
            _install(KERAS_NEEDED),
        )


def package_versions() -> dict[str, str]:
    """Versions of the other packages that the worker uses.

    Raises:
        UserError: ``worker.missing_package``.
    """
    found = {}
    for package in PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError as error:
            raise _missing(package, package) from error
    return {**found, "tf_keras": keras_2_version()}


def keras_2_version() -> str:
    """Version of Keras 2 beside Keras 3, the optional package tf_keras; empty where it is missing. Imports nothing."""
    try:
        return metadata.version("tf_keras")
    except metadata.PackageNotFoundError:
        return ""


def needs_keras_2(message: str) -> UserError:
    """What to say of a model that only Keras 2 can run, where that is missing.

    Args:
        message: names the file and says what in it needs Keras 2.
    """
    return UserError(
        "model.needs_keras_2",
        message,
        "Add Keras 2 in the extension's preferences. To a Python of your own: "
        f'"{sys.executable}" -m pip install --no-deps {KERAS_2_NEEDED}',
    )


def _missing(package: str, needed: str) -> UserError:
    return UserError(
        "worker.missing_package", f"{sys.executable} has no {package}; {needed} is needed.", _install(needed)
    )


def _broken(name: str, error: ImportError) -> UserError:
    return UserError(
        "worker.broken_package",
        f"{name} of {sys.executable} cannot be imported: {error}.",
        "Create a new environment for it.",
    )


def _install(requirement: str) -> str:
    return f'Install it there: {sys.executable} -m pip install "{requirement}"'


def quiet_tensorflow() -> None:
    """Keep TensorFlow from chatting into the log, and Keras on TensorFlow. Before their first import."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ["KERAS_BACKEND"] = "tensorflow"

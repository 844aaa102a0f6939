"""Checks the packages of the worker's Python. Importing TensorFlow happens here."""

from __future__ import annotations

import platform
import re
import sys
import time
from importlib import metadata

from ..core.errors import UserError
from .running.loading import quiet_tensorflow

OLDEST_KERAS = (3, 15, 1)
TOO_NEW_KERAS = (3, 17)
KERAS_NEEDED = "keras>=3.15.1,<3.17"
"""Older versions run code or read files from hostile models; newer ones may have moved the parts we use inside."""

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
    return found


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

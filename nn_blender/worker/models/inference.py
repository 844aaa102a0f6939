"""Takes out of a model's settings what plays no part in what it computes: nothing of that is ever brought to life."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from .keras_names import LAYERS

_KERAS_INITIALIZERS = frozenset(
    """
    Constant GlorotNormal GlorotUniform HeNormal HeUniform Identity LecunNormal LecunUniform Ones Orthogonal
    RandomNormal RandomUniform STFT TruncatedNormal VarianceScaling Zeros
    """.split()  # noqa: SIM905  A list of strings would take a page.
)


def for_inference(value: Any) -> Any:
    """A copy of a model's settings without those that only training needs, at any depth.

    These are what was given to ``compile`` (losses, metrics, optimizers, schedules), and in Keras's own layers their
    regularizers, constraints and such initializers as Keras does not have: stored weights take their place.
    """
    if isinstance(value, list):
        return [for_inference(entry) for entry in value]
    if not isinstance(value, dict):
        return value
    copied = {key: for_inference(entry) for key, entry in value.items()}
    if "class_name" in value and "config" in value:
        copied.pop("compile_config", None)
        if _is_among(value["class_name"], LAYERS) and isinstance(copied["config"], dict):
            copied["config"] = {name: _untrained(name, setting) for name, setting in copied["config"].items()}
    return copied


def _untrained(name: str, setting: Any) -> Any:
    """A setting of one of Keras's layers."""
    if name.endswith(("_regularizer", "_constraint")):
        return None
    if name.endswith("_initializer") and not _is_kerass_initializer(setting):
        return "zeros"
    return setting


def _is_kerass_initializer(setting: Any) -> bool:
    if not isinstance(setting, dict):
        return setting is None or str(setting).replace("_", "").lower() in {
            name.lower() for name in (*_KERAS_INITIALIZERS, "uniform", "normal", "zero", "one")
        }
    module = setting.get("module")
    return _is_among(setting.get("class_name"), _KERAS_INITIALIZERS) and (
        module is None or str(module).split(".", maxsplit=1)[0] in ("keras", "tf_keras")
    )


def _is_among(name: Any, names: Collection[str]) -> bool:
    """Whether a class is one of some; a damaged file may have anything in place of its name."""
    return isinstance(name, str) and name in names

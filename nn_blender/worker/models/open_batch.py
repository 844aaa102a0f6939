"""Rewrites settings of models for one size of batch, or that keep their state, to be without. No Keras here."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

Config = dict[str, Any]

_SHAPES = ("batch_shape", "batch_input_shape", "build_input_shape")


def batch_size(config: Config) -> int | None:
    """How many samples a model takes at once; None where it takes any number."""
    sizes = (
        part[name][0]
        for part in _parts(config)
        for name in ("batch_shape", "batch_input_shape")
        if isinstance(part.get(name), (list, tuple)) and part[name]
    )
    return next((size for size in sizes if isinstance(size, int) and size > 0), None)


def keeps_state(config: Config) -> bool:
    """Whether a layer remembers what it was given before."""
    return any(part.get("stateful") is True for part in _parts(config))


def without_state(config: Config) -> Config:
    """The settings of a model that begins anew with every sample."""
    own = copy.deepcopy(config)
    for part in _parts(own):
        if part.get("stateful") is True:
            part["stateful"] = False
    return own


def opened(config: Config) -> Config:
    """The settings of a model that takes any number of samples and begins anew with every one."""
    own = without_state(config)
    for part in [*_parts(own)]:
        if part.get("class_name") == "__keras_tensor__" and part["config"].get("shape"):
            part["config"]["shape"] = [None, *part["config"]["shape"][1:]]
        for name in _SHAPES:
            if isinstance(part.get(name), (list, tuple)) and part[name]:
                part[name] = [None, *part[name][1:]]
        part.pop("build_config", None)  # Shapes that say otherwise; Keras builds layers when it calls them.
    return own


def _parts(config: Any) -> Iterator[Config]:
    """All dictionaries inside settings, outer ones first."""
    if isinstance(config, dict):
        yield config
        for entry in config.values():
            yield from _parts(entry)
    elif isinstance(config, (list, tuple)):
        for entry in config:
            yield from _parts(entry)

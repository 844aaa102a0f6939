"""Puts models of Keras 1 and 2 so that Keras 3 builds the same graph from them, with the same numbers. No Keras here.

What cannot be put right in the settings is in `running.translated`: operations, masks, the order of weights.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..call_graph import Trail
from .calls import rewrite_calls
from .entries import Config, inside, is_model, name_of, unfold_sequentials
from .names import rename_layers, without_clashes
from .obstacles import Obstacle, find_obstacles
from .settings import rewrite_settings


@dataclass(frozen=True)
class Translation:
    """A model of Keras 1 or 2 as Keras 3 describes it.

    Attributes:
        names: as the file has them, of the layers that got new ones, by their new trails.
        obstacles: why Keras 3 cannot run it; the settings can be shown all the same.
    """

    config: Config
    names: Mapping[Trail, str]
    obstacles: tuple[Obstacle, ...]


def translate(model: Config) -> Translation:
    """Translate a model's settings.

    Args:
        model: ``{"class_name": …, "config": …}`` as Keras 1 or 2 wrote it; is used up.
    """
    unfold_sequentials(model)
    obstacles = find_obstacles(model)
    rewrite_settings(model)
    if not is_model(model):  # Of the author's own class; its layers are Python code.
        return Translation(model, {}, obstacles)
    names = rename_layers(model)
    _rewrite_calls(model, (), names)
    return Translation(model, without_clashes(model, names), obstacles)


def _rewrite_calls(entry: Config, trail: Trail, names: Mapping[Trail, str]) -> None:
    parts = entry["config"]["layers"] if is_model(entry) else list(inside(entry))
    for part in parts:
        _rewrite_calls(part, (*trail, name_of(part)), names)
    if is_model(entry) and "input_layers" in entry["config"]:
        new = [name_of(part) for part in parts]
        old = [names.get((*trail, name), name) for name in new]
        rewrite_calls(entry["config"], old, dict(zip(old, new, strict=True)))

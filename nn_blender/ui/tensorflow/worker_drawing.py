"""Whether TensorFlow's process runs, and the versions that measured the network."""

from __future__ import annotations

import bpy

from ...core.description.description import Description
from ...engine.registry import workers
from ...scene.base import contract
from ..common.sidebar import draw_facts

NAMES = {"tensorflow": "TensorFlow"}
"""Packages whose names are not spelled as `str.title` would."""


def draw_worker(layout: bpy.types.UILayout, root: bpy.types.Collection, about: Description | None) -> None:
    """Whether TensorFlow can answer at once, and what measured the network."""
    facts = [("Process", "Ready" if workers.is_alive(root[contract.NETWORK]) else "Not running")]
    for package, version in about.versions.items() if about else ():
        facts.append((NAMES.get(package, package.title()), version))
    draw_facts(layout, *facts)


class OnWorkspace:
    model_worker: bpy.props.BoolProperty(name="TensorFlow", options=set())  # type: ignore[valid-type]

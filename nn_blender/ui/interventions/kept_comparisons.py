"""Comparisons outlive undo and redo: making one is no step of its own, and it costs a run of all samples."""

from __future__ import annotations

from dataclasses import replace

import bpy
from bpy.app.handlers import persistent

from ...core.description.description import Description
from ...core.description.measurements import KeptComparison
from ...scene.base import contract
from ...scene.base.find import networks
from ...scene.network.description import change_description, read_description
from ...scene.neurons.influence import state_key

_kept: dict[tuple[str, str, str], KeptComparison] = {}
"""Those made since the file was opened, by the network's id, the intervention's key and what was measured."""


def keep_comparison(root: bpy.types.Collection) -> None:
    """Call it after a network was compared."""
    about = read_description(root)
    if about is not None and about.comparison is not None:
        _kept[root[contract.NETWORK], about.comparison.key, _measured(about)] = about.comparison


def _measured(about: Description) -> str:
    """A hash of the network and the samples that were measured."""
    return state_key(replace(about, intervention=None), "all")


def start() -> None:
    for handlers in (bpy.app.handlers.undo_post, bpy.app.handlers.redo_post):
        handlers.append(_bring_back)
    bpy.app.handlers.load_pre.append(_forget)


def stop() -> None:
    for handlers in (bpy.app.handlers.undo_post, bpy.app.handlers.redo_post):
        handlers.remove(_bring_back)
    bpy.app.handlers.load_pre.remove(_forget)
    _kept.clear()


@persistent
def _bring_back(*_: object) -> None:
    """Where undo or redo led to switches that were compared over the same samples, their comparison is there again."""
    for scene in bpy.data.scenes:
        for root in networks(scene):
            about = read_description(root)
            if about is None or about.intervention is None:
                continue
            kept = _kept.get((root[contract.NETWORK], root.get(contract.RECORDED, ""), _measured(about)))
            if kept is not None:
                change_description(root, comparison=kept)


@persistent
def _forget(*_: object) -> None:
    _kept.clear()

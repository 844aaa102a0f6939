"""Reasons of answers, kept as JSON on the network's root collection, so that they outlive the session."""

from __future__ import annotations

import functools
import hashlib
import json
from dataclasses import replace

import bpy

from ...core.codec import from_dict, to_dict
from ...core.description.description import Description
from ...core.network import plain
from ...core.neurons.reasons import KeptReasons
from ...core.recording import Sample
from ..base import contract

MOST_KEPT = 24
"""Of how many answers the reasons are kept; those that were found first are forgotten."""


def reasons_key(about: Description, sample: Sample) -> str:
    """A hash that changes with everything that the reasons of a sample's answer depend on, but for its neighbours."""
    intervention = about.intervention.intervention if about.intervention else None
    parts = {
        "model": about.network.sha256,
        "sample": list(map(plain, sample.values)),
        "inputs": [replace(one, guess=None).to_dict() for one in about.inputs],
        "answer": about.answer_output.to_dict(),
        "intervention": intervention.to_dict()["layers"] if intervention else {},
    }
    if intervention is not None and intervention.replaces:
        parts["means"] = [list(map(plain, one.values)) for one in about.shown_samples]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def kept_reasons(root: bpy.types.Collection) -> tuple[KeptReasons, ...]:
    """All that are kept with a network, the newest first; none where somebody wrote what makes no sense."""
    text = root.get(contract.REASONS, "")
    return _parse(text) if isinstance(text, str) else ()


def reasons_of(root: bpy.types.Collection, sample: Sample, asked: int | None) -> KeptReasons | None:
    """What is kept for a sample and the class that was asked for; None where nothing is."""
    found = (kept for kept in kept_reasons(root) if kept.sample.values == sample.values and kept.asked == asked)
    return next(found, None)


def keep_reasons(root: bpy.types.Collection, kept: KeptReasons) -> None:
    """Keep reasons in place of those of the same sample and class."""
    others = [one for one in kept_reasons(root) if (one.sample.values, one.asked) != (kept.sample.values, kept.asked)]
    entries = [to_dict(one) for one in (kept, *others)[:MOST_KEPT]]
    root[contract.REASONS] = json.dumps({"reasons": entries})


def keep_marked(root: bpy.types.Collection, kept: KeptReasons | None) -> None:
    """Remember whose neurons are marked in the scene; nobody's where it is None."""
    root.pop(contract.MARKED_REASONS, None)
    if kept is not None:
        root[contract.MARKED_REASONS] = json.dumps({"reasons": [to_dict(kept)]})


def marked_reasons(root: bpy.types.Collection) -> KeptReasons | None:
    """Those whose neurons are marked in the scene; None where none are."""
    text = root.get(contract.MARKED_REASONS, "")
    return next(iter(_parse(text)), None) if isinstance(text, str) else None


@functools.lru_cache(maxsize=8)
def _parse(text: str) -> tuple[KeptReasons, ...]:
    """Panels ask at every redraw."""
    try:
        return tuple(from_dict(KeptReasons, entry) for entry in json.loads(text)["reasons"])
    except (ValueError, KeyError, TypeError, AttributeError):
        return ()

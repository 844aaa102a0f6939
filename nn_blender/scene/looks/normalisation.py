"""Normalisation in the scene: written to the network's root for the node groups, and read from it."""

from __future__ import annotations

import bpy

from ...core.normalisation import RULES, SCALES, Normalisation
from ..base import contract


def set_normalisation(root: bpy.types.Collection, normalisation: Normalisation) -> None:
    """Let the node groups use another rule; nothing is computed or written anew."""
    root[contract.GLOW_RULE] = RULES.index(normalisation.rule)
    root[contract.GLOW_SCALE] = SCALES.index(normalisation.scale)
    root[contract.GLOW_DARK] = normalisation.dark if normalisation.rule == "fixed" else 0.0
    root[contract.GLOW_BRIGHT] = normalisation.bright
    # Drivers do not hear of custom properties that Python sets.
    root.update_tag()


def get_normalisation(root: bpy.types.Collection) -> Normalisation:
    rule = min(max(int(root.get(contract.GLOW_RULE, 0)), 0), len(RULES) - 1)
    scale = min(max(int(root.get(contract.GLOW_SCALE, 0)), 0), len(SCALES) - 1)
    dark, bright = (float(root.get(name, 0.0)) for name in (contract.GLOW_DARK, contract.GLOW_BRIGHT))
    return Normalisation(RULES[rule], SCALES[scale], dark, bright)

"""Short default names for interventions."""

from __future__ import annotations

from .intervention import Intervention, LayerIntervention

_NAMED = 2
"""Layers in a default name."""


def default_name(intervention: Intervention) -> str:
    """What an intervention does in a few words: ``conv_2: 3 off, dense_1: 1 factor, +2 more layers``."""
    parts = [f"{switch}: {_count(layer)}" for switch, layer in sorted(intervention.layers.items())]
    if len(parts) > _NAMED:
        parts[_NAMED:] = [f"+{len(parts) - _NAMED} more layers" if len(parts) - _NAMED > 1 else "+1 more layer"]
    return ", ".join(parts) or "Intact"


def _count(layer: LayerIntervention) -> str:
    off = sum(factor == 0 for factor in layer.factors.values())
    held, gained = len(layer.replaced), len(layer.factors) - off
    counts = ((off - held, "off"), (held, "at mean"), (gained, "factor" if gained == 1 else "factors"))
    return ", ".join(f"{count} {what}" for count, what in counts if count)

"""Panels and operators that switch neurons and show what changes."""

from . import comparing, kept_comparisons, kept_interventions, switch_drawing, switching

MODULES = (switch_drawing, switching, comparing, kept_comparisons, kept_interventions)

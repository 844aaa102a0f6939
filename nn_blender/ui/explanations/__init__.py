"""Panels and operators about why a network answers as it does."""

from . import why_operators, why_panel

MODULES = (why_operators, why_panel)

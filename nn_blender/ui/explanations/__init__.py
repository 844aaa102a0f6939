"""Panels and operators about why a network answers as it does."""

from . import explain_operators, explain_panel, explain_settings, why_operators, why_panel

MODULES = (why_operators, why_panel, explain_settings, explain_operators, explain_panel)

"""Panels and operators about blocks of layers."""

from . import block_panel, opening_operators, opening_panel

MODULES = (block_panel, opening_operators, opening_panel)

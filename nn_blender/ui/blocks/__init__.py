"""Panels and operators about blocks of layers."""

from . import block_panel

MODULES = (block_panel,)

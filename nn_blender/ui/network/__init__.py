"""Importing and removing networks, and the main panel."""

from . import import_operator, main_panel, menus, operators

MODULES = (main_panel, import_operator, operators, menus)

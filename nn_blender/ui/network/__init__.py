"""Importing and removing networks, and the main panel."""

from . import examples, import_operator, main_panel, menus, operators

MODULES = (main_panel, examples, import_operator, operators, menus)

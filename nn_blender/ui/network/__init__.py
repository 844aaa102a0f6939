"""Importing and removing networks, the top of the sidebar, and the panel of the model."""

from . import examples, import_operator, keymap, leftovers, main_panel, menus, model_panel, operators

MODULES = (main_panel, model_panel, examples, import_operator, operators, menus, keymap, leftovers)

"""The list of layers, and operators about layers."""

from . import layer_list, layer_operators, layer_panel, moving, sorting, stepping

MODULES = (layer_operators, layer_list, layer_panel, moving, sorting, stepping)

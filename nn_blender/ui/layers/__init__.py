"""The list of layers, and operators about layers."""

from . import layer_list, layer_panel, moving, sorting, stepping

MODULES = (layer_list, layer_panel, moving, sorting, stepping)

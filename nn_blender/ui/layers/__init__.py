"""The list of layers, and operators about layers."""

from . import layer_list, layer_panel, sorting, stepping

MODULES = (layer_list, layer_panel, sorting, stepping)

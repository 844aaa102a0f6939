"""Panels and operators about layers."""

from . import active_object, layer_list, layer_panel, sorting

MODULES = (layer_list, layer_panel, sorting, active_object)

"""Panels and operators about layers."""

from . import histogram_store, layer_list, layer_panel, sorting

MODULES = (layer_list, layer_panel, sorting, histogram_store)

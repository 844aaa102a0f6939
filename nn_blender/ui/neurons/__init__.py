"""Panels and operators about single neurons."""

from . import connections, edit_selection, hovering, influence, neuron_operators, neuron_panel, picking, weight_reader

MODULES = (neuron_operators, neuron_panel, weight_reader, picking, hovering, edit_selection, influence, connections)

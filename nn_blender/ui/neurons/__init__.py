"""Panels and operators about single neurons."""

from . import connections, edit_selection, hovering, influence, neuron_operators, neuron_panel, picking

MODULES = (neuron_operators, neuron_panel, picking, hovering, edit_selection, influence, connections)

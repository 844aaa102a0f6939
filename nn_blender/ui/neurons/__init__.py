"""Panels and operators about single neurons."""

from . import connections, edit_selection, hovering, influence, neuron_operators, picking

MODULES = (neuron_operators, picking, hovering, edit_selection, influence, connections)

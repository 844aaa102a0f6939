"""Panels and operators about blocks of layers."""

from . import block_panel, flow_panel, hierarchy_panel, opening_operators, opening_panel, update_layout

MODULES = (block_panel, opening_operators, opening_panel, flow_panel, hierarchy_panel, update_layout)

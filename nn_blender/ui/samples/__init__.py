"""Panels and operators about samples and how they enter the network."""

from . import (
    bringing,
    input_kinds,
    input_operators,
    input_panel,
    input_settings,
    sample_operators,
    sample_panel,
    timing,
)

MODULES = (sample_operators, sample_panel, input_kinds, input_settings, input_operators, input_panel, bringing, timing)

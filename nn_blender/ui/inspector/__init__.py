"""The inspector, which shows what was chosen last: one module for each kind of thing that can be chosen."""

from . import block, following, inspector_panel, layer, network, neuron, output, sample

MODULES = (network, block, layer, neuron, sample, output, inspector_panel, following)

"""The card in the viewport: the chosen neuron or layer beside the place where it stands, over the view."""

from . import card_gizmos, card_operators

MODULES = (card_operators, card_gizmos)

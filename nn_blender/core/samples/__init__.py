"""Samples: where they are found, how they become a network's input, how they are grouped."""

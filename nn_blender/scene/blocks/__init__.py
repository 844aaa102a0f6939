"""Blocks of layers as boxes."""

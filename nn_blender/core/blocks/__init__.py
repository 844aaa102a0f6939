"""Blocks: layers of a network that belong together, and the places they take."""

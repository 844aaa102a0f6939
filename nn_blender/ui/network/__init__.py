"""Importing and removing networks, and the main panel."""

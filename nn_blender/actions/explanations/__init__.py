"""Explain a network's answers."""

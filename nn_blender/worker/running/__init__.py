"""Loads models and runs samples through them."""

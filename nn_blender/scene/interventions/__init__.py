"""Switches of neurons, and what is shown under them."""

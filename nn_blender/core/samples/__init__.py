"""Samples: where they are found, which are measured and shown, how they are grouped."""

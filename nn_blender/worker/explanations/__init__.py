"""Explains scores of samples: measures what the methods of `core.explanations` need, and serves what they give."""

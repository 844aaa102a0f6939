"""Draws feature maps into pictures."""

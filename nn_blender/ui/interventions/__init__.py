"""Panels and operators that switch neurons and show what changes."""

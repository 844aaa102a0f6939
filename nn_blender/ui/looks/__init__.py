"""Panels about how the network looks."""

from . import framing, glow, level_of_detail, theme, view_follower, visibility

MODULES = (framing, theme, glow, visibility, level_of_detail, view_follower)

"""Panels about how the network looks."""

from . import appearance_panel, framing, glow, level_of_detail, theme, view_follower, visibility

MODULES = (framing, theme, glow, visibility, appearance_panel, level_of_detail, view_follower)

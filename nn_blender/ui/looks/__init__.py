"""Panels about how the network looks."""

from . import appearance_panel, camera, framing, glow, level_of_detail, solid, theme, view_follower, visibility

MODULES = (framing, camera, solid, theme, glow, visibility, appearance_panel, level_of_detail, view_follower)

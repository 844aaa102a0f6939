"""Panels about how the network looks."""

from . import glow, level_of_detail, theme, view_follower, visibility

MODULES = (theme, glow, visibility, level_of_detail, view_follower)

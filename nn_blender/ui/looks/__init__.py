"""Panels about how the network looks."""

from . import glow, level_of_detail, view_follower, visibility

MODULES = (glow, visibility, level_of_detail, view_follower)

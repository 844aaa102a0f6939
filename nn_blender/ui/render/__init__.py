"""Rendering a picture or a film from the sidebar."""

from . import render_panel, running, watching

MODULES = (watching, running, render_panel)

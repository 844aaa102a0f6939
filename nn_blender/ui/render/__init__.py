"""Rendering a picture or a film from the sidebar."""

from . import render_panel, running

MODULES = (running, render_panel)

"""Panels about how the network looks."""

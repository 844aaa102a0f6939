"""Panels and operators about single neurons."""

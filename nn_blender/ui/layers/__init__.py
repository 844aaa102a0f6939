"""Panels and operators about layers."""

"""Panels and operators about blocks of layers."""

"""Panels and operators about feature maps, and thumbnails."""

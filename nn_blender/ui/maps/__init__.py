"""Panels and operators about feature maps, and thumbnails."""

from . import feature_maps, thumbnails

MODULES = (feature_maps, thumbnails)
